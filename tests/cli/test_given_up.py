"""Numbers that nobody will see again are given up by name; recordings that are gone are called destroyed."""

import json
from pathlib import Path

import pytest

from host_tools.vault.last_resort import note_contact, renew_if_used
from host_tools.vault.state import Gone
from tests.reference_writer import END, key_id, record, seal_of
from tests.typed_command import FRAMES, SOUND, Cloister

DAY = "2026-03-04"


def put(cloister: Cloister, card: Path, *numbers: int) -> None:
    for number in numbers:
        (card / f"R{number:07}.DAT").write_bytes(cloister.container(number))


def destroy(cloister: Cloister, *ids: int) -> None:
    """As `expire` does."""
    with cloister.made.open() as vault:
        vault.destroy_keys(ids, Gone(f"{DAY}T05:06:07+00:00", 1, "expire", 9))
        for number in ids:
            vault.shred_file(vault.recording(number))


def test_what_was_given_up_is_missing_no_longer(cloister: Cloister, card: Path) -> None:
    put(cloister, card, 1, 6)
    assert cloister("import", card) == 3
    assert "missing: numbers 2 to 5" in cloister.err
    assert cloister("recorder", "give-up", "2-4", "5", "--yes") == 0
    assert cloister.out.startswith("Gave up numbers 2 to 5 of recorder ")
    assert cloister("import", card) == 0
    assert cloister("verify") == 0
    with cloister.made.open() as vault:
        (entry,) = [entry for entry in vault.audit.entries() if entry.action == "give-up"]
        assert entry.detail["numbers"] == [2, 3, 4, 5]


def test_what_turns_up_after_all_is_imported(cloister: Cloister, card: Path) -> None:
    put(cloister, card, 1, 3)
    cloister("import", card)
    assert cloister("recorder", "give-up", "2", "--yes") == 0
    put(cloister, card, 2)
    assert cloister("import", card, "--json") == 0
    assert [entry["outcome"] for entry in json.loads(cloister.out)["containers"]][1] == "imported"


def test_a_part_that_was_given_up_is_said_to_be(cloister: Cloister, card: Path) -> None:
    end = {"samples": FRAMES, "lost": 0, "reason": "continued"}
    records = [*cloister.made.writer.records(SOUND.tobytes(), end=False), record(END, end)]
    (card / "R0000001.DAT").write_bytes(cloister.container(1, records=records))
    assert cloister("import", card) == 3
    assert cloister("recorder", "give-up", "2", "--yes") == 0
    cloister("verify", card)
    assert "its end, from number 2 on, was given up" in cloister.out


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (["1"], "number 1 is not missing, as far as this vault knows"),
        (["2", "4"], "number 4 is not missing, as far as this vault knows"),
        (["2-9"], "numbers 3 to 9 are not missing"),
    ],
)
def test_only_what_is_missing_can_be_given_up(cloister: Cloister, card: Path, numbers, words) -> None:
    put(cloister, card, 1, 3)
    cloister("import", card)
    assert words in cloister.refused("recorder", "give-up", *numbers, "--yes")


@pytest.mark.parametrize("text", ["0", "x", "2-1", "-3", "1-99999", "1-", "", "²", "99999999999"])
def test_what_is_no_number_is_told(cloister: Cloister, text: str) -> None:
    assert cloister("recorder", "give-up", "--yes", "--", text) == 2
    assert "number" in cloister.err


def test_without_a_terminal_a_yes_is_needed(cloister: Cloister, card: Path) -> None:
    put(cloister, card, 1, 3)
    cloister("import", card)
    assert cloister("recorder", "give-up", "2") == 1
    assert "--yes" in cloister.err


def test_of_several_recorders_one_has_to_be_named(cloister: Cloister, card: Path) -> None:
    put(cloister, card, 1, 3)
    cloister("import", card)
    with cloister.made.open() as vault:
        vault.add_recorder(b"another!", bytes(32))
    assert (
        cloister.refused("recorder", "give-up", "2", "--yes", status=2) == "the vault has several recorders"
    )
    assert "no recorder abcd" in cloister.refused("recorder", "give-up", "2", "--recorder", "abcd", "--yes")
    own = cloister.made.writer.recorder_id.hex()
    assert cloister("recorder", "give-up", "2", "--recorder", own, "--yes") == 0


