"""The line to the laptop while nobody talks: here the first byte is seen, and only then the console loaded.

The console, what it rests on and its line buffer are an overlay. What outlives them is here: the nonces, the
last id, a line half read, and how often something happened that nobody foresaw. Guarantees that no byte that
was taken is lost with the overlay, and that the recorder keeps running even where there is no room for it.
"""

import gc

from micropython import const
from recorder import overlay

# The first two before the console, which needs them: an import inside an import needs more stack.
_OVERLAY = (
    "recorder.lines",
    "recorder.answers",
    "recorder.console",
    "recorder.strict_json",
    "recorder.requests",
)
_QUIET_MS = const(20_000)  # so long without a byte, and the overlay goes
# So long without one, and a line that never ended goes too: the laptop gave up after 30 s, or was unplugged.
_GIVEN_UP_MS = const(60_000)
_TRY_AGAIN_MS = const(2_000)  # after the heap could not take the overlay


class Laptop:
    """Whoever talks on `port`: `any()`, whether a byte waits, `read_byte()` → 0…255 or -1, `write(data)`.

    `app` must be set before the first poll. `nonces` (laptop's ‖ recorder's, None before hello) and `last_id`
    are the console's; `faults` counts what was not foreseen.
    """

    def __init__(self, port):
        self.port = port
        self.app = None
        self.nonces = None
        self.last_id = 0
        self.faults = 0
        self._console = None
        self._half_line = None
        self._heard_ms = 0
        self._is_listening = self._has_failed = False

    def poll(self):
        """Take what the laptop sent and answer it; often, and cheap while nobody talks. Raises nothing."""
        try:
            if self.port.any():
                self._listen()
            elif self._console is not None or self._half_line is not None:
                self._rest()
        except Exception:  # noqa: BLE001 - whatever a line or the port does, the recorder keeps running
            self.faults += 1
            gc.collect()

    def release(self):
        """Give back what memory can be given back; the next byte brings the overlay again.

        Returns False if some is kept: all of it while a request is answered, the buffer of a line half read.
        """
        if self._is_listening:
            return False
        if self._console is not None:
            self._half_line = self._console.half_line()
            self._console = None
            overlay.forget(*_OVERLAY)
        return self._half_line is None

    def progress(self, permille):
        """Tell the laptop how far the request being answered has come: 0 to 1000. Raises nothing."""
        if self._is_listening:
            self._console.progress(permille)

    def _listen(self):
        if self._has_failed and self._quiet_ms() < _TRY_AGAIN_MS:
            return
        self._is_listening = True
        try:
            if self._console is None:
                self._load()
            self._console.poll()
        finally:
            self._is_listening = False
            self._heard_ms = self.app.parts.ticks.ticks_ms()

    def _load(self):
        """Load the overlay; raises MemoryError and the like, and then nothing is loaded."""
        self._has_failed = True
        try:
            for name in _OVERLAY[:2]:
                overlay.fetch(name)
            self._console = overlay.fetch(_OVERLAY[2]).Console(self, self._half_line)
        finally:
            if self._console is None:
                overlay.forget(*_OVERLAY)
        self._half_line = None
        self._has_failed = False

    def _rest(self):
        quiet_ms = self._quiet_ms()
        if quiet_ms >= _GIVEN_UP_MS:
            self._half_line = None
        if quiet_ms >= _QUIET_MS:
            self.release()

    def _quiet_ms(self):
        ticks = self.app.parts.ticks
        return ticks.ticks_diff(ticks.ticks_ms(), self._heard_ms)
