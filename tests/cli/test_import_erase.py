"""`cloister import --erase`: what goes, what is asked about, what stays, on a folder and on an image."""

import json
import os
import sys
from pathlib import Path

import click
import pytest

from host_tools.card import disks
from host_tools.cli import import_erase
from host_tools.vault.state import Gone
from tests.cli.media import Folder, Image
from tests.cli.test_destroyed import container_under_the_last_resort_key
from tests.conftest import WORD_SIZES
from tests.reference_writer import BLOCK, Writer, destroyed_header, key_id
from tests.small_view import SmallView
from tests.typed_command import SOUND, Cloister, errors, everything

once = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)


@pytest.fixture(params=["folder", "image"])
def medium(request, card: Path, micropython, fsck_vfat) -> Folder:
    return Folder(card) if request.param == "folder" else Image(card, micropython, fsck_vfat)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict:
    """Somebody at a terminal: `asked` is what was asked, `yes` are the words of what is agreed to."""
    there = {"asked": [], "yes": ()}

    def ask(text: str, **options: object) -> bool:
        there["asked"].append(text)
        return any(word in text for word in there["yes"])

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", ask)
    return there


def damaged(container: bytes) -> bytes:
    spoiled = bytearray(container)
    spoiled[3 * BLOCK] ^= 1
    return bytes(spoiled)


def before_erasing(monkeypatch: pytest.MonkeyPatch, change) -> None:
    """Do something after the import and before anything is erased."""
    plain = import_erase.erase

    def erase(*arguments):
        change()
        return plain(*arguments)

    monkeypatch.setattr(import_erase, "erase", erase)


def kept_by_file(cloister: Cloister) -> dict[str, str | None]:
    containers = json.loads(cloister.out)["containers"]
    assert all(entry["erased"] == (entry["kept"] is None) for entry in containers)
    return {entry["file"]: entry["kept"] for entry in containers}


@once
def test_what_is_in_the_vault_goes_and_everything_else_stays(cloister: Cloister, medium: Folder) -> None:
    whole, cut = cloister.container(1, capacity=40), cloister.container(2)[: 4 * BLOCK]
    medium.put("R0000001.DAT", whole)
    medium.put("R0000002.DAT", cut)
    medium.put("R0000003.DAT", damaged(cloister.container(3)))
    cloister.made.next_key()
    medium.put("R0000004.DAT", cloister.made.writer.prepared(4))
    medium.put("LETTER.TXT", b"nothing to do with us" * 500)
    medium.finish()
    assert cloister("import", medium.path, "--erase", "--json") == 3
    found = json.loads(cloister.out)
    assert kept_by_file(cloister) == {
        "R0000001.DAT": None,
        "R0000002.DAT": None,
        "R0000003.DAT": "it is damaged, and nobody was asked about it",
        "R0000004.DAT": None,
    }
    assert found["wipe"]["files"] == ["R0000001.DAT", "R0000002.DAT", "R0000004.DAT"]
    assert found["wipe"]["verified"] and found["wipe"]["not_achieved"]
    assert medium.names() == ["LETTER.TXT", "R0000003.DAT"]
    assert medium.has(b"nothing to do with us" * 500)
    for piece in (whole[:BLOCK], whole[BLOCK : 2 * BLOCK], cut[2 * BLOCK : 3 * BLOCK]):
        assert not medium.has(piece[:256])
    assert cloister("verify", 1) == 0
    assert cloister("verify", 2, "--json") == 3
    assert json.loads(cloister.out)["containers"][0]["finding"] == "interrupted"
    with cloister.made.open() as vault:
        ((_, paper),) = vault.papers.all("wipe")
        assert paper["recordings"] == [1, 2] and paper["files"] == found["wipe"]["files"]
        assert vault.papers.all("erasing") == []
        (entry,) = [entry for entry in vault.audit.entries() if entry.action == "import"]
        assert (entry.recordings, entry.outcome) == ([1, 2, 3], "found")


