"""The recorder's own files: all or nothing, checked, and no key given twice."""

from pathlib import Path

import pytest

from crypto.suites import SUITES, kept_bytes, key_id
from recorder.errors import Refused, StoreDamaged
from recorder.journal import Journal
from recorder.keys import MOST_BATCHES, RECOVERY, KeyRing
from recorder.store import Store


@pytest.fixture
def root(tmp_path):
    return str(tmp_path / "data")


def ring(root) -> KeyRing:
    store = Store(root)
    return KeyRing(store, Journal(store))


def public(number: int, suite: int = 1) -> bytes:
    return number.to_bytes(kept_bytes(suite), "big")


def whole(keys: KeyRing, suite: int, place: int | None) -> bytes:
    return keys.read(suite, place, 0, kept_bytes(suite))


def test_what_is_stored_comes_back_and_a_changed_byte_is_noticed(root, tmp_path):
    Store(root).write("x", b"content")
    assert Store(root).read("x") == b"content"
    path = tmp_path / "data" / "x"
    path.write_bytes(b"C" + path.read_bytes()[1:])
    with pytest.raises(StoreDamaged):
        Store(root).read("x")


def test_a_write_that_power_cut_short_leaves_the_old_content(root, tmp_path):
    Store(root).write("x", b"old")
    (tmp_path / "data" / "x.new").write_bytes(b"half a ne")
    store = Store(root)
    assert store.read("x") == b"old"
    assert list(store.each()) == ["x"]


def test_what_is_not_there_is_none_but_a_folder_that_cannot_be_read_is_an_error(root, tmp_path):
    store = Store(root)
    assert store.read("x") is None
    store.remove("x")
    (tmp_path / "data").rmdir()
    (tmp_path / "data").write_bytes(b"no folder")
    with pytest.raises(OSError):
        store.read("x")


def test_keys_come_in_order_and_may_be_repeated_but_not_with_a_hole(root):
    keys = ring(root)
    keys.load(1, 0, public(0) + public(1))
    keys.load(1, 1, public(1) + public(2))
    assert (keys.loaded(1), keys.left(1)) == (3, 3)
    with pytest.raises(Refused, match="hole"):
        keys.load(1, 4, public(4))
    with pytest.raises(Refused, match="another key"):
        keys.load(1, 2, public(9) + public(3))
    assert [whole(ring(root), 1, i) for i in range(3)] == [public(0), public(1), public(2)]


def test_no_key_is_given_to_two_numbers_across_restarts(root):
    ring(root).load(1, 0, b"".join(public(i) for i in range(3)))
    given = []
    for _ in range(3):
        store = Store(root)
        journal = Journal(store)
        suite, index = KeyRing(store, journal).choose()
        given.append((journal.prepare(suite, index, "R.DAT"), index))
    assert given == [(1, 0), (2, 1), (3, 2)]
    assert ring(root).choose() is None


def test_the_last_resort_key_is_chosen_only_when_the_others_are_gone(root):
    store = Store(root)
    journal = Journal(store)
    keys = KeyRing(store, journal)
    keys.set_last_resort(1, public(99))
    assert keys.choose() == (1, None)
    keys.load(1, 0, public(0))
    assert keys.choose() == (1, 0)
    journal.prepare(1, 0, "R.DAT")
    assert keys.choose() == (1, None)
    assert whole(keys, 1, None) == public(99)


def test_batches_that_are_used_up_go_but_the_count_of_loaded_keys_stays(root):
    store = Store(root)
    journal = Journal(store)
    keys = KeyRing(store, journal)
    for first in range(4):
        keys.load(1, first, public(first))
        journal.prepare(1, first, "R.DAT")
    assert len([name for name in store.each() if name.startswith("keys-")]) < 4
    assert (ring(root).loaded(1), ring(root).left(1)) == (4, 0)
    assert whole(ring(root), 1, 3) == public(3)  # the container that is prepared may have to be sealed again


def test_more_batches_than_flash_and_heap_can_bear_are_refused_until_some_are_used(root):
    store = Store(root)
    journal = Journal(store)
    keys = KeyRing(store, journal)
    for first in range(MOST_BATCHES):
        keys.load(1, first, public(first))
    with pytest.raises(Refused) as refusal:
        keys.load(1, MOST_BATCHES, public(MOST_BATCHES))
    assert refusal.value.code == "full"
    keys.load(1, 0, public(0))  # repeating what is stored takes no room
    for first in range(3):
        journal.prepare(1, first, "R.DAT")
    keys.load(1, MOST_BATCHES, public(MOST_BATCHES))
    assert keys.left(1) == MOST_BATCHES + 1 - 3


@pytest.mark.parametrize("suite", sorted(SUITES))
def test_status_names_keys_by_their_ids(root, suite):
    keys = ring(root)
    keys.set_last_resort(suite, public(7, suite))
    keys.set_recovery(suite, public(8, suite))
    last_resort, recovery = (key_id(public(number, suite)[: SUITES[suite]]).hex() for number in (7, 8))
    nothing = {"left": 0, "loaded": 0, "last_resort": None, "recovery": None}
    expected = {"left": 0, "loaded": 0, "last_resort": last_resort, "recovery": recovery}
    assert keys.status() == {str(other): nothing for other in SUITES} | {str(suite): expected}
    assert keys.id(suite, RECOVERY).hex() == recovery
    keys.set_recovery(suite, None)
    assert keys.status()[str(suite)]["recovery"] is None


