"""`cloister provision` and `cloister status`, as a user types them; a double plays the recorder on a pty."""

import json

import pytest

from host_tools.cli import main
from host_tools.recorder import client
from host_tools.recorder.port import SerialPort
from tests.pty_double import PtyDouble
from tests.quick_vault import make_quick_vault
from tests.unit.recorder_double import RecorderDouble


class Cloister:
    """Runs commands on a fresh vault; the answer is (exit status, stdout, stderr)."""

    def __init__(self, folder, capsys):
        self.made = make_quick_vault(folder)
        self._capsys = capsys

    def __call__(self, *arguments):
        options = ["--vault", self.made.folder, "--passphrase-file", self.made.passphrase_file]
        status = main([str(argument) for argument in (*options, *arguments)])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    def refused(self, *arguments, status=1):
        """The lines of an error, without `cloister: `."""
        found, out, err = self(*arguments)
        assert (found, out) == (status, "")
        lines = err.splitlines()
        assert lines[0].startswith("cloister: error: ")
        return [line.removeprefix("cloister: ") for line in lines]


@pytest.fixture
def cloister(tmp_path, capsys):
    return Cloister(tmp_path, capsys)


@pytest.fixture
def recorder():
    return RecorderDouble()


@pytest.fixture
def port(recorder):
    double = PtyDouble(recorder)
    yield double.port
    double.close()


def test_provision_makes_a_recorder_ours_and_says_so(cloister, recorder, port):
    options = ("--keys", 90, "--rate", 8000, "--keep-expired")
    status, out, err = cloister("provision", "--port", port, *options)
    assert status == 0
    assert "knows suite 1, X25519 only" in err and "cloister rekey" in err
    assert out.splitlines()[:2] == [
        f"recorder {recorder.recorder_id.hex()} provisioned",
        "one-time keys: 90 added, 90 unused (suite 1, X25519)",
    ]
    assert recorder.requests[0]["config"] == {"rate": 8000, "erase_expired": False}
    with cloister.made.open() as vault:
        assert vault.recorder_secret(recorder.recorder_id) == recorder.secret
        assert {entry.recorder_id for entry in vault.recorders()} >= {recorder.recorder_id}


def test_only_settings_that_were_given_are_sent(cloister, recorder, port):
    assert cloister("provision", "--port", port, "--keys", "1")[0] == 0
    assert recorder.requests[0]["config"] == {}


def test_every_option_reaches_the_recorder_under_its_name(cloister, recorder, port):
    options = {
        "rate": 48000, "channels": 2, "gain-db": 0, "parties": 3, "consent-window": 20,
        "container-minutes": 10, "retention-days": 7, "max-minutes": 60, "indicator": 30,
    }  # fmt: skip
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert cloister("provision", "--port", port, "--keys", 1, "--erase-expired", *words)[0] == 0
    expected = {name.replace("-", "_"): value for name, value in options.items()} | {"erase_expired": True}
    expected["consent_window_s"] = expected.pop("consent_window")
    assert recorder.requests[0]["config"] == expected


