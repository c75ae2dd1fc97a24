"""A share of the failing cards of `make faults`: one recording on a card with a fault, and the next one."""

import pytest

from tests.conftest import WORD_SIZES
from tests.faults.card_faults import KINDS, Bench
from tests.simulated_recorder import CARD_BYTES, make_recorder

# The board's word size; both are tried in tests/scenarios.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)


@pytest.fixture(scope="module")
def bench(micropython, tmp_path_factory, fsck_vfat) -> Bench:
    folder = tmp_path_factory.mktemp("cards")
    (folder / "recorder").mkdir()
    return Bench(
        make_recorder(folder / "recorder", list(micropython.command), fsck_vfat, CARD_BYTES), folder / "work"
    )


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_what_was_recorded_is_kept_and_what_is_lost_is_told(bench, kind):
    for case in bench.cases(kind, range(1)):
        assert not case.faults, case
