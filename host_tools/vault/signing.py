"""The vault's own signature: one Ed25519 key pair (RFC 8032), made with the vault and kept for its life.

Certificates and the head of the audit are signed with it; its public half may be given to anybody.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from host_tools.errors import CloisterError
from host_tools.vault.database import Database
from host_tools.vault.shelf import Shelf
from host_tools.vault.wrapping import SIGNING_KEY_PLACE, Wrapper

PLACE = SIGNING_KEY_PLACE


class SigningShelf(Shelf):
    """A vault that can sign."""

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes. Raises CloisterError if the key was altered."""
        return self._signing_key().sign(message)

    @property
    def public_key(self) -> bytes:
        """The public half, 32 bytes, as the private one says."""
        return self._signing_key().public_key().public_bytes_raw()

    def _signing_key(self) -> Ed25519PrivateKey:
        rows = self._database.rows("SELECT wrapped_private_key FROM identity")
        if len(rows) != 1:
            raise CloisterError(
                f"the vault {self.folder} is damaged: it has no signing key", "restore it from a backup"
            )
        return Ed25519PrivateKey.from_private_bytes(self._unwrap(rows[0][0], *PLACE))


def make_signing_key(database: Database, wrapper: Wrapper) -> Ed25519PrivateKey:
    """Make the vault's key pair; its private half."""
    pair = Ed25519PrivateKey.generate()
    database.change(
        "INSERT INTO identity VALUES (1, ?, ?)",
        pair.public_key().public_bytes_raw(),
        wrapper.wrap(pair.private_bytes_raw(), *PLACE),
    )
    return pair
