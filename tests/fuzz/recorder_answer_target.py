"""What the laptop reads from a recorder: noise, lies without a MAC, and authentic answers of any form.

Time is the port's: waiting moves it on, so that a conversation that fails does so at once. Without the secret
nothing is believed, whatever is said. With it, whatever is said becomes words that a terminal may show.
"""

import contextlib
import io
import json
import time
from datetime import UTC, datetime
from typing import Any

from host_tools.cli.status import _print_json, _print_page
from host_tools.cli.text import print_json
from host_tools.container.view import LAST_RESORT, KeyRecord
from host_tools.errors import CloisterError
from host_tools.recorder import client as client_module
from host_tools.recorder import lines as lines_module
from host_tools.recorder.client import Greeting, RecorderClient
from host_tools.recorder.log import entry_words, read_log
from host_tools.recorder.selftest import ask_selftest
from host_tools.recorder.status import settle
from host_tools.vault.recorders import _last_used, struck_entries
from tests.fuzz import hostile_json
from tests.fuzz.draw import Draw
from tests.unit.recorder_double import HELLO, RecorderDouble

SECRET, RECORDER_ID = bytes(range(32)), b"recorder"
STATUS = {
    "state": "ready", "build": "ab" * 32, "suite": 1, "next_container": 3,
    "struck": [{"number": 1, "key": "ab" * 8}],
    "keys": {"1": {"left": 5, "loaded": 9, "last_resort": "cd" * 8, "recovery": None}},
    "last": {"number": 2, "seal": "ef" * 16, "samples": 5},
    "card": {"present": True, "free": 5, "containers": 3},
    "battery_mv": 3900, "clock": "rtc", "time_ms": 1_800_000_000_000, "lost_samples": 0, "faults": 0,
    "uptime_ms": 5,
}  # fmt: skip
SELFTEST = {
    "microphone": {"ok": True, "rms_dbfs": -60, "peak_dbfs": -40}, "card": {"ok": False, "reason": "none"},
    "buttons": {"ok": False, "closed": [True, False]}, "indicator": {"ok": True}, "entropy": {"ok": True},
    "clock": {"ok": True, "source": "rtc", "chip": True},
}  # fmt: skip
ENTRY = {"n": 1, "boot": 1, "uptime_s": 5, "what": "fault", "value": 3}
ANSWERS = {"status": STATUS, "selftest": SELFTEST, "log": {"entries": [ENTRY]}, "time": {"drift_ms": 5}}
MOST_PRINTED = 300_000
MOST_EXCHANGES = 5000
MOST_READS = 50_000
FLOODS = (b"x" * 50, b"\x06" * 90, b"\n" * 30, b"{}\n")


class Clock:
    """Stands in for the module `time`: waiting for bytes that do not come is what moves it on."""

    def __init__(self):
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


