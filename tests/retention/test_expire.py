"""`cloister expire`: what goes and what must not, that it is gone for good, and what is asked before."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from host_tools.errors import CloisterError
from host_tools.vault.state import FRESH
from tests.reference_writer import END, record
from tests.retention.conftest import TODAY, Practice, Typing, days_ago
from tests.retention.test_commands import set_clock_back
from tests.typed_command import SOUND, everything


def gone_ids(practice: Practice) -> list[int]:
    with practice.made.open() as vault:
        return sorted(number for number, state in vault.states().items() if state.gone)


def wrapped_keys(folder: Path) -> dict[bytes, bytes]:
    """Every wrapped private key as it lies in the vault, by key id."""
    with closing(sqlite3.connect(folder / "vault.sqlite")) as connection:
        return dict(connection.execute("SELECT key_id, wrapped_private_key FROM keys"))


def test_what_is_due_is_destroyed_and_the_rest_is_as_it_was(practice: Practice, tmp_path: Path) -> None:
    practice("retention", "--days", 99, "--yes")
    assert practice("expire", "--yes") == 0
    assert "Destroyed: recording 1.\n" in practice.out
    assert gone_ids(practice) == [1]
    assert practice("list") == 0 and practice.out.count("destroyed") == 1
    assert practice("export", 2, "-o", tmp_path / "2.wav") == 0
    assert practice("export", 1, "-o", tmp_path / "1.wav") == 1
    assert practice("due") == 0
    assert practice("expire", "--yes") == 0
    assert "Nothing is due." in practice.err


def test_nothing_of_it_is_left_in_any_file_of_the_vault(practice: Practice, tmp_path: Path) -> None:
    folder, key = practice.made.folder, practice.key_of(1)
    with practice.made.open() as vault:
        private = vault.private_key_for(key).private
        older_master_key = vault.session_key()
    wrapped = wrapped_keys(folder)
    blocks = [practice.containers[1][at : at + 4096] for at in range(0, len(practice.containers[1]), 4096)]
    assert all(block in b"".join(everything_raw(folder).values()) for block in blocks)
    assert practice("expire", 1, "--early", "as agreed", "--yes") == 0
    left = everything_raw(folder)
    samples = SOUND.tobytes()
    searched = {
        "the wrapped key": [wrapped[key]],
        "every other key as it was wrapped": list(wrapped.values()),
        "the private key": [private, private.hex().encode()],
        "the master key of that time": [older_master_key],
        "its sound": [samples[at : at + 64] for at in range(0, len(samples), 4000)],
        "its encrypted blocks": [block[at : at + 64] for block in blocks for at in (0, 4030)],
    }
    for what, needles in searched.items():
        for name, data in left.items():
            assert not any(needle in data for needle in needles), f"{what} is still in {name}"
    assert practice("verify", 2) == 0 and practice("verify", 3) == 0


def everything_raw(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_older_copy_of_the_keys_opens_nothing_in_the_new_vault(practice: Practice) -> None:
    folder, key = practice.made.folder, practice.key_of(1)
    older = wrapped_keys(folder)
    assert practice("expire", 1, "--early", "as agreed", "--yes") == 0
    with closing(sqlite3.connect(folder / "vault.sqlite")) as connection, connection:
        connection.execute("UPDATE keys SET wrapped_private_key = ? WHERE key_id = ?", (older[key], key))
    with practice.made.open() as vault, pytest.raises(CloisterError, match="was altered"):
        vault.private_key_for(key)
    assert practice("verify", practice.card) == 1
    assert "was altered" in practice.err


def test_a_copy_on_a_card_is_unreadable_from_then_on(practice: Practice) -> None:
    assert practice("expire", 1, "--early", "as agreed", "--yes") == 0
    assert practice("verify", practice.card, "--json") == 3
    found = {entry["number"]: entry for entry in json.loads(practice.out)["containers"]}
    assert found[1]["finding"] == "unreadable" and f"its key was destroyed on {TODAY}" in found[1]["message"]
    assert found[2]["finding"] == "complete"
    assert practice("import", practice.card) == 3
    assert practice("list", "--json") == 0
    assert [entry["id"] for entry in json.loads(practice.out)["recordings"]] == [1, 2, 3]


def test_what_is_held_is_refused_by_its_reason_and_stays_when_it_is_due(practice: Practice) -> None:
    practice("retention", "--days", 40, "--yes")
    practice("hold", 1, "--reason", "a complaint")
    refused = practice.cloister.refused("expire", 1, 2, "--yes")
    assert refused == f"recording 1 is held since {TODAY}: a complaint"
    assert practice.cloister.refused("expire", 1, "--early", "x", "--yes") == refused
    assert practice("expire", "--yes") == 0
    assert "recording 1 is due, is held, and stays: a complaint" in practice.err
    assert gone_ids(practice) == [2]


def test_what_is_not_due_needs_a_reason(practice: Practice) -> None:
    practice("retention", "--days", 40, "--yes")
    assert practice.cloister.refused("expire", 3, "--yes") == (
        f"recording 3 is not due: it is kept until {TODAY + timedelta(30)} (40 days, the vault's rule)"
    )
    practice("retention", "--days", "none")
    assert practice.cloister.refused("expire", 3, "--yes").endswith("it is kept for ever: it has no date")
    assert practice("expire", 3, "--early", "asked for by the client", "--yes") == 0
    assert gone_ids(practice) == [3]
    with practice.made.open() as vault:
        (entry,) = [
            entry for entry in vault.audit.entries() if entry.action == "expire" and entry.outcome == "done"
        ]
    assert (entry.recordings, entry.detail["early"]) == ([3], "asked for by the client")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--early", "x"), 2),
        ((1, "--early", ""), 2),
        ((0,), 2),
        ((99, "--early", "x"), 1),
        ((1, "--early", "x", "--json"), 2),
        ((1, "--early", "x", "-o", "certificate.txt"), 1),
        ((1, "--early", "x", "-o", "/nowhere/c.json"), 1),
        ((1, "--early", "x", "--card", "/nowhere"), 1),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    practice: Practice, arguments: tuple, status: int
) -> None:
    before = everything(practice.made.folder)
    assert practice("expire", *arguments) == status
    assert practice.err.startswith("cloister: error: ")
    assert everything(practice.made.folder) == before and gone_ids(practice) == []


def test_the_whole_vault_goes_only_if_all_is_typed(practice: Practice) -> None:
    practice("retention", "--days", 4, "--yes")
    assert practice.cloister.refused("expire", "--yes") == (
        "this would destroy all 3 recordings of the vault; nothing was done"
    )
    assert "is one mistyped?" in practice.err
    assert practice.cloister.refused("expire", 1, 2, 3, "--yes").startswith("this would destroy all 3")
    assert practice("expire", "--yes", "--all") == 0
    assert gone_ids(practice) == [1, 2, 3]


def test_the_last_recording_left_is_the_whole_vault_too(practice: Practice) -> None:
    assert practice("expire", 1, 2, "--early", "x", "--yes") == 0
    assert practice.cloister.refused("expire", 3, "--early", "x", "--yes").startswith(
        "this would destroy the only"
    )


def test_a_held_one_that_stays_is_no_sign_of_a_sound_rule(practice: Practice) -> None:
    practice("retention", "--days", 4, "--yes")
    practice("hold", 3, "--reason", "a complaint")
    assert practice.cloister.refused("expire", "--yes") == (
        "this would destroy all 2 recordings of the vault that are not held; nothing was done"
    )
    assert practice("expire", "--yes", "--all") == 0
    assert "this is more than half of the vault: 2 of its 3 recordings" in practice.err
    assert gone_ids(practice) == [1, 2]


def test_it_shows_what_will_be_lost_and_has_the_number_typed(
    practice: Practice, typing: Typing, tmp_path: Path
) -> None:
    practice("retention", "--days", 40, "--yes")
    practice("export", 2, "-o", tmp_path / "2.wav")
    with practice.made.open() as vault:
        vault.set_state(1, FRESH.__class__(consents=[4, 5]))
    for typed in ("1", "3", "yes", "22"):
        typing(f"{typed}\n")
        assert practice("expire") == 1
        assert f"2 recordings were shown, not '{typed}': nothing was done" in practice.err
    rows = [re.split(r" {2,}", row.strip()) for row in practice.out.splitlines()[1:3]]
    due = [str(TODAY - timedelta(days)) for days in (60, 10)]
    when = [f"{TODAY - timedelta(days)} 09:00" for days in (100, 50)]
    why = "40 days, the vault's rule"
    assert rows == [
        ["1", "1", when[0], "0:02", due[0], why, "no", "4, 5"],
        ["2", "2", when[1], "0:02", due[1], why, str(TODAY), "none"],
    ]
    assert "2 recordings to be destroyed, 0:05 of sound in all" in practice.err
    assert gone_ids(practice) == []
    typing("2\n")
    assert practice("expire") == 0
    assert gone_ids(practice) == [1, 2]


def test_without_a_terminal_nothing_is_destroyed(practice: Practice) -> None:
    practice("retention", "--days", 40, "--yes")
    assert practice("expire") == 1
    assert "has to be confirmed" in practice.err and gone_ids(practice) == []


def test_a_dry_run_shows_it_and_does_nothing(practice: Practice) -> None:
    practice("retention", "--days", 40, "--yes")
    before = everything(practice.made.folder)
    assert practice("expire", "--dry-run") == 0
    assert len(practice.out.splitlines()) == 3
    assert practice("expire", "--dry-run", "--json") == 0
    shown = json.loads(practice.out)
    assert [entry["id"] for entry in shown["planned"]] == [1, 2] and shown["destroyed"] == []
    assert everything(practice.made.folder) == before


def test_a_clock_that_was_set_back_is_put_right_first(practice: Practice, monkeypatch) -> None:
    practice("retention", "--days", 40, "--yes")
    set_clock_back(monkeypatch, days=3)
    assert practice("expire", "--yes") == 1
    assert "nothing is destroyed: this computer's clock was set back" in practice.err
    assert practice("expire", 1, "--early", "x", "--yes") == 1
    assert gone_ids(practice) == []


def test_all_parts_of_a_recording_go_together(empty: Practice) -> None:
    empty.record(1, 5)
    for part, number in enumerate((7, 8, 9)):
        session = {"part": part, "started": days_ago(90)}
        records = empty.writer.records(b"\0\0" * 8000, start=8000 * part, end=False, session=session)
        reason = "stop" if part == 2 else "continued"
        records.append(record(END, {"samples": 8000 * (part + 1), "lost": 0, "reason": reason}))
        empty.record(number, records=records)
    empty.take_in()
    assert empty("expire", 3, "--early", "x", "--yes") == 0
    assert gone_ids(empty) == [2, 3, 4]
    assert "Destroyed: recordings 2 to 4." in empty.out
    assert len(list((empty.made.folder / "recordings").iterdir())) == 1
    assert empty("verify", 1) == 0


def test_what_was_done_can_be_read_as_json(practice: Practice) -> None:
    practice("retention", "--days", 40, "--yes")
    practice("hold", 2, "--reason", "a complaint")
    assert practice("expire", "--yes", "--json") == 0
    done = json.loads(practice.out)
    assert (done["destroyed"], done["finished"], done["cards"]) == ([1], [], [])
    assert [entry["hold"]["reason"] for entry in done["held"]] == ["a complaint"]
    assert done["certificate"]["recordings"][0]["number"] == 1


def test_a_destroyed_recording_cannot_be_destroyed_again_nor_decided_about(practice: Practice) -> None:
    practice("expire", 1, "--early", "x", "--yes")
    for arguments in (("expire", 1, "--early", "x", "--yes"), ("hold", 1, "--reason", "x"), ("retention", 1)):
        assert "destroyed already" in practice.cloister.refused(*arguments)


def test_two_recordings_under_one_key_are_not_torn_apart(empty: Practice) -> None:
    empty.record(1, 5)
    same = empty.writer.container(2, pcm=SOUND.tobytes(), session={"started": days_ago(5)})
    (empty.card / "R0000002.DAT").write_bytes(same)
    empty.take_in()
    before = everything(empty.made.folder)
    assert empty("expire", 1, "--early", "x", "--yes") == 1
    assert "neither can be destroyed alone" in empty.err
    assert everything(empty.made.folder) == before
    assert empty("expire", 1, 2, "--early", "x", "--yes", "--all") == 0


def test_another_command_at_work_is_said_and_nothing_is_half_done(practice: Practice, monkeypatch) -> None:
    monkeypatch.setattr("host_tools.vault.database.BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(practice.made.folder / "vault.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert practice("expire", 1, "--early", "x", "--yes") == 1
        assert "is in use by another command" in practice.err
        other.execute("ROLLBACK")
    assert gone_ids(practice) == [] and practice("verify", 1) == 0


def test_a_hold_set_while_somebody_was_asked_counts(practice: Practice, monkeypatch) -> None:
    practice("retention", "--days", 99, "--yes")

    def meanwhile(*_: object) -> None:
        from host_tools.vault.state import Hold, State

        with practice.made.open() as vault:
            vault.set_state(1, State(hold=Hold("a complaint", "2026-01-01T00:00:00+00:00", 1)))

    monkeypatch.setattr("host_tools.cli.expire._ask", meanwhile)
    assert practice("expire") == 1
    assert "recording 1 was held in the meantime: nothing was done" in practice.err
    assert gone_ids(practice) == []
