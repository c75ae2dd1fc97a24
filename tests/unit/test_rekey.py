"""Keys by suite: the newest that both sides know is loaded, and a recorder is moved to it and never back."""

import base64

import pytest
from cryptography.hazmat.primitives import hpke

from host_tools.errors import CloisterError
from host_tools.recorder import loading
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.provision import known_secret, provision
from host_tools.recorder.rekey import rekey
from tests.suited_recorder import SuitedRecorder
from tests.unit.fake_vault import FakeVault, public_key
from tests.unit.recorder_double import RecorderDouble


@pytest.fixture
def recorder():
    return SuitedRecorder()


@pytest.fixture
def vault():
    return FakeVault()


def load(recorder, vault, keys=5, suite=None, on_keys=lambda done, total: None):
    return provision(RecorderClient(recorder, 0.5), vault, keys, {}, on_keys, suite=suite)


def move(recorder, vault, keys=5):
    client = RecorderClient(recorder, 0.5)
    recorder_id = client.hello().recorder_id
    client.use_secret(known_secret(vault, recorder_id))
    return rekey(client, vault, recorder_id, keys)


def encoded(recorder, number, suite):
    return base64.b64encode(public_key(recorder.recorder_id, number, suite)).decode()


def papers(vault):
    return [paper for _, paper in vault.papers.all("last-resort")]


def test_a_new_recorder_gets_keys_of_the_newest_suite_two_a_line(recorder, vault):
    result = load(recorder, vault, keys=5)
    assert (result.suite, result.keys_added, result.is_full) == (2, 5, False)
    ring = recorder.rings[2]
    assert ring.keys == [encoded(recorder, number, 2) for number in range(5)]
    assert ring.last_resort == encoded(recorder, "last resort 1", 2)
    batches = [len(request["keys"]) for request in recorder.requests if request["do"] == "keys"]
    assert batches == [2, 2, 1, 1]
    assert recorder.rings[1].told() == {"left": 0, "loaded": 0, "last_resort": None, "recovery": None}


def test_the_recovery_key_comes_first_and_the_last_resort_key_last(recorder, vault):
    vault.recovery = bytes(1216)
    load(recorder, vault, keys=1)
    assert recorder.order == [(2, "recovery"), (2, "keys"), (2, "last resort")]


def test_suite_1_is_loaded_where_it_is_asked_for(recorder, vault):
    result = load(recorder, vault, keys=3, suite=1)
    assert (result.suite, recorder.rings[1].told()["left"], recorder.rings[2].keys) == (1, 3, [])
    assert all(request.get("suite", 1) == 1 for request in recorder.requests)


def test_firmware_of_suite_1_alone_gets_that_unless_another_is_asked_for(vault):
    recorder = RecorderDouble()
    assert load(recorder, vault).suite == 1
    with pytest.raises(CloisterError, match="firmware knows suite 1, X25519 only, not suite 2, X-Wing"):
        load(recorder, vault, suite=2)
    with pytest.raises(CloisterError, match="firmware knows suite 1, X25519 only"):
        move(recorder, vault)
    assert all(request["suite"] == 1 for request in recorder.requests if request["do"] == "keys")


def test_a_recorder_of_suite_2_is_given_no_keys_of_suite_1(recorder, vault):
    load(recorder, vault)
    recorder.requests.clear()
    with pytest.raises(CloisterError, match="uses suite 2, X-Wing .* and does not go back"):
        load(recorder, vault, suite=1)
    assert [request["do"] for request in recorder.requests] == ["status"]


def test_a_suite_that_nobody_knows_is_named(recorder, vault):
    with pytest.raises(CloisterError, match="suite 3 is not known to this program"):
        load(recorder, vault, suite=3)
    assert recorder.requests == []


def test_firmware_that_knows_a_newer_suite_gets_the_newest_of_this_program(recorder, vault):
    recorder.more_status = {"suite": 3}
    assert load(recorder, vault).suite == 2


def test_a_recorder_that_uses_a_newer_suite_is_left_alone(recorder, vault):
    ring = {"left": 1, "loaded": 1, "last_resort": None, "recovery": None}
    recorder.more_status = {"suite": 3, "keys": {"3": ring}}
    with pytest.raises(CloisterError, match="suite 3 is not known to this program") as no:
        load(recorder, vault)
    assert no.value.hint == "install the newer cloister"


@pytest.mark.parametrize(
    "fields", [{"suite": "2"}, {"suite": True}, {"keys": {"two": {}}}, {"keys": {"2": []}}]
)
def test_a_status_in_another_form_is_told(recorder, vault, fields):
    load(recorder, vault)
    recorder.more_status = fields
    with pytest.raises(CloisterError, match="not in the form"):
        load(recorder, vault)


def test_rekey_moves_a_recorder_and_says_what_was_done(recorder, vault):
    load(recorder, vault, keys=4, suite=1)
    recorder.more_status = {"next_container": 3}
    recorder.rings[1].used = 2
    done = move(recorder, vault, keys=6)
    assert (done.suite_before, done.suite, done.keys_added, done.was_done) == (1, 2, 6, False)
    assert (done.unused, done.next_number) == ({1: 2}, 3)
    assert recorder.rings[2].told()["left"] == 6 and recorder.rings[2].last_resort
    assert loading.suite_in_use(done.status) == 2


def test_a_second_rekey_says_that_it_is_done_and_loads_nothing(recorder, vault):
    load(recorder, vault, suite=1)
    move(recorder, vault)
    recorder.order.clear()
    done = move(recorder, vault, keys=50)
    assert (done.was_done, done.keys_added, recorder.order) == (True, 0, [])


