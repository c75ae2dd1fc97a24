"""Shares are opened with the public `age`: by whom they are for, and by nobody else, sample for sample."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from host_tools import age_passphrase
from host_tools.audio.loudness import measure
from tests.sharing.conftest import Age, make_key, opened
from tests.typed_command import SOUND, Cloister

PASSPHRASE = "five words that nobody guesses"


def test_a_receiver_opens_it_and_hears_what_was_recorded(cloister: Cloister, age: Age, out: Path) -> None:
    assert cloister("share", 1, "--to", age.public, "-o", out) == 0
    path = out / "Session1_July2025.zip.age"
    assert cloister.out.strip() == str(path)
    assert list(out.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
    share = opened(age.open(path))
    assert share.names == ["README.txt", "README.html", "Session1_July2025.flac"]
    assert share.rate_hz == 8000
    assert np.array_equal(share.samples, SOUND)


def test_an_excerpt_from_mark_to_mark(cloister: Cloister, age: Age, out: Path) -> None:
    options = ("--from", "mark1", "--to", "mark2", "--to", age.public)
    assert cloister("share", 1, *options, "-o", out / "a.age") == 0
    assert np.array_equal(opened(age.open(out / "a.age")).samples, SOUND[4000:12_000])


def test_each_of_several_receivers_opens_it_and_nobody_else(
    cloister: Cloister, age: Age, out: Path, tmp_path: Path
) -> None:
    one, two, stranger = (tmp_path / name for name in ("one", "two", "stranger"))
    public_one, public_two, _ = map(make_key, (one, two, stranger))
    file = tmp_path / "recipients.txt"
    file.write_text(f"# the supervisors\n\n{public_two}\n{public_one}\n")
    assert cloister("share", 1, "--to", public_one, "--to-file", file, "-o", out / "a.age") == 0
    assert "one of the 2 keys can open it" in cloister.err
    assert age.open(out / "a.age", one) == age.open(out / "a.age", two)
    assert "no identity matched" in age.refuses(out / "a.age", stranger)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_ssh_key_is_a_receiver_too(cloister: Cloister, age: Age, out: Path, kind: str) -> None:
    key = out.parent / "id"
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "supervisor@home", "-f", str(key)]
    subprocess.run(command, check=True)
    public = key.with_suffix(".pub").read_text()
    assert cloister("share", 1, "--to", public, "-o", out / "a.age") == 0
    assert np.array_equal(opened(age.open(out / "a.age", key)).samples, SOUND)


def test_a_passphrase_opens_it(cloister: Cloister, age: Age, out: Path) -> None:
    (out.parent / "word").write_text(PASSPHRASE + "\n")
    assert cloister("share", 1, "--share-passphrase-file", out.parent / "word", "-o", out / "a.age") == 0
    assert b"-> scrypt" in (out / "a.age").read_bytes()[:100]
    share = opened(age.open_with_passphrase(out / "a.age", PASSPHRASE))
    assert np.array_equal(share.samples, SOUND)
    assert PASSPHRASE not in cloister.err + share.text + share.html


def test_a_passphrase_that_was_made_up_is_shown_once_and_opens_it(
    cloister: Cloister, age: Age, out: Path
) -> None:
    assert cloister("share", 1, "--make-passphrase", "-o", out / "a.age") == 0
    (line,) = (line for line in cloister.err.splitlines() if line.startswith("Passphrase of the share: "))
    passphrase = line.removeprefix("Passphrase of the share: ")
    assert len(passphrase.split("-")) == 6 and passphrase not in cloister.out
    assert np.array_equal(opened(age.open_with_passphrase(out / "a.age", passphrase)).samples, SOUND)
    for file in cloister.made.folder.rglob("*"):
        assert not file.is_file() or passphrase.encode() not in file.read_bytes()
    assert cloister("share", 1, "--make-passphrase", "-o", out / "b.age") == 0
    assert passphrase not in cloister.err


def test_the_sound_of_a_share_can_be_normalized(cloister: Cloister, age: Age, out: Path) -> None:
    assert cloister("share", 1, "--to", age.public, "--normalize", "-o", out / "a.age") == 0
    share = opened(age.open(out / "a.age"))
    assert measure(iter([share.samples[:, None]]), 8000, 1).lufs == pytest.approx(-23, abs=0.1)
    assert "to -23.0 LUFS" in share.text and "to -23.0 LUFS" in cloister.err


def test_lost_sound_is_silence_at_its_own_place(
    cloister: Cloister, age: Age, out: Path, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    card.mkdir()
    (card / "R0000002.DAT").write_bytes(cloister.container(2, gap=(5000, 16_000)))
    cloister("import", card)
    assert cloister("share", 2, "--to", age.public, "-o", out / "a.age") == 0
    share = opened(age.open(out / "a.age"))
    assert np.array_equal(
        share.samples, np.concatenate([SOUND[:5000], np.zeros(16_000, np.int16), SOUND[5000:]])
    )
    assert "2.0 s are not there" in share.text


def test_the_work_that_a_passphrase_costs_fits_into_the_memory_of_a_command() -> None:
    assert 128 * 8 * 2**age_passphrase.WORK_FACTOR <= 64 * 1024 * 1024
