"""A recorder's double whose firmware knows suites 1 and 2: a ring of keys for each, the newest is used.

It takes what docs/protocol.md allows and refuses the rest as a recorder does.
"""

import base64

from tests.serviced_recorder import ServicedRecorder
from tests.unit.recorder_double import _key_id

PUBLIC_KEY_BYTES = {1: 32, 2: 1216}
LINE_BYTES = 4096


class Refused(Exception):
    """A request is answered with this code."""


class Ring:
    """The keys of one suite; `used` of the one-time keys are gone."""

    def __init__(self):
        self.keys = []
        self.used = 0
        self.last_resort = self.recovery = None

    def told(self) -> dict:
        return {
            "left": len(self.keys) - self.used, "loaded": len(self.keys),
            "last_resort": _key_id(self.last_resort), "recovery": _key_id(self.recovery),
        }  # fmt: skip


class SuitedRecorder(ServicedRecorder):
    """`room` is how many one-time keys of a suite fit, `cut_after` how many loaded ones unplug it."""

    def __init__(self, recorder_id: bytes | None = None, secret: bytes | None = None):
        super().__init__(recorder_id, secret)
        self.rings = {1: Ring(), 2: Ring()}
        self.room = 1000
        self.cut_after = None
        self.order = []

    def write(self, data: bytes) -> None:
        assert len(data.strip(b"\n")) < LINE_BYTES
        super().write(data)

    def _done(self, request: dict) -> dict:
        try:
            return super()._done(request)
        except Refused as refusal:
            code = str(refusal)
            return {"id": request["id"], "ok": False, "error": code, "message": f"refused: {code}"}

    def _keys(self, request: dict) -> dict:
        suite = request["suite"]
        ring = self.rings[suite]
        if any(len(base64.b64decode(key)) != PUBLIC_KEY_BYTES[suite] for key in request["keys"]):
            raise Refused("value")
        if request["last_resort"]:
            (ring.last_resort,) = request["keys"]
            self.order.append((suite, "last resort"))
            return ring.told()
        if request["first"] > len(ring.keys):
            raise Refused("value")
        if request["first"] + len(request["keys"]) > self.room:
            raise Refused("full")
        ring.keys[request["first"] :] = request["keys"]
        self.order.append((suite, "keys"))
        if self.cut_after is not None and len(ring.keys) >= self.cut_after:
            self.nonces = b""
            raise ConnectionError("unplugged")
        return ring.told()

    def _recovery(self, request: dict) -> dict:
        self.rings[request["suite"]].recovery = request["key"]
        self.order.append((request["suite"], "recovery"))
        return {}

    def _status(self, request: dict) -> dict:
        rings = {str(suite): ring.told() for suite, ring in self.rings.items()}
        return super()._status(request) | {"suite": 2, "keys": rings} | self.more_status
