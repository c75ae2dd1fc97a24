"""A recorder's console as docs/protocol.md has it, in memory, for tests of the laptop's side; it can lie.

Shares no code with host_tools or firmware. It is a port (`name`, `read`, `write`) at the same time.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections import deque

ACKNOWLEDGE = b"\x06"
HELLO = {
    "id": 0, "ok": True, "protocol": 1, "firmware": "1.2.3", "build": "ab" * 32, "board": "double",
    "state": "ready",
}  # fmt: skip


def hkdf_32(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes."""
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\x01", "sha256")


class RecorderDouble:
    """Answers `hello` and the requests of provisioning; `requests` lists what it was asked.

    `before_answer` (bytes) is sent before each answer, `alter` (function of a line) changes it on its way;
    `acknowledges` is how many bytes 06 it will send.
    """

    name = "/dev/double"

    def __init__(self, recorder_id: bytes | None = None, secret: bytes | None = None):
        self.recorder_id = recorder_id
        self.secret = secret
        self.requests = []
        self.writes = []
        self.keys = []
        self.last_resort = self.recovery = None
        self.settings = {"rate": 16000, "parties": 2}
        self.time_ms = None
        self.before_answer = b""
        self.alter = lambda line: line
        self.acknowledges = 1_000_000
        self.refuse = {}
        self.cut_after_keys = None
        self.more_status = {}
        self.nonces = b""
        self._out = deque()
        self._line = bytearray()

    def read(self, timeout_s: float) -> bytes:
        if self._out:
            return self._out.popleft()
        time.sleep(min(timeout_s, 0.005))
        return b""

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        for byte in data:
            self._byte(byte)

    def say(self, data: bytes) -> None:
        """Send bytes that nobody asked for."""
        self._out.append(data)

    def _byte(self, byte: int) -> None:
        if byte == 10:
            line, self._line = bytes(self._line), bytearray()
            if line:
                answer = self._answer(line)
                self.say(self.before_answer + self.alter(answer) + b"\n" if answer else b"")
            return
        self._line.append(byte)
        if len(self._line) % 192 == 0 and self.acknowledges:
            self.acknowledges -= 1
            self.say(ACKNOWLEDGE)

    def _answer(self, line: bytes) -> bytes:
        if line.startswith(b"{"):
            return self._plain(json.loads(line))
        mac, _, text = line.partition(b" ")
        if not self.secret or not self.nonces or mac != self._mac(b">", text):
            return b'{"id": null, "ok": false, "error": "auth"}'
        request = json.loads(text)
        answer = json.dumps(self._done(request)).encode()
        return self._mac(b"<", answer) + b" " + answer

    def _plain(self, request: dict) -> bytes:
        if request["do"] == "hello":
            nonce = os.urandom(16)
            self.nonces = bytes.fromhex(request["nonce"]) + nonce
            recorder = self.recorder_id.hex() if self.recorder_id else None
            answer = HELLO | {"recorder": recorder, "nonce": nonce.hex()}
        else:
            answer = self._done(request)
        return json.dumps(answer).encode()

    def _done(self, request: dict) -> dict:
        self.requests.append(request)
        do = request["do"]
        frame = {"id": request["id"], "ok": True}
        if do in self.refuse:
            return frame | {"ok": False, "error": "value", "message": self.refuse[do]}
        return frame | getattr(self, f"_{do}")(request)

    def _provision(self, request: dict) -> dict:
        self.recorder_id, self.secret = bytes.fromhex(request["recorder"]), bytes.fromhex(request["secret"])
        self.settings |= request["config"]
        self.nonces = b""
        return {}

    def _keys(self, request: dict) -> dict:
        if request["last_resort"]:
            (self.last_resort,) = request["keys"]
        else:
            assert request["first"] <= len(self.keys), "a hole"
            self.keys[request["first"] :] = request["keys"]
            if self.cut_after_keys is not None and len(self.keys) >= self.cut_after_keys:
                self.nonces = b""
                raise ConnectionError("unplugged")
        return {"left": len(self.keys), "loaded": len(self.keys)}

    def _recovery(self, request: dict) -> dict:
        self.recovery = request["key"]
        return {}

    def _time(self, request: dict) -> dict:
        self.time_ms = request["time_ms"]
        return {"drift_ms": 1500}

    def _config(self, request: dict) -> dict:
        self.settings |= {name: value for name, value in request.items() if name not in ("id", "do")}
        return self.settings

    def _status(self, request: dict) -> dict:
        ring = {
            "left": len(self.keys), "loaded": len(self.keys),
            "last_resort": _key_id(self.last_resort), "recovery": _key_id(self.recovery),
        }  # fmt: skip
        return {"state": "ready", "keys": {"1": ring}, "last": None, "next_container": 1} | self.more_status

    def _mac(self, direction: bytes, text: bytes) -> bytes:
        key = hkdf_32(self.secret, b"cloister/1 console")
        return hmac.digest(key, direction + self.nonces + text, "sha256")[:16].hex().encode()


def _key_id(encoded: str | None) -> str | None:
    return None if encoded is None else hashlib.sha256(base64.b64decode(encoded)).digest()[:8].hex()
