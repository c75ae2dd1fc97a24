"""The console: answers the laptop's requests over the serial port, as docs/protocol.md has it.

Guarantees that nothing is parsed before its MAC is right, except `hello` and `provision`, which are
plain, short and read strictly; that what is not authentic, replayed, too long or no JSON changes nothing;
that no line takes the recorder down; and that none of more than 4096 bytes is sent. What a request does is
up to its module in recorder/requests, loaded for it and forgotten after it. An overlay: see laptop.py.
"""

import gc
import sys
from binascii import hexlify, unhexlify

from crypto.hmac import hmac_sha256
from crypto.words import wipe
from micropython import const
from recorder import answers, lines, overlay
from recorder.errors import Refused
from recorder.version import VERSION

_PROTOCOL = const(1)
_NONCE_BYTES = const(16)
_MAC_BYTES = const(16)
_MAC_CHARACTERS = const(32)  # in hex
_FROM_LAPTOP = b">"
_FROM_RECORDER = b"<"
_HIGHEST_ID = const(0x3FFFFFFF)

# `hello` needs 70 bytes and `provision` 600; whoever has no secret gets no more of the heap than this.
_PLAIN_LINE_BYTES = const(1536)
_BYTES_A_POLL = const(256)

# Each has a module in recorder/requests. One text: eleven names would cost the interpreter eleven objects.
_REQUESTS = "provision keys recovery time config status selftest log wipe_card service reset"

# The states in which nobody works with the segment block from one step to the next.
_LENDING = ("unprovisioned", "ready", "consent", "fault")

# What requests load beside their own modules.
_BROUGHT = ("recorder.setting_rules", "recorder.keys", "recorder.struck", "recorder.calendar")

_NOT_AUTHENTIC = b'{"id": null, "ok": false, "error": "auth"}\n'
_NOT_READABLE = b'{"id": null, "ok": false, "error": "syntax"}\n'
_BRACE = const(0x7B)
_SPACE = const(0x20)
_LOWER_HEX = "0123456789abcdef"


class _NotTaken(Exception):
    """A line that does nothing and gets a plain answer, the argument."""


