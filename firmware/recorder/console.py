"""The console: answers the laptop's requests over the serial port, as docs/protocol.md has it.

Guarantees that nothing is parsed before its MAC is right, except `hello` and `provision`, which are
plain, short and read strictly; that what is not authentic, replayed, too long or no JSON changes nothing;
that no line takes the recorder down; and that none of more than 4096 bytes is sent. What a request does is
up to its handler.
"""

import gc
import json
from binascii import hexlify, unhexlify

from crypto.hmac import hmac_sha256
from recorder import lines, strict_json
from recorder.errors import Refused

PROTOCOL = 1
NONCE_BYTES = 16
MAC_BYTES = 16
MAC_CHARACTERS = 2 * MAC_BYTES
FROM_LAPTOP = b">"
FROM_RECORDER = b"<"
HIGHEST_ID = (1 << 30) - 1

# `hello` needs 70 bytes and `provision` 600; whoever has no secret gets no more of the heap than this.
PLAIN_LINE_BYTES = 1536

_NOT_AUTHENTIC = b'{"id": null, "ok": false, "error": "auth"}\n'
_NOT_READABLE = b'{"id": null, "ok": false, "error": "syntax"}\n'
_BRACE = 0x7B
_SPACE = 0x20
_LOWER_HEX = "0123456789abcdef"


class _NotTaken(Exception):
    """A line that does nothing and gets a plain answer, the argument."""


class Console:
    """One console on `port` (`read_byte()` → 0…255 or -1, `write(data)`).

    `identity` has `console_key` (32 bytes, None while unprovisioned). `handlers`: name of a request →
    function(request: dict) → dict of the answer's fields or None, raising Refused. `hello_fields()` gives
    hello's fields but `protocol` and `nonce`; `fresh_nonce()` gives 16 random bytes. `faults` counts what
    was not foreseen.
    """

    def __init__(self, port, identity, handlers, hello_fields, fresh_nonce):
        self._port = port
        self._identity = identity
        self._handlers = handlers
        self._hello_fields = hello_fields
        self._fresh_nonce = fresh_nonce
        self._reader = lines.LineReader(port)
        self._nonces = None  # laptop's ‖ recorder's, since the last hello
        self._last_id = 0
        self.faults = 0

    def poll(self, limit_bytes=256):
        """Take at most `limit_bytes` from the port and answer the lines that end in them. Raises nothing."""
        for _ in range(limit_bytes):
            try:
                found = self._reader.step()
                if found == lines.NOTHING:
                    return
                if found != lines.MORE:
                    self._answer(found)
            except Exception:  # noqa: BLE001 - whatever a line or the port does, the recorder keeps running
                self.faults += 1
                gc.collect()

    def _answer(self, found):
        """Answer one line; what has no business here gets the plain answer."""
        try:
            if found == lines.TOO_LONG:
                raise _NotTaken(_NOT_READABLE)
            line = self._reader.line()
            if line[0] == _BRACE:
                self._take_plain(line)
            else:
                self._take_authentic(line)
        except _NotTaken as refusal:
            self._port.write(refusal.args[0])

    def _take_plain(self, line):
        if len(line) > PLAIN_LINE_BYTES:
            raise _NotTaken(_NOT_READABLE)
        request = _parse(line)
        if request.get("do") == "hello":
            self._send_plain(_request_id(request, missing=0), self._hello, request)
        elif request.get("do") == "provision":
            self._take_provision(request)
        else:
            raise _NotTaken(_NOT_AUTHENTIC)

    def _take_provision(self, request):
        request_id = self._next_id(request)
        if self._identity.console_key is not None:
            # The line proves nothing, so it spends no id; and nobody who has the secret believes the answer.
            self._send_plain(request_id, _refuse_provisioned, request)
            return
        self._last_id = request_id
        self._send_plain(request_id, self._handlers["provision"], request)
        if self._identity.console_key is not None:
            self._nonces = None

    def _take_authentic(self, line):
        if len(line) <= MAC_CHARACTERS or line[MAC_CHARACTERS] != _SPACE:
            raise _NotTaken(_NOT_READABLE)
        text = line[MAC_CHARACTERS + 1 :]
        if not self._is_authentic(line[:MAC_CHARACTERS], text):
            raise _NotTaken(_NOT_AUTHENTIC)
        request = _parse(text)
        request_id = self._next_id(request)
        self._last_id = request_id
        # The keys that the answer is made with are those of the question, whatever the handler does to them.
        key, nonces = self._identity.console_key, self._nonces
        answer = self._run(request_id, self._handler(request.get("do")), request)
        self._port.write(hexlify(_mac(key, FROM_RECORDER, nonces, answer)) + b" ")
        self._port.write(answer)
        self._port.write(b"\n")

    def _is_authentic(self, mac, text):
        """Whether `mac` (hex) is the laptop's over `text`; compared in the same time whatever differs."""
        if self._nonces is None or self._identity.console_key is None:
            return False
        expected = hexlify(_mac(self._identity.console_key, FROM_LAPTOP, self._nonces, text))
        difference = 0
        for i in range(MAC_CHARACTERS):
            difference |= expected[i] ^ mac[i]
        return difference == 0

    def _next_id(self, request):
        """The request's id, above every earlier one since hello; else _NotTaken."""
        request_id = _request_id(request)
        if self._nonces is None or request_id <= self._last_id:
            raise _NotTaken(_NOT_AUTHENTIC)
        return request_id

    def _handler(self, name):
        if type(name) is not str:
            return _refuse_nameless
        if name == "provision":
            return _refuse_provisioned
        return self._handlers.get(name, _refuse_unknown)

    def _hello(self, request):
        laptop_nonce = parse_hex(request, "nonce", NONCE_BYTES)
        answer = dict(self._hello_fields())
        recorder_nonce = self._fresh_nonce()
        answer["protocol"] = PROTOCOL
        answer["nonce"] = hexlify(recorder_nonce).decode()
        self._nonces = laptop_nonce + recorder_nonce
        self._last_id = 0
        return answer

    def _send_plain(self, request_id, handler, request):
        self._port.write(self._run(request_id, handler, request))
        self._port.write(b"\n")

    def _run(self, request_id, handler, request):
        """The answer's JSON as bytes, whatever `handler` does: its fields, its refusal, or `fault`."""
        try:
            return _encode(request_id, True, handler(request) or {})
        except Refused as refusal:
            return _error(request_id, refusal.code, refusal.message)
        except Exception as fault:  # noqa: BLE001 - a handler's mistake must not end a recording
            self.faults += 1
            gc.collect()
            return _error(request_id, "fault", "%s in the recorder" % type(fault).__name__)