class LyingPort(RecorderDouble):
    """A recorder that says what is drawn; `is_ours` if it has the secret."""

    def __init__(self, draw: Draw, clock: Clock, is_ours: bool):
        super().__init__(RECORDER_ID if draw.byte() % 8 else None, SECRET)
        self._draw = draw
        self._clock = clock
        self._is_ours = is_ours
        self._is_endless = draw.byte() % 16 == 1
        self._flood = draw.pick(FLOODS) if draw.byte() % 32 == 1 else b""
        self.exchanges = self.reads = 0

    def read(self, timeout_s: float) -> bytes:
        self._clock.now_s += 0.01
        self.reads += 1
        assert self.reads <= MOST_READS, "there is no end to the reads"
        if self._out:
            return self._out.popleft()
        if self._flood:
            return self._flood
        self._clock.now_s += timeout_s
        return self._draw.take(self._draw.below(300)) if self._draw.byte() % 4 == 1 else b""

    def _answer(self, line: bytes) -> bytes:
        self.exchanges += 1
        assert self.exchanges <= MOST_EXCHANGES, "there is no end to the questions"
        noise = self._draw.take(self._draw.below(40)) + b"\n" if self._draw.byte() % 8 == 1 else b""
        if line.startswith(b"{"):
            return noise + self._plain_answer(json.loads(line))
        request = json.loads(line.partition(b" ")[2])
        text = self._text(request)
        mac = self._mac(b"<", text) if self._is_ours else self._false_mac(text)
        return noise + mac + b" " + text

    def _plain_answer(self, request: dict[str, Any]) -> bytes:
        nonce = bytes(16)
        self.nonces = bytes.fromhex(request.get("nonce", "")) + nonce
        recorder = self.recorder_id.hex() if self.recorder_id else None
        fields = HELLO | {"id": request["id"], "recorder": recorder, "nonce": nonce.hex()}
        return self._sometimes_altered(fields)

    def _text(self, request: dict[str, Any]) -> bytes:
        """What is said to an authentic request; the log goes on as long as somebody asks."""
        fields = dict(ANSWERS.get(request["do"], {}))
        if request["do"] == "log":
            count = 1 if self._is_endless else self._draw.below(3)
            numbers = range(request["after"] + 1, request["after"] + 1 + count)
            fields["entries"] = [ENTRY | {"n": number} for number in numbers]
        return self._sometimes_altered({"id": request["id"], "ok": True} | self._with_altered_field(fields))

    def _with_altered_field(self, fields: dict[str, Any]) -> dict[str, Any]:
        """One field replaced, or something within it."""
        if not fields or self._draw.byte() % 4 == 0:
            return fields
        name = self._draw.pick(list(fields))
        inner = fields[name]
        if isinstance(inner, dict):
            altered = hostile_json.altered_object(self._draw, inner)
        else:
            altered = hostile_json.value(self._draw)
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(altered)
            json.dumps({"what is deep goes deeper": [value]})
            return fields | {name: value}
        return fields

    def _sometimes_altered(self, fields: dict[str, Any]) -> bytes:
        if self._draw.byte() % 4 == 1:
            return hostile_json.altered_object(self._draw, fields)
        return json.dumps(fields).encode()

    def _false_mac(self, text: bytes) -> bytes:
        kind = self._draw.byte() % 4
        if kind == 0:
            return self._draw.take(32)
        right = bytearray(self._mac(b"<", text))
        right[self._draw.below(len(right))] ^= 1 << self._draw.byte() % 4
        return b"ab" * 16 if kind == 1 else bytes(right)


class SmallVault:
    """What `settle` needs of a vault: the form of a status is checked as the vault checks it."""

    def note_status(self, recorder_id: bytes, status: dict[str, Any], at: object) -> None:
        _last_used(status.get("last"))
        struck_entries(status.get("struck"))

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def note_destroyed(self, recorder_id: bytes, number: int) -> None:
        assert 0 < number < 1 << 32

    def recordings(self) -> list[Any]:
        return []

    def states(self) -> dict[int, Any]:
        return {}

    def private_key_for(self, key_id: bytes) -> KeyRecord | None:
        known = len(key_id) == 8 and key_id[0] % 2 == 0
        return KeyRecord(key_id, LAST_RESORT, RECORDER_ID, 1, 0, b"", b"", False) if known else None

    def recorder_secret(self, recorder_id: bytes) -> bytes | None:
        return SECRET if recorder_id == RECORDER_ID else None


def fuzz_recorder_answer(data: bytes) -> None:
    """Greet whatever is there, ask it for one thing, and show what it said."""
    draw = Draw(data)
    clock = Clock()
    lines_module.time = client_module.time = clock  # type: ignore[assignment]
    is_ours = draw.byte() % 4 != 1
    port = LyingPort(draw, clock, is_ours)
    ask = draw.pick((_status, _selftest, _log, _status))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            client = RecorderClient(port)
            greeting = client.hello()
            _check_texts(greeting.state, greeting.firmware, greeting.build, greeting.board)
            client.use_secret(SECRET)
            ask(client, greeting)
        assert is_ours, "an answer without the secret was believed"
    except CloisterError as error:
        assert 0 < len(error.message) < 2000
    finally:
        lines_module.time = client_module.time = time
    text = printed.getvalue()
    assert len(text) < MOST_PRINTED
    _check_texts(*text.split("\n"))


def _check_texts(*texts: str) -> None:
    for text in texts:
        assert text.isprintable(), f"a terminal would act on {text!r}"


def _status(client: RecorderClient, greeting: Greeting) -> None:
    answer, settlements = settle(client, SmallVault(), RECORDER_ID)  # type: ignore[arg-type]
    _print_page(greeting, answer)
    _print_json(greeting, answer, settlements)


def _selftest(client: RecorderClient, greeting: Greeting) -> None:
    parts = ask_selftest(client)
    print(*(f"{part.name} {part.ok} {part.words}" for part in parts), sep="\n")
    print_json({part.name: part.fields for part in parts})


def _log(client: RecorderClient, greeting: Greeting) -> None:
    entries = read_log(client)
    print(*(" ".join(entry_words(entry)) for entry in entries), sep="\n")
    print_json(entries)
