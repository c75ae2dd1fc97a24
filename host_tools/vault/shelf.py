"""What the parts of a vault have in common: the database, the wrapper, and values kept as wrapped JSON."""

import json
from pathlib import Path
from typing import Any

import msgspec

from host_tools.errors import CloisterError
from host_tools.vault.database import Database
from host_tools.vault.wrapping import SIGNING_KEY_PLACE, Wrapper, WrapRefused


class Outgrown(CloisterError):
    """A master key that was kept, or that a command has, is not the vault's any more."""


class Shelf:
    """One part of an open vault; `Vault` puts the parts together."""

    def __init__(self, folder: Path, database: Database, wrapper: Wrapper):
        self.folder = folder
        self._database = database
        self._wrapper = wrapper

    def wrap(self, secret: bytes, *place: str | int | None) -> bytes:
        """A secret of that place, wrapped."""
        return self._wrapper.wrap(secret, *place)

    def unwrap(self, wrapped: bytes, *place: str | int | None) -> bytes:
        """The secret of that place. Raises CloisterError if the value was altered or moved."""
        return self._unwrap(wrapped, *place)

    def _unwrap(self, wrapped: bytes, *place: str | int | None) -> bytes:
        """The secret of that place. Raises CloisterError if the value was altered or moved."""
        try:
            return self._wrapper.unwrap(wrapped, *place)
        except WrapRefused:
            self._check_not_outgrown()
            raise CloisterError(
                f"the vault {self.folder} was altered: its entry {place[0]} {place[1]} is not authentic",
                "restore the vault from a backup",
            ) from None

    def _check_not_outgrown(self) -> None:
        """Raises Outgrown if another command has replaced the master key since the vault was opened.

        What would be wrapped under the old one could never be read again.
        """
        if not self._database.was_changed_by_others:
            return
        rows = self._database.rows("SELECT wrapped_private_key FROM identity")
        try:
            self._wrapper.unwrap(rows[0][0] if rows else b"", *SIGNING_KEY_PLACE)
        except WrapRefused:
            raise Outgrown(
                f"the keys of the vault {self.folder} were replaced by another command meanwhile",
                "nothing more was changed: do it again",
            ) from None

    def _wrap_json(self, value: Any, *place: str | int | None) -> bytes:
        return self._wrapper.wrap_json(value, *place)

    def _unwrap_json(self, wrapped: bytes, *place: str | int | None) -> Any:
        text = self._unwrap(wrapped, *place)
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:  # the name of a file may be no Unicode, which only this one reads
            return json.loads(text)
