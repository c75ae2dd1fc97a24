"""Corrupted containers: each change is noticed, no wrong sample comes, what is sound before it is kept.

What must be found is told by an oracle that shares no code with the reader: a block is authentic if it is the
block that was written there, under the header that was written with it. `campaign` gives the table's rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from host_tools.container.findings import examine, open_body
from host_tools.container.header import parse
from host_tools.container.report import EMPTY, Finding
from host_tools.container.source import BlockReader, MemorySource
from host_tools.container.view import Vouch
from tests.faults.corrupting import FAULTS, Case
from tests.faults.originals import Original, Pool, Sound
from tests.faults.row import Row
from tests.reference_writer import BLOCK, seal_of

REFUSED = ("not a container", "forged")
SINGLE_POINT = "any of these in the header or the first segment"
UNSEEN = "first segment all zeros, and nobody vouches for it"
SINGLE_POINTS = {
    SINGLE_POINT: "the recording; each was noticed",
    UNSEEN: "the recording; it looks as if it was never used",
}


@dataclass(frozen=True)
class Expected:
    """What the oracle says: one of these words, and so many segments."""

    words: tuple[str, ...]
    segments: int


def expect(data: bytes, original: Original | None, vouch: Vouch | None) -> Expected:
    """The oracle: `original` is what was written under the header that `data` has, None if nothing was."""
    if original is None:
        return Expected(REFUSED, 0)
    if vouch is not None and vouch.seal != seal_of(data):
        return Expected(("replaced",), 0)
    blocks = [data[at : at + BLOCK] for at in range(BLOCK, len(data) - BLOCK + 1, BLOCK)]
    right = [block == written for block, written in zip(blocks, original.blocks, strict=False)]
    kept = right.index(False) if False in right else len(right)
    promised = vouch.samples or 0 if vouch is not None else 0
    if kept == 0:
        is_empty = bool(blocks) and not any(blocks[0])
        return Expected(("damaged",) if promised or not is_empty else ("empty",), 0)
    if kept == len(original.blocks) and original.is_closed:
        return Expected(("complete",), kept)
    is_broken = any(right[kept:]) or promised > original.ends[kept - 1]
    return Expected(("damaged",) if is_broken else ("interrupted",), kept)


def heard(data: bytes, pool: Pool) -> Sound:
    """All the sound that the reader gives, with its places."""
    body = open_body(BlockReader(MemorySource(data)), parse(data[:BLOCK]), pool.view)
    return [(index, bytes(pcm)) for index, pcm in body.sound()]


def is_right(
    data: bytes, finding: Finding, expected: Expected, original: Original | None, pool: Pool
) -> bool:
    """Whether the finding is what the oracle says, and the sound exactly that of the segments kept."""
    if finding.word not in expected.words or (finding.segments or 0) != expected.segments:
        return False
    if expected.segments == 0 or original is None:
        is_told = finding.needs_attention or not finding.vouched
        return not finding.samples and finding.session is None and is_told
    sound = [piece for segment in original.sound[: expected.segments] for piece in segment]
    return finding.samples == original.ends[expected.segments - 1] and heard(data, pool) == sound


def vouch_for(original: Original, chance: Random) -> Vouch | None:
    """What a later container may say: nothing, that there is an END, or that there is none."""
    samples = chance.choice((None, original.ends[-1])) if original.is_closed else None
    if chance.randrange(3) == 0:
        return None
    return Vouch(seal_of(original.data), samples, "a later container")


def run_case(
    pool: Pool, fault: Callable[[Case], bytes], chance: Random
) -> tuple[bool, Original, bytes, Finding]:
    """Corrupt one container and judge it: (all right, the original, its corrupted bytes, the finding)."""
    original, other = chance.choice(pool.written), chance.choice(pool.written)
    case = Case(chance, original.data, original.used, other.data, pool.earlier[original.number].data)
    data = fault(case)
    pool.view.vouches.clear()
    vouch = vouch_for(original, chance)
    if vouch is not None:
        pool.view.vouches[pool.writer.recorder_id, original.number] = vouch
    under = pool.by_header.get(data[:BLOCK])
    expected = expect(data, under, vouch if under is not None and under.number == original.number else None)
    finding = examine(MemorySource(data), pool.view)
    return is_right(data, finding, expected, under, pool), original, data, finding


def campaign(count: int = 10_000, seed: int = 1) -> list[Row]:
    """Corrupt `count` containers; a row for each way.

    A container survives if the change is noticed, every finished segment before it is kept, and no other
    sound comes out. What hits the header or the first segment, without which nothing opens, is counted in
    a row of its own: it must be noticed. The seed chooses sound and faults; keys and salts are fresh.
    """
    chance = Random(seed)
    pool = Pool(chance)
    rows = {name: Row(f"container: {name}") for name in FAULTS}
    rows |= {name: Row(f"container: {name}", loss=loss) for name, loss in SINGLE_POINTS.items()}
    for position in range(count):
        name = list(FAULTS)[position % len(FAULTS)]
        right, original, data, finding = run_case(pool, FAULTS[name], chance)
        faults = (
            [] if right else [f"{name} in number {original.number}: told {finding.word}: {finding.message}"]
        )
        if data[: 2 * BLOCK] == original.data[: 2 * BLOCK]:
            lost_ms = _lost_samples(original, data, finding) * 1000 // pool.writer.rate
            rows[name].take(f"seed {seed}, case {position}", lost_ms, faults)
            continue
        unseen = finding.word == EMPTY and not finding.needs_attention
        row = rows[UNSEEN if unseen else SINGLE_POINT]
        row.take(f"seed {seed}, case {position}", 0, faults)
        row.survived = 0
    return [row for row in rows.values() if row.tried]


def _lost_samples(original: Original, data: bytes, finding: Finding) -> int:
    """Samples of finished segments before the first damage that the reader does not give."""
    intact = 0
    for position, block in enumerate(original.blocks, start=1):
        if data[position * BLOCK : (position + 1) * BLOCK] != block:
            break
        intact = position
    return max(0, original.ends[intact - 1] - (finding.samples or 0))
