"""With what a backup is sealed: a passphrase of its own, or age1… recipients; and with what it is opened.

To recipients alone nobody here could read back what was written, so a key made for that joins them, is in
memory only, and is forgotten.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import pyrage

from host_tools import age_passphrase, age_recipients
from host_tools.age_passphrase import Reader, Writer
from host_tools.age_recipients import recipient_of
from host_tools.errors import CloisterError

MOST_IDENTITY_BYTES = 64 * 1024


class Seal(Protocol):
    """Seals a stream, and opens it again in the same command."""

    def encrypt(self, reader: Reader, writer: Writer) -> None:
        """Everything that the reader gives."""

    def decrypt(self, reader: BinaryIO, writer: Writer) -> None:
        """Everything back. Raises AgeRefused."""


class PassphraseSeal:
    """A passphrase."""

    def __init__(self, passphrase: str):
        self._passphrase = passphrase

    def encrypt(self, reader: Reader, writer: Writer) -> None:
        """As `Seal` says."""
        age_passphrase.encrypt(reader, writer, self._passphrase)

    def decrypt(self, reader: BinaryIO, writer: Writer) -> None:
        """As `Seal` says."""
        age_passphrase.decrypt(reader, writer, self._passphrase)


class RecipientSeal:
    """Public keys, each in the form age1…. Raises CloisterError if one is none."""

    def __init__(self, recipients: Sequence[str]):
        if any(text.startswith("ssh-") for text in recipients):
            raise CloisterError(
                "a backup is sealed to keys of age, not of SSH",
                "age-keygen makes one: age1… is its public half",
            )
        self._recipients = [recipient_of(text) for text in recipients]
        self._for_reading_back = pyrage.x25519.Identity.generate()

    def encrypt(self, reader: Reader, writer: Writer) -> None:
        """As `Seal` says."""
        recipients = [*self._recipients, self._for_reading_back.to_public()]
        age_recipients.encrypt(reader, writer, recipients)

    def decrypt(self, reader: BinaryIO, writer: Writer) -> None:
        """As `Seal` says."""
        age_recipients.decrypt(reader, writer, [self._for_reading_back])


class IdentitySeal:
    """The secret keys in an identity file, as age-keygen makes it. Raises CloisterError without any."""

    def __init__(self, path: Path):
        try:
            with path.open("rb") as file:
                lines = file.read(MOST_IDENTITY_BYTES).decode().split()
        except OSError as error:
            reason = (error.strerror or "").lower()
            raise CloisterError(f"the identity file {path} cannot be read: {reason}") from None
        except UnicodeDecodeError:
            lines = []
        try:
            secrets = [line for line in lines if line.startswith("AGE-SECRET-KEY-1")]
            self._identities = [pyrage.x25519.Identity.from_str(line) for line in secrets]
        except pyrage.IdentityError:
            self._identities = []
        if not self._identities:
            raise CloisterError(
                f"{path} has no secret key in it",
                "an identity file is what age-keygen makes: AGE-SECRET-KEY-1…",
            )

    def decrypt(self, reader: BinaryIO, writer: Writer) -> None:
        """Everything. Raises AgeRefused."""
        age_recipients.decrypt(reader, writer, self._identities)
