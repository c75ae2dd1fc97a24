"""A backup of any size is made and restored within 150 MB of memory, the passphrase's own 64 included."""

import os
from pathlib import Path

import pyrage
import pytest

from tests.peak_memory import most_memory_kb
from tests.typed_command import Cloister

LARGE_BYTES = 200_000_000  # of nothing: the file takes no room on the disk
MOST_KB = 150_000


@pytest.mark.parametrize("by_key", [True, False])
def test_memory_does_not_grow_with_the_vault(
    filled: Cloister, tmp_path: Path, word: list, by_key: bool
) -> None:
    with filled.made.open() as vault:
        os.truncate(vault.folder / "recordings" / vault.recording(1).file, LARGE_BYTES)
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(str(identity))
    made_with = ("--to", identity.to_public()) if by_key else word
    opened_with = ("--identity", tmp_path / "identity") if by_key else word
    assert most_memory_kb(filled, "backup", "-o", tmp_path / "b.age", *made_with) < MOST_KB
    assert (tmp_path / "b.age").stat().st_size > LARGE_BYTES
    assert most_memory_kb(filled, "restore", tmp_path / "b.age", tmp_path / "again", *opened_with) < MOST_KB
