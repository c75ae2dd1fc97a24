"""The recorder's own log, asked for until there is no more of it, and its entries in words."""

import json
from typing import Any

from host_tools.errors import CloisterError
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.faults import fault_word
from host_tools.recorder.messages import printable

MOST_ENTRIES = 512  # a recorder keeps fewer than a hundred

_KINDS = {
    "power-on": "switched on",
    "start": "recording started",
    "stop": "recording ended",
    "pause": "recording paused",
    "resume": "recording resumed",
    "fault": "fault",
    "settings": "settings changed",
    "keys": "keys loaded",
    "time": "clock set",
    "provision": "provisioned",
    "wipe": "card wiped",
    "destroy": "recording destroyed",
    "expire": "expired recordings erased",
    "reset": "reset",
    "service": "opened for service",
    "interrupted": "recording found interrupted",
}


def read_log(client: RecorderClient) -> list[dict[str, Any]]:
    """All entries, the oldest first, each with its number `n`. Raises CloisterError."""
    entries: list[dict[str, Any]] = []
    last = 0
    while portion := client.request("log", after=last).get("entries"):
        numbers = [entry.get("n") if isinstance(entry, dict) else None for entry in _list(portion)]
        for number in numbers:
            if type(number) is not int or number <= last:
                raise _unknown_form()
            last = number
        entries += portion
        if len(entries) > MOST_ENTRIES:
            raise CloisterError(f"the recorder's log goes on beyond {MOST_ENTRIES} entries")
    return entries


def entry_words(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    """An entry for a table: number, how often the recorder was started, how long it ran, what happened."""
    uptime_s, what, value = entry.get("uptime_s"), entry.get("what"), entry.get("value")
    words = _KINDS.get(what, printable(what)) if isinstance(what, str) else _text(what)
    if what == "fault":
        words = f"fault: {fault_word(value)}"
    elif what == "interrupted":
        words += f": number {_text(value)}"
    elif value not in (0, None):
        words += f" ({_text(value)})"
    return _text(entry["n"]), _text(entry.get("boot")), _after(uptime_s), words


def _after(uptime_s: object) -> str:
    if type(uptime_s) is not int:
        return _text(uptime_s)
    return f"{uptime_s // 3600}:{uptime_s // 60 % 60:02d}:{uptime_s % 60:02d}"


def _list(portion: object) -> list[Any]:
    if not isinstance(portion, list):
        raise _unknown_form()
    return portion


def _unknown_form() -> CloisterError:
    return CloisterError(
        "the recorder's log is not in the form of protocol 1",
        "use the cloister tools of its firmware's version",
    )


def _text(value: object) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value))
