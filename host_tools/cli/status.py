"""`cloister status`: what a recorder says of itself, authenticated, on one page.

What it vouches for (its last recording, the next number) is kept in the vault, for `verify` and `import`.
What was destroyed on it is made unreadable here, too, and the recorder is told so. An unprovisioned
recorder has no secret, so that what it says is believed by nobody; only that is said.
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context
from host_tools.cli.talking import Decider, Teller, leave, port_option, settled_fields
from host_tools.cli.text import PIPE_COLUMNS, print_json, printable
from host_tools.errors import CloisterError
from host_tools.recorder.faults import fault_words

if TYPE_CHECKING:
    from host_tools.recorder.client import Greeting
    from host_tools.vault.struck import Settlement

_MEGABYTE = 1_000_000
_FEW_KEYS = 10
_HIGHEST_MV = 1_000_000
_NOT_FINISHED = "loading was not finished: cloister rekey"
_NOT_SET = "not set"
_CLOCKS = {"rtc": "clock chip", "laptop": "set by the laptop, lost when power goes", "none": _NOT_SET}
_STATES = {
    "consent": "waiting for consent",
    "paused": "paused: the microphone has no power",
    "closing": "closing a recording, or preparing the next",
    "wiping": "wiping its card",
}


@click.command()
@port_option
@click.option(
    "--destroy-copies/--keep-copies",
    "answer",
    default=None,
    help="Without asking: destroy, or keep, the vault's copies of what was destroyed on the recorder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(context: Context, /, port: str, answer: bool | None, as_json: bool) -> None:
    """Show a recorder's state, keys, card, battery and clock.

    For each recording that was destroyed on the recorder, its private key is destroyed in the vault. Where
    the recording was imported before, you are asked whether the vault's copy and its key go as well. Exit
    status 3 if one is left that nothing could be done about, or nobody could be asked about.
    """
    from host_tools.cli.retiring import retire_last_resort_keys
    from host_tools.recorder.client import RecorderClient
    from host_tools.recorder.port import SerialPort
    from host_tools.recorder.provision import known_secret
    from host_tools.recorder.status import settle

    with context.open_vault("status") as vault, SerialPort(port) as serial_port:
        client = RecorderClient(serial_port)
        greeting = client.hello()
        told: dict[str, Any] | None = None
        settlements: list[Settlement] = []
        if greeting.recorder_id is not None:
            client.use_secret(known_secret(vault, greeting.recorder_id))
            decide = Decider(vault, answer)
            told, settlements = settle(client, vault, greeting.recorder_id, Teller(vault), decide)
            retire_last_resort_keys(vault)
    _print_json(greeting, told, settlements) if as_json else _print_page(greeting, told)
    leave(settlements)


def _print_json(greeting: "Greeting", answer: dict[str, Any] | None, settlements: list["Settlement"]) -> None:
    """What `status` answered, with `recorder`, `board` and `firmware` from `hello`, and what was settled."""
    hello = {
        "recorder": greeting.recorder_id.hex() if greeting.recorder_id else None,
        "board": greeting.board,
        "firmware": greeting.firmware,
    }
    said = {"state": greeting.state, "build": greeting.build} if answer is None else answer
    print_json(hello | said | settled_fields(settlements))


def _print_page(greeting: "Greeting", answer: dict[str, Any] | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _rows(greeting, answer):
        table.add_row(name, Text(text))
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = PIPE_COLUMNS
    console.print(table)


def _rows(greeting: "Greeting", answer: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The page as pairs of what and how it is."""
    board = [("board", greeting.board), ("firmware", greeting.firmware)]
    if greeting.recorder_id is None or answer is None:
        return [("recorder", "not provisioned yet: cloister provision"), ("state", greeting.state), *board]
    return [
        ("recorder", greeting.recorder_id.hex()),
        ("state", _state(answer.get("state"))),
        *board,
        ("build", _text(answer.get("build"))[:16]),
        *_key_rows(answer),
        ("last recording", _last(answer.get("last"))),
        ("next container", _text(answer.get("next_container"))),
        ("still to settle", _struck(answer.get("struck"))),
        ("card", _card(_object(answer.get("card")))),
        ("battery", _battery(answer.get("battery_mv"))),
        ("clock", _clock(answer)),
        ("samples lost", _lost(answer.get("lost_samples"))),
        ("faults", fault_words(answer.get("faults"))),
        ("running for", _duration(answer.get("uptime_ms"))),
    ]


