"""A recorder's double on a real pty, for commands that open a serial port."""

import os
import pty
import threading
import tty

from tests.unit.recorder_double import RecorderDouble


class PtyDouble:
    """A RecorderDouble on the far side of a real pty."""

    def __init__(self, double: RecorderDouble):
        self._double = double
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                self._double.write(os.read(self._master, 4096))
                while data := self._double.read(0):
                    os.write(self._master, data)
            except OSError:
                return

    def close(self):
        os.close(self._slave)
        os.close(self._master)