def test_provision_as_json_is_one_object(cloister, recorder, port):
    cloister("provision", "--port", port, "--keys", "3")
    status, out, _ = cloister("provision", "--port", port, "--keys", "5", "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["recorder"] == recorder.recorder_id.hex()
    assert (answer["new"], answer["keys_added"], answer["drift_ms"]) == (False, 2, 1500)
    assert answer["status"]["keys"]["1"]["left"] == 5


SLIPS = [
    ("--rate", 44100),
    ("--gain-db", 43),
    ("--parties", 0),
    ("--container-minutes", 9),
    ("--indicator", 0),
]


@pytest.mark.parametrize("option", SLIPS)
def test_a_bad_setting_is_refused_before_the_recorder_is_touched(cloister, recorder, port, option):
    assert "invalid value" in cloister.refused("provision", "--port", port, *option, status=2)[0]
    assert recorder.writes == []


def test_status_shows_a_page_and_keeps_what_the_recorder_vouches_for(cloister, recorder, port):
    cloister("provision", "--port", port, "--keys", "2")
    last = {"number": 7, "seal": "ab" * 16, "samples": 1000}
    card = {"present": True, "free": 3_000_000_000}
    recorder.more_status = {"last": last, "next_container": 8, "card": card}
    status, out, _ = cloister("status", "--port", port)
    assert status == 0
    assert recorder.recorder_id.hex() in out
    assert "2 one-time keys left of 2" in out
    assert "number 7, up to sample 1000" in out
    assert "3000 MB free" in out
    with cloister.made.open() as vault:
        (known,) = [entry for entry in vault.recorders() if entry.recorder_id == recorder.recorder_id]
    assert (known.last.number, known.last.samples) == (7, 1000)


def test_status_as_json_is_what_the_recorder_answered(cloister, recorder, port):
    cloister("provision", "--port", port, "--keys", "2")
    answer = json.loads(cloister("status", "--port", port, "--json")[1])
    assert answer["recorder"] == recorder.recorder_id.hex()
    assert answer["keys"]["1"]["loaded"] == 2
    assert "id" not in answer and "ok" not in answer


def test_status_of_a_recorder_that_nobody_has_provisioned_says_so(cloister, port):
    status, out, _ = cloister("status", "--port", port)
    assert (status, "not provisioned yet" in out) == (0, True)
    assert json.loads(cloister("status", "--port", port, "--json")[1])["recorder"] is None


@pytest.mark.parametrize("odd", [5, [], "text", {"free": "x", "present": 1}, None, {"\x1b[31m": {}}])
def test_a_status_with_fields_of_other_forms_is_still_shown(cloister, recorder, port, odd):
    cloister("provision", "--port", port, "--keys", "2")
    names = "state build card battery_mv clock time_ms lost_samples faults uptime_ms"
    recorder.more_status = dict.fromkeys(names.split(), odd)
    status, out, _ = cloister("status", "--port", port)
    assert status == 0
    assert "\x1b" not in out


@pytest.mark.parametrize("command", ["provision", "status"])
def test_a_recorder_of_another_vault_is_named(cloister, recorder, port, command):
    recorder.recorder_id, recorder.secret = bytes(8), bytes(32)
    error, hint = cloister.refused(command, "--port", port)
    assert error == "error: recorder 0000000000000000 was provisioned by another vault"
    assert "--vault" in hint


@pytest.mark.parametrize("command", ["provision", "status"])
def test_a_recorder_that_was_given_another_secret_is_told(cloister, recorder, port, command):
    with cloister.made.open() as vault:
        vault.add_recorder(bytes(8), bytes(32))
    recorder.recorder_id, recorder.secret = bytes(8), bytes(range(32))
    assert "does not accept the secret" in cloister.refused(command, "--port", port)[0]


@pytest.mark.parametrize("command", ["provision", "status"])
def test_a_port_that_is_missing_or_none_is_one_line(cloister, tmp_path, command):
    (tmp_path / "file").write_bytes(b"")
    missing = tmp_path / "none"
    assert cloister.refused(command, "--port", missing)[0] == f"error: there is no port {missing}"
    assert cloister.refused(command, "--port", tmp_path / "file")[0].endswith("file is not a serial port")


@pytest.mark.parametrize("command", ["provision", "status"])
def test_a_port_that_answers_rubbish_is_one_line(cloister, recorder, port, command, monkeypatch):
    monkeypatch.setattr(client, "_HELLO_ATTEMPT_S", 0.1)
    recorder._answer = lambda line: b"login: " + line
    assert cloister.refused(command, "--port", port)[0] == f"error: {port} answers, but not as a recorder"


def test_a_busy_port_is_one_line(cloister, port):
    with SerialPort(port):
        assert cloister.refused("status", "--port", port)[0] == f"error: {port} is in use by another program"
