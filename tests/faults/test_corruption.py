"""A share of the campaign of corrupted containers; and its oracle tells a broken reader from a good one."""

import pytest

from host_tools.container.stream import Stream
from tests.faults.corrupting import FAULTS
from tests.faults.corruption import SINGLE_POINTS, campaign
from tests.faults.row import Row

SHARE = 15 * len(FAULTS)
ALWAYS_FIRST = {"header of another container", "header of an earlier preparation", "header field changed"}
ALWAYS_FIRST |= {"first block zeroed"}


def failed(rows: list[Row]) -> list[str]:
    return [failure for row in rows for failure in row.failed]


def test_every_corrupted_container_is_noticed_and_nothing_else_is_lost() -> None:
    rows = {row.fault.removeprefix("container: "): row for row in campaign(SHARE)}
    assert failed(list(rows.values())) == []
    assert sum(row.tried for row in rows.values()) == SHARE
    assert set(rows) >= set(FAULTS) - ALWAYS_FIRST
    for name, row in rows.items():
        assert (row.survived, row.worst_lost_ms) == (0 if name in SINGLE_POINTS else row.tried, 0)
        assert row.worst == SINGLE_POINTS.get(name, "nothing")


def test_the_campaign_counts_what_a_careless_reader_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Stream.flag_of

    def careless(self: Stream, block: memoryview, index: int) -> int | None:
        flag = honest(self, block, index)
        return 0 if flag is None and any(block) else flag

    monkeypatch.setattr(Stream, "flag_of", careless)
    assert failed(campaign(len(FAULTS)))


def test_the_campaign_counts_what_a_timid_reader_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Stream.flag_of

    def timid(self: Stream, block: memoryview, index: int) -> int | None:
        return None if index == 2 else honest(self, block, index)

    monkeypatch.setattr(Stream, "flag_of", timid)
    rows = campaign(2 * len(FAULTS))
    assert failed(rows)
    assert any(row.worst_lost_ms for row in rows)
