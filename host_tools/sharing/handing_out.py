"""A file that leaves the vault: the vault knows of it before it has its name.

The note is what certificates later tell of: that a copy of this recording was made, when, by whom and for
whom. If the file cannot be finished, the note goes again; a power cut between the two leaves a note of a file
that is not there, never a file without a note.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host_tools.files import finished_file

if TYPE_CHECKING:
    from host_tools.vault import Vault

KIND = "export"


@contextmanager
def handed_out(vault: "Vault", path: Path, note: dict[str, Any]) -> Iterator[Path]:
    """A temporary file to write to, which becomes `path`; `note` joins the vault's papers first."""
    added = None
    try:
        with finished_file(path) as unfinished:
            yield unfinished
            added = vault.papers.add(KIND, note)
    except BaseException:
        if added is not None:
            vault.papers.remove(KIND, added)
        raise


def note_of(
    vault: "Vault",
    kind: str,
    recordings: list[int],
    to: str,
    span_s: tuple[float, float] | None,
    **more: Any,
) -> dict[str, Any]:
    """The note of an `export`, a `waveform` or a `share`; `span_s` is None if it is the whole recording."""
    return {
        "at": vault.now().isoformat(timespec="seconds"),
        "by": vault.person_id,
        "recordings": recordings,
        "kind": kind,
        "to": to,
        "span": list(span_s) if span_s else None,
        "until": None,
        **more,
    }
