"""Provisioning: the vault first, then the recorder; an interrupted run is finished by the next."""

import base64

import pytest

from host_tools.errors import CloisterError
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.provision import provision
from tests.unit.fake_vault import FakeVault, public_key
from tests.unit.recorder_double import RecorderDouble


def encoded(recorder, number):
    return base64.b64encode(public_key(recorder.recorder_id, number)).decode()


def run(recorder, vault, keys=100, on_keys=lambda done, total: None, **config):
    return provision(RecorderClient(recorder, 0.5), vault, keys, config, on_keys)


@pytest.fixture
def recorder():
    return RecorderDouble()


@pytest.fixture
def vault():
    return FakeVault()


def asked(recorder):
    return [request["do"] for request in recorder.requests]


def test_a_new_recorder_gets_everything_it_needs(recorder, vault):
    result = run(recorder, vault, keys=100, rate=8000)
    assert result.is_new and result.keys_added == 100
    assert vault.secrets == {recorder.recorder_id: recorder.secret}
    assert recorder.keys == [encoded(recorder, number) for number in range(100)]
    assert recorder.last_resort == encoded(recorder, "last resort 1")
    assert recorder.recovery is None
    assert recorder.time_ms > 1_700_000_000_000
    assert recorder.requests[0]["config"] == {"rate": 8000}
    assert result.settings == {"rate": 8000, "parties": 2}
    assert vault.noted[-1] == (recorder.recorder_id, result.status)
    assert result.status["keys"]["1"]["left"] == 100


def test_the_secret_is_in_the_vault_before_the_recorder_hears_of_it(recorder, vault):
    def stop(recorder_id, secret):
        raise CloisterError("the disk is full")

    vault.add_recorder = stop
    with pytest.raises(CloisterError, match="the disk is full"):
        run(recorder, vault)
    assert recorder.requests == []


def test_two_recorders_never_share_an_id_or_a_secret(vault):
    first, second = RecorderDouble(), RecorderDouble()
    run(first, vault, keys=1)
    run(second, vault, keys=1)
    assert first.recorder_id != second.recorder_id
    assert first.secret != second.secret
    assert len(set(vault.secrets.values())) == 2


def test_the_seed_is_fresh_and_of_64_bytes(vault):
    recorders = [RecorderDouble() for _ in range(3)]
    for recorder in recorders:
        run(recorder, vault, keys=1)
    seeds = {bytes.fromhex(recorder.requests[0]["seed"]) for recorder in recorders}
    assert len(seeds) == 3 and all(len(seed) == 64 for seed in seeds)


def test_a_second_run_tops_up_what_was_used_and_changes_no_identity(recorder, vault):
    run(recorder, vault, keys=10)
    identity = recorder.recorder_id, recorder.secret
    recorder.requests.clear()
    result = run(recorder, vault, keys=12)
    assert (result.is_new, result.keys_added, result.drift_ms) == (False, 2, 1500)
    assert (recorder.recorder_id, recorder.secret) == identity
    assert recorder.keys == [encoded(recorder, number) for number in range(12)]
    assert asked(recorder) == ["status", "keys", "time", "config", "status"]


def test_a_full_recorder_is_sent_no_keys(recorder, vault):
    run(recorder, vault, keys=10)
    recorder.requests.clear()
    assert run(recorder, vault, keys=5).keys_added == 0
    assert "keys" not in asked(recorder)


def test_the_vaults_recovery_key_is_set_once(recorder, vault):
    vault.recovery = bytes(32)
    run(recorder, vault, keys=1)
    assert recorder.recovery == base64.b64encode(bytes(32)).decode()
    recorder.requests.clear()
    run(recorder, vault, keys=1)
    assert "recovery" not in asked(recorder)


def test_a_recovery_key_that_the_vault_does_not_have_is_cleared(recorder, vault):
    recorder.recovery = base64.b64encode(bytes(32)).decode()
    run(recorder, vault, keys=1)
    assert recorder.recovery is None


def test_a_run_that_was_cut_is_finished_by_the_next_without_a_second_identity(recorder, vault):
    recorder.cut_after_keys = 80
    with pytest.raises(ConnectionError):
        run(recorder, vault, keys=200)
    recorder.cut_after_keys = None
    recorder._line.clear()
    result = run(recorder, vault, keys=200)
    assert (result.is_new, result.status["keys"]["1"]["left"]) == (False, 200)
    assert recorder.keys == [encoded(recorder, number) for number in range(200)]
    assert len(vault.secrets) == 1
    assert recorder.last_resort == encoded(recorder, "last resort 1")


def test_every_line_of_keys_is_as_long_as_a_line_may_be_and_no_longer(recorder, vault):
    run(recorder, vault, keys=400)
    counts = [len(request["keys"]) for request in recorder.requests if request["do"] == "keys"][:-1]
    assert sum(counts) == 400
    assert len(counts) == 5


def test_progress_counts_up_to_the_keys_that_were_missing(recorder, vault):
    told = []
    run(recorder, vault, keys=150, on_keys=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 150)
    assert told[-1] == (150, 150)
    assert told == sorted(told)


def test_a_recorder_of_another_vault_is_refused_and_left_as_it_is(vault):
    recorder = RecorderDouble(bytes(8), bytes(32))
    with pytest.raises(CloisterError, match="was provisioned by another vault"):
        run(recorder, vault)
    assert recorder.requests == []
    assert vault.secrets == {}


def test_an_impostor_with_a_known_id_learns_nothing_and_is_refused(recorder, vault):
    run(recorder, vault, keys=1)
    impostor = RecorderDouble(recorder.recorder_id, bytes(32))
    with pytest.raises(CloisterError, match="does not accept the secret"):
        run(impostor, vault)
    assert impostor.requests == []


def test_a_refused_setting_is_said(recorder, vault):
    recorder.refuse["provision"] = "rate must be one of 8000"
    with pytest.raises(CloisterError, match="refused provision: rate must be one of 8000"):
        run(recorder, vault)


@pytest.mark.parametrize("keys", [None, [], {"1": 5}, {"1": {"left": "many"}}, {"1": {"left": 1.5}}])
def test_a_status_in_another_form_is_told(recorder, vault, keys):
    run(recorder, vault, keys=1)
    recorder._status = lambda request: {"keys": keys}
    with pytest.raises(CloisterError, match="not in the form"):
        run(recorder, vault)
