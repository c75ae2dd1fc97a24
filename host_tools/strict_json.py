"""JSON objects from outside: read by the standard library, and refused if they are nested without need.

What is nested as deeply as the reader just about takes would fail later, where it is shown or written.
"""

import json
from typing import Any

MOST_LEVELS = 16


def load_object(text: bytes) -> dict[str, Any]:
    """The JSON object that a UTF-8 text is, of at most MOST_LEVELS levels.

    Raises ValueError, which says what it is instead.
    """
    try:
        value = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if _is_deeper(value, MOST_LEVELS):
        raise ValueError("nested too deeply")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects stand in each other on more levels than that."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)
