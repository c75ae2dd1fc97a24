"""A withdrawal puts recordings on the due list at once; it destroys nothing, and overrides no hold."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from host_tools.vault.state import Gone, State
from tests.typed_command import Cloister, everything

TODAY = datetime.now(UTC).date().isoformat


@pytest.fixture
def linked(cloister: Cloister) -> Cloister:
    """A vault with consent 1, for recordings 1 and 2 of three."""
    cloister("consent", "new", "--client", "Zoë Müller", "--yes", "--recording", 1, "--recording", 2)
    return cloister


def due(cloister: Cloister) -> dict[str, list[int]]:
    cloister("due", "--json")
    listing = json.loads(cloister.out)
    return {group: [entry["id"] for entry in listing[group]] for group in ("due", "held")}


def test_its_recordings_are_due_at_once_and_no_others(linked: Cloister) -> None:
    assert due(linked) == {"due": [], "held": []}
    assert linked("consent", "withdraw", 1, "--yes", "--reason", "moving") == 0
    assert "Recordings 1 to 2: due to be destroyed from today on." in linked.err
    assert due(linked) == {"due": [1, 2], "held": []}
    with linked.made.open() as vault:
        assert vault.state(1).withdrawn == vault.state(1).destroy_on == vault.now().date().isoformat()
        assert vault.state(3) == State()
        assert len(vault.recordings()) == 3
    linked("consent", "show", 1)
    assert "reason: moving" in linked.out


def test_what_is_held_is_named_and_due_only_when_it_is_released(linked: Cloister) -> None:
    linked("hold", 2, "--reason", "a complaint")
    assert linked("consent", "withdraw", 1, "--yes", "--json") == 0
    assert json.loads(linked.out) == {
        "consent": 1, "due": [1], "held": [2], "destroyed": [], "handed_out": [],
    }  # fmt: skip
    assert "Recording 2: held, and so not due until released." in linked.err
    assert due(linked) == {"due": [1], "held": [2]}
    linked("release", 2, "--reason", "settled", "--yes")
    assert due(linked) == {"due": [1, 2], "held": []}


def test_what_is_destroyed_already_is_named(linked: Cloister) -> None:
    with linked.made.open() as vault:
        vault.set_state(1, State(consents=[1], gone=Gone("2026-01-01T00:00:00+00:00", 1, "expire")))
    assert linked("consent", "withdraw", 1, "--yes", "--json") == 0
    said = json.loads(linked.out)
    assert (said["due"], said["destroyed"]) == ([2], [1])
    assert "Recording 1: destroyed already." in linked.err


def test_copies_that_were_handed_out_are_named(linked: Cloister) -> None:
    with linked.made.open() as vault:
        for recording_id, kind, to in ((1, "share", "age1abc"), (3, "export", "elsewhere.wav")):
            note = {
                "at": "2026-03-04T10:00:00+00:00",
                "by": 1,
                "recordings": [recording_id],
                "kind": kind,
                "to": to,
            }
            vault.papers.add("export", note)
    linked("consent", "withdraw", 1, "--yes")
    assert "the share of 2026-03-04 may still be somewhere" in linked.err
    assert "the export of" not in linked.err


def test_it_is_asked_before_and_nothing_is_done_after_a_no(linked: Cloister, typing: dict) -> None:
    typing["yes"] = False
    assert linked("consent", "withdraw", 1) == 1
    assert "nothing was done" in linked.err
    assert due(linked)["due"] == []
    typing["yes"] = True
    assert linked("consent", "withdraw", 1) == 0
    assert due(linked)["due"] == [1, 2]


def test_without_a_terminal_it_is_not_done(linked: Cloister) -> None:
    before = everything(linked.made.folder)
    assert linked("consent", "withdraw", 1) == 1
    assert "there is no terminal to ask on" in linked.err
    assert everything(linked.made.folder) == before


def test_it_is_withdrawn_once(linked: Cloister) -> None:
    linked("consent", "withdraw", 1, "--yes", "--reason", "first")
    said = linked.refused("consent", "withdraw", 1, "--yes", "--reason", "second")
    assert said.startswith("consent 1 was withdrawn already, on ")
    linked("consent", "show", 1)
    assert "reason: first" in linked.out


def test_what_is_linked_afterwards_is_due_too_and_the_exit_status_says_so(linked: Cloister) -> None:
    linked("consent", "withdraw", 1, "--yes")
    assert linked("consent", "link", 1, 3) == 3
    assert "consent 1 was withdrawn on " in linked.err
    assert due(linked)["due"] == [1, 2, 3]


def test_another_consent_for_the_same_recording_does_not_keep_it(linked: Cloister) -> None:
    linked("consent", "new", "--yes", "--recording", 1, "-o", "second.pdf")
    linked("consent", "withdraw", 2, "--yes")
    assert due(linked)["due"] == [1]


def test_a_day_that_is_already_past_stays(linked: Cloister) -> None:
    with linked.made.open() as vault:
        vault.set_state(1, State(consents=[1], destroy_on="2026-01-01", withdrawn="2026-02-01"))
    linked("consent", "withdraw", 1, "--yes")
    with linked.made.open() as vault:
        assert vault.state(1).destroy_on == "2026-01-01"
        assert vault.state(1).withdrawn == "2026-02-01"


def test_a_consent_without_recordings_can_be_withdrawn(cloister: Cloister) -> None:
    cloister("consent", "new", "--yes")
    assert cloister("consent", "withdraw", 1, "--yes") == 0
    assert "No recording is linked to consent 1." in cloister.err
    assert cloister.out == "Consent 1 is withdrawn.\n"


def test_power_lost_in_the_middle_leaves_it_as_it_was(linked: Cloister, monkeypatch) -> None:
    from host_tools.vault.papers import Papers

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Papers, "put", fail)
        before = everything(linked.made.folder)
        assert linked("consent", "withdraw", 1, "--yes") == 1
        assert everything(linked.made.folder) == before
    assert due(linked)["due"] == []
    assert Path("Consent1.pdf").exists()
