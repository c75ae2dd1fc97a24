"""How the vault keeps secrets on disk: AES-256-GCM under a master key that a passphrase unlocks.

The passphrase goes through Argon2id (RFC 9106) to the key that wraps the master key. Every secret is
wrapped with the identity of its place as associated data, so that a value moved to another row or column
is refused. A failed authentication is an exception of its own, never None.
"""

import json
import os
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

MASTER_KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
MOST_MEMORY_KIB = 64 * 1024
MOST_ITERATIONS = 10
MOST_LANES = 16
MASTER_PLACE = ("cloister vault 1", "master key")


class WrapRefused(Exception):
    """A wrapped value is not authentic: wrong key, altered, or moved from another place."""


@dataclass(frozen=True)
class Argon2Cost:
    """Argon2id's parameters. The default is RFC 9106's second recommended option (section 4)."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    @property
    def sane(self) -> bool:
        """Whether a vault may ask this of a computer: a changed file must not exhaust it.

        No vault ever had more than the standard; whoever raises that raises this.
        """
        return (
            8 * self.lanes <= self.memory_kib <= MOST_MEMORY_KIB
            and 1 <= self.iterations <= MOST_ITERATIONS
            and 1 <= self.lanes <= MOST_LANES
        )


class Wrapper:
    """Wraps and unwraps under one 32-byte key. A place is a sequence of words and numbers that name it."""

    def __init__(self, key: bytes):
        self._aead = AESGCM(key)

    def wrap(self, secret: bytes, *place: str | int | None) -> bytes:
        """Nonce (12, random) ‖ ciphertext ‖ tag (16)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret, _associated_data(place))

    def unwrap(self, wrapped: bytes, *place: str | int | None) -> bytes:
        """The secret. Raises WrapRefused."""
        try:
            return self._aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _associated_data(place))
        except (InvalidTag, ValueError):
            raise WrapRefused from None


def _associated_data(place: tuple[str | int | None, ...]) -> bytes:
    """The place in a form that no other place has."""
    return json.dumps(place).encode()


def passphrase_wrapper(passphrase: str, salt: bytes, cost: Argon2Cost) -> Wrapper:
    """The wrapper under the key that Argon2id makes of the passphrase; takes as long as `cost` says."""
    kdf = Argon2id(
        salt=salt,
        length=MASTER_KEY_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return Wrapper(kdf.derive(passphrase.encode()))


def wrap_master_key(master_key: bytes, passphrase: str, salt: bytes, cost: Argon2Cost) -> bytes:
    """The master key under the passphrase; salt and cost are authenticated with it."""
    place = (*MASTER_PLACE, salt.hex(), *asdict(cost).values())
    return passphrase_wrapper(passphrase, salt, cost).wrap(master_key, *place)


def unwrap_master_key(wrapped: bytes, passphrase: str, salt: bytes, cost: Argon2Cost) -> bytes:
    """The master key. Raises WrapRefused for a wrong passphrase or altered parameters."""
    place = (*MASTER_PLACE, salt.hex(), *asdict(cost).values())
    return passphrase_wrapper(passphrase, salt, cost).unwrap(wrapped, *place)
