"""`cloister card wipe` and `card prepare` as a user types them: what they ask, refuse, do, keep and say."""

import json
from pathlib import Path

import pytest

from host_tools.card import open_card
from tests.card.conftest import Cloister
from tests.quick_vault import make_quick_vault
from tests.recovery.cards import MIB, CardImage
from tests.reference_writer import Writer, destroyed_header
from tests.typed_command import errors

WIPE, PREPARE = ("card", "wipe"), ("card", "prepare")


@pytest.fixture
def card(recorders_card: CardImage) -> CardImage:
    return recorders_card


def names_on(path: Path) -> list[str]:
    with open_card(path) as card:
        return [file.name for file in card.files()]


def papers(cloister: Cloister) -> list[dict]:
    with cloister.made.open() as vault:
        return [paper for _, paper in vault.papers.all("wipe")]


def audited(cloister: Cloister):
    with cloister.made.open() as vault:
        return vault.audit.entries()[-1]


def refusal(cloister: Cloister, image: Path, *arguments: object, command: tuple[str, ...] = WIPE) -> str:
    """The error line of a command that is refused, with nothing changed on the card or printed."""
    before = image.read_bytes()
    assert cloister(*command, image, *arguments) == 1
    assert cloister.out == "" and image.read_bytes() == before
    (line,) = errors(cloister.err)
    return line.removeprefix("cloister: error: ")


def test_files_are_wiped_and_kept_in_the_vault_and_the_audit(cloister, card, fsck_vfat):
    assert cloister(*WIPE, card.path, "R0000001.DAT", "--yes") == 0
    assert cloister.out.startswith("R0000001.DAT was overwritten, read back and removed")
    assert "Free space was not overwritten" in cloister.out
    assert names_on(card.path) == ["R0000002.DAT", "R0000003.DAT", "R0000004.DAT"]
    (paper,) = papers(cloister)
    assert (paper["what"], paper["files"], paper["verified"]) == ("file", ["R0000001.DAT"], True)
    assert (paper["recordings"], paper["left_recordings"]) == ([1], [])
    entry = audited(cloister)
    assert (entry.action, entry.recordings, entry.outcome) == ("wipe", [1], "done")
    fsck_vfat(card.path)


def test_it_is_told_as_json(cloister, card):
    assert cloister(*WIPE, card.path, "R0000001.DAT", "R0000002.DAT", "--yes", "--json") == 0
    told = json.loads(cloister.out)
    assert told["what"] == "files" and told["recordings"] == [1, 2] and told["id"] == 1
    assert told["card"] == {
        "path": str(card.path),
        "model": "",
        "serial": "",
        "size_bytes": card.path.stat().st_size,
    }
    assert (told["passes"], told["pattern"], told["method"]) == (2, "random", "overwrite")
    assert told["bytes"] == told["verified_bytes"] > 0 and told["started"] <= told["ended"]


def test_a_question_is_asked_and_no_is_no(cloister, card, answering):
    answering["answer"] = False
    assert refusal(cloister, card.path, "R0000001.DAT") == "nothing was done"
    assert answering["asked"] == ["Wipe R0000001.DAT?"]
    answering["answer"] = True
    assert cloister(*WIPE, card.path, "R0000001.DAT") == 0
    assert "R0000001.DAT" not in names_on(card.path)


def test_without_a_terminal_nothing_is_wiped(cloister, card, nobody):
    for arguments in (["R0000001.DAT"], ["--free"], []):
        assert "no terminal" in refusal(cloister, card.path, *arguments)
        assert cloister.err.count("hint") == 1


def test_a_recording_that_is_not_in_the_vault_is_named_and_asked_for_whatever_yes(cloister, card, answering):
    answering["answer"] = False
    refusal(cloister, card.path, "--yes", "R0000001.DAT", "R0000003.DAT")
    assert "1 RECORDING that is not in the vault would be lost: R0000003.DAT" in cloister.err
    assert answering["asked"] == ["Wipe R0000001.DAT, R0000003.DAT?"]


def test_nobody_there_to_ask_about_it_it_is_refused(cloister, card, nobody):
    line = refusal(cloister, card.path, "--yes", "R0000003.DAT")
    assert line == "not in the vault: R0000003.DAT; nothing was done"
    assert f"cloister import {card.path}" in cloister.err and "--yes does not cover this" in cloister.err
    line = refusal(cloister, card.path, "--yes")
    assert "has recordings that are not in the vault: its name has to be typed" in line
    line = refusal(cloister, card.path, "--yes", command=PREPARE)
    assert "has recordings that are not in the vault: its name has to be typed" in line


