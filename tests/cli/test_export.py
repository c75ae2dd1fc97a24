"""Export and waveform: the recorded samples and no others, at their own times, or no file at all."""

import json
from pathlib import Path

import numpy as np
import soundfile

from tests.reference_writer import BLOCK
from tests.typed_command import FRAMES, SOUND, Cloister


def test_exported_samples_are_the_recorded_ones(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    cloister("import", card)
    for suffix in (".wav", ".flac"):
        assert cloister("export", 1, "-o", tmp_path / f"all{suffix}") == 0
        heard, rate = soundfile.read(tmp_path / f"all{suffix}", dtype="int16")
        assert rate == 8000
        assert np.array_equal(heard, SOUND)
    assert cloister("export", 1, "-o", tmp_path / "all.ogg") == 0
    assert soundfile.info(tmp_path / "all.ogg").frames == FRAMES
    assert "is not encrypted" in cloister.err


def test_export_of_a_part_and_into_a_folder(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    cloister("import", card)
    assert cloister("export", 1, "-o", tmp_path, "--from", "0:01", "--to", "1.25") == 0
    path = tmp_path / "Session1_July2025.flac"
    assert cloister.out.strip() == str(path)
    assert np.array_equal(soundfile.read(path, dtype="int16")[0], SOUND[8000:10_000])
    assert "nothing lies between" in cloister.refused("export", 1, "-o", tmp_path / "x.wav", "--from", "3")
    assert sorted(tmp_path.glob("*.wav")) == []


def test_lost_samples_become_silence_so_that_times_stay_right(
    cloister: Cloister, card: Path, tmp_path: Path
) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1, gap=(5000, 100_000)))
    assert cloister("import", card) == 3
    assert cloister("export", 1, "-o", tmp_path / "a.wav") == 0
    heard = soundfile.read(tmp_path / "a.wav", dtype="int16")[0]
    assert np.array_equal(heard, np.concatenate([SOUND[:5000], np.zeros(100_000, np.int16), SOUND[5000:]]))


def test_export_onto_an_existing_file_needs_force(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    cloister("import", card)
    target = tmp_path / "a.wav"
    target.write_bytes(b"precious")
    assert "is there already" in cloister.refused("export", 1, "-o", target)
    assert target.read_bytes() == b"precious"
    assert cloister("export", 1, "-o", target, "--force") == 0
    assert len(target.read_bytes()) > 2 * FRAMES
    assert "no audio format" in cloister.refused("export", 1, "-o", tmp_path / "a.mp3")
    assert "no folder" in cloister.refused("export", 1, "-o", tmp_path / "no" / "a.wav")


def test_a_failed_export_leaves_no_file(cloister: Cloister, card: Path, tmp_path: Path, monkeypatch) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    cloister("import", card)

    def full(self: object, data: object) -> None:
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    (tmp_path / "out").mkdir()
    assert "cannot be written" in cloister.refused("export", 1, "-o", tmp_path / "out" / "a.wav")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_vault_copy_changed_behind_its_back_is_noticed(
    cloister: Cloister, card: Path, tmp_path: Path
) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    cloister("import", card)
    (copy,) = (cloister.made.folder / "recordings").iterdir()
    whole = copy.read_bytes()
    copy.write_bytes(whole[: 4 * BLOCK])
    assert cloister("export", 1, "-o", tmp_path / "a.wav") == 3
    assert "is damaged: only" in cloister.err
    assert np.array_equal(soundfile.read(tmp_path / "a.wav", dtype="int16")[0], SOUND[:5000])
    assert cloister("verify", 1) == 3
    assert "the vault vouches for 20000 samples, and 5000 are there" in cloister.err
    copy.write_bytes(b"\0" + whole[1:])
    assert "was altered" in cloister.refused("export", 1, "-o", tmp_path / "b.wav")
    copy.unlink()
    assert "cannot be opened" in cloister.refused("show", 1)


def test_waveform_is_a_picture(cloister: Cloister, card: Path, tmp_path: Path) -> None:
    (card / "R0000001.DAT").write_bytes(
        cloister.container(1, gap=(5000, 4000), events=[{"at": 8000, "event": "mark"}])
    )
    cloister("import", card)
    assert cloister("waveform", 1, "-o", tmp_path) == 0
    picture = tmp_path / "Session1_July2025.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "is there already" in cloister.refused("waveform", 1, "-o", picture)
    assert (
        "end the name in .png" in (cloister.refused("waveform", 1, "-o", tmp_path / "a.gif"), cloister.err)[1]
    )


def test_copies_that_were_swapped_in_the_vault_are_refused(
    cloister: Cloister, card: Path, tmp_path: Path
) -> None:
    for number in (1, 2):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))
    cloister("import", card)
    one, two = (cloister.made.folder / "recordings").iterdir()
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert "was altered" in cloister.refused("export", 1, "-o", tmp_path / "a.wav")
    assert cloister("verify", 1, "--json") == 3
    assert json.loads(cloister.out)["containers"][0]["finding"] == "replaced"
