"""Questions to a recorder and its answers, each with its MAC, as docs/protocol.md has it.

Guarantees that nothing is believed but lines with the recorder's MAC; without one only the answers to
`hello` and `provision`, and that a line was refused. Every failure is a CloisterError: no recorder there,
another one, another secret, a refusal in the recorder's own words.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from host_tools.errors import CloisterError
from host_tools.recorder import messages
from host_tools.recorder.lines import LineLink
from host_tools.recorder.port import BytePort

PROTOCOL = 1
NONCE_BYTES = 16
MAC_BYTES = 16
RECORDER_ID_BYTES = 8
CONSOLE_LABEL = b"cloister/1 console"
ANSWER_TIMEOUT_S = 30.0

# A hello is lost while the recorder starts up, so it is said again; it changes nothing.
_HELLO_ATTEMPT_S = 3.0
# The boot ROM's noise falls into one or two attempts; what answers this many with noise is something else.
_NOISY_ATTEMPTS = 3


_ANOTHER_VAULT_HINT = "if another vault has provisioned it, choose that one with --vault"
_LOOK_HINT = "look with cloister status before you ask again"


@dataclass(frozen=True)
class Greeting:
    """What `hello` was answered, nothing of it authenticated; `recorder_id` is None while unprovisioned."""

    recorder_id: bytes | None
    state: str
    firmware: str
    build: str
    board: str


class RecorderRefused(CloisterError):
    """The recorder's own error; `code` is one of docs/protocol.md's."""

    def __init__(self, do: str, code: str, message: str):
        super().__init__(f"the recorder refused {do}: {message or code}")
        self.code = code


class RecorderSilent(CloisterError):
    """No answer came that is believed, in all the time there was."""


class _NotBelieved(Exception):
    """One exchange failed: the line was refused, or its answer had a wrong MAC."""


class RecorderClient:
    """One conversation: `hello()`, then `use_secret()`, then `request()` as often as wanted."""

    def __init__(self, port: BytePort, timeout_s: float = ANSWER_TIMEOUT_S):
        self._link = LineLink(port)
        self._name = port.name
        self._timeout_s = timeout_s
        self._key = b""
        self._nonces = b""
        self._last_id = 0

    def hello(self) -> Greeting:
        """Start a new pair of nonces; the greeting is repeated until it is answered or time is up."""
        end = time.monotonic() + self._timeout_s
        noisy_attempts = 0
        while (now := time.monotonic()) < end and noisy_attempts < _NOISY_ATTEMPTS:
            received_bytes = self._link.received_bytes
            greeting = self._try_hello(min(now + _HELLO_ATTEMPT_S, end))
            if greeting is not None:
                return greeting
            noisy_attempts += self._link.received_bytes > received_bytes
        raise self._nobody_there(noisy_attempts > 0)

    def use_secret(self, secret: bytes) -> None:
        """Take the recorder secret (32 bytes), which all further requests and answers need."""
        self._key = HKDF(SHA256(), 32, salt=None, info=CONSOLE_LABEL).derive(secret)

    def request(
        self, do: str, on_progress: Callable[[float], None] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Ask an authenticated question that may be repeated without harm; the answer's fields.

        One that failed for its MAC is asked once more after a new hello: the recorder may have been
        restarted meanwhile. `on_progress` is told how much is done, from 0 to 1, and each time the recorder
        has all of its time again. Raises RecorderRefused or CloisterError.
        """
        try:
            return self._exchange(do, fields, on_progress)
        except _NotBelieved:
            self.hello()
        try:
            return self._exchange(do, fields, on_progress)
        except _NotBelieved as failure:
            raise CloisterError(str(failure), _ANOTHER_VAULT_HINT) from None

    def request_once(
        self, do: str, on_progress: Callable[[float], None] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Ask for something that must not be done twice: as `request`, but the line is sent only once.

        The caller says hello just before, so that a restart does not come between. Once the line is on its
        way nobody can tell whether the recorder has begun, unless its answer is believed.
        """
        try:
            return self._exchange(do, fields, on_progress)
        except _NotBelieved as failure:
            raise CloisterError(f"{failure}; {do} may have been begun all the same", _LOOK_HINT) from None
        except RecorderSilent as failure:
            raise CloisterError(f"{failure.message}; {do} may have been begun", _LOOK_HINT) from None

    def provision(self, **fields: Any) -> None:
        """Send `provision` in plain and await its plain answer. A new `hello` must follow."""
        self._last_id += 1
        end = time.monotonic() + self._timeout_s
        self._link.send(messages.encode({"id": self._last_id, "do": "provision"} | fields), end)
        while (line := self._link.receive(end)) is not None:
            answer = messages.plain_object(line)
            if answer is not None and (answer.get("id") == self._last_id or messages.is_refusal(answer)):
                _checked("provision", answer)
                return
        raise self._silent()

    def _try_hello(self, deadline: float) -> Greeting | None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        self._link.send(messages.encode({"id": 0, "do": "hello", "nonce": nonce.hex()}), deadline)
        while (line := self._link.receive(deadline)) is not None:
            answer = messages.plain_object(line)
            # A refusal is for what stood in the recorder's input before: its answer to hello comes after it.
            if answer is None or answer.get("id") != 0 or "ok" not in answer:
                continue
            return self._greeted(nonce, _checked("hello", answer))
        return None

    def _greeted(self, nonce: bytes, answer: dict[str, Any]) -> Greeting | None:
        """The greeting in an answer to hello; None if it is not in the form of one."""
        version = answer.get("protocol")
        if type(version) is int and version != PROTOCOL:
            shown = messages.printable(str(version))
            raise CloisterError(
                f"the recorder speaks version {shown} of the console, not {PROTOCOL}",
                "use the cloister tools of its firmware's version",
            )
        recorder_nonce = messages.hex_bytes(answer.get("nonce"), NONCE_BYTES)
        recorder_id = messages.hex_bytes(answer.get("recorder"), RECORDER_ID_BYTES)
        if recorder_nonce is None or (recorder_id is None and answer.get("recorder") is not None):
            return None
        self._nonces = nonce + recorder_nonce
        self._last_id = 0
        texts = [messages.printable(answer.get(name)) for name in ("state", "firmware", "build", "board")]
        return Greeting(recorder_id, *texts)

    def _exchange(
        self, do: str, fields: dict[str, Any], on_progress: Callable[[float], None] | None
    ) -> dict[str, Any]:
        self._last_id += 1
        text = messages.encode({"id": self._last_id, "do": do} | fields)
        end = time.monotonic() + self._timeout_s
        self._link.send(self._mac(b">", text) + b" " + text, end)
        has_begun = False
        while (line := self._link.receive(end)) is not None:
            try:
                answer = self._believed(line)
            except _NotBelieved:
                if not has_begun:
                    raise
                continue  # one line of hundreds was spoilt; what is under way goes on
            if answer is None or answer.get("id") != self._last_id:
                continue
            if "ok" in answer:
                return _checked(do, answer)
            done = messages.fraction(answer.get("progress"))
            if done is not None and on_progress is not None:
                has_begun = True
                end = time.monotonic() + self._timeout_s
                on_progress(done)
        raise self._silent()

    def _believed(self, line: bytes) -> dict[str, Any] | None:
        """The authentic object in a line; None for noise. Raises _NotBelieved."""
        mac, space, text = line.partition(b" ")
        if not space or not messages.looks_like_mac(mac, MAC_BYTES):
            answer = messages.plain_object(line)
            if answer is not None and messages.is_refusal(answer):
                raise _NotBelieved("the recorder does not accept the secret that this vault has for it")
            return None
        if not hmac.compare_digest(mac, self._mac(b"<", text)):
            raise _NotBelieved("the answers are not from the recorder that this vault knows")
        return messages.plain_object(text)

    def _mac(self, direction: bytes, text: bytes) -> bytes:
        if not self._key or not self._nonces:
            raise ValueError("a request needs hello() and use_secret() before it")
        return hmac.digest(self._key, direction + self._nonces + text, "sha256")[:MAC_BYTES].hex().encode()

    def _silent(self) -> RecorderSilent:
        return RecorderSilent(
            f"the recorder on {self._name} has not answered within {self._timeout_s:g} s",
            "run the command again; what was finished is kept",
        )

    def _nobody_there(self, is_noisy: bool) -> CloisterError:
        if is_noisy:
            return CloisterError(
                f"{self._name} answers, but not as a recorder",
                "it may be wiping its card, and answers when that is done; else it is another device, "
                "or has no firmware",
            )
        return CloisterError(
            f"{self._name} does not answer", "is this the recorder's port, and is it powered?"
        )


def _checked(do: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer itself if it says ok; raises RecorderRefused."""
    if answer.get("ok") is True:
        return answer
    code, message = (messages.printable(answer.get(name)) for name in ("error", "message"))
    raise RecorderRefused(do, code, message)
