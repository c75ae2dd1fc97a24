"""What the parts of a vault have in common: the database, the wrapper, and values kept as wrapped JSON."""

import json
from pathlib import Path
from typing import Any

from host_tools.errors import CloisterError
from host_tools.vault.database import Database
from host_tools.vault.wrapping import Wrapper, WrapRefused


class Shelf:
    """One part of an open vault; `Vault` puts the parts together."""

    def __init__(self, folder: Path, database: Database, wrapper: Wrapper):
        self.folder = folder
        self._database = database
        self._wrapper = wrapper

    def _unwrap(self, wrapped: bytes, *place: str | int | None) -> bytes:
        """The secret of that place. Raises CloisterError if the value was altered or moved."""
        try:
            return self._wrapper.unwrap(wrapped, *place)
        except WrapRefused:
            raise CloisterError(
                f"the vault {self.folder} was altered: its entry {place[0]} {place[1]} is not authentic",
                "restore the vault from a backup",
            ) from None

    def _wrap_json(self, value: Any, *place: str | int | None) -> bytes:
        return self._wrapper.wrap(json.dumps(value, separators=(",", ":")).encode(), *place)

    def _unwrap_json(self, wrapped: bytes, *place: str | int | None) -> Any:
        return json.loads(self._unwrap(wrapped, *place))
