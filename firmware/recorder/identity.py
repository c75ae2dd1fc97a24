"""Who this recorder is: its id and its secret, and the keys that follow from the secret.

Written last when the recorder is provisioned: as long as this file is missing the recorder is
unprovisioned, whatever else is stored. The secret never leaves the recorder.
"""

from crypto.hkdf import hkdf
from micropython import const
from recorder import format as layout

_NAME = "identity"
# LittleFS keeps a file of up to 128 bytes among its folder's entries, where it may be read for long after it
# was removed (scrub.py). A longer one has a block of its own.
_PADDING_BYTES = const(128)


class Identity:
    """The recorder id (8 bytes) and the keys derived from the secret; all None while unprovisioned."""

    def __init__(self, store):
        self._store = store
        self.recorder_id = self.seal_key = self.console_key = None
        stored = store.read(_NAME)
        if stored is not None:
            self._derive(stored)

    @property
    def provisioned(self):
        """True once the recorder has an id and a secret."""
        return self.recorder_id is not None

    def provision(self, recorder_id, secret):
        """Store id and secret: the step that makes the recorder provisioned."""
        stored = bytes(recorder_id) + bytes(secret) + bytes(_PADDING_BYTES)
        self._store.write(_NAME, stored)
        self._derive(stored)

    def _derive(self, stored):
        secret = stored[layout.RECORDER_ID_BYTES :][: layout.SECRET_BYTES]
        self.seal_key = hkdf(secret, b"", layout.SEAL_LABEL, 32)
        self.console_key = hkdf(secret, b"", layout.CONSOLE_LABEL, 32)
        self.recorder_id = stored[: layout.RECORDER_ID_BYTES]
