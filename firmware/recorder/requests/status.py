"""`status`: what the recorder tells of itself; with `settled` it forgets what the laptop has dealt with."""

from crypto.suites import SUITES
from recorder import overlay
from recorder.errors import Refused


def answer(request, app):
    """Return all that docs/protocol.md lists."""
    parts = app.parts
    struck = overlay.fetch("recorder.struck").Struck(parts.store)
    struck.settle(_settled(request))
    return {
        "state": app.state,
        "build": parts.build,
        "suite": max(SUITES),
        "keys": overlay.fetch("recorder.keys").ring(parts).status(),
        "next_container": parts.journal.next_container,
        "last": parts.journal.last,
        "struck": struck.oldest(),
        "card": {
            "present": app.stock.present,
            "free": app.stock.free_bytes,
            "containers": app.stock.containers,
        },
        "battery_mv": parts.battery.millivolts(),
        "clock": parts.clock.source,
        "time_ms": parts.clock.now_ms(),
        "lost_samples": app.lost_samples,
        "faults": app.faults + parts.laptop.faults,
        "uptime_ms": parts.clock.uptime_ms,
    }


def _settled(request):
    numbers = request.get("settled", [])
    if type(numbers) is not list or any(type(number) is not int for number in numbers):
        raise Refused("value", "settled must be a list of container numbers")
    return numbers
