"""Destroyed on the recorder, settled with the laptop: in portions, and finished after any interruption."""

from pathlib import Path

import pytest

from host_tools.errors import CloisterError
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.provision import provision
from host_tools.recorder.status import settle
from host_tools.vault import Vault
from tests.quick_vault import make_quick_vault
from tests.reference_writer import key_id
from tests.serviced_recorder import ServicedRecorder

RECORDER, SECRET = b"recorder", bytes(32)


@pytest.fixture
def vault(tmp_path: Path):
    with make_quick_vault(tmp_path).open() as vault:
        vault.add_recorder(RECORDER, SECRET)
        yield vault


@pytest.fixture
def recorder():
    return ServicedRecorder(RECORDER, SECRET)


def strike(recorder: ServicedRecorder, vault: Vault, count: int) -> list[bytes]:
    """Destroy numbers 1 … count, each with a key of its own; the key ids."""
    keys = [key_id(public) for public in vault.one_time_keys(RECORDER, 1, 0, count)]
    recorder.struck = [{"number": index + 1, "key": key.hex()} for index, key in enumerate(keys)]
    return keys


def run(recorder: ServicedRecorder, vault: Vault, told=lambda settlement: None):
    client = RecorderClient(recorder, 0.5)
    client.hello()
    client.use_secret(SECRET)
    return settle(client, vault, RECORDER, told)


def settled_in(recorder: ServicedRecorder) -> list[list[int]]:
    return [request["settled"] for request in recorder.requests if "settled" in request]


def test_all_portions_are_settled_and_the_recorder_is_told(recorder, vault) -> None:
    keys = strike(recorder, vault, 70)
    status, settlements = run(recorder, vault)
    assert [entry.number for entry in settlements] == list(range(1, 71))
    assert settled_in(recorder) == [list(range(1, 33)), list(range(33, 65)), list(range(65, 71))]
    assert (status["struck"], recorder.struck) == ([], [])
    assert all(vault.private_key_for(key).destroyed for key in keys)


def test_nothing_destroyed_is_one_question(recorder, vault) -> None:
    assert run(recorder, vault)[1] == []
    assert len(recorder.requests) == 1


def test_the_recorder_is_told_only_after_the_keys_are_gone(recorder, vault) -> None:
    (key,) = strike(recorder, vault, 1)
    seen = []
    plain = recorder._status

    def status(request):
        if "settled" in request:
            seen.append(vault.private_key_for(key).destroyed)
        return plain(request)

    recorder._status = status
    run(recorder, vault)
    assert seen == [True]


def test_an_interruption_before_the_recorder_knows_is_made_good_by_the_next(recorder, vault) -> None:
    strike(recorder, vault, 40)
    plain, told = recorder._status, []

    def gone(request):
        if "settled" in request:
            raise ConnectionError("unplugged")
        return plain(request)

    recorder._status = gone
    with pytest.raises(ConnectionError):
        run(recorder, vault, told.append)
    assert len(told) == 32
    assert len(recorder.struck) == 40
    recorder._status = plain
    recorder._line.clear()
    assert len(run(recorder, vault)[1]) == 40
    assert recorder.struck == []


def test_a_vault_that_cannot_be_written_leaves_the_recorder_untold(recorder, vault, monkeypatch) -> None:
    strike(recorder, vault, 1)

    def full(*anything):
        raise CloisterError("the disk is full")

    monkeypatch.setattr(Vault, "destroy_key_ids", full)
    with pytest.raises(CloisterError, match="the disk is full"):
        run(recorder, vault)
    assert settled_in(recorder) == [] and len(recorder.struck) == 1


def test_what_cannot_be_settled_stays_and_the_rest_is_done(recorder, vault) -> None:
    strike(recorder, vault, 40)
    unknown = [{"number": 900 + index, "key": "00" * 8} for index in range(10)]
    recorder.struck = unknown + recorder.struck
    status, settlements = run(recorder, vault)
    assert status["struck"] == unknown
    assert len([entry for entry in settlements if entry.settled]) == 40
    assert len([entry for entry in settlements if not entry.settled]) == 10


def test_a_recorder_that_does_not_forget_does_not_keep_the_laptop_for_ever(recorder, vault) -> None:
    strike(recorder, vault, 3)
    recorder._status = lambda request: {"last": None, "struck": recorder.struck}
    assert len(run(recorder, vault)[1]) == 3
    assert len(recorder.requests) == 2


def test_provisioning_settles_first(recorder, vault) -> None:
    keys = strike(recorder, vault, 2)
    told = []
    result = provision(RecorderClient(recorder, 0.5), vault, 0, {}, on_settled=told.append)
    assert result.settlements == told
    assert len(told) == 2 and recorder.struck == []
    assert all(vault.private_key_for(key).destroyed for key in keys)