@once
def test_without_the_option_nothing_is_erased(cloister: Cloister, medium: Folder) -> None:
    medium.put("R0000001.DAT", cloister.container(1))
    medium.finish()
    assert cloister("import", medium.path, "--json") == 0
    assert json.loads(cloister.out)["containers"][0]["erased"] is False
    assert json.loads(cloister.out)["wipe"] is None
    assert medium.names() == ["R0000001.DAT"]


@once
def test_what_was_imported_earlier_goes_as_well(cloister: Cloister, medium: Folder) -> None:
    medium.put("R0000001.DAT", cloister.container(1))
    medium.finish()
    assert cloister("import", medium.path) == 0
    assert cloister("import", medium.path, "--erase") == 0
    assert "Erased 1 container on" in cloister.out
    assert "spare blocks" in cloister.err or "an image of a card" in cloister.err
    assert medium.names() == []
    assert cloister("import", medium.path, "--erase", "--json") == 0
    assert json.loads(cloister.out)["wipe"] is None
    assert cloister("verify") == 0


def put_the_doubtful(cloister: Cloister, card: Path) -> None:
    """A damaged, a forged, an unreadable, a destroyed and a replaced one, and one that is no container."""
    (card / "R0000001.DAT").write_bytes(damaged(cloister.container(1)))
    forged = bytearray(cloister.container(2))
    forged[100] ^= 1
    (card / "R0000002.DAT").write_bytes(forged)
    stranger = Writer(SmallView().make_key(None))
    (card / "R0000003.DAT").write_bytes(stranger.container(3, pcm=SOUND.tobytes()))
    writer = cloister.made.writer
    cloister.made.next_key()
    (card / "R0000004.DAT").write_bytes(
        destroyed_header(writer.recorder_id, writer.secret, 4, key_id(writer.public)) + bytes(5 * BLOCK)
    )
    previous = {"number": 5, "seal": "ab" * 16, "samples": None}
    (card / "R0000005.DAT").write_bytes(cloister.container(5))
    (card / "R0000006.DAT").write_bytes(cloister.container(6, session={"previous": previous}))
    (card / "R0000007.DAT").write_bytes(b"not one of ours" * 1000)


def test_the_doubtful_are_asked_about_one_by_one(cloister: Cloister, card: Path, answers) -> None:
    put_the_doubtful(cloister, card)
    answers["yes"] = ("R0000001.DAT", "R0000003.DAT", "R0000004.DAT")
    assert cloister("import", card, "--erase", "--json") == 3
    asked = [text.split(" is ")[0] for text in answers["asked"]]
    assert asked == [f"R000000{number}.DAT" for number in (1, 2, 3, 4, 5)]
    kept = kept_by_file(cloister)
    assert [kept[f"R000000{number}.DAT"] for number in range(1, 8)] == [
        None, "as was answered", None, None, "as was answered", None, "nothing is known of what it is",
    ]  # fmt: skip
    assert sorted(path.name for path in card.iterdir()) == ["R0000002.DAT", "R0000005.DAT", "R0000007.DAT"]


def test_where_nobody_can_be_asked_the_doubtful_stay(cloister: Cloister, card: Path) -> None:
    put_the_doubtful(cloister, card)
    assert cloister("import", card, "--erase") == 3
    assert {path.name[7] for path in card.iterdir()} == set("123457")
    assert "R0000002.DAT is kept on the card: it is forged, and nobody was asked about it" in cloister.err


def test_yes_erases_what_was_destroyed_and_asks_nothing(cloister: Cloister, card: Path, answers) -> None:
    put_the_doubtful(cloister, card)
    assert cloister("import", card, "--erase", "--yes") == 3
    assert answers["asked"] == []
    assert {path.name[7] for path in card.iterdir()} == set("12357")


