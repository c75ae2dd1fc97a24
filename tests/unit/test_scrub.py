"""After `reset` nothing that the recorder ever stored is in its flash; a power cut only puts that off."""

from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
SCRIPT = BENCH / "scrub_cases.py"
OLD = (
    b"the recorder's secret",
    b"recorder\x00",
    b"the laptop drew",
    b"retention_days",
    b"d1ce0000",
    b"public key",
    b"keys-1-",
    b"expires ",
)


class Board:
    """A flash image, and the interpreter that runs on it."""

    def __init__(self, micropython, image: Path, root: str):
        self.micropython = micropython
        self.image = image
        self.root = root
        image.touch()

    def run(self, what: str, number: int = 0) -> str:
        return self.micropython.output(
            SCRIPT, what, self.image, self.root, str(number), path=[BENCH], heap="16m"
        ).strip()

    def left(self) -> list[bytes]:
        content = self.image.read_bytes()
        return [old for old in OLD if old in content]


@pytest.fixture(params=["/data", "/flash/data"])
def board(request, micropython, tmp_path):
    return Board(micropython, tmp_path / "flash.img", request.param)


@pytest.mark.parametrize("seed", range(4))
def test_after_a_reset_nothing_old_is_in_the_flash(board, seed):
    board.run("live", seed)
    assert {b"the recorder's secret", b"d1ce0000", b"public key"} <= set(board.left())
    assert board.run("reset") == "done"
    assert board.left()
    assert board.run("start") == "scrubbed"
    assert board.left() == []
    assert board.run("start") == "log seed"


@pytest.mark.parametrize("cut", [2, 13])
def test_power_lost_while_files_go_leaves_all_or_goes_on_at_the_start(board, cut):
    board.run("live", cut)
    assert board.run("reset", cut) == "cut"
    told = board.run("start")
    if told == "scrubbed":
        assert board.left() == []
    else:
        assert "identity" in told and "journal" in told


@pytest.mark.parametrize("cut", [20, 600])
def test_power_lost_while_it_is_overwritten_only_puts_it_off(board, cut):
    board.run("live", cut)
    board.run("reset")
    assert board.run("start", cut) == "cut"
    assert board.run("start", cut * 2) in ("cut", "scrubbed")
    while board.run("start") == "scrubbed":
        pass
    assert board.left() == []
    assert board.run("start") == "log seed"