def test_what_is_in_the_vault_is_not_asked_for_with_yes(cloister, card, nobody):
    cloister("import", card.path)
    assert cloister(*WIPE, card.path, "--yes") == 0
    assert "RECORDING" not in cloister.err
    (paper,) = papers(cloister)
    assert (paper["what"], paper["recordings"]) == ("card", [1, 2, 3])


def test_a_recording_of_which_the_vault_has_less_is_not_in_the_vault(cloister, card, nobody, tmp_path):
    whole = cloister.container(5, capacity=40)
    short = CardImage(tmp_path / "short.img")
    short.add("R0000005.DAT", whole[: 4 * 4096])
    assert cloister("import", short.path) == 3
    card.add("R0000005.DAT", whole)
    assert "not in the vault: R0000005.DAT" in refusal(cloister, card.path, "--yes", "R0000005.DAT")
    assert cloister(*WIPE, short.path, "--yes", "R0000005.DAT") == 0


def test_what_holds_nothing_or_was_destroyed_is_no_loss(cloister, card, nobody):
    writer = cloister.made.writer
    block = destroyed_header(writer.recorder_id, writer.secret, 6, b"key-id-6")
    card.add("R0000006.DAT", block + b"\x55" * 8192)
    assert cloister(*WIPE, card.path, "--yes", "R0000004.DAT", "R0000006.DAT") == 0


def test_a_recording_whose_file_in_the_vault_is_gone_is_a_loss(cloister, card, nobody):
    for path in (cloister.made.folder / "recordings").iterdir():
        path.unlink()
    assert "not in the vault: R0000001.DAT" in refusal(cloister, card.path, "--yes", "R0000001.DAT")


def test_what_was_cut_off_before_is_known_by_its_number(cloister, card, nobody):
    """Its header is overwritten, its name still there: the vault has number 1."""
    with card.path.open("r+b") as file:
        file.seek(card.geometry.cluster_offset(3))
        file.write(b"\x99" * 4096)
    assert cloister(*WIPE, card.path, "--yes", "R0000001.DAT") == 0
    assert papers(cloister)[0]["recordings"] == [1]


def test_the_free_space_is_wiped(cloister, card, fsck_vfat, answering):
    card.write_at(60 * MIB, b"what was said")
    before = names_on(card.path)
    assert cloister(*WIPE, card.path, "--free") == 0
    assert answering["asked"][0].endswith("What was deleted from the card cannot be recovered afterwards")
    assert "of free space were overwritten with random bytes and read back" in cloister.out
    assert b"what was said" not in card.path.read_bytes() and names_on(card.path) == before
    (paper,) = papers(cloister)
    assert paper["what"] == "free space" and paper["recordings"] == [] and "key" not in paper
    fsck_vfat(card.path)


def test_the_whole_card_is_wiped_once_its_name_is_typed(cloister, card, typing, fsck_vfat):
    typing["types"] = "card"
    assert "that is not card.img: nothing was done" in refusal(cloister, card.path)
    assert "1 RECORDING that is not in the vault would be lost: R0000003.DAT" in cloister.err
    assert "All of it is overwritten twice and read back: 1 minute" in cloister.err
    typing["types"] = "card.img"
    assert cloister(*WIPE, card.path) == 0
    assert typing["asked"] == ["Type card.img to overwrite it"] * 2
    assert "All of its 67.1 MB were overwritten with random bytes and read back" in cloister.out
    assert "fresh FAT32 file system" in cloister.out
    assert names_on(card.path) == []
    fsck_vfat(card.path)


def test_a_card_is_prepared(cloister, tmp_path, image, fsck_vfat):
    assert cloister(*PREPARE, "--yes", image) == 0
    assert "It has a fresh FAT32 file system, and can go into the recorder." in cloister.out
    content = image.read_bytes()[5 * MIB :]
    assert len({content[at : at + 512] for at in range(0, len(content), 512)}) == len(content) // 512
    assert audited(cloister).action == "prepare"
    fsck_vfat(image)
    assert cloister(*PREPARE, "--yes", "--json", image) == 0
    assert json.loads(cloister.out)["formatted"] is True


def test_a_new_card_of_zeros_is_prepared_without_force(cloister, tmp_path):
    with (tmp_path / "new.img").open("wb") as file:
        file.truncate(68_000_256)
    assert cloister(*PREPARE, "--yes", tmp_path / "new.img") == 0


