"""`cloister expire --card`: what is wiped on a card, by what is known of it, and what is left alone."""

import json
import os
from pathlib import Path

from tests.recovery.cards import CardImage
from tests.reference_writer import header
from tests.retention.conftest import Practice
from tests.retention.test_expire import gone_ids
from tests.typed_command import SOUND

EARLY = ("--early", "as agreed", "--yes")


def names(card: Path) -> list[str]:
    return sorted(path.name for path in card.iterdir())


def test_its_container_goes_and_everything_else_stays(practice: Practice) -> None:
    (practice.card / "holiday.jpg").write_bytes(b"a picture")
    before = {path.name: path.read_bytes() for path in practice.card.iterdir()}
    assert practice("expire", 1, *EARLY, "--card", practice.card) == 0
    assert f"R0000001.DAT on {practice.card} is recording 1: to be wiped" in practice.err
    assert f"Destroyed: recording 1.\nWiped on {practice.card}: R0000001.DAT.\n" in practice.out
    after = {path.name: path.read_bytes() for path in practice.card.iterdir()}
    assert before.pop("R0000001.DAT") and after == before
    with practice.made.open() as vault:
        ((_, paper),) = vault.papers.all("wipe")
        assert vault.papers.all("erasing") == []
    assert paper["recordings"] == [1] and paper["verified"] and paper["left_recordings"] == []


def test_it_is_known_by_its_header_and_not_by_its_name(practice: Practice) -> None:
    (practice.card / "R0000001.DAT").rename(practice.card / "R0000099.DAT")
    (practice.card / "R0000002.DAT").rename(practice.card / "R0000001.DAT")
    assert practice("expire", 1, *EARLY, "--card", practice.card) == 0
    assert names(practice.card) == ["R0000001.DAT", "R0000003.DAT"]


def test_what_somebody_else_made_under_that_number_is_left_alone(practice: Practice) -> None:
    writer = practice.writer
    forged = header(writer.recorder_id, os.urandom(32), 1, [writer.public], os.urandom(32))
    (practice.card / "R0000007.DAT").write_bytes(forged + bytes(4096))
    other = header(os.urandom(8), writer.secret, 1, [writer.public], os.urandom(32))
    (practice.card / "R0000008.DAT").write_bytes(other + bytes(4096))
    (practice.card / "R0000009.DAT").write_bytes(bytes(10_000))
    assert practice("expire", 1, *EARLY, "--card", practice.card) == 0
    assert "R0000007.DAT has the number of recording 1 under another seal: left alone" in practice.err
    left = ["R0000002.DAT", "R0000003.DAT", "R0000007.DAT", "R0000008.DAT", "R0000009.DAT"]
    assert names(practice.card) == left


def test_a_card_without_any_of_them_is_said_and_claims_nothing(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert practice("expire", 1, *EARLY, "--card", tmp_path / "other", "--json") == 0
    assert f"none of these recordings is on {tmp_path / 'other'}: nothing is wiped there" in practice.err
    assert "No card was presented" in " ".join(json.loads(practice.out)["certificate"]["not_achieved"])


def test_what_was_destroyed_before_is_wiped_when_its_card_comes(practice: Practice) -> None:
    assert practice("expire", 1, 2, *EARLY) == 0
    assert practice("expire", "--card", practice.card) == 1
    assert "has to be confirmed" in practice.err and len(names(practice.card)) == 3
    assert practice("expire", "--card", practice.card, "--yes") == 0
    assert names(practice.card) == ["R0000003.DAT"]
    assert "recordings 1 to 2, Purge" in practice.err
    assert gone_ids(practice) == [1, 2]


def test_several_cards_are_wiped_and_stand_on_the_certificate(practice: Practice, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    (second / "COPY.DAT").write_bytes(practice.containers[1])
    cards = ("--card", practice.card, "--card", second)
    assert practice("expire", 1, *EARLY, *cards, "--json") == 0
    done = json.loads(practice.out)
    assert names(second) == [] and [paper["files"] for paper in done["cards"]] == [
        ["R0000001.DAT"],
        ["COPY.DAT"],
    ]
    media = done["certificate"]["media"]
    assert [medium["path"] for medium in media] == ["", practice.card.name, second.name]


def test_nothing_of_it_is_left_on_an_image_and_its_file_system_is_sound(
    practice: Practice, tmp_path: Path, fsck_vfat
) -> None:
    image = CardImage(tmp_path / "card.img")
    for number, data in practice.containers.items():
        image.add(f"R000000{number}.DAT", data)
    assert practice("expire", 1, *EARLY, "--card", image.path) == 0
    fsck_vfat(image.path)
    left = image.path.read_bytes()
    gone, kept = practice.containers[1], practice.containers[2]
    assert not any(gone[at : at + 64] in left for at in range(0, len(gone), 4096))
    assert all(kept[at : at + 4096] in left for at in range(0, len(kept), 4096))
    assert b"R0000001" not in left and b"R0000002DAT" in left
    assert practice("verify", image.path, "--json") in (0, 3)
    assert [entry["number"] for entry in json.loads(practice.out)["containers"]] == [2, 3]


def test_a_card_that_does_not_keep_what_is_written_gets_no_certificate(
    practice: Practice, monkeypatch
) -> None:
    from host_tools.card.overwrite import Overwriter

    monkeypatch.setattr(Overwriter, "read_back", lambda self, places: False)
    assert practice("expire", 1, *EARLY, "--card", practice.card) == 1
    assert "do not read back as written" in practice.err
    assert "no certificate is issued, as the verification failed: recording 1 still stands" in practice.err
    assert gone_ids(practice) == [1] and len(names(practice.card)) == 3
    with practice.made.open() as vault:
        assert vault.papers.all("certificate") == []
        (entry,) = [entry for entry in vault.audit.entries() if entry.action == "expire"]
    assert entry.outcome == "found" and "do not read back" in entry.detail["left"][0]


def test_a_card_that_cannot_be_read_is_refused_before_anything_is_done(
    practice: Practice, tmp_path: Path
) -> None:
    (tmp_path / "broken.img").write_bytes(SOUND.tobytes())
    assert practice("expire", 1, *EARLY, "--card", tmp_path / "broken.img") == 1
    assert gone_ids(practice) == [] and practice("verify", 1) == 0
