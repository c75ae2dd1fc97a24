"""Sound from the capture, through filter and gain, into the segments of a container.

A little at a time, at most one segment. Samples are counted from the first one kept, on through losses and
through the parts of a recording; the time of a pause is not counted. A microphone that delivers nothing,
or one and the same value, is noticed here.
"""

import gc

from micropython import const
from recorder import observer
from recorder.levels import Levels, run_frames

_CLICK_PARTS = const(200)  # of a second: what the microphone's power going off may touch is left out
_CLIP_SEGMENTS = const(8)  # clips are told at most once in so many segments
_STEADY_S = const(3)  # a microphone that gives the same value for so long has failed


class Flow:
    """One recording's samples. `index` is that of the next sample to be placed, `lost` counts all losses.

    capture, segments, settings: the recorder's. on_safe: function(samples on the card).
    """

    def __init__(self, capture, segments, settings, skip_frames, on_safe):
        self._capture = capture
        self._segments = segments
        self._startup_frames = skip_frames
        self.rate_hz = settings["rate"]
        self.channels = settings["channels"]
        self._levels = Levels(self.rate_hz, self.channels, settings["gain_db"])
        self._on_safe = on_safe
        self.index = self.lost = 0
        self._first_index = 0  # of the first sample in the segment in hand
        self._clips_told = self._since_clips = 0
        self._marks = []  # indices that are not placed yet
        self._steady = 0  # samples since the microphone's value last changed
        self.until = None  # no sample from this index on
        self.limit = settings["max_minutes"] * 60 * self.rate_hz  # nor from this one; 0: none

    def open(self):
        """Start the microphone, for the first time or after a pause."""
        self._base = self.index
        self._skip = self._startup_frames  # of its start-up, not yet passed over
        self._used_frames = 0  # of the buffer in hand
        self._steady = 0
        self.until = None
        self._capture.start(self.rate_hz, self.channels)

    def close(self):
        """Stop the microphone."""
        self._capture.stop()

    def event(self, name, at=None, **fields):
        """Note an event, at the present sample unless said otherwise."""
        at = self._now() if at is None else at
        observer.tell("event", self._segments.event(at, name, **fields))

    def _now(self):
        if not self._capture.running:
            return self.index
        return max(self.index, self._base + self._capture.position() - self._startup_frames)

    def mark(self):
        """Mark the present sample, unless what is said now is no longer recorded."""
        if self.until is None:
            self._marks.append(self._now())

    def cut(self, at):
        """Take nothing from sample `at` on; None: from now, and the microphone loses its power at once."""
        self.until = at
        if at is None:
            self.until = max(self.index, self._now() - self.rate_hz // _CLICK_PARTS)
            self._capture.mute()

    def step(self):
        """Move what is there; True if sound was taken, so that more may wait.

        False: there is none yet. None: the microphone delivers none. Raises CardFault.
        """
        source = self._capture.full()
        if source is None:
            return None if self._capture.silent() else False
        lost = self._capture.lost_before()
        if lost:
            self._gap(lost)
        self._fill(source)
        return True

    def over(self):
        """True once everything before the cut is placed."""
        return self.until is not None and self.index >= self.until

    @property
    def is_far_ahead(self):
        """True if there is room for most of the sound that can wait: the card may be busy now."""
        return self._capture.room_frames > self._capture.frames * 3 // 2

    @property
    def steady(self):
        """True if the microphone has given one value for three seconds."""
        return self._steady >= _STEADY_S * self.rate_hz

    @property
    def reaches_limit(self):
        """True if the segment in hand would reach the longest recording allowed."""
        return self.limit and self.index + self._segments.room_frames >= self.limit

    @property
    def _end(self):
        """The index that is not reached, as far as one is known; 0: none is."""
        return self.limit if self.until is None else self.until

    def _gap(self, lost):
        """Go on after a loss: what was before it is written, and indices jump."""
        if self._segments.frames:
            self.write()
        if self._end:
            lost = max(0, min(lost, self._end - self.index))
        self.event("gap", self.index, lost=lost)
        self.index += lost
        self.lost += lost

    def _fill(self, source):
        """Move samples from the buffer in hand into the segment in hand; write it when it is full."""
        left = self._capture.frames - self._used_frames
        if self._skip:
            passed = min(self._skip, left)
            self._skip -= passed
            self._used_frames += passed
            left -= passed
        frames = min(left, self._segments.room_frames)
        if self._end:
            frames = min(frames, self._end - self.index)
        if frames > 0:
            self._take(source, frames)
        if self._used_frames == self._capture.frames or self.over():
            self._used_frames = 0
            self._capture.give_back()
            gc.collect()
        if not self._segments.room_frames:
            self.write()

    def _take(self, source, frames):
        segments = self._segments
        if not segments.frames:
            self._first_index = self.index
        run = run_frames(source, self._used_frames, frames, self.channels)
        self._steady = self._steady + frames if run == frames else run
        self._levels.process(
            segments.block, segments.pcm_frame + segments.frames, source, self._used_frames, frames
        )
        segments.frames += frames
        self.index += frames
        self._used_frames += frames

    def write(self):
        """Write the segment in hand; what was placed so far is then safe."""
        self._since_clips += 1
        if self._since_clips >= _CLIP_SEGMENTS:
            self._tell_clips()
        while self._marks and self._marks[0] < self.index:
            self.event("mark", self._marks.pop(0))
        self._segments.write(self._first_index)
        self._on_safe(self.index)

    def _tell_clips(self):
        self._since_clips = 0
        clips = self._levels.clips - self._clips_told
        if clips:
            self._clips_told += clips
            self.event("clip", self._first_index, samples=clips)

    def settle(self):
        """Tell what is still to be told of the samples placed: events stand in the order of their indices."""
        self._tell_clips()
        while self._marks and (self._marks[0] <= self.index or self.over()):
            self.event("mark", min(self._marks.pop(0), self.index))

    def finish(self, end):
        """Write what is left, and END, an object."""
        self._segments.finish(self._first_index, end)