def test_the_highest_suite_with_any_key_is_chosen_its_last_resort_key_included(root):
    keys = ring(root)
    keys.load(1, 0, public(0))
    assert keys.choose() == (1, 0)
    keys.set_last_resort(2, public(9, 2))
    assert keys.choose() == (2, None)
    keys.load(2, 0, public(1, 2) + public(2, 2))
    assert keys.choose() == (2, 0)
    assert ring(root).choose() == (2, 0)


def test_two_hundred_keys_of_suite_2_fit_two_at_a_time(root):
    keys = ring(root)
    for first in range(0, 200, 2):
        keys.load(2, first, public(first, 2) + public(first + 1, 2))
    assert ring(root).left(2) == 200
    assert whole(ring(root), 2, 199) == public(199, 2)


def cut(root, name: str, size: int) -> None:
    with Path(root, name).open("r+b") as file:
        file.truncate(size)


def test_a_key_file_that_is_cut_short_is_passed_over_and_the_rest_stays_good(root):
    store = Store(root)
    journal = Journal(store)
    keys = KeyRing(store, journal)
    for first in range(3):
        keys.load(2, first, public(first, 2))
    cut(root, "keys-2-0000000-1", 100)
    keys = KeyRing(store, journal)
    assert (keys.loaded(2), keys.choose(), keys.damaged) == (3, (2, 1), True)
    with pytest.raises(StoreDamaged):
        keys.read(2, 0, 0, 32)
    journal.prepare(2, 1, "R.DAT")
    assert (keys.choose(), keys.damaged) == ((2, 2), False)


def test_cut_short_the_newest_file_still_counts_so_that_no_number_is_loaded_twice(root):
    keys = ring(root)
    keys.load(2, 0, public(0, 2) + public(1, 2))
    cut(root, "keys-2-0000000-2", kept_bytes(2) + 8)
    assert ring(root).loaded(2) == 2
    keys = ring(root)
    keys.load(2, 1, public(1, 2) + public(2, 2))
    assert (keys.loaded(2), keys.choose()) == (3, (2, 2))


def test_with_every_key_of_a_suite_damaged_the_last_resort_is_left_and_no_lower_suite(root):
    keys = ring(root)
    keys.load(2, 0, public(0, 2))
    keys.set_last_resort(2, public(5, 2))
    keys.load(1, 0, public(1))
    cut(root, "keys-2-0000000-1", 10)
    assert ring(root).choose() == (2, None)
    cut(root, "last-resort-2", 10)
    keys = ring(root)
    assert (keys.choose(), keys.damaged) == (None, True)  # never lower, once all of a suite was loaded
    assert keys.status()["2"]["last_resort"] is None


def test_with_the_keys_of_a_suite_used_up_before_all_of_it_was_loaded_the_lower_one_goes_on(root):
    store = Store(root)
    journal = Journal(store)
    keys = KeyRing(store, journal)
    keys.load(1, 0, public(0))
    keys.load(2, 0, public(1, 2))
    journal.prepare(2, 0, "R.DAT")
    assert keys.choose() == (1, 0)


def test_what_is_passed_over_does_not_count_as_left(root):
    store = Store(root)
    journal = Journal(store)
    keys = KeyRing(store, journal)
    keys.load(2, 0, public(0, 2) + public(1, 2))
    keys.set_last_resort(2, public(5, 2))
    cut(root, "keys-2-0000000-2", 10)
    assert keys.choose() == (2, None)
    journal.pass_over(keys.passed)
    assert (keys.left(2), Journal(Store(root)).taken(2)) == (0, 2)
    keys.load(2, 2, public(2, 2))
    assert keys.choose() == (2, 2)


def test_a_write_that_fails_leaves_nothing_that_is_taken_for_keys(root, tmp_path):
    store = Store(root)
    keys = KeyRing(store, Journal(store))
    keys.load(2, 0, public(0, 2))
    (tmp_path / "data" / "keys-2-0000001-2.new").write_bytes(b"half")
    assert KeyRing(store, Journal(store)).loaded(2) == 1


def test_batches_of_an_earlier_firmware_are_found_and_get_their_count(root):
    Store(root).write("keys-1-0000000", public(0) + public(1) + public(2))
    keys = ring(root)
    assert (keys.loaded(1), keys.choose()) == (3, (1, 0))
    assert list(Store(root).each()) == ["keys-1-0000000-3"]


def test_the_journal_vouches_for_the_last_container_used(root):
    journal = Journal(Store(root))
    assert journal.last is None and journal.next_container == 1
    journal.prepare(1, 0, "R0000001.DAT")
    assert journal.next_container == 1
    assert journal.use("aa") is None
    assert Journal(Store(root)).last == {"number": 1, "seal": "aa", "samples": None}
    journal.close(16000)
    journal.prepare(1, 1, "R0000002.DAT")
    assert journal.use("bb") == {"number": 1, "seal": "aa", "samples": 16000}
    assert Journal(Store(root)).next_container == 3