class Console:
    """The console of `laptop`, a recorder.laptop.Laptop, which keeps what must outlive this object.

    half_line: what an earlier console had taken of a line, or None.
    """

    def __init__(self, laptop, half_line):
        self._laptop = laptop
        self._port = laptop.port
        self._reader = lines.LineReader(laptop.port, self._lend, half_line)
        self._question = None  # console key, nonces and id of the authentic request under way

    def half_line(self):
        """What was taken of a line that has not ended, or None."""
        return self._reader.half_line()

    def poll(self):
        """Take at most 256 bytes from the port and answer the lines that end in them. Raises nothing."""
        app = self._laptop.app
        if app.state not in _LENDING:
            self._reader.give_back(app.parts.stream.block)
        for _ in range(_BYTES_A_POLL):
            try:
                length = self._reader.step()
                if length is None:
                    return
                if length:
                    self._answer(length)
            except Exception:  # noqa: BLE001 - whatever a line or the port does, the recorder keeps running
                self._count_fault()

    def _lend(self):
        """A buffer for a long line: the segment block where no recording can be in it."""
        app = self._laptop.app
        return app.parts.stream.block if app.state in _LENDING else bytearray(lines.LINE_BYTES)

    def progress(self, permille):
        """Send how far the authentic request under way has come, 0 to 1000. Raises nothing."""
        question = self._question
        if question is None:
            return
        share = "1" if permille >= 1000 else "0.%03d" % max(0, permille)
        try:
            self._send_authentic(question, ('{"id": %d, "progress": %s}' % (question[2], share)).encode())
        except OSError:
            self._count_fault()  # that nobody hears it is no reason to stop

    def _count_fault(self):
        self._laptop.faults += 1
        gc.collect()

    def _console_key(self):
        return self._laptop.app.parts.identity.console_key

    def _answer(self, length):
        """Answer one line; what has no business here gets the plain answer."""
        try:
            if length == lines.TOO_LONG:
                raise _NotTaken(_NOT_READABLE)
            line = self._reader.line(length)
            if line[0] == _BRACE:
                self._take_plain(line)
            else:
                self._take_authentic(line)
        except _NotTaken as refusal:
            self._port.write(refusal.args[0])

    def _take_plain(self, line):
        if len(line) > _PLAIN_LINE_BYTES:
            raise _NotTaken(_NOT_READABLE)
        request = _parse(line)
        if request.get("do") == "hello":
            self._send_plain(_request_id(request, default=0), self._hello, request)
        elif request.get("do") == "provision":
            self._take_provision(request)
        else:
            raise _NotTaken(_NOT_AUTHENTIC)

    def _take_provision(self, request):
        request_id = self._next_id(request)
        if self._console_key() is not None:
            # The line proves nothing, so it spends no id; and nobody who has the secret believes the answer.
            self._send_plain(request_id, _refuse_provisioned, request)
            return
        self._laptop.last_id = request_id
        try:
            self._send_plain(request_id, self._hand_over, request)
        finally:
            if self._console_key() is not None:
                self._laptop.nonces = None

    def _take_authentic(self, line):
        if len(line) <= _MAC_CHARACTERS or line[_MAC_CHARACTERS] != _SPACE:
            raise _NotTaken(_NOT_READABLE)
        text = line[_MAC_CHARACTERS + 1 :]
        if not self._is_authentic(line[:_MAC_CHARACTERS], text):
            raise _NotTaken(_NOT_AUTHENTIC)
        request = _parse(text)
        request_id = self._next_id(request)
        laptop = self._laptop
        laptop.last_id = request_id
        # The answer is made with the key and nonces of the question, whatever becomes of the recorder's.
        key = bytearray(self._console_key())
        question = self._question = (key, laptop.nonces, request_id)
        try:
            self._send_authentic(question, self._run(request_id, self._do, request))
        finally:
            self._question = None
            wipe(key)
            if self._console_key() is None:
                laptop.nonces = None

    def _is_authentic(self, mac, text):
        """Whether `mac` (hex) is the laptop's over `text`; compared in the same time whatever differs."""
        key, nonces = self._console_key(), self._laptop.nonces
        if nonces is None or key is None:
            return False
        expected = _mac(key, _FROM_LAPTOP, nonces, text)
        difference = 0
        for i in range(_MAC_CHARACTERS):
            difference |= expected[i] ^ mac[i]
        return difference == 0

    def _next_id(self, request):
        """The request's id, above every earlier one since hello; else _NotTaken."""
        request_id = _request_id(request)
        if self._laptop.nonces is None or request_id <= self._laptop.last_id:
            raise _NotTaken(_NOT_AUTHENTIC)
        return request_id

    def _hello(self, request):
        laptop_nonce = parse_hex(request, "nonce", _NONCE_BYTES)
        app = self._laptop.app
        parts = app.parts
        recorder_id = parts.identity.recorder_id
        recorder_nonce = parts.entropy.nonce()
        answer = {
            "protocol": _PROTOCOL,
            "firmware": VERSION,
            "build": parts.build,
            "board": parts.board,
            "recorder": None if recorder_id is None else hexlify(recorder_id).decode(),
            "state": app.state,
            "nonce": hexlify(recorder_nonce).decode(),
        }
        self._laptop.nonces = laptop_nonce + recorder_nonce
        self._laptop.last_id = 0
        return answer

    def _do(self, request):
        """Let an authentic request do what it is for; returns the fields of the answer."""
        name = request.get("do")
        if type(name) is not str:
            raise Refused("syntax", "do must be a string")
        if name == "provision":
            _refuse_provisioned(request)
        if name not in _REQUESTS.split():
            raise Refused("unknown", "this firmware does not know that request")
        return self._hand_over(request)

    def _hand_over(self, request):
        """Load the request's module, let it answer, and forget it with what it brought."""
        overlay.forget("recorder.strict_json")  # until the next line
        try:
            return _module_for(request["do"]).answer(request, self._laptop.app)
        finally:
            brought = [name for name in sys.modules if name.startswith("recorder.requests.")]
            overlay.forget(
                "recorder.setting_rules", "recorder.keys", "recorder.struck", "recorder.calendar", *brought
            )

    def _run(self, request_id, handler, request):
        """The answer's JSON as bytes, whatever `handler` does: its fields, its refusal, or `fault`."""
        try:
            return answers.encode(request_id, True, handler(request) or {})
        except Refused as refusal:
            return answers.refusal(request_id, refusal.code, refusal.message)
        except Exception as fault:  # noqa: BLE001 - a handler's mistake must not end a recording
            self._count_fault()
            return answers.refusal(request_id, "fault", "%s in the recorder" % type(fault).__name__)

    def _send_plain(self, request_id, handler, request):
        self._port.write(self._run(request_id, handler, request))
        self._port.write(b"\n")

    def _send_authentic(self, question, text):
        key, nonces, _ = question
        self._port.write(_mac(key, _FROM_RECORDER, nonces, text) + b" ")
        self._port.write(text)
        self._port.write(b"\n")


def parse_hex(request, name, size):
    """The `size` bytes that a field gives in lower-case hex; raises Refused("value", …)."""
    text = request.get(name)
    if type(text) is str and len(text) == 2 * size and all(letter in _LOWER_HEX for letter in text):
        return unhexlify(text)
    raise Refused("value", "%s must be %d bytes in lower-case hex" % (name, size))


def _mac(key, direction, nonces, text):
    """The MAC as it stands in a line: in hex."""
    return hexlify(hmac_sha256(key, direction, nonces, text)[:_MAC_BYTES])


def _parse(text):
    try:
        return overlay.fetch("recorder.strict_json").load_object(text)
    except (ValueError, MemoryError):
        # Too much for the heap is too much for a request; what the parser had built is garbage by now.
        gc.collect()
        raise _NotTaken(_NOT_READABLE)


def _request_id(request, default=None):
    """The id, a number that an answer can repeat; `default` stands in for none."""
    request_id = request.get("id", default)
    if type(request_id) is not int or not 0 <= request_id <= _HIGHEST_ID:
        raise _NotTaken(_NOT_READABLE)
    return request_id


def _module_for(name):
    try:
        return overlay.fetch("recorder.requests." + name)
    except ImportError:
        raise Refused("unknown", "this firmware does not do that")


def _refuse_provisioned(request):
    raise Refused("state", "the recorder is provisioned already")
