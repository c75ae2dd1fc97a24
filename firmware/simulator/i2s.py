"""`machine.I2S`, receiving: the DMA ring, the task behind it, and what both lose without a word.

As the ESP32 port on IDF 5 has it. DMA buffers hold 256 frames; one of them is always being filled, the
others wait; when none is free the oldest waiting one is dropped. In non-blocking mode a task fills the
buffer given to `readinto`, one more may be queued, and a third is dropped though its length is returned.
The task goes on while the interpreter is held. A read that ends inside a DMA buffer keeps that buffer
across an overflow, and its rest is then what has been written over it. After `deinit` nothing is left.

Stricter than the port in one thing: a second `irq` on one object is refused, where the port goes wrong.
"""

import errno

from simulator import clock, room

DMA_FRAMES = 256
_DMA_BUFFER_BYTES = DMA_FRAMES * 8  # always 32-bit stereo


# DMA memory, in pieces of one buffer each. What a driver gave back is here for the next one: the pool is the
# heap's, too, but a heap that has grown to its bounds takes no more of it.
_memory = []


def _take_memory(buffers):
    while len(_memory) < buffers:
        _memory.append(bytearray(_DMA_BUFFER_BYTES))


class I2S:
    """One receiver. Times are whole milliseconds of virtual time, rounded up: late, never early."""

    RX = 2
    TX = 1
    STEREO = 0
    MONO = 1

    def __init__(self, number, **options):
        self.number = number
        self._capture = None
        self.init(**options)

    def init(self, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        """Start capturing, with empty DMA."""
        if mode != I2S.RX or bits not in (16, 32) or format not in (I2S.MONO, I2S.STEREO):
            raise ValueError("invalid mode, bits or format")
        if rate <= 0 or ibuf <= 0:
            raise ValueError("invalid rate or ibuf")
        self.deinit()
        channels = 1 if format == I2S.MONO else 2
        self._buffers = max(2, ibuf // _DMA_BUFFER_BYTES)
        _take_memory(self._buffers)
        self._rate_hz = rate
        self._frame_bytes = channels * bits // 8
        self._start_ms = clock.now_ms()
        self._capture = room.Capture(rate, channels, bits)
        self._next = 0  # the first frame that was not read
        self._filling = None
        self._queued = None
        self._callback = None
        self._alarm = clock.Alarm(self._complete)

    def deinit(self):
        """Stop; what was under way is never completed."""
        if self._capture is not None:
            self._alarm.remove()
            self._capture.stop()
            self._capture = self._filling = self._queued = None

    def irq(self, handler):
        """Non-blocking from now on; `handler(i2s)` is scheduled when a buffer is full."""
        if self._callback is not None:
            raise ValueError("irq is set once per object")
        self._callback = handler

    def readinto(self, buffer):
        """Fill `buffer`, at once or, in non-blocking mode, later; returns its length in either case."""
        length = len(buffer)
        if self._capture is None or length % self._frame_bytes:
            raise OSError(errno.EINVAL)
        if length == 0:
            return 0
        if self._filling is None:
            self._begin(buffer)
        elif self._queued is None:
            self._queued = buffer
        if self._callback is None:
            self._block()
        return length

    def _block(self):
        while self._filling is not None:
            clock.sleep_ms(1)

    def _chunks_done(self):
        """DMA buffers that have been filled since the start."""
        return (clock.now_ms() - self._start_ms) * self._rate_hz // (1000 * DMA_FRAMES)

    def _begin(self, buffer):
        """The task takes `buffer`: settle which frames go into it, and when the last of them is there."""
        done = self._chunks_done()
        frames = len(buffer) // self._frame_bytes
        chunk, inside = divmod(self._next, DMA_FRAMES)
        self._rest_frames = min(frames, DMA_FRAMES - inside) if inside else 0
        self._rest_from = self._next
        if inside and done > chunk:
            self._rest_from += (done - chunk) // self._buffers * self._buffers * DMA_FRAMES
        self._from = self._next + self._rest_frames
        if self._from % DMA_FRAMES == 0:
            self._from = max(self._from, (done - self._buffers + 1) * DMA_FRAMES)
        self._next = self._from + frames - self._rest_frames
        last_chunk = (self._next + DMA_FRAMES - 1) // DMA_FRAMES
        self._filling = buffer
        wait_ms = -(-last_chunk * DMA_FRAMES * 1000 // self._rate_hz)
        self._alarm.set(max(clock.now_ms(), self._start_ms + wait_ms))

    def _complete(self):
        """The buffer under way is full: hand it over and take the queued one."""
        view = memoryview(self._filling)
        rest_bytes = self._rest_frames * self._frame_bytes
        if rest_bytes:
            self._capture.read(self._rest_from, view[:rest_bytes])
        self._capture.read(self._from, view[rest_bytes:])
        self._capture.forget_before(self._next - self._buffers * DMA_FRAMES)
        queued = self._queued
        self._queued = None
        self._filling = queued  # before anything else: a callback that runs here must find the order kept
        if queued is not None:
            self._begin(queued)
        if self._callback is not None:
            clock.call_back(self._callback, self)
