"""Console lines on the recorder's side: the firmware's own files, on CPython, with small doubles around them.

Whatever arrives, the console goes on; what is not authentic changes nothing and is answered by a refusal;
what is authentic is answered with the right MAC; no answer is longer than a line.
"""

import gc
import hmac
import json
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace

from tests.fuzz import hostile_json
from tests.fuzz.console_doubles import KEY, NONCE, App, Port
from tests.fuzz.draw import Draw

from recorder import console, overlay, setting_rules, strict_json  # isort: skip - found through pythonpath
from recorder.laptop import Laptop  # isort: skip

LINE_BYTES = 4096
LAPTOP_NONCE = bytes(range(16))
REFUSALS = (
    {"id": None, "ok": False, "error": "auth"},
    {"id": None, "ok": False, "error": "syntax"},
)
CODES = ("unknown", "syntax", "state", "value", "full")
SERVED = "provision time config log"
REQUESTS = (
    {"id": 1, "do": "config"},
    {"id": 1, "do": "config"} | setting_rules.DEFAULTS,
    {"id": 2, "do": "time", "time_ms": 1_800_000_000_000},
    {"id": 3, "do": "log", "after": 0},
    {"id": 4, "do": "provision", "recorder": "ab" * 8, "secret": "cd" * 32, "seed": "ef" * 32,
     "time_ms": 1_800_000_000_000, "config": {"rate": 16000}},
    {"id": 5, "do": "__init__"},
)  # fmt: skip
HELLO = {"id": 0, "do": "hello", "nonce": LAPTOP_NONCE.hex()}

Seal = Callable[[bytes], bytes]


def _keep_modules() -> None:
    """Overlays stay loaded: loading them anew for every line takes longer than all else."""
    console._REQUESTS = SERVED
    overlay.fetch = lambda name: sys.modules.get(name) or _imported(name)
    overlay.forget = lambda *names: None
    # MicroPython's loads takes a view.
    strict_json.json = SimpleNamespace(loads=lambda text: json.loads(bytes(text)))
    for name in SERVED.split():
        _imported("recorder.requests." + name)
    gc.freeze()  # the console collects garbage after every fault


def _imported(name: str):
    __import__(name)
    return sys.modules[name]


_keep_modules()


def fuzz_console_line(data: bytes) -> None:
    """Send what `data` says; then the recorder must still answer, and know what it knew."""
    draw = Draw(data)
    is_provisioned = draw.byte() % 4 != 1
    port = Port()
    laptop = Laptop(port)
    app = laptop.app = App(laptop, KEY if is_provisioned else None)
    _ask(port, laptop, json.dumps(HELLO).encode() + b"\n")
    before = app.changes()
    had_authentic = not is_provisioned
    for line, is_sealed in hostile_lines(draw, lambda text: sealed(text, laptop.nonces)):
        had_authentic = had_authentic or is_sealed
        for answer in _ask(port, laptop, line):
            _check_answer(answer, laptop)
        if draw.byte() % 16 == 1:
            laptop.release()
        if draw.byte() % 16 == 1:
            app.state = draw.pick(("ready", "recording", "consent", "closing", "fault"))
    assert laptop.faults == 0, "something happened that nobody foresaw"
    if not had_authentic:
        assert app.changes() == before, "what is not authentic changed something"
    _check_settings(app)
    _check_alive(port, laptop)


def sealed(text: bytes, nonces: bytes | None, direction: bytes = b">") -> bytes:
    """An authentic line's bytes without its end."""
    mac = hmac.digest(bytes(KEY), direction + (nonces or b"") + text, "sha256")[:16]
    return mac.hex().encode() + b" " + text


def hostile_lines(draw: Draw, seal: Seal) -> Iterator[tuple[bytes, bool]]:
    """Bytes to send, and whether any of them may be authentic."""
    for _ in range(12):
        if not draw.left:
            return
        kind = draw.byte() % 6
        text = draw.altered(json.dumps(HELLO).encode()) if kind == 0 else _request(draw)
        if kind == 1:
            yield draw.take(draw.pick((1, 10, 200, 1000))), False
        elif kind in (0, 2):
            yield text + b"\n", False
        elif kind == 3:
            turned = bytearray(seal(text))
            turned[draw.below(len(turned))] ^= 1 << draw.byte() % 8
            yield bytes(turned) + b"\n", False
        elif kind == 4:
            size = draw.pick((511, 512, 513, 1536, 4095, 4096, 4097, 5000))
            yield seal(text.ljust(size - 34)) + draw.pick((b"\n", b"\r\n", b"\r\n", b"")), True
        else:
            yield seal(text) + b"\n", True


def _request(draw: Draw) -> bytes:
    fields = dict(draw.pick(REQUESTS))
    fields["id"] = draw.pick((1, 2, 3, 100, 0x3FFFFFFF, 0x40000000, -1, 0))
    return draw.rest() if draw.byte() % 16 == 1 else hostile_json.altered_object(draw, fields)


def _ask(port: Port, laptop: Laptop, data: bytes) -> list[bytes]:
    """Send bytes, let the recorder take them all, and return the lines of its answers."""
    port.arrived.extend(data)
    for _ in range(len(data) // 256 + 2):
        laptop.poll()
    assert not port.arrived, "bytes were left lying"
    lines = bytes(port.sent).replace(b"\x06", b"").split(b"\n")
    assert lines.pop() == b"", "an answer has no end"
    assert len(lines) <= data.count(b"\n")
    port.sent.clear()
    return lines


def _check_answer(line: bytes, laptop: Laptop) -> None:
    assert len(line) < LINE_BYTES
    if line.startswith(b"{"):
        answer = json.loads(line)
        is_known = answer in REFUSALS or answer.get("protocol") == 1 or answer.get("error") in CODES
        assert is_known or laptop.app.parts.identity.was_provisioned, line
        return
    mac, _, text = line.partition(b" ")
    answer = json.loads(text)
    assert type(answer["id"]) is int
    assert answer["ok"] is True or answer["error"] in CODES, line
    if laptop.nonces is not None:
        assert line == sealed(text, laptop.nonces, b"<"), "an answer's MAC is wrong"


def _check_settings(app: App) -> None:
    values = app.parts.settings.values
    assert setting_rules.check(dict(values)) == values
    assert set(values) == set(setting_rules.DEFAULTS)
    reloaded, is_damaged = setting_rules.load(app.parts.settings.store)
    assert not is_damaged
    assert reloaded == values


def _check_alive(port: Port, laptop: Laptop) -> None:
    """Ends whatever line is open, then greets."""
    *refused, answer = _ask(port, laptop, b"\n" + json.dumps(HELLO).encode() + b"\n")
    for line in refused:
        _check_answer(line, laptop)
    assert json.loads(answer)["protocol"] == 1
    assert laptop.nonces == LAPTOP_NONCE + NONCE
