"""Starts the recorder and runs it for ever.

What only builds the recorder is let go before it runs: its memory is wanted for the laptop's requests.
"""

import gc
import time

gc.threshold(4096)  # while everything is loaded, too: see recording.py

from recorder import overlay, wiring  # noqa: E402 - only now

_IDLE_MS = 20


def run():
    """Returns when the board is to be restarted. The firmware lies in the folder above this package."""
    app = wiring.build(__file__.rsplit("/", 2)[0] if __file__.count("/") > 1 else "")  # "" on the board
    _forget_wiring()
    while not app.must_restart:
        if not app.step():
            time.sleep_ms(_IDLE_MS)


def _forget_wiring():
    global wiring
    del wiring
    overlay.forget("recorder.wiring", "recorder.build")
