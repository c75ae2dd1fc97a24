"""The platform's own key store: Keychain, Windows' credential manager, Secret Service or KWallet.

A backend of the keyring library that keeps keys in a plain file, or nowhere, is refused. What lies in a key
store is encrypted on the disk; it cannot be kept from other programs of the same user.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "cloister"
PLATFORM_MODULES = {
    "keyring.backends.macOS",
    "keyring.backends.Windows",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
}
CHAINER = "keyring.backends.chainer"


class KeyStore:
    """Short texts, each under a name. Every method raises CloisterError if the key store fails."""

    def __init__(self, backend: "KeyringBackend"):
        self._backend = backend

    def keep(self, name: str, text: str) -> None:
        """Keep a text, and see that it is there."""
        with _errors_named():
            self._backend.set_password(SERVICE, name, text)
        if self.kept(name) != text:
            raise CloisterError("this computer's key store does not give back what it was given")

    def kept(self, name: str) -> str | None:
        """The text, or None."""
        with _errors_named():
            return self._backend.get_password(SERVICE, name)

    def forget(self, name: str) -> None:
        """Delete the text, if it is there."""
        if self.kept(name) is not None:
            with _errors_named():
                self._backend.delete_password(SERVICE, name)


def platform_key_store() -> KeyStore:
    """This computer's key store. Raises CloisterError if it has none that can be trusted with a key."""
    import keyring

    with _errors_named():
        backend = keyring.get_keyring()
        # Of several that the platform has, the first is used alone: a chain would ask others as well.
        candidates = list(backend.backends) if _module(backend) == CHAINER else [backend]  # type: ignore[attr-defined]
    trusted = [candidate for candidate in candidates if _module(candidate) in PLATFORM_MODULES]
    if not trusted:
        raise CloisterError(
            f"this computer has no key store of its own to keep a key in (found: {_module(backend)})",
            "without one every command asks for the passphrase, or takes it with --passphrase-file",
        )
    return KeyStore(trusted[0])


def _module(backend: "KeyringBackend") -> str:
    return type(backend).__module__


@contextmanager
def _errors_named() -> Iterator[None]:
    """Say what the key store raises as an error of ours."""
    try:
        yield
    except CloisterError:
        raise
    except Exception as error:  # noqa: BLE001 - each platform's library has errors of its own
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CloisterError(f"this computer's key store does not work: {what}") from None
