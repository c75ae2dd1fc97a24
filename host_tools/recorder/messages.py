"""The JSON inside the console's lines: written compactly, and read from a port that may say anything.

Nothing here raises for what a port sends: what is not in the right form is None, or empty.
"""

import json
import re
from typing import Any

from host_tools.strict_json import load_object

_SHOWN_CHARACTERS = 300


def encode(message: dict[str, Any]) -> bytes:
    """A message as UTF-8 JSON without spaces: a line has room for 4096 bytes."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def plain_object(text: bytes) -> dict[str, Any] | None:
    """The JSON object that a text is, else None."""
    if not text.startswith(b"{"):
        return None
    try:
        return load_object(text)
    except ValueError:
        return None


def is_refusal(answer: dict[str, Any]) -> bool:
    """Whether this is the one plain line that is always believed: that a line was not taken."""
    framed = answer.get("id", 0) is None and answer.get("ok") is False
    return framed and answer.get("error") in ("auth", "syntax")


def looks_like_mac(word: bytes, size_bytes: int) -> bool:
    """Whether a line's first word has the form of a MAC; noise of the boot ROM has not."""
    return re.fullmatch(rb"[0-9a-f]{%d}" % (2 * size_bytes), word) is not None


def hex_bytes(value: object, size_bytes: int) -> bytes | None:
    """The `size_bytes` bytes of a field in lower-case hex, else None."""
    if isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{2 * size_bytes}}}", value):
        return bytes.fromhex(value)
    return None


def fraction(value: object) -> float | None:
    """A number from 0 to 1, else None."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if is_one else None  # type: ignore[arg-type]


def printable(value: object) -> str:
    """A text from a recorder, fit for a terminal: no control characters, and of bounded length."""
    if not isinstance(value, str):
        return ""
    return "".join(character if character.isprintable() else "?" for character in value[:_SHOWN_CHARACTERS])