@pytest.mark.parametrize("command", [WIPE, PREPARE])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("DSC00001.JPG", "DSC00001.JPG is on it"),
        ("LETTER.TXT", "LETTER.TXT is on it"),
    ],
)
def test_what_is_no_recorders_card_is_refused_without_force(cloister, card, typing, command, name, words):
    card.add(name, b"holiday" * 100)
    typing["types"] = "card.img"
    assert words in refusal(cloister, card.path, "--yes", command=command)
    assert "is no recorder's card" in cloister.err and "--force" in cloister.err
    assert typing["asked"] == []


def test_with_force_its_name_has_to_be_typed_whatever_yes(cloister, card, typing, monkeypatch):
    card.add("LETTER.TXT", b"precious" * 100)
    for arguments in ([], ["--free"], ["LETTER.TXT"]):
        refusal(cloister, card.path, "--force", "--yes", *arguments)
    asked = ["overwrite it", "wipe its free space", "wipe LETTER.TXT"]
    assert typing["asked"] == [f"Type card.img to {do}" for do in asked]
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert "there is no terminal" in refusal(cloister, card.path, "--force", "--yes", "LETTER.TXT")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    typing["types"] = "card.img"
    assert cloister(*WIPE, card.path, "--force", "LETTER.TXT") == 0
    assert "LETTER.TXT" not in names_on(card.path)


def test_a_folder_on_it_is_no_recorders(cloister, card, typing):
    root = card.geometry.cluster_offset(card.geometry.root_cluster)
    card.write_at(
        root + 4 * 32, b"DCIM       \x10" + bytes(8) + b"\x00\x00" + bytes(4) + b"\x50\x60" + bytes(4)
    )
    assert "is no recorder's card: DCIM is on it" in refusal(cloister, card.path, "--yes", "R0000001.DAT")


def test_the_card_of_another_recorder_is_in_the_wrong_slot(cloister, card, typing):
    other = Writer(cloister.made.writer.public)
    card.add("R0000009.DAT", other.container(9, pcm=bytes(8000)))
    line = refusal(cloister, card.path, "--yes", "R0000001.DAT")
    assert f"R0000009.DAT of recorder {other.recorder_id.hex()}, which this vault does not know" in line


def test_what_computers_leave_on_every_card_does_not_matter(cloister, tmp_path, nobody):
    folder = tmp_path / "mounted"
    (folder / "System Volume Information").mkdir(parents=True)
    (folder / ".fseventsd").mkdir()
    (folder / "._R0000001.DAT").write_bytes(b"x")
    (folder / "WIPE0000.TMP").write_bytes(b"x")
    (folder / "R0000001.DAT").write_bytes(cloister.container(1))
    cloister("import", folder)
    assert cloister(*WIPE, "--yes", folder, "R0000001.DAT") == 0
    assert "names of the files may stay" in cloister.out
    assert not (folder / "R0000001.DAT").exists()
    assert papers(cloister)[0]["recordings"] == [1]


def test_a_folder_of_letters_is_no_recorders_card(cloister, tmp_path, nobody):
    (tmp_path / "letters").mkdir()
    letter = tmp_path / "letters" / "letter.txt"
    letter.write_bytes(b"precious")
    assert cloister(*WIPE, "--yes", tmp_path / "letters", "letter.txt") == 1
    assert "is no recorder's card: letter.txt is on it" in cloister.err
    assert letter.read_bytes() == b"precious"


def test_vaults_recordings_and_other_files_are_refused(cloister, card, tmp_path, nobody):
    assert cloister(*WIPE, "--yes", "--force", cloister.made.folder, "vault.sqlite") == 1
    assert "is in the vault, and no card" in cloister.err
    assert cloister(*WIPE, "--yes", "--force", cloister.made.folder / "recordings", "x") == 1
    assert "is in the vault, and no card" in cloister.err
    (tmp_path / "other").mkdir()
    other = make_quick_vault(tmp_path / "other").folder
    assert cloister(*WIPE, "--yes", "--force", other, "vault.sqlite") == 1
    assert "is in a vault, and no card" in cloister.err
    renamed = card.path.rename(tmp_path / "R0000001.DAT")
    assert "is a recording" in refusal(cloister, renamed, "--yes")
    (tmp_path / "backup.tar").write_bytes(b"data" * 16_250_000)
    assert "is no image of a card" in refusal(cloister, tmp_path / "backup.tar", "--yes", "--force")


def test_names_and_free_exclude_each_other(cloister, card):
    assert cloister(*WIPE, card.path, "--free", "R0000001.DAT") == 2
    assert cloister(*PREPARE, card.path, "--free") == 2
