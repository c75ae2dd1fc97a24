"""Sound from the microphone, buffer by buffer, across a card that is busy, with the losses counted.

Three buffers go round: two are given to the I2S driver, which fills them even while Python is held by
the card, and one is in hand. The callback only notes the full one and passes on the free one; it
allocates nothing and may run inside a write to the card. When every buffer was full, the driver's DMA
memory kept the newest sound and dropped the oldest without a word.

So a loss is measured against the clock, which runs from the same crystal: how much sound had come when a
buffer was asked for, and was nowhere kept. It is asked for well within the time of one DMA buffer, so that
there is nothing to guess. Callbacks come late, never early: one that comes before it can refutes a loss, and
buffers that are late one after the other, while somebody waits for them, prove one that has no known cause.
"""

from array import array

from crypto.words import wipe
from micropython import const

DMA_FRAMES = const(256)  # of one DMA buffer; other read lengths would hand out half-overwritten ones
_BUFFERS = const(3)
_UNDER_WAY = const(2)
_PLACES = const(4)  # more than can be full at once
_BUFFER_MS = const(736)  # the most in one buffer
_UNSAFE_MS = const(930)  # the most in a buffer and a segment: they are what a power cut may take
_SEGMENT_FRAMES = const(2000)
_SILENCE_US = const(2_000_000)  # a microphone that delivered nothing for so long has failed
_NOISE_BYTES = const(512)
# Times within a DMA buffer are thirds of a microsecond: then one lasts a whole number of them at every rate.
_CHUNK = const(768_000_000)  # divided by the rate; "chunk" is one DMA buffer here
_AFTER = const(3_600)  # 1.2 ms: how long after the end of a chunk none is asked for if some were lost
_BEFORE = const(6_000)  # and before it: the driver's task may take a moment
_PROOFS = const(4)  # buffers that have to be late, and none in time, before sound is known to be missing


