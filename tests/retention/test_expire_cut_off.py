"""`cloister expire` cut off at each of its steps, on a full disk, with a card that is pulled: run again."""

import json
import shutil
from pathlib import Path

import pytest

from host_tools.cli import expire as expire_command
from host_tools.vault import expiry
from host_tools.vault.papers import Papers
from host_tools.vault.vault import Vault
from tests.retention.conftest import Practice
from tests.retention.test_expire import gone_ids

ARGUMENTS = ("expire", 1, 2, "--early", "as agreed", "--yes")
STEPS = [
    (Papers, "add", 1),
    (Vault, "destroy_keys", 1),
    (Vault, "_seal_to_people", 1),
    (Vault, "_wrap_anew", 1),
    (Vault, "_wrap_anew", 7),
    (Vault, "finish_destroying", 2),
    (Vault, "shred_file", 1),
    (Vault, "shred_file", 2),
    (Papers, "put", 2),
    (expire_command, "_certify", 1),
    (Vault, "sign", 1),
]


class PowerLost(BaseException):
    """Nothing runs after this."""


def cut_off(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, call: int, after: bool) -> None:
    """Lose power before (or after) the so-and-so-manieth call of a function."""
    real, calls = getattr(owner, name), 0

    def cut(*arguments: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        if calls < call:
            return real(*arguments, **more)
        if after:
            real(*arguments, **more)
        raise PowerLost

    monkeypatch.setattr(owner, name, cut)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name", "call"), STEPS, ids=[f"{name}-{call}" for _, name, call in STEPS])
def test_cut_off_anywhere_and_run_again_it_is_finished(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, call: int, after: bool
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("host_tools.vault.vault.Vault._enter", lambda *_: None)  # no power, no audit
        cut_off(patched, owner, name, call, after)
        with pytest.raises(PowerLost):
            practice(*ARGUMENTS)
    gone = gone_ids(practice)
    assert gone in ([], [1, 2]), "wholly before, or wholly after"
    if gone:
        assert practice("export", 1) == 1 and practice("export", 2) == 1
        assert practice("expire", "--yes") == 0
    else:
        assert practice("verify", 1) == 0 and practice("verify", 2) == 0
        assert practice(*ARGUMENTS) == 0
    check_finished(practice)


def check_finished(practice: Practice) -> None:
    """1 and 2 are destroyed, without a trace but the certificate; 3 is as it was."""
    with practice.made.open() as vault:
        files = {path.name for path in (vault.folder / "recordings").iterdir()}
        assert files == {vault.recording(3).file}
        assert all(vault.private_key_for(practice.key_of(number)).private is None for number in (1, 2))
        states = vault.states()
        assert all(states[number].gone.certificate is not None for number in (1, 2))
        certificate = vault.papers.get("certificate", states[1].gone.certificate)
        assert vault.audit.verify() == []
    assert certificate["method"]["level"] == "Purge"
    assert practice("verify", 3) == 0
    assert practice("expire", "--yes") == 0
    assert "Nothing is due." in practice.err and "removed now" not in practice.err


def test_what_was_left_is_named_when_it_is_finished(practice: Practice, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        cut_off(patched, Vault, "shred_file", 1, after=False)
        with pytest.raises(PowerLost):
            practice(*ARGUMENTS)
    practice("list")
    assert practice("expire", "--yes", "--json") == 0
    assert (
        "recordings 1 to 2: the key was destroyed before, and the vault's copy was still here" in practice.err
    )
    done = json.loads(practice.out)
    assert (done["finished"], done["destroyed"]) == ([1, 2], [])
    assert [entry["id"] for entry in done["certificate"]["recordings"]] == [1, 2]


class FullDisk:
    """A disk with as much room as the files that were removed from it since, and `free` bytes."""

    def __init__(self, folder: Path, free: int):
        self._folder, self._free, self._used = folder, free, self._size(folder)

    def _size(self, folder: Path) -> int:
        return sum(path.stat().st_size for path in (folder / "recordings").iterdir())

    def __call__(self, folder: Path) -> object:
        free = self._free + self._used - self._size(self._folder)
        return shutil._ntuple_diskusage(self._used, self._used, free)


def test_on_a_full_disk_the_copies_make_room_for_destroying_the_keys(practice: Practice, monkeypatch) -> None:
    monkeypatch.setattr(expiry, "ROOM_BYTES", 1)
    monkeypatch.setattr(expiry, "database_bytes", lambda folder: 20_000)
    monkeypatch.setattr(shutil, "disk_usage", FullDisk(practice.made.folder, 0))
    order = []
    for name in ("shred_file", "destroy_keys"):
        real = getattr(Vault, name)
        monkeypatch.setattr(
            Vault, name, lambda *given, _real=real, _name=name: (order.append(_name), _real(*given))[1]
        )
    assert practice(*ARGUMENTS) == 0
    assert order == ["shred_file", "destroy_keys", "shred_file"]
    check_finished(practice)


def test_without_room_at_all_nothing_is_done_and_that_is_said(practice: Practice, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", FullDisk(practice.made.folder, 1000))
    assert practice(*ARGUMENTS) == 1
    assert "the disk is full: destroying keys needs" in practice.err
    assert "make room on the vault's disk, then do it again" in practice.err
    assert gone_ids(practice) == []
    assert practice("verify", 1) == 0 and practice("verify", 2) == 0


def pull_while_wiping(monkeypatch: pytest.MonkeyPatch, card: Path, after_calls: int) -> None:
    """Pull the card out once the progress bar of the wipe was told so many times of something done."""
    from contextlib import contextmanager

    from host_tools.cli import expire_card

    @contextmanager
    def bar(*_: object):
        calls = 0

        def advance(count: int) -> None:
            nonlocal calls
            calls += 1
            if calls == after_calls:
                card.rename(card.with_name("pulled"))

        yield advance

    monkeypatch.setattr(expire_card, "progress", bar)


@pytest.mark.parametrize("after_calls", [1, 2, 3])
def test_a_card_that_is_pulled_is_wiped_when_it_is_put_in_again(
    practice: Practice, monkeypatch, after_calls: int
) -> None:
    with monkeypatch.context() as patched:
        pull_while_wiping(patched, practice.card, after_calls)
        assert practice(*ARGUMENTS, "--card", practice.card) == 1
    assert "no certificate is issued" in practice.err and "still stands on the card" in practice.err
    assert gone_ids(practice) == [1, 2]
    assert practice("certificate", 2) == 1
    assert practice("certificate", 2, "--without-card") == 0
    assert (
        "Recording 2 still stands on the card" in practice.out and "could not be wiped there" in practice.out
    )
    practice.card.with_name("pulled").rename(practice.card)
    assert practice("expire", "--card", practice.card, "--yes") == 0
    assert [path.name for path in practice.card.glob("R*")] == ["R0000003.DAT"]
    assert practice("certificate", 2) == 0
    assert "still stands" not in practice.out
