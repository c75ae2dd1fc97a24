"""A vault for tests: real but for Argon2id's cost, with a recorder that the reference writer plays."""

from dataclasses import dataclass
from pathlib import Path

from host_tools.vault import Argon2Cost, Vault, create_vault, open_vault
from tests.reference_writer import Writer

QUICK = Argon2Cost(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery staple"


@dataclass
class QuickVault:
    """A vault's folder, its passphrase file, and a recorder that it knows."""

    folder: Path
    passphrase_file: Path
    writer: Writer
    keys_used: int = 0

    def open(self) -> Vault:
        return open_vault(self.folder, PASSPHRASE)

    def next_key(self) -> None:
        """Let the writer go on with the next one-time key."""
        with self.open() as vault:
            self.writer.public = vault.one_time_keys(self.writer.recorder_id, 1, self.keys_used, 1)[0]
        self.keys_used += 1


def make_quick_vault(folder: Path) -> QuickVault:
    """Make it in a folder that is not there yet."""
    create_vault(folder / "vault", PASSPHRASE, QUICK)
    passphrase_file = folder / "passphrase"
    passphrase_file.write_text(PASSPHRASE + "\nsecond line\n")
    made = QuickVault(folder / "vault", passphrase_file, Writer(b""))
    with made.open() as vault:
        vault.add_recorder(made.writer.recorder_id, made.writer.secret)
    made.next_key()
    return made
