"""Whom an age file is sealed to: public keys as people hand them on, and pyrage doing it piece by piece.

Keys of age itself (age1…) and SSH's ed25519 and RSA keys are taken. A key is checked when it is read, so that
a mistyped one is told before anything else is done. pyrage hides the errors of the files that it is given;
here they come through as they were raised.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyrage

from host_tools.age_passphrase import AgeRefused, Reader, Writer
from host_tools.errors import CloisterError

Recipient = Any  # pyrage.x25519.Recipient or pyrage.ssh.Recipient, which have no types
Identity = Any  # pyrage.x25519.Identity

MOST_FILE_BYTES = 64 * 1024
SHOWN_CHARACTERS = 24
SECRET_START = "AGE-SECRET-KEY-"  # noqa: S105 - what a secret key begins with
SSH_STARTS = ("ssh-ed25519 ", "ssh-rsa ")
ASK = "ask for it again: it starts with age1, and age-keygen prints it as the public key"


def recipient_of(text: str) -> Recipient:
    """The public key in a text. Raises CloisterError, which never shows a secret key."""
    text = text.strip()
    if text.upper().startswith(SECRET_START):
        raise CloisterError(
            "that is a secret key: it belongs to the receiver alone",
            "use the public key, age1…; whoever has seen the secret one can open what is sealed to it",
        )
    try:
        if text.startswith(SSH_STARTS):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise CloisterError(
            f"{shortened(text)!r} is no public key to which anything can be sealed", ASK
        ) from None


def recipients_in(path: Path) -> list[str]:
    """The public keys in a file, one to a line, as `age -R` reads it. Raises CloisterError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_FILE_BYTES + 1)
        lines = [line.strip() for line in data.decode().splitlines()]
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CloisterError(f"the file of recipients {path} cannot be read: {reason}") from None
    except UnicodeDecodeError:
        raise CloisterError(f"the file of recipients {path} is no text") from None
    if len(data) > MOST_FILE_BYTES:
        raise CloisterError(f"the file of recipients {path} is too large to be one")
    texts = [line for line in lines if line and not line.startswith("#")]
    if not texts:
        raise CloisterError(f"the file of recipients {path} has no public key in it", ASK)
    for text in texts:
        try:
            recipient_of(text)
        except CloisterError as error:
            where = f"line {lines.index(text) + 1} of {path}"
            raise CloisterError(f"{where}: {error.message}", error.hint) from None
    return texts


def shortened(text: str) -> str:
    """Enough of a key to know it by."""
    text = " ".join(text.split()[:2]) if text.startswith("ssh-") else text
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def encrypt(reader: Reader, writer: Writer, recipients: Sequence[Recipient]) -> None:
    """Seal everything that the reader gives. Raises what reader and writer raise; CloisterError."""
    source, target = _Source(reader), _Target(writer)
    try:
        pyrage.encrypt_io(source, target, recipients)
    except pyrage.EncryptError as error:
        if carried := source.error or target.error:
            raise carried from None
        raise CloisterError(f"nothing can be sealed to these keys together: {error}") from None


def decrypt(reader: Reader, writer: Writer, identities: Sequence[Identity]) -> None:
    """Open what is sealed to one of these secret keys. Raises what reader and writer raise; AgeRefused."""
    source, target = _Source(reader), _Target(writer)
    try:
        pyrage.decrypt_io(source, target, identities)
    except (pyrage.DecryptError, OSError) as error:
        if carried := source.error or target.error:
            raise carried from None
        if "matching" in str(error):
            raise AgeRefused("it is sealed to another key") from None
        raise AgeRefused("it was altered, or cut short") from None


class _Kept:
    """The error that a file raised while pyrage used it."""

    error: BaseException | None = None

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep what is raised in this block."""
        try:
            yield
        except BaseException as error:
            self.error = error
            raise


class _Source(_Kept):
    """A file that pyrage reads."""

    def __init__(self, reader: Reader):
        self._reader = reader

    def read(self, size: int) -> bytes:
        with self.keeping():
            return self._reader.read(size)


class _Target(_Kept):
    """A file that pyrage writes."""

    def __init__(self, writer: Writer):
        self._writer = writer

    def write(self, data: bytes) -> int:
        with self.keeping():
            self._writer.write(data)
        return len(data)

    def flush(self) -> None:
        """Whoever opened the file does that."""
