"""What there is to hear, and the microphone that hears it: for each frame of a capture, the right samples.

Audio is a raw file that the host renders on request at the rate, channels and width that I2S asks for;
a sample of the file is the sample the microphone gives, unaltered. It starts with the first capture that has
supply, and goes on in virtual time whether or not anybody listens; after it there is the microphone's own
noise.
A microphone without supply gives zeros, and for its first 2**18 clocks nothing valid (INMP441 datasheet):
here a constant far from zero, so that nobody takes it for sound.
"""

from simulator import clock, host

STARTUP_FRAMES = (1 << 18) // 64  # 64 clocks a frame
_NOISE = -1  # the number of the track that is never over
_DEAD, _STARTING, _ALIVE = 0, 1, 2
_FOREVER = (1 << 30) - 1
_ZEROS = bytes(512)
_RUBBISH = b"\x40" * 512

_captures = []
_powered = False
_track = _NOISE
_since_ms = None  # when the audio started; None: it waits for a microphone that hears


def play(track, since_ms=None):
    """Audio file `track` (the host's number for it) is played from now, or started at `since_ms`."""
    global _track, _since_ms
    _track = track
    if since_ms is not None or _since_ms is not None:
        _since_ms = clock.now_ms() if since_ms is None else since_ms
    for capture in _captures:
        capture.look()


def supply(on):
    """The microphone gets or loses its supply."""
    global _powered
    _powered = on
    for capture in _captures:
        capture.restart()


def _repeat(block, view):
    while len(view) >= len(block):
        view[: len(block)] = block
        view = view[len(block) :]
    view[:] = block[: len(view)]


class _Track:
    """One rendered file: raw frames of `frame_bytes`."""

    def __init__(self, number, form, frame_bytes):
        answer = host.ask("mic", {"track": number, "rate": form[0], "channels": form[1], "bits": form[2]})
        self.frames = answer["frames"]
        self.frame_bytes = frame_bytes
        self._file = open(answer["path"], "rb")
        self._at = 0

    def read(self, frame, view):
        """Fill `view` with the frames from `frame` on, all of which must exist."""
        if frame != self._at:
            self._file.seek(frame * self.frame_bytes)
        self._file.readinto(view)
        self._at = frame + len(view) // self.frame_bytes

    def close(self):
        self._file.close()


class Capture:
    """What one running I2S hears; its frames are counted from its start."""

    def __init__(self, rate_hz, channels, bits):
        self._form = (rate_hz, channels, bits)
        self._rate_hz = rate_hz
        self._frame_bytes = channels * bits // 8
        self._start_ms = clock.now_ms()
        self._tracks = {}
        self._marks = []  # [first frame, what, track or None, position in the track minus frame]
        self._alive_frame = STARTUP_FRAMES
        _captures.append(self)
        self.look()

    def stop(self):
        """Hear no more."""
        _captures.remove(self)
        for track in self._tracks.values():
            track.close()

    def frames_heard(self):
        """Frames that have passed since the start."""
        return (clock.now_ms() - self._start_ms) * self._rate_hz // 1000

    def restart(self):
        """The supply came or went: the start-up time counts from here."""
        self._alive_frame = self.frames_heard() + STARTUP_FRAMES
        self.look()

    def look(self):
        """Note what is heard from this frame on."""
        global _since_ms
        frame = self.frames_heard()
        while self._marks and self._marks[-1][0] >= frame:
            self._marks.pop()
        if not _powered:
            self._marks.append((frame, _DEAD, None, 0))
            return
        if _since_ms is None:
            _since_ms = clock.now_ms()
            host.send("playing", _track)
        if frame < self._alive_frame:
            self._marks.append((frame, _STARTING, None, 0))
            frame = self._alive_frame
        offset = (self._start_ms - _since_ms) * self._rate_hz // 1000
        self._marks.append((frame, _ALIVE, self._open(_track), offset))

    def _open(self, number):
        if number not in self._tracks:
            self._tracks[number] = _Track(number, self._form, self._frame_bytes)
        return self._tracks[number]

    def read(self, frame, view):
        """Fill `view` (a memoryview of bytes, whole frames) with what was heard from `frame` on."""
        while len(view):
            mark, end = self._mark_at(frame)
            frames = min(len(view) // self._frame_bytes, end - frame)
            self._fill(mark, frame, view[: frames * self._frame_bytes])
            view = view[frames * self._frame_bytes :]
            frame += frames

    def forget_before(self, frame):
        """Nothing before `frame` will be read again."""
        while len(self._marks) > 1 and self._marks[1][0] <= frame:
            self._marks.pop(0)

    def _mark_at(self, frame):
        end = _FOREVER
        for index in range(len(self._marks) - 1, 0, -1):
            if self._marks[index][0] <= frame:
                return self._marks[index], end
            end = self._marks[index][0]
        return self._marks[0], end

    def _fill(self, mark, frame, view):
        _, what, track, offset = mark
        if what != _ALIVE:
            _repeat(_ZEROS if what == _DEAD else _RUBBISH, view)
            return
        position = max(0, frame + offset)
        frames = min(len(view) // self._frame_bytes, max(0, track.frames - position))
        if frames:
            track.read(position, view[: frames * self._frame_bytes])
        self._fill_noise(frame + frames, view[frames * self._frame_bytes :])

    def _fill_noise(self, frame, view):
        noise = self._open(_NOISE)
        while len(view):
            position = frame % noise.frames
            frames = min(len(view) // self._frame_bytes, noise.frames - position)
            noise.read(position, view[: frames * self._frame_bytes])
            view = view[frames * self._frame_bytes :]
            frame += frames