def test_giving_up_sets_an_old_last_resort_key_free(cloister: Cloister, card: Path) -> None:
    recorder_id = cloister.made.writer.recorder_id
    with cloister.made.open() as vault:
        old = renew_if_used(vault, recorder_id, 1, {"left": 0, "loaded": 0, "last_resort": None}, 1)
        have = {"left": 0, "loaded": 5, "last_resort": key_id(old).hex()}
        note_contact(vault, recorder_id, 1, have, 1)
        new = renew_if_used(vault, recorder_id, 1, have, 3)
        note_contact(vault, recorder_id, 1, have | {"last_resort": key_id(new).hex()}, 3)
        cloister.made.writer.public = old
    (card / "R0000002.DAT").write_bytes(cloister.made.writer.container(2, pcm=SOUND.tobytes()))
    assert cloister("import", card) == 0
    assert "is kept until numbers 1, 3 are imported, or given up by name" in cloister.err
    assert cloister("recorder", "give-up", "1", "3", "--yes") == 0
    assert "numbers 1, 3 were perhaps sealed to the old last-resort key" in cloister.err
    assert f"the old last-resort key {key_id(old).hex()}" in cloister.err
    assert "is destroyed: every recording sealed to it has a key of its own" in cloister.err
    with cloister.made.open() as vault:
        assert vault.private_key_for(key_id(old)).destroyed
    assert cloister("verify", 1) == 0
    assert cloister("export", 1, "-o", card / "out.wav") == 0
    assert cloister("import", card) == 0


def test_a_reset_recorder_holds_no_key_back(cloister: Cloister, card: Path, recorder, port) -> None:
    assert cloister("provision", "--port", port, "--keys", "2") == 0
    recorder.more_status = {"next_container": 2}
    assert cloister("recorder", "reset", "--port", port, "--yes") == 0
    assert "is kept until numbers 1 to 2 are imported, or given up by name" in cloister.err
    assert cloister("recorder", "give-up", "1-2", "--yes") == 0
    assert "is destroyed" in cloister.err


def test_what_is_gone_is_called_destroyed_by_every_command(cloister: Cloister, card: Path) -> None:
    put(cloister, card, 1, 2)
    assert cloister("import", card) == 0
    for path in card.iterdir():
        path.unlink()
    destroy(cloister, 1)
    assert cloister("list") == 0
    assert "destroyed" in cloister.out.splitlines()[1] and "complete" in cloister.out.splitlines()[2]
    assert cloister("list", "--json") == 0
    first, second = json.loads(cloister.out)["recordings"]
    assert (first["finding"], first["destroyed"][:10]) == ("destroyed", DAY)
    assert (second["finding"], second["destroyed"]) == ("complete", None)
    assert cloister("show", 1) == 0
    assert f"destroyed: its key was destroyed on {DAY}, as certificate 9 says" in cloister.out
    assert cloister("show", 1, "--json") == 0
    shown = json.loads(cloister.out)
    assert (shown["now"]["finding"], shown["session"], shown["events"]) == ("destroyed", None, [])
    for arguments in (["verify", 1], ["verify"], ["verify", cloister.made.folder]):
        assert cloister(*arguments, "--json") == 0
        found = json.loads(cloister.out)
        assert found["containers"][-1]["finding"] == "destroyed" and found["missing"] == []
    assert cloister("verify") == 0
    assert "destroyed" in cloister.out and f"its key was destroyed on {DAY}" in cloister.out
    assert cloister.err.count("error") == 0


def test_a_destroyed_part_is_told_with_the_others(cloister: Cloister, card: Path) -> None:
    end = {"samples": FRAMES, "lost": 0, "reason": "continued"}
    records = [*cloister.made.writer.records(SOUND.tobytes(), end=False), record(END, end)]
    first = cloister.container(1, records=records)
    (card / "R0000001.DAT").write_bytes(first)
    previous = {"number": 1, "seal": seal_of(first), "samples": FRAMES}
    session = {"part": 1, "previous": previous}
    (card / "R0000002.DAT").write_bytes(cloister.container(2, start=FRAMES, session=session))
    assert cloister("import", card) == 0
    destroy(cloister, 1)
    assert cloister("verify", "--json") == 0
    assert "number 1, was destroyed" in json.loads(cloister.out)["recordings"][0]["message"]
    (card / "R0000001.DAT").unlink()
    cloister("verify", card)
    assert "its beginning, number 1, was destroyed" in cloister.out
