"""A recording read through once, for what is known only then: its marks, and what of it is missing.

Only authentic sound counts. What a mark's number is follows from its place: the first is mark 1.
"""

from dataclasses import dataclass

from host_tools.audio.pcm import Sound

MARK = "mark"


@dataclass(frozen=True)
class Survey:
    """Sample indices: of the `marks`, in order, and of what is missing (first, after the last)."""

    marks: tuple[int, ...]
    gaps: tuple[tuple[int, int], ...]


def survey(sound: Sound) -> Survey:
    """Read it to the end."""
    for _ in sound.sound():
        pass
    return Survey(tuple(sorted(event.at for event in sound.events if event.name == MARK)), tuple(sound.gaps))
