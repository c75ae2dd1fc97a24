"""The containers that the campaign corrupts, with what was written in each of their segments.

Sound, pauses, marks, gaps, second parts and leftovers, in a few sizes; one recorder, one last-resort key.
What stands in a segment is read off the records that were written, by docs/format.md section 5 alone.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

from host_tools.container.view import LAST_RESORT, RECOVERY
from tests.reference_writer import AUDIO, BLOCK, header, segments
from tests.small_view import known_recorder

Sound = list[tuple[int, bytes]]
# Sizes in thousands of samples (two to a segment), small ones more often.
SIZES = (1, 3, 9, 9, 25, 25, 80, 550)


@dataclass(frozen=True)
class Original:
    """What was written: the file, the sound of each segment, and the sample index after each."""

    number: int
    data: bytes
    sound: list[Sound]
    ends: list[int]
    is_closed: bool

    @property
    def used(self) -> int:
        """How many blocks hold header and sound."""
        return 1 + len(self.sound)

    @cached_property
    def blocks(self) -> list[bytes]:
        """The blocks of the body that were written."""
        return [self.data[at * BLOCK : (at + 1) * BLOCK] for at in range(1, self.used)]


class Pool:
    """The containers; `by_header` tells what was written under a header, also where that is nothing yet."""

    def __init__(self, chance: Random):
        self.view, self.writer = known_recorder()
        self.writer.public = self.view.make_key(self.writer.recorder_id, LAST_RESORT)
        self.recovery = self.view.make_key(None, RECOVERY)
        self.written: list[Original] = []
        self.earlier: dict[int, Original] = {}
        for position, size in enumerate(SIZES):
            samples, first = 1000 * size, 2 * position + 1
            self._write(chance, first, samples, start=None, is_closed=position % 4 != 3)
            self._write(chance, first + 1, samples, start=samples, is_closed=True)
        self.by_header = {
            original.data[:BLOCK]: original for original in (*self.written, *self.earlier.values())
        }

    def _write(self, chance: Random, number: int, samples: int, start: int | None, is_closed: bool) -> None:
        """Write a container; with a `start` it is a second part. Every third has a gap."""
        at = start or 0
        events = [{"at": at + 500, "event": name} for name in ("pause", "resume", "mark")]
        gap = (at + samples // 2, 512) if number % 3 == 0 else None
        session: dict[str, object] = {"part": 0 if start is None else 1}
        if start is not None:
            session["previous"] = {"number": number - 1, "seal": "00" * 16, "samples": start}
        records = self.writer.records(chance.randbytes(2 * samples), at, events, gap, is_closed, session)
        publics = [self.writer.public, self.recovery][: 1 + number % 2]
        data = self.writer.container(number, records, last=is_closed, publics=publics)
        leftovers = (b"", bytes(9 * BLOCK), chance.randbytes(9 * BLOCK), chance.randbytes(100))
        plaintexts, ends = segments(records), [at]
        for plaintext in plaintexts:
            ends.append(_end_of(plaintext, ends[-1]))
        sound = [list(_audio(plaintext)) for plaintext in plaintexts]
        self.written.append(Original(number, data + chance.choice(leftovers), sound, ends[1:], is_closed))
        head = header(self.writer.recorder_id, self.writer.secret, number, publics, os.urandom(32))
        self.earlier[number] = Original(number, head, [], [], is_closed=False)


def _audio(plaintext: bytes) -> Iterator[tuple[int, bytes]]:
    """Index and PCM of the AUDIO records in a segment."""
    for kind, payload in _records(plaintext):
        if kind == AUDIO:
            yield int.from_bytes(payload[:8], "big"), payload[8:]


def _end_of(plaintext: bytes, before: int) -> int:
    """The index after the last sample of a segment."""
    return max([before, *(index + len(pcm) // 2 for index, pcm in _audio(plaintext))])


def _records(plaintext: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and payload of each record."""
    while len(plaintext) >= 4 and plaintext[0]:
        length = int.from_bytes(plaintext[2:4], "big")
        yield plaintext[0], plaintext[4 : 4 + length]
        plaintext = plaintext[4 + length :]
