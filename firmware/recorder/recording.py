"""One recording under way: sound from the capture, through filter and gain, into segments on the card.

step() does a little at a time, at most one segment, so that buttons and console stay alive. Samples are
counted from the first one kept, on through losses. The red light's circuit loses power the moment
somebody stops; what the driver still holds of the time before is written, and nothing of the time after.
"""

import gc

from micropython import const
from recorder.errors import CloisterFault
from recorder.levels import Levels

# Collect after so many bytes, not only when memory has run out: what lasts then lies close together, and what
# is free stays in large pieces. While recording there is a collection after each audio buffer anyway.
GARBAGE_BYTES = const(4096)
_GARBAGE_RECORDING_BYTES = const(8192)
_CLICK_PARTS = const(200)  # of a second: what the microphone's power going off may touch is left out
_CLIP_SEGMENTS = const(8)  # clips are told at most once in so many segments


class Recording:
    """Sound and events of one container.

    on_event: called with each EVENT as a dict. on_safe: called with the number of samples on the card.
    """

    def __init__(self, container, capture, segments, settings, skip_frames, on_event, on_safe):
        self._container = container
        self._capture = capture
        self._segments = segments
        self._skip = skip_frames  # of the microphone's start-up, not yet passed over
        self._skipped = skip_frames
        self._rate_hz = settings["rate"]
        self._channels = settings["channels"]
        self._levels = Levels(self._rate_hz, self._channels, settings["gain_db"])
        self._limit = settings["max_minutes"] * 60 * self._rate_hz
        self._on_event = on_event
        self._on_safe = on_safe
        self._index = 0  # of the next sample to be placed in a segment
        self._first_index = 0  # of the first sample in the segment in hand
        self._lost = 0
        self._used_frames = 0  # of the buffer in hand
        self._clips_told = 0
        self._since_clips = 0
        self._reason = None
        self._until = None  # no sample from this index on
        self.busy = False  # whether the last step took sound

    def start(self, session, parties, salt, nonce_prefix):
        """Start the microphone; put the SESSION record and each party's consent on the card at once."""
        self._capture.start(self._rate_hz, self._channels)
        gc.threshold(_GARBAGE_RECORDING_BYTES)
        self._segments.begin(self._container, session, self._channels, salt, nonce_prefix)
        for party in range(parties):
            self._on_event(self._segments.event(0, "consent", party=party + 1))
        self._segments.write(0)

    def event(self, name, **fields):
        """Note an event at the present sample."""
        self._on_event(self._segments.event(self._now(), name, **fields))

    def _now(self):
        return max(self._index, self._capture.position() - self._skipped)

    def stop(self, reason, at=None):
        """Record nothing from sample `at` (by default: now) on; step() writes what came before it.

        The microphone loses its power, and the light goes out, here and now.
        """
        if self._until is None:
            self._reason = reason
            self._until = max(self._index, self._now() - self._rate_hz // _CLICK_PARTS) if at is None else at
            self._capture.mute()
            if reason == "stop":
                self._on_event(self._segments.event(self._until, "stop"))

    def step(self):
        """Do at most one segment's work; True once the container is finished and closed.

        Raises CardFault; then abandon() is the caller's next call. A microphone that fails ends the
        recording with reason `fault`, and what there is of it is kept.
        """
        self.busy = False
        if self._over():
            self._finish()
            return True
        if self._container.segments_left <= self._segments.segments_to_finish():
            self.stop("limit", self._index)
            return False
        source = self._capture.full()
        if source is None:
            if self._capture.silent():
                self.stop("fault")
                self._until = self._index
            return False
        lost = self._capture.lost_before(self._until is None)
        if lost is not None:
            if lost:
                self._gap(lost)
            self._fill(source)
            self.busy = True
        return False

    def _gap(self, lost):
        """Go on after a loss: what was before it is written, and indices jump."""
        if self._segments.frames:
            self._write()
        end = self._limit if self._until is None else self._until
        if end:
            lost = max(0, min(lost, end - self._index))
        self._on_event(self._segments.event(self._index, "gap", lost=lost))
        self._index += lost
        self._lost += lost

    def _fill(self, source):
        """Move samples from the buffer in hand into the segment in hand; write it when it is full."""
        left = self._capture.frames - self._used_frames
        if self._skip:
            passed = min(self._skip, left)
            self._skip -= passed
            self._used_frames += passed
            left -= passed
        frames = min(left, self._wanted())
        if frames:
            self._take(source, frames)
        if self._used_frames == self._capture.frames or self._over():
            self._used_frames = 0
            self._capture.give_back()
            gc.collect()
        if not self._segments.room_frames:
            self._write()

    def _over(self):
        return self._until is not None and self._index >= self._until

    def _wanted(self):
        room = self._segments.room_frames
        if self._limit and self._index + room >= self._limit:
            self.stop("limit", self._limit)
        return room if self._until is None else min(room, self._until - self._index)

    def _take(self, source, frames):
        segments = self._segments
        if not segments.frames:
            self._first_index = self._index
        self._levels.process(
            segments.block, segments.pcm_frame + segments.frames, source, self._used_frames, frames
        )
        segments.frames += frames
        self._index += frames
        self._used_frames += frames

    def _write(self):
        self._since_clips += 1
        if self._since_clips >= _CLIP_SEGMENTS:
            self._tell_clips()
        self._segments.write(self._first_index)
        self._on_safe(self._index)

    def _tell_clips(self):
        self._since_clips = 0
        clips = self._levels.clips - self._clips_told
        if clips:
            self._clips_told += clips
            self._on_event(self._segments.event(self._first_index, "clip", samples=clips))

    def _finish(self):
        self._capture.stop()
        gc.threshold(GARBAGE_BYTES)
        self._tell_clips()
        end = {"samples": self._index, "lost": self._lost, "reason": self._reason}
        self._segments.finish(self._first_index, end)
        self._container.close()

    @property
    def reason(self):
        """Why the recording ended, as END says it; None while it goes on."""
        return self._reason

    @property
    def lost(self):
        """Samples lost so far."""
        return self._lost

    @property
    def samples(self):
        """The index after the last sample placed."""
        return self._index

    def abandon(self):
        """Stop at once after a fault: no END is written, the microphone is off, keys are zeroed."""
        self._capture.stop()
        gc.threshold(GARBAGE_BYTES)
        self._segments.drop()
        try:
            self._container.close()
        except CloisterFault:
            pass  # the fault that led here is already being told
