"""The clock chip, what the recording says of its time, file stamps, and expiry on the recorder."""

import json
from pathlib import Path

import pytest

from host_tools.vault import open_vault
from tests.conftest import WORD_SIZES
from tests.quick_vault import PASSPHRASE

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

SESSION = "3 press both 0.2\n8 press p1 2.5\n13 end\n"


def chip(recorder, time: str, stopped: bool = False) -> Path:
    """A clock chip that has this time."""
    path = recorder.folder / "chip.json"
    path.write_text(json.dumps({"time": time, "stopped": stopped}))
    return path


def test_a_recording_carries_the_time_of_the_clock_chip(recorder):
    recorder.run(SESSION, clock_chip=chip(recorder, "2026-03-01T09:00:00.000Z"))
    session = recorder.findings()[0].session
    assert session.started in ("2026-03-01T09:00:02Z", "2026-03-01T09:00:03Z", "2026-03-01T09:00:04Z")
    assert session.fields["clock"] == "rtc"


def test_a_chip_whose_cell_was_empty_is_not_believed(recorder):
    recorder.run(SESSION, clock_chip=chip(recorder, "2026-03-01T09:00:00.000Z", stopped=True))
    session = recorder.findings()[0].session
    assert (session.started, session.fields["clock"]) == (None, "none")


def test_the_laptop_sets_the_chip_and_is_told_its_drift(recorder):
    path = chip(recorder, "2026-03-01T09:00:00.000Z")
    drifts = []

    def talk(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            client.use_secret(vault.recorder_secret(client.hello().recorder_id))
            for _ in range(2):
                answer = client.request("time", time_ms=1_772_355_600_000 + 3_600_000)  # an hour later
                drifts.append(answer["drift_ms"])
            assert client.request("status")["clock"] == "rtc"

    recorder.converse(talk, clock_chip=path)
    assert drifts[0] == pytest.approx(-3_600_000, abs=3000)
    assert drifts[1] == pytest.approx(0, abs=1500)
    assert json.loads(path.read_text())["time"].startswith("2026-03-01T10:00:0")


def test_the_board_s_calendar_is_set_back_before_anything_is_stamped(recorder):
    recorder.run(SESSION, calendar=(2026, 3, 1, 9, 0, 0))
    stamps = [report.value[:3] for report in recorder.reports if report.kind == "rtc"]
    assert stamps and set(map(tuple, stamps)) == {(2000, 1, 1)}
    first_ms = next(report.time_ms for report in recorder.reports if report.kind == "rtc")
    assert first_ms == 0


def expiring(recorder, days: int) -> None:
    recorder.configure(retention_days=days, erase_expired=True)


def test_what_has_expired_is_destroyed_overwritten_and_removed_at_the_start(recorder):
    expiring(recorder, 7)
    recorder.run(SESSION, clock_chip=chip(recorder, "2026-03-01T09:00:00.000Z"))
    recorder.run(SESSION, clock_chip=chip(recorder, "2026-03-05T09:00:00.000Z"))
    (first, second, _) = recorder.findings()
    key_id = first.header.recipients[0].key_id.hex()
    recorder.run("200 end\n", clock_chip=chip(recorder, "2026-03-08T00:00:01.000Z"))
    assert recorder.states() == ["closing", "wiping", "closing", "ready"]
    wiping = recorder.when("wiping")
    assert recorder.lit_at(wiping + 0.5, "red") and recorder.lit_at(wiping + 0.5, "green")
    assert [finding.number for finding in recorder.findings()] == [2, 3]
    struck = []

    def talk(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            client.use_secret(vault.recorder_secret(client.hello().recorder_id))
            struck.extend(client.request("status")["struck"])

    recorder.converse(talk)
    assert struck == [{"number": 1, "key": key_id}]
    recorder.run("200 end\n", clock_chip=chip(recorder, "2026-03-11T23:00:00.000Z"))
    assert [finding.number for finding in recorder.findings()] == [2, 3]
    recorder.run("200 end\n", clock_chip=chip(recorder, "2026-03-12T09:00:01.000Z"))
    assert [finding.number for finding in recorder.findings()] == [3]


@pytest.mark.parametrize("trusted", ["stopped", "none"])
def test_without_a_clock_to_trust_nothing_expires(recorder, trusted):
    expiring(recorder, 1)
    recorder.run(SESSION, clock_chip=chip(recorder, "2026-03-01T09:00:00.000Z"))
    later = chip(recorder, "2036-03-01T09:00:00.000Z", stopped=True) if trusted == "stopped" else None
    recorder.run("30 end\n", clock_chip=later)
    assert recorder.findings()[0].word == "complete"
    assert "wiping" not in recorder.states()


def test_nothing_expires_unless_the_recorder_was_told_to_erase(recorder):
    recorder.configure(retention_days=1)
    recorder.run(SESSION, clock_chip=chip(recorder, "2026-03-01T09:00:00.000Z"))
    recorder.run("30 end\n", clock_chip=chip(recorder, "2026-04-01T09:00:00.000Z"))
    assert recorder.findings()[0].word == "complete"


@pytest.mark.parametrize("write", [4, 8, 14, 30, 200])
def test_power_cut_while_it_expires_is_made_good_at_the_next_start(recorder, write):
    expiring(recorder, 1)
    recorder.run(SESSION, clock_chip=chip(recorder, "2026-03-01T09:00:00.000Z"))
    later = "2026-03-08T09:00:00.000Z"
    cut = recorder.run("200 end\n", clock_chip=chip(recorder, later), cut_at_write=write)
    assert cut.reason == "power-cut"
    recorder.run("200 end\n", clock_chip=chip(recorder, later), clean=False)
    assert recorder.states()[-1] == "ready" and not recorder.faults()
    assert [finding.number for finding in recorder.findings()] == [2]
