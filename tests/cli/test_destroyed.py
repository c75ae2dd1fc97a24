"""Destroyed on the recorder: what `status` and `provision` do and say, and what becomes of other copies."""

import json
import sys
from pathlib import Path

import click
import pytest

from tests.reference_writer import END, destroyed_header, key_id, record, seal_of
from tests.serviced_recorder import ServicedRecorder
from tests.typed_command import FRAMES, SOUND, Cloister, errors


@pytest.fixture
def recorder(cloister: Cloister) -> ServicedRecorder:
    writer = cloister.made.writer
    recorder = ServicedRecorder(writer.recorder_id, writer.secret)
    recorder.more_status = {"next_container": 7}
    return recorder


def strike(cloister: Cloister, recorder: ServicedRecorder, number: int) -> str:
    """The recorder destroys what was written last; its key id in hex."""
    key = key_id(cloister.made.writer.public).hex()
    recorder.struck.append({"number": number, "key": key})
    return key


def continued(cloister: Cloister) -> list[bytes]:
    """The records of SOUND, to go on in the next container."""
    end = {"samples": FRAMES, "lost": 0, "reason": "continued"}
    return [*cloister.made.writer.records(SOUND.tobytes(), end=False), record(END, end)]


def container_under_the_last_resort_key(cloister: Cloister, number: int) -> bytes:
    with cloister.made.open() as vault:
        cloister.made.writer.public = vault.last_resort_key(cloister.made.writer.recorder_id, 1)
    return cloister.made.writer.container(number, pcm=SOUND.tobytes())


def test_a_copy_left_over_cannot_be_opened_any_more(cloister: Cloister, card: Path, recorder, port) -> None:
    path = card / "R0000007.DAT"
    path.write_bytes(cloister.container(7))
    assert cloister("verify", path) == 0
    key = strike(cloister, recorder, 7)
    assert cloister("status", "--port", port) == 0
    assert cloister.err == (
        "cloister: note: number 7 was destroyed on the recorder; its private key is destroyed here, too: "
        "no copy of it can be opened any more\n"
    )
    assert recorder.struck == []
    for command in ("verify", "import"):
        assert cloister(command, path if command == "verify" else card) == 3
        assert f"unreadable: its private key was destroyed ({key})" in cloister.err
        assert "number 7 was destroyed on the recorder" in cloister.err
    path.write_bytes(
        destroyed_header(recorder.recorder_id, recorder.secret, 7, bytes.fromhex(key))
        + path.read_bytes()[4096:]
    )
    assert cloister("verify", card, "--json") == 0
    (found,) = json.loads(cloister.out)["containers"]
    assert (found["finding"], json.loads(cloister.out)["missing"]) == ("destroyed", [])


def test_what_was_imported_stays_if_that_is_the_answer(
    cloister: Cloister, card: Path, recorder, port
) -> None:
    (card / "R0000007.DAT").write_bytes(cloister.container(7))
    assert cloister("import", card) == 0
    key = strike(cloister, recorder, 7)
    destroyed = destroyed_header(recorder.recorder_id, recorder.secret, 7, bytes.fromhex(key))
    last = {"number": 7, "seal": seal_of(destroyed), "samples": None}
    recorder.more_status = {"next_container": 8, "last": last}
    assert cloister("status", "--port", port, "--keep-copies") == 0
    assert "destroyed on the recorder after it was imported: the vault's copy" in cloister.err
    assert recorder.struck == []
    (card / "R0000008.DAT").write_bytes(cloister.container(8, session={"previous": last}))
    for command in (("verify", 1), ("show", 1), ("verify", card), ("import", card), ("verify", 1)):
        assert cloister(*command) == 0


