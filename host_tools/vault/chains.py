"""A recording in several parts: which recordings of the vault belong together, in order, and what is missing.

Part p follows the container before it of the same recorder: one that ended with `continued`, or, where the
card was taken out, without an end. Numbers count up by one, so that a missing part has a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from host_tools.container.layout import LONGEST_GAP_S
from host_tools.container.report import CONTINUED
from host_tools.vault.recordings import Recording, RecordingShelf


@dataclass(frozen=True)
class Chain:
    """The parts of one recording that are in the vault, in order; indices count on through all of them.

    `missing` are the numbers of the parts that are not, as far as they are known, ascending.
    """

    parts: tuple[Recording, ...]
    missing: list[int]

    @property
    def first(self) -> Recording:
        """The first part that is here: times count from its beginning."""
        return self.parts[0]

    @property
    def start(self) -> int:
        """The index of the first sample that is here."""
        return self.parts[0].start

    @property
    def samples(self) -> int:
        """The index after the last sample that is here."""
        return self.parts[-1].samples

    @property
    def seconds(self) -> float:
        """The length of all parts together in seconds, to the millisecond."""
        return round((self.samples - self.start) / self.first.rate_hz, 3)


def chains(recordings: Iterable[Recording]) -> dict[int, Chain]:
    """The chain of each recording, by its id; most have one part."""
    groups: list[list[Recording]] = []
    here: set[tuple[str, int]] = set()
    for recording in sorted(recordings, key=lambda entry: (entry.recorder, entry.number)):
        here.add((recording.recorder, recording.number))
        if groups and _follows(groups[-1][-1], recording):
            groups[-1].append(recording)
        else:
            groups.append([recording])
    found = [Chain(tuple(group), _missing(group, here)) for group in groups]
    return {part.id: chain for chain in found for part in chain.parts}


def chain_of(vault: RecordingShelf, recording_id: int) -> Chain:
    """The recording with this id and all other parts of it. Raises CloisterError if there is none."""
    vault.recording(recording_id)
    return chains(vault.recordings())[recording_id]


def _missing(parts: list[Recording], here: set[tuple[str, int]]) -> list[int]:
    """The numbers between and around these parts that nothing in the vault has."""
    first, last = parts[0], parts[-1]
    numbers = list(range(max(1, first.number - first.part), first.number))
    for before, after in zip(parts, parts[1:], strict=False):
        numbers += range(before.number + 1, after.number)
    if last.ended == CONTINUED:
        numbers.append(last.number + 1)
    return [number for number in numbers if (last.recorder, number) not in here]


def _follows(before: Recording, after: Recording) -> bool:
    """Whether one is a later part of the same recording, the next that is here."""
    return (
        (before.recorder, before.rate_hz, before.channels) == (after.recorder, after.rate_hz, after.channels)
        and before.started == after.started
        and before.ended in (CONTINUED, None)
        and 1 <= after.part - before.part <= after.number - before.number
        and 0 <= after.start - before.samples <= LONGEST_GAP_S * after.rate_hz
    )
