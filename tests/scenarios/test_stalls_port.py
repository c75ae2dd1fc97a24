"""The capture against a model of the port: to the microsecond, and with troubles of its own.

As the simulator's I2S, and further: the driver's task has to wait for its turn while Python is busy, its
interrupt is held up now and then, so that sound is missing for no cause that the recorder could know of, and
the first DMA buffer may have begun while `start` was still under way.
"""

import random
import re

import pytest

from host_tools.simulator.interpreter import FIRMWARE_DIR
from recorder.capture import DMA_FRAMES, Capture

US = 3  # time is counted in thirds of a microsecond: whole numbers at every rate
MS = 1000 * US
TURN = 10 * MS  # how long one task runs before the next of its rank has its turn
BOARDS = {"wroom": (16_384, 8_192), "wrover": (24_576, 81_920)}


class Port:
    """I2S, the clock, and an interpreter that may be held; buffers are lists of the chunks in them."""

    def __init__(self, seed: int, dma_bytes: int, early: int = 0):
        self.random = random.Random(seed)
        self.now = self.random.randrange(1 << 30) * US
        self.kept = dma_bytes // 2048 - 1
        self.early = early  # how long `start` goes on once sound runs
        self.waiting: list[int] = []  # chunks
        self.buffers: list[list[int]] = []  # all that were asked for, in order
        self.filling = 0  # which of them the task is at
        self.callbacks = 0  # that wait for the interpreter
        self.task_at: int | None = None  # when the task has its turn
        self.starved_until = 0  # the driver's interrupt is held up
        self.held = self.in_callback = self.sleeps = False

    # What the capture sees as its microphone and as `time`.

    def start(self, rate_hz, channels, on_full):
        self.chunk_time = 768_000_000 // rate_hz
        self.on_full = on_full
        self.began = self.now
        self.next_chunk = 0
        self.advance(self.now + self.early)

    def read_into(self, view):
        self.size = len(view) // self.frame_bytes // DMA_FRAMES
        assert len(self.buffers) - self.filling < 2, "a third readinto is dropped"
        self.buffers.append([])
        self.wake()

    def ticks_us(self):
        self.pass_time(5 * US)
        return self.now // US & 0x3FFFFFFF

    @staticmethod
    def ticks_diff(later, earlier):
        return (later - earlier + (1 << 29) & 0x3FFFFFFF) - (1 << 29)

    def sleep_ms(self, duration_ms):
        assert duration_ms == 0
        self.make_way()
        self.advance(self.now + 20 * US)

    # What passes.

    def wake(self):
        """The task has something to do, and gets its turn at once if Python has nothing to do."""
        if self.task_at is None and self.filling < len(self.buffers) and self.waiting:
            busy = not self.held and not self.sleeps
            self.task_at = self.now + (
                self.random.randrange(TURN) if busy else self.random.randrange(100 * US)
            )

    def make_way(self):
        """Python has nothing to do for now."""
        if self.task_at is not None:
            self.task_at = min(self.task_at, self.now + 10 * US)

    def advance(self, to: int):
        """Let time pass for the driver alone."""
        while True:
            chunk_at = self.began + (self.next_chunk + 1) * self.chunk_time
            at = chunk_at if self.task_at is None else min(chunk_at, self.task_at)
            if at > to:
                break
            self.now = max(self.now, at)
            if at == self.task_at:
                self.task_at = None
                self.copy()
            else:
                self.arrive()
        self.now = max(self.now, to)

    def arrive(self):
        if self.now >= self.starved_until:
            self.waiting = [*self.waiting, self.next_chunk][-self.kept :]
        self.next_chunk += 1
        self.wake()

    def copy(self):
        while self.filling < len(self.buffers) and self.waiting:
            buffer = self.buffers[self.filling]
            buffer.append(self.waiting.pop(0))
            if len(buffer) == self.size:
                self.filling += 1
                self.callbacks += 1

    def pass_time(self, duration: int):
        """Let time pass while Python runs, or sleeps: callbacks are run."""
        end = self.now + duration
        while self.now < end:
            self.advance(min(end, self.now + MS // 4) if self.sleeps else end)
            if not self.in_callback and not self.held:
                self.call_back()

    def call_back(self):
        while self.callbacks:
            self.callbacks -= 1
            self.in_callback = True
            self.on_full(None)
            self.in_callback = False

    def hold(self, duration: int):
        """The card holds the interpreter."""
        self.held = True
        self.make_way()
        self.advance(self.now + duration)
        self.held = False
        self.pass_time(US)

    def sleep(self, duration: int):
        self.sleeps = True
        self.make_way()
        self.pass_time(duration)
        self.sleeps = False


class Room:
    """A recorder's main loop around the capture, and what it was told of each buffer."""

    def __init__(self, board: str, rate_hz: int, channels: int, seed: int, early: int = 0):
        buffer_bytes, dma_bytes = BOARDS[board]
        self.port = Port(seed, dma_bytes, early)
        self.port.frame_bytes = 2 * channels
        self.capture = Capture(self.port, buffer_bytes, dma_bytes, self.port)
        self.capture.start(rate_hz, channels)
        self.segment = 4000 // self.port.frame_bytes
        self.told = 0  # the chunk that comes next
        self.taken = 0  # buffers
        self.wrong: list[int] = []  # by how many chunks each buffer's place is wrong
        self.lost: list[int] = []

    def go(self, buffers: int, busy):
        """Take so many buffers; `busy()` is how long the next write to the card takes."""
        for _ in range(buffers):
            while self.capture.full() is None:
                self.port.sleep(20 * MS)
            lost, rest = divmod(self.capture.lost_before(), DMA_FRAMES)
            assert rest == 0 and self.capture.lost_before() == 0
            chunks = self.port.buffers[self.taken]
            assert len(chunks) == self.port.size, "a buffer was handed out before it was full"
            self.told += lost
            self.lost.append(lost)
            self.wrong.append(self.told - chunks[0])
            for _ in range(-(-len(chunks) * DMA_FRAMES // self.segment)):
                self.port.hold(busy())
                self.port.pass_time(2 * MS)
            self.told += len(chunks)
            self.taken += 1
            self.capture.give_back()
            self.port.pass_time(self.port.random.randrange(1, 15) * MS)  # memory is collected


def busy_at_times(seed: int, share: float, *lengths_ms: int):
    """A card whose writes take a millisecond, and a share of them one of these lengths."""
    draw = random.Random(seed)
    return lambda: (draw.choice(lengths_ms) if draw.random() < share else 1) * MS


FORMS = [(8000, 1), (16_000, 1), (24_000, 2), (32_000, 1), (48_000, 1), (48_000, 2)]


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize(("rate_hz", "channels"), FORMS)
def test_every_buffer_has_its_true_place_whatever_the_card_does(board, rate_hz, channels):
    for seed, share in enumerate((0.02, 0.1, 0.3, 0.8)):
        room = Room(board, rate_hz, channels, seed)
        room.go(250, busy_at_times(seed, share, 20, 50, 100, 250, 500, 1250, 2000, 5000))
        assert sum(room.lost) > 50
        assert not any(room.wrong)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize(("rate_hz", "channels"), FORMS)
def test_sound_that_began_while_start_was_under_way_is_known_by_the_first_buffers(board, rate_hz, channels):
    for seed in range(4):
        room = Room(board, rate_hz, channels, seed, early=random.Random(seed).randrange(5 * MS))
        room.go(4, lambda: MS)
        room.go(200, busy_at_times(seed, 0.1, 20, 100, 500, 1250, 3000))
        assert sum(room.lost) > 10
        assert not any(room.wrong)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize(("rate_hz", "channels"), FORMS)
def test_sound_missing_for_an_unknown_cause_is_told_after_a_few_buffers(board, rate_hz, channels):
    for seed in range(4):
        room = Room(board, rate_hz, channels, seed)
        room.go(10, busy_at_times(seed, 0.2, 20))
        room.port.starved_until = room.port.now + random.Random(seed).randrange(20, 80) * MS
        room.go(25, busy_at_times(seed, 0.2, 20))
        assert not any(room.wrong[:9]) and not any(room.wrong[24:])
        assert sum(room.lost) == room.told - sum(map(len, room.port.buffers[: room.taken]))
        room.go(100, busy_at_times(seed, 0.1, 500, 3000))
        assert not any(room.wrong[35:])


def test_two_callbacks_at_most_wait_for_the_scheduler_and_nothing_else_uses_it():
    folders = [FIRMWARE_DIR / name for name in ("boards", "crypto", "drivers", "recorder")]
    users = [
        path.name
        for folder in folders
        for path in folder.rglob("*.py")
        if re.search(r"\b(irq|schedule|Timer)\(", path.read_text())
    ]
    assert users == ["microphone.py"]