def parse_hex(request, field, size_bytes):
    """The `size_bytes` bytes that a field gives in lower-case hex; raises Refused("value", …)."""
    text = request.get(field)
    if type(text) is str and len(text) == 2 * size_bytes and all(letter in _LOWER_HEX for letter in text):
        return unhexlify(text)
    raise Refused("value", "%s must be %d bytes in lower-case hex" % (field, size_bytes))


def _mac(key, direction, nonces, text):
    return hmac_sha256(key, direction, nonces, text)[:MAC_BYTES]


def _parse(text):
    try:
        return strict_json.load_object(text)
    except (ValueError, MemoryError):
        # Too much for the heap is too much for a request; what the parser had built is garbage by now.
        gc.collect()
        raise _NotTaken(_NOT_READABLE)


def _request_id(request, missing=None):
    """The id, a number that an answer can repeat; `missing` is what stands in for none."""
    request_id = request.get("id", missing)
    if type(request_id) is not int or not 0 <= request_id <= HIGHEST_ID:
        raise _NotTaken(_NOT_READABLE)
    return request_id


def _encode(request_id, ok, fields):
    """An answer as JSON bytes; raises ValueError or TypeError if it is not fit to be sent."""
    answer = dict(fields)
    answer["id"] = request_id
    answer["ok"] = ok
    _check_sendable(answer)
    text = json.dumps(answer).encode()
    if len(text) > lines.LINE_BYTES - MAC_CHARACTERS - 2:
        raise ValueError("the answer is longer than a line")
    return text


def _error(request_id, code, message):
    return _encode(request_id, False, {"error": code, "message": message})


def _check_sendable(value):
    """Floats are single precision on the board and would be wrong; keys must be strings to be JSON."""
    if type(value) is dict:
        for name in value:
            if type(name) is not str:
                raise TypeError("a key is not a string")
            _check_sendable(value[name])
    elif type(value) in (list, tuple):
        for item in value:
            _check_sendable(item)
    elif value is not None and type(value) not in (int, bool, str):
        raise TypeError("not to be sent")


def _refuse_unknown(request):
    raise Refused("unknown", "this firmware does not know that request")


def _refuse_nameless(request):
    raise Refused("syntax", "do must be a string")


def _refuse_provisioned(request):
    raise Refused("state", "the recorder is provisioned already")
