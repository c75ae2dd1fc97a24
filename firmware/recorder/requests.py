"""What the laptop's requests do: the handlers behind the console (docs/protocol.md).

Each takes the request as a dict and returns the fields of the answer, or raises Refused and has changed
nothing. What a recording rests on cannot be changed while one is under way.
"""

from binascii import a2b_base64

from crypto import hpke
from recorder import format as layout
from recorder.app import BUSY
from recorder.console import parse_hex
from recorder.errors import Refused
from recorder.settings import DEFAULTS
from recorder.version import VERSION

_EARLIEST_MS = 1_577_836_800_000  # 2020-01-01: a clock set to before that is a mistake
_LATEST_MS = 4_102_444_800_000  # 2100-01-01


class Requests:
    """The handlers, by name, for Console; `app` may be set after construction."""

    def __init__(self, parts, board, build):
        self._parts = parts
        self._board = board
        self._build = build
        self.app = None
        self.table = {
            "provision": self._provision,
            "keys": self._keys,
            "recovery": self._recovery,
            "time": self._time,
            "config": self._config,
            "status": self._status,
        }

    def hello_fields(self):
        """Return what `hello` tells of the recorder, but for protocol and nonce."""
        recorder_id = self._parts.identity.recorder_id
        return {
            "firmware": VERSION,
            "build": self._build,
            "board": self._board,
            "recorder": None if recorder_id is None else recorder_id.hex(),
            "state": self.app.state,
        }

    def _refuse_while_busy(self):
        if self.app.state in BUSY:
            raise Refused("state", "not while the recorder is %s" % self.app.state)

    def _provision(self, request):
        parts = self._parts
        recorder_id = parse_hex(request, "recorder", layout.RECORDER_ID_BYTES)
        secret = parse_hex(request, "secret", layout.SECRET_BYTES)
        seed = parse_hex(request, "seed", layout.SEED_BYTES)
        time_ms = _time_ms(request)
        settings = dict(DEFAULTS)
        settings.update(parts.settings.check(request.get("config", {})))
        parts.entropy.provision(seed)
        parts.settings.update(settings)
        parts.clock.set(time_ms)
        parts.identity.provision(recorder_id, secret)  # last: from here on the recorder is provisioned
        return {}

    def _keys(self, request):
        self._refuse_while_busy()
        suite = _suite(request)
        keys = self._public_keys(suite, request.get("keys"))
        ring = self._parts.keys
        try:
            if _flag(request, "last_resort"):
                if len(keys) != hpke.SUITES[suite].public_key_bytes:
                    raise Refused("value", "keys must hold one key, the last-resort key")
                ring.set_last_resort(suite, keys)
            else:
                ring.load(suite, _count(request, "first"), keys)
        except OSError:
            raise Refused("full", "the recorder's memory holds no more keys")
        prepared = self._parts.journal.prepared
        # Its first key, perhaps, or a better one for a container that nobody has used.
        if self.app.state in ("unprovisioned", "fault") or (prepared and prepared["index"] is None):
            self.app.prepare_again()
        return {"left": ring.left(suite), "loaded": ring.loaded(suite)}

    def _public_keys(self, suite, encoded, field="keys"):
        """Return public keys given in base64, one after the other.

        They are put together in the segment block, which no recording needs now: the heap is small.
        """
        size = hpke.SUITES[suite].public_key_bytes
        if type(encoded) is not list or not encoded:
            raise Refused("value", "keys must be a list of public keys in base64")
        block = memoryview(self._parts.stream.block)
        at = 0
        for text in encoded:
            try:
                key = a2b_base64(text)
            except (ValueError, TypeError):
                key = b""
            if not hpke.SUITES[suite].is_sound(key):
                raise Refused("value", "%s: a sound public key is %d bytes in base64" % (field, size))
            block[at : at + size] = key
            at += size
        return block[:at]

    def _recovery(self, request):
        self._refuse_while_busy()
        suite = _suite(request)
        if "key" not in request:
            raise Refused("value", "key must be a public key in base64, or null")
        text = request["key"]
        self._parts.keys.set_recovery(
            suite, None if text is None else self._public_keys(suite, [text], "key")
        )
        self.app.prepare_again()
        return {}

    def _time(self, request):
        return {"drift_ms": self._parts.clock.set(_time_ms(request))}

    def _config(self, request):
        changes = {name: request[name] for name in request if name not in ("id", "do")}
        settings = self._parts.settings
        settings.check(changes)
        if changes:
            self._refuse_while_busy()
            settings.update(changes)
            self.app.prepare_again()
        return settings.as_dict()

    def _status(self, request):
        parts, app = self._parts, self.app
        parts.journal.settle(_numbers(request, "settled"))
        return {
            "state": app.state,
            "build": self._build,
            "suite": max(hpke.SUITES),
            "keys": parts.keys.status(),
            "next_container": parts.journal.next_container,
            "last": parts.journal.last,
            "struck": parts.journal.struck,
            "card": {
                "present": app.card_present,
                "free": app.card_free_bytes,
                "containers": app.card_containers,
            },
            "battery_mv": parts.battery.millivolts(),
            "clock": parts.clock.source,
            "time_ms": parts.clock.now_ms(),
            "lost_samples": app.lost_samples,
            "faults": app.faults,
            "uptime_ms": parts.clock.uptime_ms,
        }


def _time_ms(request):
    time_ms = request.get("time_ms")
    if type(time_ms) is not int or not _EARLIEST_MS <= time_ms < _LATEST_MS:
        raise Refused("value", "time_ms must be whole milliseconds of Unix time, from 2020 to 2099")
    return time_ms


def _suite(request):
    suite = request.get("suite")
    if type(suite) is not int or suite not in hpke.SUITES:
        raise Refused("value", "suite must be one of %s" % ", ".join([str(known) for known in hpke.SUITES]))
    return suite


def _count(request, field):
    value = request.get(field)
    if type(value) is not int or not 0 <= value < 1 << 24:
        raise Refused("value", "%s must be a whole number from 0 on" % field)
    return value


def _numbers(request, field):
    numbers = request.get(field, [])
    if type(numbers) is not list or any(type(number) is not int for number in numbers):
        raise Refused("value", "%s must be a list of container numbers" % field)
    return numbers


def _flag(request, field):
    value = request.get(field, False)
    if type(value) is not bool:
        raise Refused("value", "%s must be true or false" % field)
    return value
