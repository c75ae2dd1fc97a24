"""What another command decides while recordings are destroyed, or somebody changed behind its back."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from host_tools.vault import expiry
from host_tools.vault.state import Gone, Hold, State
from tests.reference_writer import key_id
from tests.retention.conftest import Practice

EARLY = ("--early", "as agreed", "--yes")
HELD = Hold("a complaint", "2026-01-02T10:00:00+00:00", 1)
GONE = Gone("2026-01-02T10:00:00+00:00", 1, "expire")


def decide_meanwhile(practice: Practice, monkeypatch: pytest.MonkeyPatch, **decided: object) -> None:
    """Another command decides about recording 1 after everything was looked at, before the keys go."""
    real = expiry._make_room

    def slow(*arguments: object) -> None:
        real(*arguments)
        with practice.made.open() as other:
            other.set_state(1, replace(State(), **decided))

    monkeypatch.setattr(expiry, "_make_room", slow)


@pytest.mark.parametrize(("decided", "word"), [({"hold": HELD}, "held"), ({"gone": GONE}, "destroyed")])
def test_what_is_decided_at_the_last_moment_counts(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, decided: dict, word: str
) -> None:
    decide_meanwhile(practice, monkeypatch, **decided)
    assert practice("expire", 1, 2, *EARLY) == 1
    assert f"recording 1 was {word} in the meantime: nothing was done" in practice.err
    with practice.made.open() as vault:
        assert not vault.private_key_for(practice.key_of(1)).destroyed
        assert not vault.private_key_for(practice.key_of(2)).destroyed
        assert vault.state(1) == State(**decided)
        assert vault.papers.all(expiry.KIND) == []


def test_a_recipient_taken_out_of_the_vault_s_own_copy_is_not_believed(practice: Practice) -> None:
    """The card's container keeps it; without the recorder's secret nobody can seal what is left."""
    with practice.made.open() as vault:
        recovery = vault.make_recovery_key(1)
        own = vault.one_time_keys(practice.writer.recorder_id, 1, practice.made.keys_used, 1)[0]
    practice.record(4, publics=[own, recovery])
    practice.take_in()
    with practice.made.open() as vault:
        (entry,) = [entry for entry in vault.recordings() if entry.number == 4]
    copy = Path(practice.made.folder, "recordings", entry.file)
    data = bytearray(copy.read_bytes())
    at = data.index(key_id(recovery))
    data[10] = 1  # one recipient
    data[at:4064] = bytes(4064 - at)
    copy.write_bytes(data)
    assert practice("expire", entry.id, *EARLY) == 0
    assert "Purge is not claimed" in practice.err
