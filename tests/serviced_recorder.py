"""A recorder's double that destroys recordings, tests itself, keeps a log and can be wiped and reset."""

import json

from tests.unit.recorder_double import RecorderDouble

FINE = {
    "microphone": {"ok": True, "rms_dbfs": -61, "peak_dbfs": -48},
    "card": {"ok": True},
    "buttons": {"ok": True, "closed": [False, False]},
    "indicator": {"ok": True},
    "clock": {"ok": True, "source": "rtc", "chip": True},
    "entropy": {"ok": True},
}


class ServicedRecorder(RecorderDouble):
    """`struck` is what it destroyed, `log` its entries, `parts` what its self-test finds.

    `progress` are the permilles that it tells of while it wipes; `done` what it was asked for that cannot be
    undone.
    """

    def __init__(self, recorder_id: bytes | None = None, secret: bytes | None = None):
        super().__init__(recorder_id, secret)
        self.struck = []
        self.log = []
        self.parts = dict(FINE)
        self.progress = []
        self.done = []

    def authentic(self, message: dict) -> bytes:
        """A line with the right MAC."""
        text = json.dumps(message).encode()
        return self._mac(b"<", text) + b" " + text + b"\n"

    def _status(self, request: dict) -> dict:
        settled = request.get("settled", [])
        self.struck = [entry for entry in self.struck if entry["number"] not in settled]
        return super()._status(request) | {"struck": self.struck[:32]}

    def _selftest(self, request: dict) -> dict:
        return self.parts

    def _log(self, request: dict) -> dict:
        return {"entries": [entry for entry in self.log if entry["n"] > request["after"]][:16]}

    def _wipe_card(self, request: dict) -> dict:
        self.done.append(("wipe_card", request["level"]))
        for permille in self.progress:
            self.say(self.authentic({"id": request["id"], "progress": permille / 1000}))
        return {}

    def _service(self, request: dict) -> dict:
        self.done.append("service")
        return {}

    def _reset(self, request: dict) -> dict:
        self.done.append("reset")
        return {}
