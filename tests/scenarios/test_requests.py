"""What a laptop may ask of the whole recorder beside recording: self-test, log, wiping, service, reset."""

import time

import pytest

from host_tools.card import format_fat32, open_card
from host_tools.recorder.client import RecorderRefused
from host_tools.vault import open_vault
from tests.conftest import WORD_SIZES
from tests.quick_vault import PASSPHRASE

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

SESSION = "3 press both 0.2\n8 press p1 2.5\n13 end\n"


def authenticated(recorder, client):
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        client.use_secret(vault.recorder_secret(client.hello().recorder_id))
    return client


def asked(recorder, do: str, scenario: str = "", for_ms: int = 4000, wait_s: float = 0, **fields) -> dict:
    """Ask one thing, in a run of its own; the answer."""
    answers = []

    def talk(client) -> None:
        authenticated(recorder, client)
        time.sleep(wait_s)
        answers.append(client.request(do, **fields))

    recorder.converse(talk, scenario, for_ms=for_ms, ends_in=None if scenario else "ready")
    return answers[0]


def logged(recorder) -> list[dict]:
    """All entries of the log: an answer has room for some."""
    entries = []

    def talk(client) -> None:
        authenticated(recorder, client)
        while more := client.request("log", after=entries[-1]["n"] if entries else 0)["entries"]:
            entries.extend(more)

    recorder.converse(talk, for_ms=10_000, ends_in="ready")
    return entries


def test_the_self_test_looks_at_each_part_and_leaves_the_recorder_ready(recorder):
    answer = asked(recorder, "selftest", "8 press both 0.2\n11 press p1 2.5\n", for_ms=15_000)
    parts = {"microphone", "card", "buttons", "indicator", "clock", "entropy"}
    assert parts <= answer.keys()
    assert {part for part in parts if not answer[part]["ok"]} == {"clock"}  # nobody has set it
    assert -100 < answer["microphone"]["rms_dbfs"] <= answer["microphone"]["peak_dbfs"] < -70
    assert [finding.word for finding in recorder.findings()] == ["complete", "empty"]


def test_the_self_test_finds_what_is_broken(recorder):
    answer = asked(recorder, "selftest", "0 light-off\n0 card-locked\n0 press p1 9\n", for_ms=5000)
    broken = {part for part in answer if isinstance(answer[part], dict) and not answer[part]["ok"]}
    assert broken == {"microphone", "card", "buttons", "indicator", "clock"}