def _key_rows(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """The keys of each suite; the recorder seals to the newest of which it has any, and to no other."""
    from host_tools.container.layout import NEWEST_SUITE
    from host_tools.recorder.loading import newest_suite, suite_in_use

    keys, rows = _object(answer.get("keys")), []
    try:
        used, newest = suite_in_use(answer), newest_suite(answer)
    except CloisterError:  # in another form: shown as it is, and judged by nobody
        used, newest = 0, 0
    for suite in sorted(keys):
        ring = _object(keys[suite])
        left = _left(suite, ring, keys, used)
        rows.append((f"suite {printable(suite)}", f"{_suite(suite)}: {left}"))
        for role in ("last_resort", "recovery"):
            if ring.get(role) is not None:
                rows.append(("", f"{role.replace('_', '-')} key {_text(ring[role])}"))
    if 0 < used < min(newest, NEWEST_SUITE):
        rows.append(
            ("", f"cloister rekey moves the recorder to suite {NEWEST_SUITE}, {_suite(NEWEST_SUITE)}")
        )
    return rows


def _suite(suite: object) -> str:
    """What a suite is made of."""
    from host_tools.container.layout import SUITES

    known = {str(number): row.name for number, row in SUITES.items()}
    return known.get(str(suite), "not known to this program")


def _left(suite: str, ring: dict[str, Any], keys: dict[str, Any], used: int) -> str:
    """What a suite's keys are good for; `keys` are those of all suites, `used` is in use (0: none)."""
    left, loaded, last_resort = ring.get("left"), ring.get("loaded"), ring.get("last_resort")
    if left == 0 and loaded == 0 and last_resort is None:
        return "no keys"
    words = f"{_text(left)} one-time keys left of {_text(loaded)}"
    if not used or not suite.isdecimal():
        return words
    newer = [_object(keys[name]) for name in keys if int(name) > int(suite)]
    if int(suite) < used:
        if any(other.get("last_resort") is not None for other in newer):
            return f"{words}: used no more, since there are keys of a newer suite"
        return f"{words}: used again after the few of a newer suite, as {_NOT_FINISHED}"
    if left == 0:
        share = "recordings share the last-resort key; cloister provision loads more"
        return f"{words}: {share if int(suite) == used and last_resort is not None else _NOT_FINISHED}"
    if isinstance(left, int) and left <= _FEW_KEYS:
        return f"{words}: cloister provision soon"
    return words


def _state(state: object) -> str:
    text = _text(state)
    return _STATES.get(text, text)


def _last(last: object) -> str:
    if not isinstance(last, dict):
        return "none"
    samples = last.get("samples")
    length = (
        "without an end: cut short, or destroyed" if samples is None else f"up to sample {_text(samples)}"
    )
    return f"number {_text(last.get('number'))}, {length}"


def _struck(struck: object) -> str:
    if not isinstance(struck, list) or not struck:
        return "none"
    return ", ".join(_text(_object(item).get("number")) for item in struck)


def _card(card: dict[str, Any]) -> str:
    if not card.get("present"):
        return "none"
    free = card.get("free")
    free_text = f"{free // _MEGABYTE} MB free" if isinstance(free, int) else "free space unknown"
    return f"{free_text}, {_text(card.get('containers'))} containers"


def _battery(battery_mv: object) -> str:
    if type(battery_mv) is not int or not 0 <= battery_mv < _HIGHEST_MV:
        return "not measured" if battery_mv is None else _text(battery_mv)
    return f"{battery_mv / 1000:.2f} V"


def _clock(answer: dict[str, Any]) -> str:
    source, time_ms = _text(answer.get("clock")), answer.get("time_ms")
    if not isinstance(time_ms, int):
        return _NOT_SET
    try:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return _NOT_SET
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC, {_CLOCKS.get(source, source)}"


def _lost(samples: object) -> str:
    return f"{samples or 'none'} since it was started" if type(samples) is int else _text(samples)


def _duration(uptime_ms: object) -> str:
    if not isinstance(uptime_ms, int):
        return "unknown"
    minutes, seconds = divmod(uptime_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A value of an answer for the page: a number, or a text without control characters."""
    return printable(value if isinstance(value, str) else json.dumps(value))
