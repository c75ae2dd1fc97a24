"""The laptop's side of the console, written from docs/protocol.md alone, for tests.

Shares no code with host_tools, so that the two sides of the project cannot agree on a mistake.
"""

import hashlib
import hmac
import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path

from host_tools.simulator.interpreter import FIRMWARE_DIR

HARNESS = Path(__file__).with_name("console_harness.py")
REQUESTS_DIR = Path(__file__).with_name("console_requests")
KEY = hashlib.sha256(b"a console key for tests").digest()
AUTH = b'{"id": null, "ok": false, "error": "auth"}'
SYNTAX = b'{"id": null, "ok": false, "error": "syntax"}'
ACKNOWLEDGE = 0x06


def firmware_with_test_requests(folder: Path) -> None:
    """Links the firmware into a folder, with the tests' own requests in place of the real ones."""
    (folder / "crypto").symlink_to(FIRMWARE_DIR / "crypto")
    (folder / "recorder").mkdir()
    for path in (FIRMWARE_DIR / "recorder").glob("*.py"):
        (folder / "recorder" / path.name).symlink_to(path)
    (folder / "recorder" / "requests").symlink_to(REQUESTS_DIR)


class Peer:
    """Talks to a recorder's Laptop in a MicroPython process, over pipes.

    controlled: then `control()` commands the process itself. program: another one, with its arguments, and
    with the firmware's own requests.
    """

    def __init__(self, command, key=KEY, controlled=False, program=()):
        self._firmware = tempfile.TemporaryDirectory()
        firmware_with_test_requests(Path(self._firmware.name))
        firmware = FIRMWARE_DIR if program else self._firmware.name
        options = [key.hex() if key else "-", *(["controlled"] if controlled else [])]
        self.key = key
        self.nonces = b""
        self.last_id = 0
        self.acknowledged = 0
        self._pending = bytearray()
        self._process = subprocess.Popen(
            [*command, *(program or (str(HARNESS), *options))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=os.environ | {"MICROPYPATH": f"{firmware}:.frozen"},
        )

    def close(self):
        self._process.stdin.close()
        assert self._process.wait(10) == 0, "the console ended with an error"
        self._process.stdout.close()
        self._firmware.cleanup()

    def send(self, data: bytes):
        self._process.stdin.write(data)

    def read(self, timeout_s=10.0) -> bytes:
        """The next line from the recorder without its end; counts and takes out the bytes 06."""
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no line within {timeout_s} s; so far {bytes(self._pending)!r}"
            data = self._process.stdout.read(4096)
            assert data, "the console has ended"
            self.acknowledged += data.count(ACKNOWLEDGE)
            self._pending += data.replace(b"\x06", b"")
        line, _, self._pending = self._pending.partition(b"\n")
        return bytes(line)

    def ask_raw(self, data: bytes) -> bytes:
        """Send a whole line as it is, and return the answer."""
        self.send(data)
        return self.read()

    def hello(self, **fields) -> dict:
        nonce = os.urandom(16)
        question = {"id": 0, "do": "hello", "nonce": nonce.hex()} | fields
        answer = json.loads(self.ask_raw(json.dumps(question).encode() + b"\n"))
        if answer["ok"]:
            self.nonces = nonce + bytes.fromhex(answer["nonce"])
            self.last_id = 0
        return answer

    def mac(self, text: bytes, direction: bytes = b">") -> bytes:
        whole = hmac.digest(self.key, direction + self.nonces + text, "sha256")
        return whole[:16].hex().encode()

    def sealed(self, text: bytes) -> bytes:
        """A line with the right MAC, whatever the text."""
        return self.mac(text) + b" " + text + b"\n"

    def opened(self, line: bytes) -> dict:
        """The answer in an authentic line."""
        mac, space, text = line.partition(b" ")
        assert space, f"not an authentic line: {line!r}"
        assert mac == self.mac(text, b"<"), f"the MAC is wrong: {line!r}"
        return json.loads(text)

    def ask(self, do, **fields) -> dict:
        answer = self.opened(self.ask_raw(self.question(do, **fields)))
        assert answer["id"] == self.last_id
        return answer

    def question(self, do, **fields) -> bytes:
        """The line of an authentic request with the next id."""
        self.last_id += 1
        return self.sealed(json.dumps({"id": self.last_id, "do": do} | fields).encode())

    def act(self, act, **fields) -> dict:
        """Ask for one of the things that the tests' own `selftest` does."""
        return self.ask("selftest", act=act, **fields)

    def calls(self) -> int:
        """How many requests have changed something so far."""
        return self.ask("status")["calls"]

    def faults(self) -> int:
        """How often something happened that was not foreseen."""
        return self.ask("status")["faults"]

    def control(self, command) -> dict:
        """Have the process around the recorder do something; what it says."""
        return json.loads(self.ask_raw(b"\0" + command.encode() + b"\n"))
