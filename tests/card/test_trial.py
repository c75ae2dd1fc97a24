"""The trial of a card tells an honest card from every kind of fake, and measures what it meets."""

import pytest

from host_tools.card.capacity import Look, probe_places, real_capacity
from host_tools.card.pattern import Pattern
from host_tools.card.trial import Outcome, Trial
from host_tools.card.verdict import as_dict, figures, judge
from host_tools.errors import CloisterError
from tests.card.fake_cards import (
    MIB,
    BadSectorsCard,
    CachingFake,
    FailingCard,
    HonestCard,
    LosingCard,
    PulledCard,
    SlowCard,
    StaleCard,
    SwappedCard,
    WrappingCard,
)

SIZE = 16 * MIB
SINGLES = 400
KEY = bytes(range(32))


def try_out(card: HonestCard, advance=lambda count: None) -> Outcome:
    return Trial(card, card.clock, advance, Pattern(KEY), SINGLES).run()


def word(card: HonestCard) -> str:
    return judge(try_out(card), is_image=False).word


def first_large_write(card: HonestCard) -> int:
    """The number of the write that begins the pass over the whole card."""
    return len(probe_places(card.size_bytes)) + 1


@pytest.mark.parametrize("size", [SIZE, SIZE + 512, SIZE + MIB - 512, SIZE - 4096 + 1536])
def test_an_honest_card_is_filled_to_its_last_sector_and_good(size):
    card = HonestCard(size_bytes=size)
    done = []
    outcome = try_out(card, done.append)
    assert (outcome.capacity.kind, outcome.capacity.real_bytes, outcome.errors) == ("real", size, [])
    assert judge(outcome, is_image=False).word == "good"
    assert sum(done) == 2 * size
    assert card.content == b"".join(Pattern(KEY).at(at, min(MIB, size - at)) for at in range(0, size, MIB))
    passes = card.reads[len(probe_places(size)) :]
    assert sum(length for _, length in passes) == size and passes[0] == (0, MIB)


def test_each_run_writes_other_bytes_and_each_place_its_own():
    cards = [HonestCard(), HonestCard()]
    for card in cards:
        Trial(card, card.clock, single_writes=8).run()
    assert cards[0].content[:4096] != cards[1].content[:4096]
    blocks = {bytes(cards[0].content[at : at + 4096]) for at in range(0, SIZE, 4096)}
    assert len(blocks) == SIZE // 4096


@pytest.mark.parametrize("real", [MIB, 2 * MIB, 4 * MIB, 8 * MIB])
@pytest.mark.parametrize("fake", [WrappingCard, LosingCard, CachingFake])
def test_an_obvious_fake_is_told_by_the_quick_probe_and_measured(fake, real):
    card = fake(real)
    outcome = try_out(card)
    kind = "wraps" if fake is WrappingCard else "loses"
    assert (outcome.capacity.kind, outcome.capacity.real_bytes) == (kind, real)
    assert outcome.capacity.first_bad == real and outcome.capacity.is_fake
    assert (0, MIB) not in card.writes  # the long pass was not begun
    assert judge(outcome, is_image=False).word == "bad"


@pytest.mark.parametrize(
    "real", [5 * MIB + 3 * 4096, 7 * MIB + 1024, 15 * MIB, 16 * MIB - 40 * 4096, SIZE - 512]
)
def test_a_card_that_wraps_anywhere_is_told_by_the_whole_pass(real):
    outcome = try_out(WrappingCard(real))
    assert (outcome.capacity.kind, outcome.capacity.real_bytes) == ("wraps", real)


@pytest.mark.parametrize("real", [5 * MIB + 3 * 4096, 15 * MIB, SIZE - 40 * 4096, SIZE - 2 * 4096])
def test_a_card_that_loses_anywhere_is_told(real):
    outcome = try_out(LosingCard(real))
    assert (outcome.capacity.kind, outcome.capacity.real_bytes) == ("loses", real)


def test_a_fake_that_remembers_what_was_written_last_does_not_pass():
    assert word(CachingFake(SIZE - MIB)) == "bad"


