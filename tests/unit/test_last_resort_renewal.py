"""A last-resort key that may have been used is replaced at the next contact, whatever cuts that off."""

import pytest

from host_tools.errors import CloisterError
from tests.unit.fake_vault import FakeVault
from tests.unit.recorder_double import RecorderDouble
from tests.unit.test_recorder_provision import encoded, run


@pytest.fixture
def recorder():
    return RecorderDouble()


@pytest.fixture
def vault():
    return FakeVault()


def test_a_last_resort_key_that_was_not_used_stays(recorder, vault):
    for _ in range(3):
        run(recorder, vault, keys=5)
    assert recorder.last_resort == encoded(recorder, "last resort 1")


def test_a_last_resort_key_that_may_have_been_used_is_replaced(recorder, vault):
    run(recorder, vault, keys=5)
    used_up(recorder, next_container=7)
    run(recorder, vault, keys=5)
    assert recorder.last_resort == encoded(recorder, "last resort 2")
    old, new = [paper for _, paper in vault.papers.all("last-resort")]
    assert (old["from_number"], old["until_number"]) == (1, 7)
    assert (new["from_number"], new["until_number"]) == (7, None)


def used_up(recorder, next_container):
    """All one-time keys are taken, and `next_container` is what the next recording will be."""
    plain = recorder._status
    recorder.more_status = {"next_container": next_container}
    loaded = len(recorder.keys)

    def status(request):
        answer = plain(request)
        answer["keys"]["1"]["left"] -= loaded
        return answer

    recorder._status = status


@pytest.mark.parametrize("cut", ["keys", "time"])
def test_a_replacement_that_was_cut_off_is_finished_by_the_next_run(recorder, vault, cut):
    run(recorder, vault, keys=5)
    used_up(recorder, next_container=7)
    plain = getattr(recorder, f"_{cut}")

    def unplugged(request):
        plain(request)
        raise ConnectionError("unplugged")

    setattr(recorder, f"_{cut}", unplugged)
    with pytest.raises(ConnectionError):
        run(recorder, vault, keys=5)
    setattr(recorder, f"_{cut}", plain)
    recorder._line.clear()
    recorder.more_status = {"next_container": 9}
    run(recorder, vault, keys=6)
    assert recorder.last_resort == encoded(recorder, "last resort 2")
    old, new = [paper for _, paper in vault.papers.all("last-resort")]
    assert (old["until_number"], new["until_number"]) == (9, None)


def test_numbers_that_had_keys_of_their_own_are_not_waited_for(recorder, vault):
    run(recorder, vault, keys=5)
    recorder.more_status = {"next_container": 4}
    run(recorder, vault, keys=5)
    used_up(recorder, next_container=9)
    run(recorder, vault, keys=5)
    old, _ = [paper for _, paper in vault.papers.all("last-resort")]
    assert (old["from_number"], old["until_number"]) == (4, 9)


def test_numbers_are_waited_for_if_another_vault_has_loaded_keys_meanwhile(recorder, vault):
    run(recorder, vault, keys=5)
    recorder.keys += ["somebody else's"] * 3
    recorder.more_status = {"next_container": 4}
    run(recorder, vault, keys=5)
    used_up(recorder, next_container=9)
    run(recorder, vault, keys=5)
    old, _ = [paper for _, paper in vault.papers.all("last-resort")]
    assert old["from_number"] == 1


@pytest.mark.parametrize("number", [None, 0, "7", 1.5, True, 1 << 32])
def test_a_status_without_the_next_number_is_told(recorder, vault, number):
    recorder.more_status = {"next_container": number}
    with pytest.raises(CloisterError, match="not in the form"):
        run(recorder, vault, keys=1)
