"""The share command: what it refuses before anything is read, what is remembered, what is never on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyrage
import pytest
import soundfile

from host_tools.sharing import handing_out
from host_tools.vault import Gone
from tests.files_written import contents, files_written
from tests.full_disk import files_at_most
from tests.peak_memory import most_memory_kb
from tests.reference_writer import BLOCK
from tests.sharing.conftest import Age, opened
from tests.typed_command import SOUND, Cloister, errors

IDENTITY = pyrage.x25519.Identity.generate()
PUBLIC = str(IDENTITY.to_public())
TO = ("--to", PUBLIC)
MISTYPED = PUBLIC[:-1] + ("q" if PUBLIC[-1] != "q" else "p")
NEXT_YEAR = date.today() + timedelta(365)


def notes(cloister: Cloister) -> list[dict]:
    with cloister.made.open() as vault:
        return [paper for _, paper in vault.papers.all("export")]


def newest_entry(cloister: Cloister):
    with cloister.made.open() as vault:
        return vault.audit.entries(1)[0]


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--to", MISTYPED), 1, "is no public key to which anything can be sealed"),
        (("--to", "age1"), 1, "is no public key"),
        (("--to", "age1yubikey1qwerty"), 1, "is no public key"),
        (("--to", "ssh-ed25519 AAAA"), 1, "is no public key"),
        (("--to", "ruth@example.org"), 2, "is neither a public key (age1…) nor a time"),
        (("--to", str(IDENTITY)), 1, "that is a secret key"),
        (TO + ("--to", MISTYPED), 1, "is no public key"),
        ((), 2, "say whom it is for"),
        (("--to", "0:01"), 2, "say whom it is for"),
        (TO + ("--to", "1", "--to", "2"), 2, "two ends"),
        (TO + ("--make-passphrase",), 2, "not both"),
        (("--passphrase",), 1, "the passphrase of the share is needed, and there is no terminal"),
        (TO + ("--until", "31.12.2026"), 2, "is no day"),
        (TO + ("--until", "2020-01-01"), 1, "2020-01-01 has passed"),
        (TO + ("--for", "x" * 201), 2, "a purpose has 1 to 200 characters"),
        (TO + ("--from", "mark3"), 1, "recording 1 has no mark3"),
        (TO + ("--from", "2", "--to", "1"), 1, "nothing lies between"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    cloister: Cloister, out: Path, options: tuple, status: int, words: str
) -> None:
    assert words in cloister.refused("share", 1, "-o", out, *options, status=status)
    assert str(IDENTITY) not in cloister.err
    assert list(out.iterdir()) == []
    assert notes(cloister) == []


def test_a_bad_key_is_refused_before_the_vault_is_opened(cloister: Cloister, out: Path) -> None:
    seen = newest_entry(cloister).seq
    nowhere = out / "no-such-passphrase"
    assert "is no public key" in cloister.refused("share", 1, "--to", MISTYPED, passphrase_file=nowhere)
    assert newest_entry(cloister).seq == seen


def test_a_file_of_recipients_is_checked_line_by_line(cloister: Cloister, out: Path, tmp_path: Path) -> None:
    file = tmp_path / "recipients"
    for text, words in (
        (f"# ours\n{PUBLIC}\n{MISTYPED}\n", f"line 3 of {file}: "),
        (f"{IDENTITY}\n", "line 1 of .*: that is a secret key"),
        ("# nobody yet\n\n", "has no public key in it"),
        ("\0\xff" * 40_000, "is too large"),
    ):
        file.write_text(text, encoding="latin-1" if "\xff" in text else "utf-8")
        message = cloister.refused("share", 1, "--to-file", file, "-o", out)
        assert words.replace("line 1 of .*", f"line 1 of {file}") in message or "is no text" in message
        assert str(IDENTITY) not in cloister.err
    assert "cannot be read" in cloister.refused("share", 1, "--to-file", tmp_path / "none", "-o", out)


def test_names_and_places_of_the_file(cloister: Cloister, out: Path) -> None:
    assert "end the name in .age" in (cloister.refused("share", 1, *TO, "-o", out / "a.zip"), cloister.err)[1]
    (out / "a.age").write_bytes(b"precious")
    assert "is there already" in cloister.refused("share", 1, *TO, "-o", out / "a.age")
    assert (out / "a.age").read_bytes() == b"precious"
    assert cloister("share", 1, *TO, "-o", out / "a.age", "--force") == 0
    assert "no folder" in cloister.refused("share", 1, *TO, "-o", out / "no" / "a.age")


def test_the_vault_remembers_whom_it_went_to(cloister: Cloister, out: Path) -> None:
    options = ("--from", "mark1", "--until", NEXT_YEAR, "--for", "supervision")
    assert cloister("share", 1, *TO, *options, "-o", out / "a.age") == 0
    (note,) = notes(cloister)
    assert note == {
        "at": note["at"],
        "by": 1,
        "recordings": [1],
        "kind": "share",
        "to": PUBLIC,
        "span": [0.5, 2.5],
        "until": NEXT_YEAR.isoformat(),
        "purpose": "supervision",
        "file": str(out / "a.age"),
    }
    entry = newest_entry(cloister)
    assert (entry.action, entry.recordings, entry.outcome) == ("share", [1], "done")
    assert entry.detail == {
        "to": PUBLIC,
        "until": NEXT_YEAR.isoformat(),
        "purpose": "supervision",
        "span": [0.5, 2.5],
    }
    database = (cloister.made.folder / "vault.sqlite").read_bytes()
    assert PUBLIC.encode() not in database and b"supervision" not in database


def test_a_share_is_kept_no_longer_than_the_recording_unless_that_is_said(
    cloister: Cloister, out: Path
) -> None:
    cloister("share", 1, *TO, "-o", out / "a.age")
    assert "no day is named until which it may be kept" in cloister.err
    with cloister.made.open() as vault:
        due = vault.now().date() + timedelta(30)
        vault.papers.put("settings", 1, {"retention_days": (due - date(2025, 7, 14)).days})
    cloister("share", 1, *TO, "-o", out / "b.age")
    assert f"it may be kept until {due}" in cloister.err
    cloister("share", 1, *TO, "-o", out / "c.age", "--until", NEXT_YEAR)
    assert f"the recording itself is due on {due}, before {NEXT_YEAR}" in cloister.err
    assert [note["until"] for note in notes(cloister)] == [None, str(due), str(NEXT_YEAR)]


def test_nothing_is_on_the_disk_in_clear_at_any_time(
    cloister: Cloister, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checked(self: soundfile.SoundFile, file: object, *arguments: object, **more: object) -> None:
        assert not isinstance(file, str | bytes | Path | int), "the encoder was given a file's name"
        make(self, file, *arguments, **more)

    make = soundfile.SoundFile.__init__
    monkeypatch.setattr(soundfile.SoundFile, "__init__", checked)
    before = contents(tmp_path)
    with files_written() as written:
        assert cloister("share", 1, *TO, "-o", out / "a.age", "--normalize") == 0
    (unfinished,) = set(written)
    assert Path(unfinished).parent == out and Path(unfinished).name.startswith(".cloister-")
    after = contents(tmp_path)
    changed = {Path(name).name for name in after if after[name] != before.get(name)}
    assert changed == {"a.age", "vault.sqlite"}
    sealed = after[str(out / "a.age")]
    assert sealed.startswith(b"age-encryption.org/v1\n")
    for trace in (b"PK\3\4", b"fLaC", b"README", b"Session1", SOUND[:200].tobytes()):
        assert trace not in sealed


@pytest.mark.parametrize("way", [TO, ("--make-passphrase",)])
def test_a_full_disk_leaves_no_file_and_no_note(
    cloister: Cloister, out: Path, tmp_path: Path, way: tuple
) -> None:
    noise = np.random.default_rng(3).integers(-20_000, 20_000, 400_000, dtype=np.int16)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "R0000002.DAT").write_bytes(cloister.container(2, pcm=noise.tobytes()))
    cloister("import", tmp_path / "card")
    with files_at_most(300_000):
        message = cloister.refused("share", 2, *way, "-o", out / "a.age")
    assert message == f"{out / 'a.age'} cannot be written: file too large"
    assert "Passphrase of the share" not in cloister.err
    assert list(out.iterdir()) == []
    assert notes(cloister) == []
    assert newest_entry(cloister).outcome == "failed"


def test_a_copy_that_changes_meanwhile_gives_no_share(
    cloister: Cloister, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy,) = (cloister.made.folder / "recordings").iterdir()
    begin = handing_out.finished_file

    @contextmanager
    def cut_meanwhile(path: Path) -> Iterator[Path]:
        copy.write_bytes(copy.read_bytes()[: 4 * BLOCK])
        with begin(path) as unfinished:
            yield unfinished

    monkeypatch.setattr(handing_out, "finished_file", cut_meanwhile)
    assert cloister("share", 1, *TO, "-o", out / "a.age") == 1
    assert errors(cloister.err) == ["cloister: error: the vault's copy changed while it was being read"]
    assert list(out.iterdir()) == [] and notes(cloister) == []


def test_a_damaged_copy_is_shared_as_far_as_it_is_authentic_and_both_sides_are_told(
    cloister: Cloister, out: Path, age: Age
) -> None:
    (copy,) = (cloister.made.folder / "recordings").iterdir()
    copy.write_bytes(copy.read_bytes()[: 4 * BLOCK])
    assert cloister("share", 1, "--to", age.public, "-o", out / "a.age") == 3
    assert "is damaged: only" in cloister.err
    share = opened(age.open(out / "a.age"))
    assert np.array_equal(share.samples, SOUND[: len(share.samples)]) and len(share.samples) == 5000
    assert "the rest is damaged" in share.text
    assert newest_entry(cloister).outcome == "found"
    copy.write_bytes(copy.read_bytes()[:BLOCK])
    assert "there is nothing to share" in cloister.refused("share", 1, *TO, "-o", out / "b.age")


def test_a_recording_that_is_gone_cannot_be_shared(cloister: Cloister, out: Path) -> None:
    with cloister.made.open() as vault:
        vault.destroy_keys([1], Gone("2099-01-01T10:00:00+00:00", 1, "expired"))
    assert "recording 1 is gone" in cloister.refused("share", 1, *TO, "-o", out)


LONG_S = 200  # at 48 kHz, stereo: 38 MB of noise, which no encoder makes smaller
MORE_KB = 20_000


def test_memory_does_not_grow_with_the_length(cloister: Cloister, out: Path, tmp_path: Path) -> None:
    cloister.made.writer.rate, cloister.made.writer.channels = 48_000, 2
    noise = np.random.default_rng(3).integers(-20_000, 20_000, 2 * 48_000 * LONG_S, dtype=np.int16)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "R0000002.DAT").write_bytes(cloister.container(2, pcm=noise.tobytes()))
    assert cloister("import", tmp_path / "card") == 0
    for way in (TO, ("--make-passphrase",)):
        short, long = (
            most_memory_kb(cloister, "share", number, *way, "-o", out / "a.age", "--force")
            for number in (1, 2)
        )
        assert (out / "a.age").stat().st_size > noise.nbytes * 0.9
        assert long < short + MORE_KB and long < 150_000