class Capture:
    """Frames from a microphone object: `start(rate_hz, channels, on_full)`, `read_into(buffer)`, `stop()`.

    buffer_bytes, dma_bytes: one audio buffer and the driver's DMA memory, from the board file.
    ticks: the `time` module or one like it (`ticks_us`, `ticks_diff`, `sleep_ms`).
    """

    def __init__(self, microphone, buffer_bytes, dma_bytes, ticks):
        self._microphone = microphone
        self._kept = max(2, dma_bytes // 2048) - 1  # chunks that wait while one is being filled
        self._ticks = ticks
        self._memory = [bytearray(buffer_bytes) for _ in range(_BUFFERS)]
        self._views = [memoryview(whole) for whole in self._memory]
        self._stamps_us = array("i", [0] * _PLACES)  # when buffer k was noted full
        self._due_us = array("i", [0] * _PLACES)  # when it is full, if all is as it should be
        self._dropped = array("i", [0] * _PLACES)  # chunks that were lost just before it
        self._on_full = self._note_full  # bound once: binding allocates
        self._full = self._asked = self._freed = 0
        self._pumping = self.running = False

    def start(self, rate_hz, channels):
        """Start the microphone. Frames are counted from here; the first ones come after its start-up."""
        self._rate_hz = rate_hz
        frame_bytes = 2 * channels
        longest = min(len(self._memory[0]) // frame_bytes, rate_hz * _BUFFER_MS // 1000)
        longest = min(longest, rate_hz * _UNSAFE_MS // 1000 - _SEGMENT_FRAMES)
        self._chunks = longest // DMA_FRAMES
        self.frames = self._chunks * DMA_FRAMES  # in one buffer
        self._chunk = _CHUNK // rate_hz
        self._views = [memoryview(whole)[: self.frames * frame_bytes] for whole in self._memory]
        self._full = self._asked = self._freed = 0
        self._timed = 0  # buffers that the clock was compared with
        self._lost = 0  # chunks, before those that were asked for
        self._looked = -1  # the buffer that was waited for when somebody last looked
        self._proofs = 0  # buffers that were late in a row
        self._missing = self._chunks  # at most, if they were
        self._microphone.start(rate_hz, channels, self._on_full)
        # Sound runs by now, so it began no later than this; a callback may show that it began earlier.
        self._end_us = self._ticks.ticks_us()  # of all that was asked for
        self._end_rest = 0  # thirds
        self.running = True
        self._pump()

    def stop(self):
        """Stop the microphone; what was not fetched is gone."""
        self.running = False
        self._microphone.stop()

    def _note_full(self, _):
        # Runs in the scheduler, perhaps inside a write to the card with the heap locked: no allocation.
        self._stamps_us[self._full % _PLACES] = self._ticks.ticks_us()
        self._full += 1
        self._pump()

    def _pump(self):
        # A callback that interrupts _ask() leaves the rest to whom it has interrupted.
        while not self._pumping and self._lacks_one():
            self._pumping = True
            if self._lacks_one():  # a callback may have come between the question and the mark
                self._ask(self._asked % _PLACES)
            self._pumping = False

    def _lacks_one(self):
        return self.running and self._asked - self._full < _UNDER_WAY and self._asked - self._freed < _BUFFERS

    def _ask(self, place):
        """Have the next buffer filled; if all that was asked for before was full long ago, sound is lost."""
        since = self._since_end()
        lost = 0
        if since > self._kept * self._chunk - _BEFORE:
            while not _AFTER <= since % self._chunk <= self._chunk - _BEFORE:
                since = self._since_end()
            lost = max(0, since // self._chunk - self._kept)
        self._dropped[place] = lost
        self._lost += lost
        self._move_end(lost + self._chunks)
        self._due_us[place] = self._end_us
        self._microphone.read_into(self._views[self._asked % _BUFFERS])
        self._asked += 1
        if since > 0:
            self._ticks.sleep_ms(0)  # the driver's task has its turn now, not when Python's time is up

    def _since_end(self):
        """Return the time since the end of all that was asked for, in thirds of a microsecond."""
        return self._ticks.ticks_diff(self._ticks.ticks_us(), self._end_us) * 3 - self._end_rest

    def _move_end(self, chunks):
        """Shift the end of all that was asked for by that much sound."""
        rest = self._end_rest + chunks * self._chunk
        self._end_us = (self._end_us + rest // 3) & 0x3FFFFFFF
        self._end_rest = rest % 3

    def full(self):
        """Return the oldest full buffer (16-bit samples), or None. The caller's until give_back()."""
        if self._full > self._freed:
            return self._views[self._freed % _BUFFERS]
        self._looked = self._freed
        return None

    def give_back(self):
        """Hand the oldest full buffer back to be filled again."""
        self._freed += 1
        self._pump()

    def lost_before(self):
        """Return how many frames were lost just before the oldest full buffer: 0 when asked again."""
        k = self._freed
        if self._timed > k:
            return 0
        self._timed = k + 1
        place = k % _PLACES
        late = self._ticks.ticks_diff(self._stamps_us[place], self._due_us[place]) * 3
        found = 0
        if late < 0:
            found = -min(self._dropped[place], (self._chunk // 2 - late) // self._chunk)
        else:
            found = self._proven((late + self._chunk // 4) // self._chunk, self._looked == k)
        # What is early by less than was lost only shows that sound began earlier than was thought.
        self._shift(found, min(0, late - found * self._chunk))
        return (self._dropped[place] + found) * DMA_FRAMES

    def _proven(self, missing, prompt):
        """Return the chunks that are missing, once buffer after buffer was late, though some were waited for.

        prompt: somebody was waiting, so that the callback was not held up.
        """
        if not missing:
            self._unproven()
            return 0
        self._missing = min(self._missing, missing)
        self._proofs += prompt
        if self._proofs < _PROOFS:
            return 0
        missing = self._missing
        self._unproven()
        return missing

    def _unproven(self):
        self._proofs = 0
        self._missing = self._chunks

    def _shift(self, chunks, thirds):
        """So much more was lost, and all that was asked for ends by so much later."""
        if not chunks and not thirds:
            return
        self._pumping = True  # a callback now has to wait
        self._lost += chunks
        later_us = (chunks * self._chunk + thirds) // 3
        for place in range(_PLACES):
            self._due_us[place] = (self._due_us[place] + later_us) & 0x3FFFFFFF
        self._end_us = (self._end_us + later_us) & 0x3FFFFFFF
        self._pumping = False
        self._pump()

    def position(self):
        """Return the frame that the microphone is at now, counted from its start, losses included."""
        self._pumping = True  # a callback now has to wait
        frames = self._asked * self.frames + self._lost * DMA_FRAMES
        since_us = self._since_end() // 3
        self._pumping = False
        self._pump()
        return max(0, frames + since_us * self._rate_hz // 1_000_000)

    @property
    def room_frames(self):
        """How many frames there is room for before any are lost, if nobody fetches what is full."""
        return self._asked * self.frames + (self._lost + self._kept) * DMA_FRAMES - self.position()

    def noise(self):
        """Return 512 bytes as the microphone gave them last, for their low bits."""
        return self._memory[0][:_NOISE_BYTES]

    def clear(self):
        """Zero what is left of the sound; only while stopped."""
        for whole in self._memory:
            wipe(whole)

    def silent(self):
        """True if a buffer that is waited for should have been full 2 s ago."""
        due_us = self._due_us[self._full % _PLACES]
        return self._ticks.ticks_diff(self._ticks.ticks_us(), due_us) > _SILENCE_US

    def mute(self):
        """Take the microphone's power, and with it the red light; what the driver holds can still be read."""
        self._microphone.power(False)
