"""A share of the cuts of `make faults`: power fails in a write, the recorder starts, a laptop imports."""

import pytest

from host_tools.simulator.write_log import CARD_WRITE
from tests.conftest import WORD_SIZES
from tests.faults.images import Images
from tests.faults.life import ERASED, Run, live
from tests.faults.power_cuts import Cutter, cut_points

# The board's word size; both are tried in tests/scenarios.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)
CUTS = 3  # in each state


@pytest.fixture(scope="module")
def lives(micropython, tmp_path_factory) -> tuple[Run, Run]:
    return live(tmp_path_factory.mktemp("life"), list(micropython.command))


def chosen(run: Run) -> list[int]:
    """Some cuts in each state that the recorder was in."""
    states: dict[str, list[int]] = {}
    for index in cut_points(run, every=500):
        states.setdefault(run.state_at(run.writes[index].time_ms), []).append(index)
    return sorted(index for points in states.values() for index in points[:: max(1, len(points) // CUTS)])


@pytest.mark.parametrize("reordered", [False, True], ids=["in order", "reordered"])
def test_a_cut_in_any_write_loses_less_than_a_second_and_leaves_the_recorder_ready(
    lives, micropython, tmp_path, reordered
):
    run, _ = lives
    seen = list(Cutter(run, list(micropython.command), tmp_path).cuts(chosen(run), reordered))
    assert not [what for what in seen if what.faults]
    assert 0 < max(what.lost_ms for what in seen) <= 1000
    assert {"closing", "recording", "wiping"} <= {what.state for what in seen}


def test_a_cut_while_what_has_expired_is_erased_is_made_good_at_the_next_start(lives, micropython, tmp_path):
    _, run = lives
    seen = list(Cutter(run, list(micropython.command), tmp_path, ERASED).cuts(chosen(run)))
    assert not [what for what in seen if what.faults]
    assert "wiping" in {what.state for what in seen}


def test_all_writes_one_after_the_other_give_the_images_that_the_run_ended_with(lives, tmp_path):
    recorded, erased = lives
    with Images(recorded.folder, recorded.writes, tmp_path / "now") as images:
        images.advance(len(recorded.writes))
        for name in ("card.img", "flash.img"):
            assert (tmp_path / "now" / name).read_bytes() == (erased.folder / name).read_bytes()


def test_a_cut_leaves_any_number_of_a_write_s_bytes(lives, tmp_path):
    run, _ = lives
    index = next(i for i, write in enumerate(run.writes) if write.kind == CARD_WRITE and any(write.data))
    write = run.writes[index]
    lengths = set()
    with Images(run.folder, run.writes, tmp_path / "now") as images:
        images.advance(index)
        for seed in range(20):
            (tmp_path / "cut").mkdir(exist_ok=True)
            images.cut(tmp_path / "cut", seed, reordered=False)
            with (tmp_path / "cut" / "card.img").open("rb") as card:
                card.seek(write.place * 512)
                stored = card.read(len(write.data))
            same = [at for at in range(len(stored)) if stored[at] != write.data[at]]
            lengths.add(same[0] if same else len(stored))
    assert len(lengths) > 10