def test_a_recording_that_the_vault_destroyed_stays_out_and_goes_if_agreed(
    cloister: Cloister, card: Path
) -> None:
    for number in (1, 2):
        make = (
            cloister.container if number == 1 else lambda n: container_under_the_last_resort_key(cloister, n)
        )
        (card / f"R000000{number}.DAT").write_bytes(make(number))
    assert cloister("import", card) == 0
    with cloister.made.open() as vault:
        vault.destroy_keys([1, 2], Gone("2026-03-04T05:06:07+00:00", 1, "expire"))
        for recording in vault.recordings():
            vault.shred_file(recording)
    before = everything(card)
    assert cloister("import", card, "--erase", "--json") == 3
    first, second = json.loads(cloister.out)["containers"]
    assert (first["finding"], first["outcome"], first["erased"]) == ("unreadable", "not imported", False)
    assert first["message"] == "its key was destroyed on 2026-03-04"
    assert (second["finding"], second["outcome"]) == ("complete", "not imported")
    assert "its key was destroyed on 2026-03-04, and this copy of it can still be opened" in second["message"]
    assert everything(card) == before
    assert list((cloister.made.folder / "recordings").iterdir()) == []
    assert cloister("import", card, "--erase", "--yes") == 3
    assert list(card.iterdir()) == []
    assert cloister("list", "--json") == 0
    assert [entry["finding"] for entry in json.loads(cloister.out)["recordings"]] == ["destroyed"] * 2


def test_a_copy_that_went_bad_in_the_vault_saves_the_one_on_the_card(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))

    def spoil() -> None:
        with cloister.made.open() as vault:
            copy = cloister.made.folder / "recordings" / vault.recording(1).file
        copy.write_bytes(damaged(copy.read_bytes()))

    before_erasing(monkeypatch, spoil)
    assert cloister("import", card, "--erase") == 3
    assert "R0000001.DAT: the vault's copy of it is not whole: it is not erased" in cloister.err
    assert [path.name for path in card.iterdir()] == ["R0000001.DAT"]
    monkeypatch.undo()
    assert cloister("import", card, "--erase", "--json") == 0
    assert json.loads(cloister.out)["containers"][0]["outcome"] == "imported again, with more sound"
    assert list(card.iterdir()) == []
    assert cloister("verify") == 0


def test_another_card_in_the_slot_is_left_alone(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        (card / f"R000000{number}.DAT").write_bytes(cloister.container(number))
    another = cloister.container(1)
    before_erasing(monkeypatch, lambda: (card / "R0000001.DAT").write_bytes(another))
    assert cloister("import", card, "--erase") == 3
    assert "R0000001.DAT: the card was changed since it was imported: it is not erased" in cloister.err
    assert everything(card) == {str(card / "R0000001.DAT"): another}


def test_a_card_that_is_write_protected_is_imported_and_that_is_said(
    cloister: Cloister, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    before = everything(card)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != card)
    assert cloister("import", card, "--erase") == 1
    assert "imported" in cloister.out
    assert errors(cloister.err) == [
        f"cloister: error: {card} cannot be written: is the card write-protected?"
    ]
    assert everything(card) == before
    assert cloister("verify", 1) == 0


def test_a_device_that_is_mounted_is_to_be_named_by_its_folder(
    cloister: Cloister, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = ("mounted at /media/card",)
    monkeypatch.setattr(Path, "is_block_device", lambda path: True)
    monkeypatch.setattr(disks, "disk_of_device", lambda path: disks.Disk(path, path, 5, users=users))
    assert cloister.refused("import", "/dev/sdx1", "--erase") == "/dev/sdx1 is mounted at /media/card"
    assert "cloister import --erase /media/card" in cloister.err


def test_a_yes_without_anything_to_erase_is_a_mistake(cloister: Cloister, card: Path) -> None:
    assert "--yes belongs to --erase" in cloister.refused("import", card, "--yes", status=2)
