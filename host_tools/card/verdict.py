"""Whether a card will do, from what its trial found: one word, and sentences that say why."""

from dataclasses import dataclass
from typing import Any

from host_tools.card.trial import Busy, Outcome

GOOD, PSRAM_ONLY, BAD = "good", "psram only", "bad"
ANY_BOARD_MS = 1000
PSRAM_BOARD_MS = 2000
SEGMENT_MS = 125
"""What a write of 4096 bytes may take on average: as long as the sound in it, at 16 kHz mono."""

MB = 1_000_000
HOW = {
    "wraps": "what is written behind that replaces what was written before",
    "loses": "what is written behind that is lost",
}


@dataclass(frozen=True)
class Verdict:
    """`word` is good, psram only or bad; the first sentence says what to do, the others why."""

    word: str
    sentences: tuple[str, ...]


def judge(outcome: Outcome, is_image: bool) -> Verdict:
    """The times of an image are its disk's, and are not judged."""
    because = content_sentences(outcome)
    if because:
        return Verdict(BAD, ("Do not use this card.", *because))
    assert outcome.busy is not None  # everything was written, so everything was timed
    held = f"All of its {size_words(outcome.size_bytes)} were written and read back."
    if is_image:
        return Verdict(
            GOOD, ("This image will do.", held, "Its times are its disk's, and say nothing about a card.")
        )
    word, sentence = _busy_verdict(outcome.busy)
    first = {
        GOOD: "This card will do, in any recorder.",
        PSRAM_ONLY: "This card will do only in a recorder whose board has PSRAM.",
        BAD: "Do not use this card.",
    }[word]
    return Verdict(word, (first, held, *sentence))


def content_sentences(outcome: Outcome) -> list[str]:
    """What is wrong with what the card keeps; empty if nothing is."""
    sentences = []
    capacity = outcome.capacity
    if capacity is not None and capacity.is_fake:
        says, holds = size_words(outcome.size_bytes), size_words(capacity.real_bytes or 0)
        sentences.append(f"It is a fake: it says {says} and holds {holds}; {HOW[capacity.kind]}.")
        sentences.append(f"The first byte that it does not keep is byte {capacity.first_bad}.")
    elif capacity is not None and capacity.kind == "damaged":
        blocks = "1 block" if capacity.bad_blocks == 1 else f"{capacity.bad_blocks} blocks"
        sentences.append(
            f"At least {blocks} of 4096 bytes did not hold what was written there, "
            f"one of them at byte {capacity.first_bad}."
        )
    elif outcome.errors:
        sentences.append("It could not be written or read throughout.")
    return sentences


def as_dict(outcome: Outcome, verdict: Verdict, device: str, formatted: bool) -> dict[str, Any]:
    """For --json. What was not come to is null."""
    capacity, busy = outcome.capacity, outcome.busy
    return {
        "device": device,
        "size_bytes": outcome.size_bytes,
        "real_bytes": capacity.real_bytes if capacity else None,
        "verdict": verdict.word,
        "fake": _is_fake(outcome),
        "first_bad_byte": capacity.first_bad if capacity else None,
        "busy_ms": busy and {"median": busy.median_ms, "p99": busy.p99_ms, "longest": busy.longest_ms},
        "write_mb_s": _mb_s(outcome.write_bytes_s),
        "read_mb_s": _mb_s(outcome.read_bytes_s),
        "errors": [*outcome.errors, *content_sentences(outcome)],
        "formatted": formatted,
    }


def figures(outcome: Outcome) -> list[str]:
    """The times, as lines for a reader."""
    lines = []
    if outcome.busy is not None:
        busy = outcome.busy
        lines.append(
            f"Busy with 4096 bytes: {ms_words(busy.median_ms)} typically, 99 of 100 writes at "
            f"most {ms_words(busy.p99_ms)}, {ms_words(busy.longest_ms)} at the longest "
            f"(at byte {busy.longest_at})."
        )
    if outcome.write_bytes_s and outcome.read_bytes_s:
        lines.append(
            f"Written at {_mb_s(outcome.write_bytes_s)} MB/s, read at {_mb_s(outcome.read_bytes_s)} MB/s."
        )
    return lines


def size_words(size_bytes: int) -> str:
    """A size as it is printed on cards: 31.9 GB."""
    if size_bytes >= 1000 * MB:
        return f"{size_bytes / (1000 * MB):.1f} GB"
    return f"{size_bytes / MB:.1f} MB" if size_bytes >= MB else f"{size_bytes} bytes"


def ms_words(taken_ms: float) -> str:
    """1.3 ms, 310 ms, 1.25 s."""
    if taken_ms >= ANY_BOARD_MS:
        return f"{taken_ms / 1000:.2f} s"
    return f"{taken_ms:.0f} ms" if taken_ms >= 10 else f"{taken_ms:.1f} ms"


def _is_fake(outcome: Outcome) -> bool | None:
    """None unless it was found to be one, or all of it was filled and what it holds was judged."""
    if outcome.capacity is None:
        return None
    return outcome.capacity.is_fake or (None if outcome.busy is None else False)


def _busy_verdict(busy: Busy) -> tuple[str, list[str]]:
    longest = f"It was busy for {ms_words(busy.longest_ms)} at the longest"
    if busy.mean_ms > SEGMENT_MS:
        return BAD, [f"It takes {ms_words(busy.mean_ms)} for 4096 bytes: sound comes faster."]
    if busy.longest_ms > PSRAM_BOARD_MS:
        return BAD, [f"{longest}: sound would be lost."]
    if busy.longest_ms > ANY_BOARD_MS:
        return PSRAM_ONLY, [f"{longest}: without PSRAM sound would be lost."]
    return GOOD, []


def _mb_s(bytes_s: float | None) -> float | None:
    return None if bytes_s is None else round(bytes_s / MB, 2)