def test_without_a_terminal_the_question_stays_open(cloister: Cloister, card: Path, recorder, port) -> None:
    (card / "R0000007.DAT").write_bytes(cloister.container(7))
    cloister("import", card)
    strike(cloister, recorder, 7)
    for command in (("status",), ("provision", "--keys", "0")):
        assert cloister(*command, "--port", port) == 3
        (line,) = errors(cloister.err)
        assert "was not answered: cloister status asks on a terminal; --destroy-copies and" in line
    assert len(recorder.struck) == 1
    assert cloister("verify", 1) == 0


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_it_is_asked_once_a_recording(
    cloister: Cloister, card: Path, recorder, port, monkeypatch, answer
) -> None:
    (card / "R0000007.DAT").write_bytes(cloister.container(7, records=continued(cloister)))
    keys = [key_id(cloister.made.writer.public).hex()]
    previous = {"number": 7, "seal": seal_of((card / "R0000007.DAT").read_bytes()), "samples": FRAMES}
    session = {"part": 1, "previous": previous}
    (card / "R0000008.DAT").write_bytes(cloister.container(8, start=FRAMES, session=session))
    keys.append(key_id(cloister.made.writer.public).hex())
    assert cloister("import", card) == 0
    recorder.struck = [{"number": number, "key": key} for number, key in zip((7, 8), keys, strict=True)]
    asked = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "confirm", lambda text, **options: asked.append(text) or answer)
    assert cloister("status", "--port", port) == 0
    assert len(asked) == 1 and "0:05 long" in cloister.err
    assert recorder.struck == []
    cloister("list", "--json")
    words = {entry["finding"] for entry in json.loads(cloister.out)["recordings"]}
    assert words == ({"destroyed"} if answer else {"complete"})
    files = list((cloister.made.folder / "recordings").iterdir())
    assert len(files) == (0 if answer else 2)


def test_the_vaults_copy_goes_where_that_is_the_answer(
    cloister: Cloister, card: Path, recorder, port
) -> None:
    (card / "R0000007.DAT").write_bytes(cloister.container(7))
    assert cloister("import", card) == 0
    key = strike(cloister, recorder, 7)
    assert cloister("status", "--port", port, "--destroy-copies", "--json") == 0
    assert json.loads(cloister.out)["settled"] == [{"number": 7, "key": key, "did": "copy and key destroyed"}]
    assert cloister("list", "--json") == 0
    (entry,) = json.loads(cloister.out)["recordings"]
    assert entry["finding"] == "destroyed" and entry["destroyed"]
    assert cloister("import", card) == 3  # the card still has it, and nothing opens that
    assert "R0000007.DAT: unreadable: its key was destroyed on" in cloister.err
    with cloister.made.open() as vault:
        (entry,) = [entry for entry in vault.audit.entries() if entry.action == "status"]
        assert entry.recordings == [1]


def test_copies_under_the_last_resort_key_are_named_and_not_taken_in(
    cloister: Cloister, card: Path, recorder, port
) -> None:
    (card / "R0000007.DAT").write_bytes(container_under_the_last_resort_key(cloister, 7))
    strike(cloister, recorder, 7)
    assert cloister("status", "--port", port) == 0
    assert "can still be opened here until that key is replaced" in cloister.err
    assert cloister("verify", card) == 3
    assert "this copy of it can still be opened" in cloister.err
    assert cloister("import", card, "--json") == 3
    (found,) = json.loads(cloister.out)["containers"]
    assert (found["outcome"], found["recording"]) == ("not imported", None)


def test_json_tells_what_was_done(cloister: Cloister, card: Path, recorder, port) -> None:
    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    cloister("import", card)
    keys = [strike(cloister, recorder, 1)]
    cloister.made.next_key()
    keys.append(strike(cloister, recorder, 2))
    container_under_the_last_resort_key(cloister, 3)
    keys.append(strike(cloister, recorder, 3))
    assert cloister("status", "--port", port, "--keep-copies", "--json") == 0
    answer = json.loads(cloister.out)
    done = zip((1, 2, 3), keys, ("kept", "key destroyed", "last-resort key kept"), strict=True)
    assert answer["settled"] == [{"number": number, "key": key, "did": did} for number, key, did in done]
    assert (answer["unsettled"], answer["struck"]) == ([], [])
    assert cloister("status", "--port", port, "--json") == 0
    assert json.loads(cloister.out)["settled"] == []


