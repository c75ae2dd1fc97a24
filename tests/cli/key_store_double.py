"""A key store of the tests' own, as a backend of the keyring library: the platform's cannot be had here."""

import keyring
import pytest
from keyring.backend import KeyringBackend

from host_tools.unlocking import key_store


class KeyStoreDouble(KeyringBackend):
    """Keeps texts in memory; `failing` is what every call raises."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.failing: Exception | None = None
        self.asked = 0

    def set_password(self, service: str, username: str, password: str) -> None:
        self._called()
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        self._called()
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        self._called()
        del self.kept[service, username]

    def _called(self) -> None:
        self.asked += 1
        if self.failing:
            raise self.failing


def use(monkeypatch: pytest.MonkeyPatch) -> KeyStoreDouble:
    """Make it the one that cloister finds and trusts."""
    double = KeyStoreDouble()
    monkeypatch.setattr(key_store, "PLATFORM_MODULES", {*key_store.PLATFORM_MODULES, __name__})
    monkeypatch.setattr(keyring, "get_keyring", lambda: double)
    return double
