"""From a passphrase to a key: Argon2id (RFC 9106) with the vault's salt and cost.

One derivation serves for everybody who has a passphrase: which of them it is shows by whose key it opens.
"""

import os
from dataclasses import astuple, dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from host_tools.errors import CloisterError
from host_tools.vault.database import Database

SALT_BYTES = 16
KEY_BYTES = 32
MOST_MEMORY_KIB = 64 * 1024
MOST_ITERATIONS = 64
MOST_LANES = 16


@dataclass(frozen=True)
class Argon2Cost:
    """Argon2id's parameters. The default is RFC 9106's second recommended option (section 4)."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    @property
    def sane(self) -> bool:
        """Whether a vault may ask this of a computer: a changed file must not exhaust it.

        No vault ever had more: the memory is what every command may use, the iterations what calibration
        ends at.
        """
        return (
            8 * self.lanes <= self.memory_kib <= MOST_MEMORY_KIB
            and 1 <= self.iterations <= MOST_ITERATIONS
            and 1 <= self.lanes <= MOST_LANES
        )


@dataclass(frozen=True)
class Stretching:
    """A vault's salt and cost."""

    salt: bytes
    cost: Argon2Cost

    def key(self, passphrase: str) -> bytes:
        """The key of a passphrase, 32 bytes; takes as long as the cost says."""
        cost = self.cost
        kdf = Argon2id(
            salt=self.salt,
            length=KEY_BYTES,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        return kdf.derive(passphrase.encode())

    @property
    def place(self) -> tuple[str | int, ...]:
        """What is bound to what this key wraps: salt and cost, so that a changed one opens nothing."""
        return (self.salt.hex(), *astuple(self.cost))

    @classmethod
    def fresh(cls, cost: Argon2Cost) -> "Stretching":
        """A new salt at that cost."""
        return cls(os.urandom(SALT_BYTES), cost)

    @classmethod
    def read(cls, database: Database, table: str, where: str) -> "Stretching":
        """The vault's own, from that table. Raises CloisterError if it makes no sense."""
        rows = database.rows(f"SELECT salt, memory_kib, iterations, lanes FROM {table}")  # noqa: S608 - ours
        if len(rows) == 1:
            salt, *numbers = rows[0]
            stretching = cls(salt, Argon2Cost(*numbers))
            if stretching.cost.sane and len(salt) == SALT_BYTES:
                return stretching
        raise CloisterError(
            f"the vault {where} is damaged: its passphrase parameters make no sense",
            "restore it from a backup",
        )

    def write(self, database: Database) -> None:
        """Make it the vault's."""
        database.change(
            "INSERT OR REPLACE INTO stretching VALUES (1, ?, ?, ?, ?)", self.salt, *astuple(self.cost)
        )