@pytest.mark.parametrize("place", [9 * MIB + 512, SIZE - 512, 4096 * 7])
def test_one_bad_sector_anywhere_is_found(place):
    outcome = try_out(BadSectorsCard({place}))
    capacity = outcome.capacity
    assert (capacity.kind, capacity.first_bad, capacity.bad_blocks) == ("damaged", place // 4096 * 4096, 1)
    assert not capacity.is_fake and capacity.real_bytes is None
    assert judge(outcome, is_image=False).word == "bad"


@pytest.mark.parametrize("block", [0, 5 * MIB])
def test_a_bad_byte_behind_the_start_of_a_block_is_damage(block):
    """The block begins with what belongs there, which tells nothing of where the card begins again."""

    class BadByteCard(HonestCard):
        def read_sector(self, offset: int) -> bytes:
            found = super().read_sector(offset)
            return found[:99] + bytes([found[99] ^ 1]) + found[100:] if offset == block else found

    card = BadByteCard()
    (look,) = Trial(card, card.clock)._write_and_look([block])
    assert look == Look(block, good=False, belongs_at=None)
    capacity = try_out(card).capacity
    assert (capacity.kind, capacity.first_bad, capacity.bad_blocks) == ("damaged", block, 1)


@pytest.mark.parametrize("place", [0, MIB])
def test_a_block_that_is_said_to_belong_where_it_is_ends_no_search(place):
    looks = [Look(place, False, belongs_at=place)]

    def see(places) -> list[Look]:
        return [Look(at, at != place, place if at == place else None) for at in places]

    assert real_capacity(looks, SIZE, see).kind == "damaged"


def test_many_bad_sectors_are_damage_and_no_fake():
    bad = set(range(3 * MIB + 4096 * 3, 4 * MIB, 512))
    capacity = try_out(BadSectorsCard(bad)).capacity
    assert capacity.kind == "damaged" and capacity.first_bad in bad


@pytest.mark.parametrize("bad", [{SIZE - 512, SIZE - MIB // 2}, {SIZE - 4096}])
def test_bad_blocks_just_where_the_end_is_tried_are_no_fake(bad):
    assert try_out(BadSectorsCard(bad)).capacity.kind == "damaged"


def test_blocks_that_were_seen_to_be_good_behind_bad_ones_are_believed():
    looks = [Look(0, True), Look(MIB, False), Look(2 * MIB, True)]
    capacity = real_capacity(looks, SIZE, lambda places: [Look(place, place < MIB) for place in places])
    assert (capacity.kind, capacity.first_bad) == ("damaged", MIB)


@pytest.mark.parametrize(("seen", "real"), [(8, 1), (12, 2), (15, 5), (14, 7), (12, 3), (5, 5)])
def test_a_card_that_was_seen_to_wrap_after_a_multiple_of_its_size_is_measured(seen, real):
    card = WrappingCard(real * MIB)
    trial = Trial(card, card.clock, pattern=Pattern(KEY))
    looks = [Look(0, False, belongs_at=seen * MIB)]
    assert real_capacity(looks, SIZE, trial._write_and_look).real_bytes == real * MIB


def test_bad_blocks_near_the_end_with_good_ones_behind_are_damage():
    capacity = try_out(BadSectorsCard({SIZE - 5 * 4096, SIZE - 4 * 4096})).capacity
    assert (capacity.kind, capacity.bad_blocks) == ("damaged", 2)


def test_a_vanished_write_is_found_though_old_data_look_alike():
    """The card was checked before: what a lost write leaves is another run's pattern."""
    card = StaleCard(range(5 * MIB + 4096, 5 * MIB + 8192))
    stale = slice(5 * MIB + 4096, 5 * MIB + 8192)
    card.content[stale] = Pattern(bytes(32)).at(5 * MIB + 4096, 4096)
    capacity = try_out(card).capacity
    assert (capacity.kind, capacity.first_bad, capacity.bad_blocks) == ("damaged", 5 * MIB + 4096, 1)


@pytest.mark.parametrize(("one", "other"), [(3 * MIB + 4096, 9 * MIB + 8192), (4096 * 9, 8 * MIB + 4096 * 9)])
def test_blocks_that_were_mixed_up_are_damage_and_no_fake(one, other):
    outcome = try_out(SwappedCard(one, other))
    assert (outcome.capacity.kind, outcome.capacity.bad_blocks) == ("damaged", 2)
    assert outcome.capacity.first_bad == one


def test_a_sector_that_cannot_be_read_is_an_error_with_its_place():
    card = FailingCard(reads={9 * MIB + 4096 + 512})
    outcome = try_out(card)
    assert (outcome.capacity.kind, outcome.capacity.first_bad) == ("damaged", 9 * MIB + 4096)
    assert any(error.startswith(f"byte {9 * MIB + 4096} cannot be read") for error in outcome.errors)
    assert judge(outcome, is_image=False).word == "bad"


def test_a_read_that_fails_once_is_enough():
    card = FailingCard(reads={9 * MIB + 4096}, times=1)
    outcome = try_out(card)
    assert outcome.errors and judge(outcome, is_image=False).word == "bad"


def test_a_card_that_cannot_be_read_at_all_does_not_take_for_ever():
    card = FailingCard(reads=range(0, SIZE))
    outcome = try_out(card)
    assert card.now_s < 1000 + 20 * 30
    assert judge(outcome, is_image=False).word == "bad" and len(outcome.errors) <= 8


def test_a_card_of_which_much_cannot_be_read_does_not_take_for_ever():
    tried = {place + at for place in probe_places(SIZE) for at in range(0, 4096, 512)}
    card = FailingCard(reads=set(range(9 * MIB, 14 * MIB, 512)) - tried)
    outcome = try_out(card)
    assert 1000 < card.now_s < 1000 + 20 * 30
    assert outcome.busy is not None  # the whole pass was come to
    assert judge(outcome, is_image=False).word == "bad"


@pytest.mark.parametrize("place", [0, 9 * MIB + 4096, SIZE - 512])
def test_a_sector_that_cannot_be_written_ends_it(place):
    outcome = try_out(FailingCard(writes={place}))
    assert outcome.errors and "cannot be written" in outcome.errors[0]
    assert judge(outcome, is_image=False).word == "bad"


def test_a_card_that_cannot_be_written_does_not_take_for_ever():
    card = FailingCard(writes=range(0, SIZE))
    assert word(card) == "bad" and card.now_s < 1000 + 20 * 30


@pytest.mark.parametrize("after", [0, 30, 60, 150, 480, 500])
def test_a_card_that_is_taken_out_is_an_error(after):
    with pytest.raises(CloisterError, match="taken out"):
        try_out(PulledCard(after))


def test_the_times_of_single_writes_are_as_they_were():
    card = HonestCard(sector_s=1e-5, write_s=0.002)
    first_single = first_large_write(card) + SIZE // MIB
    outcome = try_out(card)
    singles = card.writes[first_single:]
    assert len(singles) == SINGLES and {length for _, length in singles} == {4096}
    runs = [place for index, (place, _) in enumerate(singles) if (place - 4096, 4096) != singles[index - 1]]
    assert runs == [SIZE // 8 * number for number in range(8)]
    assert outcome.busy.median_ms == pytest.approx(2.08, abs=1e-3)
    assert outcome.busy.longest_ms == pytest.approx(2.08, abs=1e-3)
    assert outcome.read_bytes_s == pytest.approx(51.2e6)


@pytest.mark.parametrize(
    ("stall_s", "expected"), [(0.9, "good"), (1.1, "psram only"), (1.9, "psram only"), (2.1, "bad")]
)
@pytest.mark.parametrize("large", [True, False])
def test_one_long_pause_decides(stall_s, expected, large):
    number = first_large_write(HonestCard()) + (5 if large else SIZE // MIB + 77)
    card = SlowCard({number: stall_s})
    outcome = try_out(card)
    assert judge(outcome, is_image=False).word == expected
    assert outcome.busy.longest_ms == pytest.approx(stall_s * 1000, abs=5)
    assert outcome.busy.longest_at == card.writes[number][0]
    assert outcome.busy.p99_ms < 10
    assert judge(outcome, is_image=True).word == "good"


def test_large_writes_that_are_merely_slow_are_no_pauses():
    outcome = try_out(HonestCard(sector_s=0.001))  # 2 s for each MiB
    assert outcome.busy.longest_ms < 20
    assert judge(outcome, is_image=False).word == "good"


def test_a_card_that_is_slower_than_the_sound_is_bad():
    assert word(HonestCard(write_s=0.13)) == "bad"


def test_two_of_a_hundred_slow_writes_are_in_the_99th():
    first = first_large_write(HonestCard()) + SIZE // MIB
    outcome = try_out(SlowCard({first + number: 0.3 for number in range(0, SINGLES, 50)}))
    assert outcome.busy.p99_ms == pytest.approx(301, abs=1)
    assert outcome.busy.median_ms < 5


def test_what_is_said_of_a_fake():
    outcome = try_out(WrappingCard(4 * MIB))
    verdict = judge(outcome, is_image=False)
    assert verdict.sentences[0] == "Do not use this card."
    assert "it says 16.8 MB and holds 4.2 MB; what is written behind that replaces" in verdict.sentences[1]
    told = as_dict(outcome, verdict, "/dev/x", formatted=False)
    assert (told["fake"], told["real_bytes"], told["busy_ms"], told["write_mb_s"]) == (
        True,
        4 * MIB,
        None,
        None,
    )
    assert told["verdict"] == "bad" and told["errors"] == list(verdict.sentences[1:])
    assert figures(outcome) == []


def test_what_is_said_of_a_good_card():
    outcome = try_out(HonestCard())
    told = as_dict(outcome, judge(outcome, is_image=False), "/dev/x", formatted=True)
    assert told["busy_ms"].keys() == {"median", "p99", "longest"}
    assert (told["verdict"], told["fake"], told["errors"], told["real_bytes"]) == ("good", False, [], SIZE)
    assert told["write_mb_s"] > 0 and told["read_mb_s"] > 0
    assert len(figures(outcome)) == 2
