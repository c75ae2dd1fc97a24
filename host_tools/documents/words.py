"""Times and long keys as a page prints them: days with the month's name, keys in groups."""

from collections.abc import Sequence
from datetime import UTC, datetime

from host_tools.files import MONTHS

GROUP_DIGITS = 8
NO_BREAK = "\N{NO-BREAK SPACE}"


def day_words(moment: str) -> str:
    """An ISO date or time as a day: 3 July 2025."""
    day = datetime.fromisoformat(moment)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_words(moment: str) -> str:
    """An ISO time to the minute, in UTC: 3 July 2025, 14:05 UTC. One without an offset is UTC already."""
    when = datetime.fromisoformat(moment)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return f"{day_words(when.isoformat())}, {when:%H:%M} UTC"


def groups(digits: str) -> str:
    """Hex digits in groups that the eye can follow."""
    return " ".join(digits[first : first + GROUP_DIGITS] for first in range(0, len(digits), GROUP_DIGITS))


def size_words(size_bytes: int) -> str:
    """A size as card makers write it, and to the byte: 32.0 GB (32 010 928 128 bytes)."""
    value, unit = float(size_bytes), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    exact = f"{size_bytes:,}".replace(",", NO_BREAK)
    return f"{exact} bytes" if unit == "bytes" else f"{value:.1f} {unit} ({exact} bytes)"


def listed(texts: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))