def test_the_log_tells_what_happened_and_nothing_of_whom_or_when(recorder):
    recorder.run(SESSION)
    recorder.run("3 press both 0.2\n6 light-off\n10 end\n")
    entries = logged(recorder)
    told = [(entry["what"], entry["value"]) for entry in entries]
    recorded = [pair for pair in told if pair[0] in ("start", "stop", "fault")]
    assert recorded == [("start", 0), ("stop", 0), ("start", 0), ("stop", 0), ("fault", 5)]
    assert [entry["n"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1]["boot"] >= 3
    later = asked(recorder, "log", after=entries[-2]["n"])["entries"]
    assert later[0] == entries[-1]


@pytest.mark.parametrize("level", ["files", "all"])
def test_a_wiped_card_is_empty_whole_and_takes_the_next_recording(recorder, level):
    if level == "all":
        recorder.card.unlink()
        format_fat32(recorder.card, 64 * 1024 * 1024)
    recorder.run(SESSION)
    with open_card(recorder.card) as card:
        (file,) = [file for file in card.files() if file.name == "R0000001.DAT"]
        secret = file.read_at(8192, 512)
    progress: list[float] = []

    def talk(client) -> None:
        authenticated(recorder, client).request("wipe_card", level=level, on_progress=progress.append)

    recorder.converse(talk, for_ms=200_000, ends_in="ready")
    assert recorder.states()[:4] == ["closing", "ready", "wiping", "closing"]
    assert recorder.states()[-1] == "ready"
    assert progress == sorted(progress) and progress[-1] <= 1
    assert secret not in recorder.card.read_bytes()
    recorder.run(SESSION)
    words = [(finding.number, finding.word) for finding in recorder.findings()]
    assert words == [(2, "complete"), (3, "empty")]


def test_wiping_is_refused_while_recording(recorder):
    refused = []

    def talk(client) -> None:
        authenticated(recorder, client)
        time.sleep(2)
        for do, fields in (("wipe_card", {"level": "files"}), ("selftest", {}), ("config", {"gain_db": 3})):
            with pytest.raises(RecorderRefused) as refusal:
                client.request(do, **fields)
            refused.append(refusal.value.code)

    recorder.converse(talk, "1 press both 0.2\n6 press p1 2.5\n", for_ms=10_000)
    assert refused == ["state"] * 3
    assert recorder.findings()[0].word == "complete"


def test_service_and_reset_need_both_buttons(recorder):
    refused = []

    def talk(client) -> None:
        authenticated(recorder, client)
        time.sleep(1)
        for do in ("service", "reset"):
            with pytest.raises(RecorderRefused) as refusal:
                client.request(do)
            refused.append(refusal.value.code)

    recorder.converse(talk, "0.5 press p1 9\n", for_ms=4000)
    assert refused == ["state", "state"]
    recorder.run(SESSION)
    assert recorder.findings()[0].word == "complete"


def test_service_stops_the_next_start_before_the_firmware_once(recorder):
    reasons = []

    def talk(client) -> None:
        authenticated(recorder, client)
        time.sleep(2)
        client.request_once("service")

    recorder.converse(talk, "1 press both 20\n", for_ms=15_000)
    reasons.append(recorder.reports[-1].value)
    assert reasons == ["repl"]
    assert recorder.findings()[0].word == "complete"  # which holding both had begun
    assert recorder.run(SESSION).reason == "end"
    assert recorder.states()[-1] == "ready"


def test_both_held_at_power_on_open_the_way_in_and_one_alone_does_not(recorder):
    assert recorder.run("0 press both 6\n12 end\n").reason == "repl"
    assert recorder.run("0 press both 4\n12 end\n").reason == "end"
    assert recorder.states()[-1] == "ready"
    assert recorder.run("0 press p1 8\n9 end\n").reason == "end"


def test_a_reset_leaves_nothing_of_the_owner_and_a_recorder_that_can_be_had_anew(recorder):
    recorder.run(SESSION)
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        (known,) = vault.recorders()
        secret = vault.recorder_secret(known.recorder_id)
    assert secret in (recorder.folder / "flash.img").read_bytes()

    def talk(client) -> None:
        authenticated(recorder, client)
        time.sleep(2)
        client.request_once("reset")

    recorder.converse(talk, "1 press both 8\n", for_ms=60_000, ends_in="unprovisioned")
    assert recorder.states()[-2:] == ["wiping", "unprovisioned"]
    flash = (recorder.folder / "flash.img").read_bytes()
    assert secret not in flash and known.recorder_id not in flash
    said = []
    recorder.converse(lambda client: said.append(client.hello().recorder_id), ends_in="unprovisioned")
    assert said == [None]


@pytest.mark.parametrize("cut_s", [3.2, 4.5, 9.0])
def test_power_cut_during_a_reset_is_made_good_at_the_next_start(recorder, cut_s):
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        secret = vault.recorder_secret(vault.recorders()[0].recorder_id)
    failures = []

    def talk(client) -> None:
        authenticated(recorder, client)
        time.sleep(2)
        try:
            client.request_once("reset")
        except Exception as failure:  # noqa: BLE001 - the power may go before the answer
            failures.append(failure)

    recorder.converse(talk, f"1 press both 8\n{cut_s} power-cut\n", for_ms=40_000, clean=False)
    recorder.run("40 end\n", clean=False)
    if recorder.states()[-1] != "ready":
        assert recorder.states()[-1] == "unprovisioned"
        assert secret not in (recorder.folder / "flash.img").read_bytes()
