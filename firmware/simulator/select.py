"""`select` for the console: standard input with a console attached, and nothing ever to read without one.

A wait takes virtual time, a millisecond at a look, so that buttons and microphone go on meanwhile.
"""

import uselect

from simulator import clock

POLLIN = uselect.POLLIN
POLLOUT = uselect.POLLOUT
POLLERR = uselect.POLLERR
POLLHUP = uselect.POLLHUP

_attached = False
_LOOK_EVERY_MS = 1


def attach_console():
    """Standard input is a console from now on."""
    global _attached
    _attached = True


class poll:
    """The port's poll object: `register`, `unregister`, `modify`, `poll`, `ipoll`."""

    def __init__(self):
        self._real = uselect.poll()

    def register(self, stream, flags=POLLIN | POLLOUT):
        """Watch a stream."""
        self._real.register(stream, flags)

    modify = register

    def unregister(self, stream):
        """Stop watching it."""
        self._real.unregister(stream)

    def poll(self, timeout_ms=-1):
        """Pairs of stream and flags; an empty list after `timeout_ms`, never with -1."""
        waited_ms = 0
        while True:
            ready = self._real.poll(0) if _attached else []
            if ready or 0 <= timeout_ms <= waited_ms:
                return ready
            clock.sleep_ms(_LOOK_EVERY_MS)
            waited_ms += _LOOK_EVERY_MS

    def ipoll(self, timeout_ms=-1, flags=0):
        """The same as something to go through; as in the port, a look without a wait allocates nothing."""
        if timeout_ms != 0:
            return self.poll(timeout_ms)
        return self._real.ipoll(0, flags) if _attached else ()