@pytest.mark.parametrize("command", [("status",), ("provision", "--keys", "0")])
def test_what_cannot_be_settled_is_exit_status_3_and_stays(
    cloister: Cloister, recorder, port, command
) -> None:
    recorder.struck = [{"number": 4, "key": "ab" * 8}]
    assert cloister(*command, "--port", port) == 3
    words = f"number 4 was destroyed on the recorder, and no key is destroyed here: its key {'ab' * 8} is"
    assert errors(cloister.err) == [f"cloister: error: {words} not known to this vault"]
    assert len(recorder.struck) == 1
    assert cloister(*command, "--port", port, "--json") == 3
    (left,) = json.loads(cloister.out)["unsettled"]
    assert (left["number"], left["key"], left["why"].startswith(words)) == (4, "ab" * 8, True)


def test_provision_settles_too(cloister: Cloister, recorder, port) -> None:
    cloister.made.next_key()
    key = strike(cloister, recorder, 7)
    recorder.keys = ["used", "used"]
    assert cloister("provision", "--port", port, "--keys", "3", "--json") == 0
    assert json.loads(cloister.out)["settled"] == [{"number": 7, "key": key, "did": "key destroyed"}]
    assert "no copy of it can be opened any more" in cloister.err


def test_a_recorder_that_wants_a_destroyed_key_again_is_told(cloister: Cloister, recorder, port) -> None:
    strike(cloister, recorder, 7)
    cloister("status", "--port", port)
    assert cloister("provision", "--port", port, "--keys", "3") == 1
    assert "asks for one-time keys that it has used already" in cloister.err
    assert recorder.keys == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"battery_mv": None}, "not measured"),
        ({"battery_mv": 3720}, "3.72 V"),
        ({"clock": "rtc", "time_ms": 1_752_483_600_000}, "2025-07-14 09:00:00 UTC, clock chip"),
        ({"clock": "laptop", "time_ms": 1_752_483_600_000}, "set by the laptop, lost when power goes"),
        ({"clock": "none", "time_ms": None}, "not set"),
        ({"state": "paused"}, "paused: the microphone has no power"),
        ({"state": "wiping"}, "wiping its card"),
        ({"faults": 0}, "none since it was started"),
        ({"faults": 2}, "2 since it was started"),
        ({"keys": {"1": {"left": 11, "loaded": 100}}}, "11 one-time keys left of 100\n"),
        (
            {"keys": {"1": {"left": 10, "loaded": 100}}},
            "10 one-time keys left of 100: cloister provision soon",
        ),
        ({"keys": {"1": {"left": 0, "loaded": 100, "last_resort": "ab"}}}, "share the last-resort key"),
        ({"keys": {"1": {"left": 3, "loaded": 3}, "2": {"left": 0, "loaded": 0}}}, "ML-KEM-768): no keys\n"),
        (
            {"keys": {"1": {"left": 3, "loaded": 3}, "2": {"left": 0, "loaded": 4}}},
            "ML-KEM-768): 0 one-time keys left of 4: loading was not finished: cloister rekey\n",
        ),
        (
            {"keys": {"1": {"left": 3, "loaded": 3}, "2": {"left": 1, "loaded": 4}}},
            "used again after the few of a newer suite, as loading was not finished: cloister rekey\n",
        ),
        (
            {"keys": {"1": {"left": 3, "loaded": 3}, "2": {"left": 1, "loaded": 4, "last_resort": "ab"}}},
            "3 one-time keys left of 3: used no more",
        ),
    ],
)
def test_the_page_says_it_in_words(cloister: Cloister, recorder, port, fields, words) -> None:
    recorder.more_status = fields
    recorder._status = lambda request: {"last": None, "struck": []} | fields
    assert cloister("status", "--port", port) == 0
    assert words in "\n".join(line.rstrip() for line in cloister.out.splitlines()) + "\n"
