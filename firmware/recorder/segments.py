"""Segments of a container's plaintext, packed from records in the stream's block (docs/format.md, section 5).

Segment 0 holds SESSION and the first events; every later one begins with its AUDIO record, so that the
samples stand at an even address, followed by the events that wait. No record straddles two segments.
Packing and writing a segment of sound allocates nothing but what sealing does.
"""

import json

from crypto import stream as tink
from crypto.words import zero_bytes
from micropython import const
from recorder import format as layout

_PCM_AT = const(12)  # record header and sample index before the samples


def _record(kind, payload):
    text = json.dumps(payload).encode()
    return bytes((kind, 0, len(text) >> 8, len(text) & 0xFF)) + text


class Segments:
    """Writes records to a container through a StreamWriter whose block it fills. One recording at a time."""

    def __init__(self, stream):
        self._stream = stream
        self._waiting = []  # encoded events

    def begin(self, container, session, channels, salt, nonce_prefix):
        """Start the container's stream and put the SESSION record; the file key is zeroed here."""
        self._container = container
        self._frame_bytes = layout.SAMPLE_BYTES * channels
        self._usual_frames = layout.PCM_BYTES_PER_SEGMENT // self._frame_bytes
        self.pcm_frame = _PCM_AT // self._frame_bytes  # where samples go in `block`, in frames
        self._stream.begin(container.file_key, salt, nonce_prefix, container.header_hash)
        container.drop_key()
        self._waiting.clear()
        self._fill = 0  # bytes of plaintext in the segment in hand, without its sound
        self.frames = 0  # frames of sound in it
        self._target_frames = 0
        self._put(_record(layout.SESSION, session))

    @property
    def block(self):
        """The segment in hand: target of the samples, from frame `pcm_frame` on."""
        return self._stream.block

    def event(self, at, name, **fields):
        """Have an EVENT written with the next segment that has room; returns it as a dict."""
        payload = {"at": at, "event": name}
        payload.update(fields)
        self._waiting.append(_record(layout.EVENT, payload))
        return payload

    @property
    def room_frames(self):
        """How many more frames the segment in hand takes."""
        return self._target_frames - self.frames

    def _put(self, record):
        """Place a record in the segment in hand; False if there is no room."""
        at = self._fill + self._audio_bytes()
        if at + len(record) > self._stream.room:
            return False
        at += self._stream.start()
        self._stream.block[at : at + len(record)] = record
        self._fill += len(record)
        return True

    def _audio_bytes(self):
        return _PCM_AT + self.frames * self._frame_bytes if self.frames else 0

    def write(self, first_index):
        """Write the segment in hand: its sound, which starts at sample `first_index`, and events that fit."""
        self._pack(first_index)
        self._send(False)

    def finish(self, first_index, end):
        """Write what is left, END in the segment flagged as last. May take several segments."""
        record = _record(layout.END, end)
        self._pack(first_index)
        while self._waiting or not self._put(record):
            self._send(False)
            self._pack(0)
        self._send(True)

    def segments_to_finish(self):
        """How many segments finish() may need at most."""
        return 3 + len(self._waiting) // 8

    def drop(self):
        """End the stream without an END; keys and block are zeroed."""
        self._stream.clear()

    def _pack(self, first_index):
        if self.frames:
            self._audio_header(first_index)
        while self._waiting and self._put(self._waiting[0]):
            self._waiting.pop(0)

    def _audio_header(self, index):
        block = self._stream.block
        payload = self._audio_bytes() - layout.RECORD_HEADER_BYTES
        block[0] = layout.AUDIO
        block[1] = 0
        block[2] = payload >> 8
        block[3] = payload & 0xFF
        at = _PCM_AT - 1
        while at > 3:
            block[at] = index & 0xFF
            index >>= 8
            at -= 1

    def _send(self, last):
        """Zero what is left of the segment, seal it, write it, and begin the next."""
        block = self._stream.block
        at = self._stream.start() + self._fill + self._audio_bytes()
        zero_bytes(block, at, tink.BODY_BYTES - at)
        self._stream.seal(last)
        self._container.write(block)
        self._fill = 0
        self.frames = 0
        self._target_frames = self._usual_frames
        if self._waiting:
            reserved = sum(len(record) for record in self._waiting) + _PCM_AT
            self._target_frames = max(
                0, min(self._usual_frames, (self._stream.room - reserved) // self._frame_bytes)
            )
            if not self._target_frames:
                self._target_frames = self._usual_frames // 2
