"""What a recorder's test of its own parts found, in words.

A part is as it should be only if the recorder says so; fields that this program does not know are shown as
they stand there.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from host_tools.errors import CloisterError
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.messages import printable

_CLOCKS = {"rtc": "clock chip", "laptop": "set by the laptop, lost when power goes", "none": "not set"}


@dataclass(frozen=True)
class Part:
    """One part: whether it is as it should be, and the recorder's own fields about it."""

    name: str
    ok: bool
    fields: dict[str, Any]

    @property
    def words(self) -> str:
        """What was found, for people."""
        say = _WORDS.get(self.name)
        return say(self) if say else _rest(self.fields)


def ask_selftest(client: RecorderClient) -> list[Part]:
    """Have the recorder test itself; its parts, those that are known first. Raises CloisterError."""
    answer = client.request("selftest")
    parts = [
        Part(printable(name), fields.get("ok") is True, fields)
        for name, fields in answer.items()
        if isinstance(fields, dict)
    ]
    if not parts:
        raise CloisterError(
            "the recorder's self-test is not in the form of protocol 1",
            "use the cloister tools of its firmware's version",
        )
    known = list(_WORDS)
    return sorted(parts, key=lambda part: known.index(part.name) if part.name in known else len(known))


def _microphone(part: Part) -> str:
    levels = f"{_level(part.fields.get('rms_dbfs'))} RMS, {_level(part.fields.get('peak_dbfs'))} peak"
    return levels if part.ok else f"it delivers no sound ({levels})"


def _level(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and -1000 < value < 1000
    return f"{value:g} dBFS" if is_number else _text(value)


def _card(part: Part) -> str:
    if part.ok:
        return "written and read back"
    return _text(part.fields.get("reason", "it cannot be used"))


def _buttons(part: Part) -> str:
    closed = part.fields.get("closed")
    down = [index + 1 for index, is_down in enumerate(closed) if is_down] if isinstance(closed, list) else []
    if not down:
        return "neither is down" if part.ok else "one does not work"
    return "both are down, or stuck" if len(down) > 1 else f"button {down[0]} is down, or stuck"


def _indicator(part: Part) -> str:
    if part.ok:
        return "the red light is lit with the microphone, and goes out with it"
    return "no current flows through the red light, or it does not go out with the microphone"


def _clock(part: Part) -> str:
    source = part.fields.get("source")
    words = _CLOCKS.get(source, printable(source)) if isinstance(source, str) else "not set"
    if source != "rtc":
        words += "; the clock chip is there" if part.fields.get("chip") else "; no clock chip answers"
    return words if part.ok else f"{words}: cloister provision sets it"


def _entropy(part: Part) -> str:
    return "the random numbers differ" if part.ok else "the random numbers, or what they are made of, repeat"


_WORDS: dict[str, Callable[[Part], str]] = {
    "microphone": _microphone,
    "card": _card,
    "buttons": _buttons,
    "indicator": _indicator,
    "clock": _clock,
    "entropy": _entropy,
}


def _rest(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in fields.items() if name != "ok")


def _text(value: object) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value))
