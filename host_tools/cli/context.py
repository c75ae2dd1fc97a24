"""What every command shares: where the vault is and how its passphrase is got.

The passphrase comes from `--passphrase-file` or from the terminal, never from the command line or the
environment, which other programs can read.
"""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault

PASSPHRASE_FILE_BYTES = 4096


@dataclass
class Context:
    """The global options, as given; `folder` is where the vault is to be found.

    With `always_ask` the passphrase is asked for even while the vault is unlocked.
    """

    vault_dir: Path | None = None
    passphrase_file: Path | None = None
    always_ask: bool = False

    @property
    def folder(self) -> Path:
        """The vault's folder: as given, else in the platform's data folder."""
        if self.vault_dir is not None:
            return self.vault_dir
        import platformdirs

        return platformdirs.user_data_path("cloister", appauthor=False) / "vault"

    @contextmanager
    def open_vault(self, action: str = "", **detail: Any) -> Iterator["Vault"]:
        """The opened vault; asks for the passphrase once it is found to be a vault.

        With an action, what is done in the block is entered in the audit, whether it succeeds or not.
        """
        with self._opened() as vault, self._replaced_key_forgotten(vault):
            if not action:
                yield vault
                return
            leaving: click.exceptions.Exit | None = None
            with vault.accounted(action, **detail):
                try:
                    yield vault
                except click.exceptions.Exit as status:  # the command's own, not a failure
                    leaving = status
            if leaving is not None:
                raise leaving

    @contextmanager
    def _replaced_key_forgotten(self, vault: "Vault") -> Iterator[None]:
        """What is kept to unlock the vault goes at once when the key is replaced, not with a later command.

        It would open an older copy of the vault, in which everything is that was destroyed just now.
        """
        key = vault.session_key()
        try:
            yield
        finally:
            if vault.session_key() != key:
                from host_tools.unlocking.session import lock_if_possible

                lock_if_possible(vault.folder)

    def _opened(self) -> "Vault":
        from host_tools.vault import check_is_vault, open_vault

        check_is_vault(self.folder)
        if self.passphrase_file is None and not self.always_ask:
            from host_tools.unlocking.session import opened

            if (unlocked := opened(self.folder)) is not None:
                return unlocked
        return open_vault(self.folder, self.passphrase())

    def passphrase(self, confirm: bool = False) -> str:
        """The passphrase, from the file or typed in (twice with `confirm`)."""
        if self.passphrase_file is not None:
            return first_line(self.passphrase_file)
        if not sys.stdin.isatty():
            raise CloisterError(
                "the vault's passphrase is needed, and there is no terminal to ask on",
                "give it with cloister --passphrase-file FILE",
            )
        return click.prompt("Passphrase of the vault", hide_input=True, confirmation_prompt=confirm, err=True)


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Say what the system refuses as an error of `what`, whatever temporary file it was about."""
    try:
        yield
    except OSError as error:
        hint = "make room on its disk, then do it again" if error.errno == errno.ENOSPC else None
        reason = (error.strerror or str(error)).lower()
        raise CloisterError(f"{what} cannot be written: {reason}", hint) from None


def first_line(path: Path) -> str:
    """The file's first line without its end; an empty one is refused."""
    try:
        with path.open("rb") as file:
            line = file.read(PASSPHRASE_FILE_BYTES).split(b"\n")[0].rstrip(b"\r").decode()
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CloisterError(f"the passphrase file {path} cannot be read: {reason}") from None
    except UnicodeDecodeError:
        raise CloisterError(f"the passphrase file {path} is not UTF-8 text") from None
    if not line:
        raise CloisterError(f"the passphrase file {path} has an empty first line")
    return line
