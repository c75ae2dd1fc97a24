"""Sound from the microphone, buffer by buffer, across a card that is busy, with the losses counted.

Three buffers go round: two are given to the I2S driver, which fills them even while Python is held by
the card, and one is in hand. The callback only notes the full one and passes on the free one; it
allocates nothing and may run inside a write to the card. When every buffer was full, the driver's DMA
memory kept the newest sound and dropped the oldest without a word, so a loss is measured against the
clock, which runs from the same crystal: it is the rise of (time − sound) that lasts.
"""

from array import array

from crypto.words import wipe
from micropython import const

DMA_FRAMES = const(256)  # of one DMA buffer; other read lengths would hand out half-overwritten ones
_BUFFERS = const(3)
_UNDER_WAY = const(2)
_STAMPS = const(4)  # more than can be full at once
_BUFFER_MS = const(736)  # the most in one buffer: it and a segment are what a power cut may take
_SILENCE_US = const(2_000_000)  # a microphone that delivered nothing for so long has failed
_NOISE_BYTES = const(512)


class Capture:
    """Frames from a microphone object: `start(rate_hz, channels, on_full)`, `read_into(buffer)`, `stop()`.

    buffer_bytes, dma_bytes: one audio buffer and the driver's DMA memory, from the board file.
    ticks: the `time` module or one like it (`ticks_us`, `ticks_diff`).
    """

    def __init__(self, microphone, buffer_bytes, dma_bytes, ticks):
        self._microphone = microphone
        self._dma_frames = max(2, dma_bytes // 2048) * DMA_FRAMES
        self._ticks = ticks
        self._memory = [bytearray(buffer_bytes) for _ in range(_BUFFERS)]
        self._views = [memoryview(whole) for whole in self._memory]
        self._stamps_us = array("i", [0] * _STAMPS)  # when buffer k was noted full
        self._asked_us = array("i", [0] * _STAMPS)  # when it was asked for
        self._on_full = self._note_full  # bound once: binding allocates
        self._full = self._asked = self._freed = 0
        self._pumping = self.running = False

    def start(self, rate_hz, channels):
        """Start the microphone. Frames are counted from here; the first ones come after its start-up."""
        self._rate_hz = rate_hz
        frame_bytes = 2 * channels
        longest = min(len(self._memory[0]) // frame_bytes, rate_hz * _BUFFER_MS // 1000)
        self.frames = longest // DMA_FRAMES * DMA_FRAMES  # in one buffer
        self._views = [memoryview(whole)[: self.frames * frame_bytes] for whole in self._memory]
        self._full = self._asked = self._freed = 0
        self._timed = 0  # buffers that the clock was compared with
        self._lost = 0  # frames, of those
        self._elapsed_us = 0  # until self._stamp_us
        self._stamp_us = self._ticks.ticks_us()
        self._stamps_us[_STAMPS - 1] = self._stamp_us
        self._microphone.start(rate_hz, channels, self._on_full)
        # Sound runs by now, so it is no later than this: a first callback that came late tells nothing.
        self._lead_us = self._ticks.ticks_diff(self._ticks.ticks_us(), self._stamp_us)
        self.running = True
        self._pump()

    def stop(self):
        """Stop the microphone; what was not fetched is gone."""
        self.running = False
        self._microphone.stop()

    def _note_full(self, _):
        # Runs in the scheduler, perhaps inside a write to the card with the heap locked: no allocation.
        self._stamps_us[self._full % _STAMPS] = self._ticks.ticks_us()
        self._full += 1
        self._pump()

    def _pump(self):
        if self._pumping or not self.running:
            return  # the pump that was interrupted looks again
        self._pumping = True
        while self._asked - self._full < _UNDER_WAY and self._asked - self._freed < _BUFFERS:
            self._asked_us[self._asked % _STAMPS] = self._ticks.ticks_us()
            self._microphone.read_into(self._views[self._asked % _BUFFERS])
            self._asked += 1
        self._pumping = False

    def full(self):
        """Return the oldest full buffer (16-bit samples), or None. The caller's until give_back()."""
        return self._views[self._freed % _BUFFERS] if self._full > self._freed else None

    def give_back(self):
        """Hand the oldest full buffer back to be filled again."""
        self._freed += 1
        self._pump()

    def lost_before(self, wait):
        """Return how many frames were lost just before the oldest full buffer: 0 when asked again.

        None: perhaps some, but only the next full buffer can tell; not so with `wait` false.
        """
        k = self._freed
        if self._timed > k:
            return 0
        late_us = self._late_us(k)
        dropped = self._dropped(k)
        if dropped is None:
            lost = 0
            self._lead_us = min(self._lead_us, late_us)  # least (time − sound): start-up and callback delay
        else:
            if self._full - k < 2 and wait:
                return None
            if self._full - k > 1:
                late_us = min(late_us, self._late_us(k + 1))
            lost = max(0, self._frames(late_us - self._lead_us) + DMA_FRAMES // 2) // DMA_FRAMES * DMA_FRAMES
            # A callback may come late, never early: what it tells beyond the DMA memory's own sum is delay.
            if lost > dropped + DMA_FRAMES:
                lost = dropped
        self._lost += lost
        self._advance(k)
        return lost

    def _dropped(self, k):
        """Return how many frames DMA memory had dropped when buffer k was asked for; None: nowhere near.

        Whether those before it were still under way then is not asked: their callbacks may have been late.
        """
        if k == 0:
            return None
        asked_us = self._asked_us[k % _STAMPS]
        waiting_us = self._elapsed_us + self._ticks.ticks_diff(asked_us, self._stamp_us) - self._lead_us
        waiting = self._frames(waiting_us) - k * self.frames - self._lost
        # All DMA buffers but the one being filled wait for whoever reads.
        beyond = waiting // DMA_FRAMES - (self._dma_frames // DMA_FRAMES - 1)
        return None if beyond < -1 else max(0, beyond) * DMA_FRAMES

    def _late_us(self, k):
        """Return time − sound at the end of buffer k, in µs."""
        at_us = self._elapsed_us + self._ticks.ticks_diff(self._stamps_us[k % _STAMPS], self._stamp_us)
        return at_us - ((k + 1) * self.frames + self._lost) * 1_000_000 // self._rate_hz

    def _advance(self, k):
        stamp_us = self._stamps_us[k % _STAMPS]
        self._elapsed_us += self._ticks.ticks_diff(stamp_us, self._stamp_us)
        self._stamp_us = stamp_us
        self._timed = k + 1

    def _frames(self, us):
        return us * self._rate_hz // 1_000_000

    def position(self):
        """Return the frame that the microphone is at now, counted from its start, losses included."""
        since_us = self._ticks.ticks_diff(self._ticks.ticks_us(), self._stamp_us)
        frames = self._frames(self._elapsed_us + since_us - self._lead_us)
        return max(frames, self._timed * self.frames + self._lost)

    def noise(self):
        """Return 512 bytes as the microphone gave them last, for their low bits."""
        return self._memory[0][:_NOISE_BYTES]

    def clear(self):
        """Zero what is left of the sound; only while stopped."""
        for whole in self._memory:
            wipe(whole)

    def silent(self):
        """True if the microphone has been asked for sound for 2 s, and delivered none."""
        now_us = self._ticks.ticks_us()
        last_us = self._stamps_us[(self._full - 1) % _STAMPS]
        asked_us = self._asked_us[self._full % _STAMPS]
        return (
            self._ticks.ticks_diff(now_us, last_us) > _SILENCE_US
            and self._ticks.ticks_diff(now_us, asked_us) > _SILENCE_US
        )

    def mute(self):
        """Take the microphone's power, and with it the red light; what the driver holds can still be read."""
        self._microphone.power(False)
