"""The events of a recording in words, for `show`: what happened, and what there is to say about it.

An event that this program does not know is shown as it stands there.
"""

from collections.abc import Callable
from typing import Any

from host_tools.container.records import Event
from host_tools.recorder.faults import fault_word

_WORDS: dict[str, tuple[str, Callable[[dict[str, Any], int], str]]] = {
    "consent": ("consent", lambda fields, rate_hz: f"party {fields['party']}"),
    "pause": ("pause", lambda fields, rate_hz: "off the record from here; that time is not counted"),
    "resume": ("resume", lambda fields, rate_hz: "on the record again"),
    "mark": ("mark", lambda fields, rate_hz: ""),
    "gap": ("gap", lambda fields, rate_hz: f"{_seconds(fields['lost'], rate_hz)} lost"),
    "clip": ("clip", lambda fields, rate_hz: f"{int(fields['samples'])} samples were too loud"),
    "battery": ("battery", lambda fields, rate_hz: f"low: {int(fields['mv']) / 1000:.2f} V"),
    "fault": ("fault", lambda fields, rate_hz: fault_word(fields["code"])),
    "stop": ("stop", lambda fields, rate_hz: ""),
}


def event_words(event: Event, rate_hz: int) -> tuple[str, str]:
    """The event's name, and more about it."""
    rest = {name: value for name, value in event.fields.items() if name not in ("at", "event")}
    if event.name == "card":
        return "card", _card(rest)
    if event.name in _WORDS:
        name, more = _WORDS[event.name]
        try:
            return name, more(rest, rate_hz)
        except (KeyError, TypeError, ValueError, OverflowError):
            pass  # its fields are not those that docs/format.md names
    return event.name, ", ".join(f"{name} {value}" for name, value in rest.items())


def _seconds(samples: Any, rate_hz: int) -> str:
    return f"{int(samples)} samples ({int(samples) / rate_hz:.2f} s)"


def _card(rest: dict[str, Any]) -> str:
    """Out or in, whichever of its fields says so."""
    for word, more in (("out", "taken out"), ("in", "put in")):
        if word in rest or word in map(str, rest.values()):
            return more
    return ", ".join(f"{name} {value}" for name, value in rest.items())
