"""The recorders that a vault owns: their secrets, and what each last said of itself.

A secret is on disk, wrapped, before any recorder is told it. A status counts only after the console has
found it authentic; what is kept of it is what findings need: who is last, what was destroyed.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from host_tools.container.layout import KEY_ID_BYTES, RECORDER_ID_BYTES, SECRET_BYTES
from host_tools.container.records import SEAL_FORM
from host_tools.errors import CloisterError
from host_tools.vault.shelf import Shelf

KEY_ID_FORM = re.compile(f"[0-9a-f]{{{2 * KEY_ID_BYTES}}}")


@dataclass(frozen=True)
class LastUsed:
    """The highest number that a recorder has used: its seal, and its samples if it has an END."""

    number: int
    seal: str
    samples: int | None


@dataclass(frozen=True)
class Recorder:
    """A recorder of this vault. `first_number` is the first container number it was ever known to be at.

    `heard` is when its last status came, `last` what that named; None if there was none.
    """

    recorder_id: bytes
    first_number: int | None
    heard: datetime | None
    last: LastUsed | None


class RecorderShelf(Shelf):
    """The recorders of a vault."""

    def add_recorder(self, recorder_id: bytes, secret: bytes) -> None:
        """Keep a recorder's secret; on disk when this returns. The same again is accepted.

        Raises CloisterError if the recorder is known with another secret.
        """
        if len(recorder_id) != RECORDER_ID_BYTES or len(secret) != SECRET_BYTES:
            raise ValueError("a recorder id has 8 bytes, a recorder secret 32")
        with self._database.transaction():
            known = self.recorder_secret(recorder_id)
            if known is not None and known != secret:
                raise CloisterError(f"recorder {recorder_id.hex()} is in the vault with another secret")
            if known is None:
                wrapped = self._wrapper.wrap(secret, "recorder secret", recorder_id.hex())
                self._database.change(
                    "INSERT INTO recorders (recorder_id, wrapped_secret) VALUES (?, ?)", recorder_id, wrapped
                )

    def recorder_secret(self, recorder_id: bytes) -> bytes | None:
        """The secret of a recorder of this vault, 32 bytes, or None."""
        rows = self._database.rows("SELECT wrapped_secret FROM recorders WHERE recorder_id = ?", recorder_id)
        return self._unwrap(rows[0][0], "recorder secret", recorder_id.hex()) if rows else None

    def recorders(self) -> list[Recorder]:
        """Every recorder of this vault, in the order of their ids."""
        rows = self._database.rows("SELECT recorder_id, wrapped_status FROM recorders ORDER BY recorder_id")
        return [self._recorder(recorder_id, wrapped) for recorder_id, wrapped in rows]

    def note_status(self, recorder_id: bytes, status: dict[str, Any], at: datetime) -> None:
        """Keep what an authentic status says of the last container, the next, and the destroyed ones."""
        last = _last_used(status.get("last"))
        following = status.get("next_container")
        with self._database.transaction():
            rows = self._database.rows(
                "SELECT wrapped_status FROM recorders WHERE recorder_id = ?", recorder_id
            )
            if not rows:
                raise CloisterError(f"recorder {recorder_id.hex()} is not in the vault")
            known = self._recorder(recorder_id, rows[0][0])
            first = known.first_number
            if first is None and type(following) is int and following > 0:
                first = following
            kept = {"at": at.isoformat(), "first": first, "last": vars(last) if last else None}
            self._database.change(
                "UPDATE recorders SET wrapped_status = ? WHERE recorder_id = ?",
                self._wrap_json(kept, "recorder status", recorder_id.hex()),
                recorder_id,
            )
            for number, _ in struck_entries(status.get("struck")):
                self._note_destroyed(recorder_id, number)

    def note_destroyed(self, recorder_id: bytes, number: int) -> None:
        """Remember that this number was destroyed, so that it is not called missing."""
        with self._database.transaction():
            self._note_destroyed(recorder_id, number)

    def destroyed_numbers(self, recorder_id: bytes) -> frozenset[int]:
        """The numbers of this recorder that are known to be destroyed."""
        rows = self._database.rows("SELECT number FROM destroyed WHERE recorder_id = ?", recorder_id)
        return frozenset(number for (number,) in rows)

    def _note_destroyed(self, recorder_id: bytes, number: int) -> None:
        self._database.change(
            "INSERT OR IGNORE INTO destroyed (recorder_id, number) VALUES (?, ?)", recorder_id, number
        )

    def _recorder(self, recorder_id: bytes, wrapped: bytes | None) -> Recorder:
        """A row with its status unwrapped."""
        if wrapped is None:
            return Recorder(recorder_id, None, None, None)
        kept = self._unwrap_json(wrapped, "recorder status", recorder_id.hex())
        return Recorder(
            recorder_id, kept["first"], datetime.fromisoformat(kept["at"]), _last_used(kept["last"])
        )


def _last_used(value: Any) -> LastUsed | None:
    """A status's `last`, checked. Raises CloisterError."""
    if value is None:
        return None
    if isinstance(value, dict):
        number, seal, samples = value.get("number"), value.get("seal"), value.get("samples")
        if (
            isinstance(number, int)
            and _is_number(number)
            and isinstance(seal, str)
            and SEAL_FORM.fullmatch(seal)
            and (samples is None or type(samples) is int and samples >= 0)
        ):
            return LastUsed(number, seal, samples)
    raise CloisterError("the recorder's status names its last container in a form that is not known")


def struck_entries(value: Any) -> list[tuple[int, str]]:
    """The numbers in a status's `struck`, checked, each with the key id in hex; empty where that is none.

    Raises CloisterError.
    """
    entries = [] if value is None else value
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and _is_number(entry.get("number")) for entry in entries
    ):
        raise CloisterError("the recorder's status names destroyed containers in a form that is not known")
    return [(entry["number"], _key_id_text(entry.get("key"))) for entry in entries]


def _key_id_text(value: Any) -> str:
    """A key id as the vault writes it, else an empty text: nothing is done with what has another form."""
    return value if isinstance(value, str) and KEY_ID_FORM.fullmatch(value) else ""


def _is_number(value: Any) -> bool:
    """Whether it can be a container number."""
    return type(value) is int and 1 <= value < 1 << 32
