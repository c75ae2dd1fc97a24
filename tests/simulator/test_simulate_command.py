"""`cloister simulate` as a user meets it: what it prints, how it ends, and how it refuses."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from host_tools.simulator.interpreter import CHECKOUT_DIR

COMMAND = [sys.executable, "-c", "import sys; from host_tools.cli import main; sys.exit(main())", "simulate"]


@pytest.fixture
def simulate(tmp_path):
    """Runs the command in a folder of its own; the images are `flash` and `card` there."""

    def run(
        *arguments: str, scenario: str | None = None, largest_file: int = resource.RLIM_INFINITY
    ) -> subprocess.CompletedProcess[str]:
        options = ["--flash", "flash", "--card", "card", *arguments]
        if scenario is not None:
            (tmp_path / "scenario").write_text(scenario)
            options += ["--scenario", "scenario"]
        limits = (largest_file, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        return subprocess.run(
            [*COMMAND, *options], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits),
        )  # fmt: skip

    return run


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(CHECKOUT_DIR)}


def test_json_has_one_object_a_line_with_its_virtual_time(simulate):
    done = simulate("--json", "--seed", "1", scenario="1.5 press p1 0.2\n3.25 power-cut\n")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1] == {"time": 3.25, "end": "power-cut"}
    assert {"time", "light"} in [set(line) for line in lines]
    assert {"time", "state"} in [set(line) for line in lines]
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)


def test_plain_output_is_readable_and_on_stdout(simulate):
    done = simulate("--for", "2.5")
    assert (done.returncode, done.stderr) == (0, "")
    assert "     2.500  end    for\n" in done.stdout
    assert "  state  " in done.stdout


def test_clock_chip_has_a_file_between_runs(simulate, tmp_path):
    for expected in ("2000-01-01T00:00:01.500Z", "2000-01-01T00:00:03.000Z"):
        done = simulate("--for", "1.5", "--clock-chip", "chip")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads((tmp_path / "chip").read_text()) == {"time": expected, "stopped": True}
    (tmp_path / "chip").write_text("no chip")
    done = simulate("--for", "1.5", "--clock-chip", "chip")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cloister: error: chip is no clock chip\ncloister: hint: ")


def test_firmware_that_opens_the_repl_ends_the_run_plainly(tmp_path, monkeypatch, capfd):
    from host_tools.cli import main
    from host_tools.simulator import run

    outcome = run.Outcome("repl", 250, 0, "")

    def simulate(*arguments, **options):
        arguments[8](run.Report(250, "end", "repl"))
        return outcome

    monkeypatch.setattr(run, "simulate", simulate)
    assert main(["simulate", "--flash", "flash", "--card", "card", "--for", "1"]) == 0
    assert "repl: main.py has returned" in capfd.readouterr().out


def test_run_ends_ten_seconds_after_the_last_event(simulate):
    done = simulate("--json", scenario="1 press p1 0.5\n")
    assert json.loads(done.stdout.splitlines()[-1]) == {"time": 11.5, "end": "idle"}


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["--json"], 2, "nothing would happen"),
        (["--for", "0"], 2, "longer than 0"),
        (["--for", "a while"], 2, "not a time"),
        (["--for", "1", "--board", "toaster"], 1, "there is no board 'toaster'"),
        (["--for", "1", "--mic", "missing.wav"], 1, "missing.wav is not there"),
        (["--scenario", "missing"], 1, "cannot be read"),
        (["--for", "1", "--card", "/nowhere/card"], 1, "cannot be made"),
        (["--for", "1", "--flash", "/nowhere/flash"], 1, "cannot be made"),
    ],
)
def test_mistakes_get_one_line_and_a_status(simulate, arguments, status, reason):
    done = simulate(*arguments)
    assert done.returncode == status
    assert done.stdout == ""
    assert done.stderr.startswith("cloister: error: ")
    assert reason in done.stderr.splitlines()[0]
    assert all(line.startswith("cloister: ") for line in done.stderr.splitlines())


def test_no_micropython_is_an_error(simulate, monkeypatch, tmp_path):
    monkeypatch.setenv("MICROPYTHON", str(tmp_path / "nothing"))
    done = simulate("--for", "1")
    assert done.returncode == 1
    assert done.stderr.startswith("cloister: error: $MICROPYTHON is not MicroPython")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("rubbish", "no card image"),
        ("nowhere/card", "cannot be made"),
        ("flash", "cannot be the flash and the card at once"),
    ],
)
def test_a_refused_card_leaves_no_flash_image_behind(simulate, tmp_path, card, reason):
    (tmp_path / "rubbish").write_bytes(bytes(700))
    done = simulate("--for", "1", "--card", card)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["rubbish"]


@pytest.mark.parametrize("image", ["flash", "card"])
def test_an_image_for_which_there_is_no_room_is_not_left_half_made(simulate, tmp_path, image):
    largest = {"flash": 1 << 20, "card": 1 << 22}[image]
    simulate("--for", "1", "--flash", "other_flash", "--card", "other_card")  # compiles the firmware
    before = sorted(tmp_path.iterdir())
    done = simulate("--for", "1", largest_file=largest)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{image} image {image} cannot be made" in done.stderr
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_the_run_and_leaves_no_interpreter(tmp_path, number):
    options = ["--flash", "flash", "--card", "card", "--console", "pty", "--json"]
    with subprocess.Popen([*COMMAND, *options], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        assert Path(process.stdout.readline().strip()).exists()
        assert json.loads(process.stdout.readline())["time"] < 5
        interpreters = children(process.pid)
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert json.loads(output.splitlines()[-1])["end"] == "interrupted"
    assert len(interpreters) == 1
    time.sleep(0.1)
    assert not Path(f"/proc/{interpreters[0]}").exists()


def test_clock_chip_knows_how_long_an_interrupted_run_with_a_console_was(tmp_path):
    options = ["--flash", "flash", "--card", "card", "--console", "pty", "--json", "--clock-chip", "chip"]
    with subprocess.Popen([*COMMAND, *options], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE,
                          text=True) as process:  # fmt: skip
        process.stdout.readline()
        process.stdout.readline()
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=10)
    end_ms = round(json.loads(output.splitlines()[-1])["time"] * 1000)
    assert 1400 <= end_ms < 9000
    expected = f"2000-01-01T00:00:0{end_ms // 1000}.{end_ms % 1000:03d}Z"
    assert json.loads((tmp_path / "chip").read_text())["time"] == expected


def children(pid: int) -> list[int]:
    """The processes that this one has started (Linux)."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
