"""Papers: what a vault keeps besides keys and recordings, as JSON documents of several kinds, all wrapped.

Consents, notes of exports and backups, certificates, settings, unfinished wipes. A file that belongs to a
paper (a scan) lies in the vault's `attachments` under a random name and a key of its own; the paper has it.
"""

import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from host_tools.errors import CloisterError
from host_tools.vault.database import Database, create_file, sync_folder
from host_tools.vault.shelf import Shelf
from host_tools.vault.wrapping import NONCE_BYTES, Wrapper

ATTACHMENTS = "attachments"
KEY_BYTES = 32


class Papers(Shelf):
    """The papers of a vault."""

    def __init__(self, folder: Path, database: Database, wrapper: Wrapper):
        super().__init__(folder, database, wrapper)
        self._attachments = folder / ATTACHMENTS

    def add(self, kind: str, value: dict[str, Any]) -> int:
        """Keep a new paper; its id, counted from 1 for each kind."""
        with self._database.transaction():
            rows = self._database.rows("SELECT ifnull(max(id), 0) + 1 FROM papers WHERE kind = ?", kind)
            paper_id: int = rows[0][0]
            self.put(kind, paper_id, value)
        return paper_id

    def put(self, kind: str, paper_id: int, value: dict[str, Any]) -> None:
        """Keep a paper in the place of the one with this id, if there is one."""
        with self._database.transaction():
            self._database.change(
                "INSERT OR REPLACE INTO papers VALUES (?, ?, ?)",
                kind,
                paper_id,
                self._wrap_json(value, "paper", kind, paper_id),
            )

    def get(self, kind: str, paper_id: int) -> dict[str, Any]:
        """A paper. Raises CloisterError if there is none with this id."""
        rows = self._database.rows(
            "SELECT wrapped_paper FROM papers WHERE kind = ? AND id = ?", kind, paper_id
        )
        if not rows:
            raise CloisterError(f"there is no {kind} {paper_id} in the vault")
        return dict(self._unwrap_json(rows[0][0], "paper", kind, paper_id))

    def all(self, kind: str) -> list[tuple[int, dict[str, Any]]]:
        """All papers of a kind with their ids, in the order in which they were made."""
        rows = self._database.rows("SELECT id, wrapped_paper FROM papers WHERE kind = ? ORDER BY id", kind)
        return [(paper_id, self._unwrap_json(wrapped, "paper", kind, paper_id)) for paper_id, wrapped in rows]

    def remove(self, kind: str, paper_id: int) -> None:
        """Forget a paper, if there is one."""
        with self._database.transaction():
            self._database.change("DELETE FROM papers WHERE kind = ? AND id = ?", kind, paper_id)

    def keep_file(self, data: bytes) -> dict[str, Any]:
        """Keep a file's bytes, on disk when it returns; gives what `read_file` and `drop_file` need."""
        self._attachments.mkdir(mode=0o700, exist_ok=True)
        name, key, nonce = secrets.token_hex(16), os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
        path = self._attachments / name
        create_file(path)
        try:
            with path.open("r+b") as file:
                file.write(nonce + AESGCM(key).encrypt(nonce, data, name.encode()))
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._attachments)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return {"file": name, "key": key.hex(), "bytes": len(data)}

    def read_file(self, kept: dict[str, Any]) -> bytes:
        """The bytes of a file that was kept. Raises CloisterError if it is gone or was altered."""
        try:
            sealed = (self._attachments / kept["file"]).read_bytes()
            nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return AESGCM(bytes.fromhex(kept["key"])).decrypt(nonce, ciphertext, kept["file"].encode())
        except (OSError, InvalidTag, ValueError):
            raise CloisterError(
                f"an attachment of the vault {self.folder} is gone or was altered",
                "restore the vault from a backup",
            ) from None

    def drop_file(self, kept: dict[str, Any]) -> None:
        """Remove a file that was kept; its key goes with the paper."""
        (self._attachments / kept["file"]).unlink(missing_ok=True)
