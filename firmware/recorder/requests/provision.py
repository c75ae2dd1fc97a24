"""`provision`: makes a recorder somebody's. The console takes it only while the recorder is unprovisioned.

All is checked before anything is written, whatever an earlier provisioning left is written over, and the
identity comes last: up to then a power cut leaves the recorder unprovisioned.
"""

from recorder import format as layout
from recorder import overlay
from recorder.console import parse_hex


def answer(request, app):
    """Take id, secret, seed, time and settings."""
    from recorder import setting_rules
    from recorder.requests.time import time_field

    app.refuse_while_busy()
    parts = app.parts
    recorder_id = parse_hex(request, "recorder", layout.RECORDER_ID_BYTES)
    secret = parse_hex(request, "secret", layout.SECRET_BYTES)
    seed = parse_hex(request, "seed", layout.SEED_BYTES)
    time_ms = time_field(request)
    config = setting_rules.check(request.get("config", {}))
    parts.entropy.provision(seed)
    setting_rules.update(parts.settings, setting_rules.DEFAULTS, config)
    overlay.fetch("recorder.calendar")  # here and not further down: there the stack may be too small for it
    parts.clock.set(time_ms)
    parts.identity.provision(recorder_id, secret)
    parts.indicator.dim(parts.settings["indicator"])
    parts.log.note("provision")
    return {}