def test_a_rekey_that_was_cut_goes_on_where_it_was(recorder, vault):
    load(recorder, vault, keys=4, suite=1)
    recorder.cut_after = 4
    with pytest.raises(ConnectionError):
        move(recorder, vault, keys=9)
    assert papers(vault)[0]["until_number"] is None
    recorder.cut_after = None
    recorder._line.clear()
    recorder.requests.clear()
    done = move(recorder, vault, keys=9)
    assert (done.was_done, done.keys_added) == (False, 5)
    assert [request["first"] for request in recorder.requests if request["do"] == "keys"][:3] == [4, 6, 8]
    assert recorder.rings[2].keys == [encoded(recorder, number, 2) for number in range(9)]


def test_the_old_suites_last_resort_key_may_have_sealed_no_more_than_the_prepared_container(recorder, vault):
    load(recorder, vault, keys=4, suite=1)
    recorder.rings[1].used = 2
    recorder.more_status = {"next_container": 3}
    move(recorder, vault)
    old, new = papers(vault)
    assert (old["suite"], old["from_number"], old["until_number"]) == (1, 3, 3)
    assert (new["suite"], new["from_number"], new["until_number"]) == (2, 3, None)
    recorder.more_status = {"next_container": 8}
    load(recorder, vault)
    assert papers(vault)[0]["until_number"] == 3


def test_an_old_last_resort_key_that_was_used_waits_for_all_that_it_may_have_sealed(recorder, vault):
    load(recorder, vault, keys=4, suite=1)
    recorder.rings[1].used = 4
    recorder.more_status = {"next_container": 7}
    move(recorder, vault)
    old = papers(vault)[0]
    assert (old["from_number"], old["until_number"]) == (1, 7)


def test_a_recorder_that_did_not_keep_the_new_last_resort_key_may_still_use_the_old_suite(recorder, vault):
    load(recorder, vault, suite=1)
    plain = recorder._keys
    recorder._keys = lambda request: {} if request["last_resort"] else plain(request)
    assert move(recorder, vault).keys_added == 5
    assert papers(vault)[0]["until_number"] is None
    del recorder._keys
    assert move(recorder, vault).was_done is False
    assert papers(vault)[0]["until_number"] == 1


def test_a_full_recorder_gets_what_fits_and_the_keys_that_stand(recorder, vault):
    recorder.room = 4
    result = load(recorder, vault, keys=9)
    assert (result.keys_added, result.is_full) == (4, True)
    assert recorder.rings[2].last_resort == encoded(recorder, "last resort 1", 2)
    recorder.room = 6
    result = load(recorder, vault, keys=9)
    assert (result.keys_added, recorder.rings[2].told()["left"]) == (2, 6)


def test_another_refusal_of_keys_is_said(recorder, vault):
    vault.one_time_keys = lambda recorder_id, suite, first, count: [bytes(32)] * count
    with pytest.raises(CloisterError, match="refused keys: refused: value"):
        load(recorder, vault)


def test_without_x_wing_in_cryptography_suite_2_is_refused_in_a_line_and_suite_1_goes_on(
    recorder, vault, monkeypatch
):
    monkeypatch.delattr(hpke, "MLKEM768X25519PrivateKey")
    for attempt in (lambda: load(recorder, vault), lambda: load(recorder, vault, suite=2)):
        with pytest.raises(
            CloisterError, match="needs version 48 or newer of cryptography: cryptography 5"
        ) as no:
            attempt()
        assert "install the newer one" in no.value.hint
    assert recorder.rings[2].keys == []
    assert load(recorder, vault, suite=1).suite == 1
    with pytest.raises(CloisterError, match="needs version 48"):
        move(recorder, vault)


def test_without_keys_a_recorder_stays_with_its_suite(recorder, vault):
    load(recorder, vault, keys=3, suite=1)
    recorder.order.clear()
    assert load(recorder, vault, keys=0).suite == 1
    for attempt in (lambda: load(recorder, vault, keys=0, suite=2), lambda: move(recorder, vault, keys=0)):
        with pytest.raises(
            CloisterError, match="without one-time keys of suite 2 all recordings would share"
        ):
            attempt()
    assert recorder.order == []
    assert load(recorder, vault, keys=1).suite == 2
    assert load(recorder, vault, keys=0).suite == 2


def test_a_recorder_without_room_for_the_newer_suite_is_not_moved_to_its_last_resort_key(recorder, vault):
    load(recorder, vault, keys=3, suite=1)
    recorder.room = 0
    for attempt in (lambda: load(recorder, vault), lambda: move(recorder, vault)):
        with pytest.raises(CloisterError, match="no room for keys of suite 2 beside those of suite 1") as no:
            attempt()
        assert "cloister recorder reset" in no.value.hint
    assert recorder.rings[2].last_resort is None
    recorder.room = 2
    assert load(recorder, vault).is_full and recorder.rings[2].last_resort


def test_the_recovery_keys_of_every_suite_that_has_keys_are_brought_up_to_date(recorder, vault):
    load(recorder, vault, keys=3, suite=1)
    vault.recovery_key = lambda suite: bytes({1: 32, 2: 1216}[suite])
    done = move(recorder, vault)
    assert recorder.rings[1].recovery and recorder.rings[2].recovery and not done.recovery_changed
    vault.recovery_key = lambda suite: None
    recorder.order.clear()
    done = move(recorder, vault)
    assert (done.was_done, done.recovery_changed) == (True, True)
    assert recorder.order == [(1, "recovery"), (2, "recovery")]
    assert recorder.rings[1].recovery is None and recorder.rings[2].recovery is None
    assert loading.stock(done.status, 1)["recovery"] is None
    assert not move(recorder, vault).recovery_changed
    recorder.rings[1].recovery = base64.b64encode(bytes(32)).decode()
    load(recorder, vault)
    assert recorder.rings[1].recovery is None
