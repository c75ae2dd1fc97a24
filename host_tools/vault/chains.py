"""A recording in several parts: which entries of the vault belong together, and which are missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from host_tools.container.report import CONTINUED
from host_tools.container.wholes import absent, grouped
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
    recordings = list(recordings)
    here = {(recording.recorder, recording.number) for recording in recordings}
    found = [Chain(tuple(group), _missing(group, here)) for group in grouped(recordings)]
    return {part.id: chain for chain in found for part in chain.parts}


def chain_of(vault: RecordingShelf, recording_id: int) -> Chain:
    """The recording with this id and all other parts of it. Raises CloisterError if there is none."""
    vault.recording(recording_id)
    return chains(vault.recordings())[recording_id]


def _missing(parts: list[Recording], here: set[tuple[str, int]]) -> list[int]:
    """The numbers between and around these parts that nothing in the vault has."""
    if len(parts) == 1 and not parts[0].part and parts[0].ended != CONTINUED:
        return []
    return [number for number in absent(parts) if (parts[0].recorder, number) not in here]
