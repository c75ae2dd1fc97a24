"""Of the compiled firmware only the newest few folders stay, and those that a run is using."""

import os
import time
from pathlib import Path

import pytest

from host_tools.simulator import builds


@pytest.fixture
def cache(tmp_path: Path) -> list[Path]:
    """Twelve builds for one board and processor, the oldest first."""
    folders = [tmp_path / f"board-x86-{number:016x}" for number in range(12)]
    for age, folder in enumerate(reversed(folders)):
        folder.mkdir()
        (folder / "main.py").touch()
        used_s = time.time() - 10 * age
        os.utime(folder, (used_s, used_s))
    return folders


@pytest.fixture
def compiled(monkeypatch):
    """Lets `installed_firmware` find that folder compiled, each in turn."""

    def give(*folders: Path) -> None:
        turns = iter(folders)
        monkeypatch.setattr(builds, "compiled_firmware", lambda *arguments: next(turns))

    return give


def installed(cache: list[Path]):
    return builds.installed_firmware(Path(), "board", [], cache[0].parent)


def test_newest_builds_stay(cache, compiled):
    compiled(cache[-1])
    with installed(cache) as folder:
        assert folder == cache[-1]
        assert [path.exists() for path in cache] == [False] * 4 + [True] * 8
    assert len(list(folder.parent.iterdir())) == 8


def test_build_in_use_stays_until_the_run_has_ended(cache, compiled):
    compiled(cache[1], cache[-1], cache[-1])
    with installed(cache):
        assert cache[1].exists()
        with installed(cache):
            assert [path.exists() for path in cache] == [False, True] + [False] * 2 + [True] * 8
    with installed(cache):
        assert not cache[1].exists()


def test_other_boards_and_processors_are_left_alone(cache, compiled):
    others = [cache[0].with_name(name) for name in ("board-x64-00", "board2-x86-00", "other")]
    for other in others:
        other.mkdir()
        os.utime(other, (0, 0))
    compiled(cache[-1])
    with installed(cache):
        assert all(other.exists() for other in others)


def test_what_was_given_up_half_made_goes_and_what_is_being_made_stays(cache, compiled):
    given_up, being_made = (cache[0].with_name(f"board-x86-00.{pid}.partial") for pid in (1, 2))
    given_up.mkdir()
    being_made.mkdir()
    os.utime(given_up, (0, 0))
    compiled(cache[-1])
    with installed(cache):
        assert not given_up.exists()
        assert being_made.exists()


def test_build_that_vanishes_before_it_is_locked_is_made_again(cache, compiled):
    compiled(cache[0].with_name("board-x86-gone"), cache[-1])
    with installed(cache) as folder:
        assert folder == cache[-1]
