"""What a user can get wrong, and what we can: one line, the right exit status, everything as it was."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.cli import main
from tests.reference_writer import BLOCK
from tests.typed_command import Cloister, errors


def test_wrong_passphrase_and_what_is_no_vault(cloister: Cloister, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("something else entirely\n")
    assert cloister.refused("list", passphrase_file=wrong).startswith("wrong passphrase")
    wrong.write_text("\n")
    assert "empty first line" in cloister.refused("list", passphrase_file=wrong)
    assert "cannot be read" in cloister.refused("list", passphrase_file=tmp_path / "nothing")
    cloister.made.folder = tmp_path
    assert cloister.refused("list").endswith("is not a vault")
    cloister.made.folder = tmp_path / "nowhere"
    assert cloister.refused("list").startswith("there is no vault at")


def test_a_passphrase_without_a_terminal_is_refused(cloister: Cloister, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert main(["--vault", str(cloister.made.folder), "list"]) == 1
    assert "no terminal to ask on" in capsys.readouterr().err


def test_init_makes_a_vault_once_and_refuses_a_short_passphrase(cloister: Cloister, tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("hunter2\n")
    cloister.made.folder = tmp_path / "new" / "vault"
    assert "has 7 characters" in cloister.refused("init", passphrase_file=short)
    assert not (tmp_path / "new").exists()
    assert cloister("init") == 0
    assert str(cloister.made.folder) in cloister.out
    assert "cannot be recovered" in cloister.err
    assert cloister("list") == 0
    assert "is a vault already" in cloister.refused("init")


def test_a_target_or_card_that_is_not_there(cloister: Cloister, tmp_path: Path) -> None:
    assert "no recording 4" in cloister.refused("verify", 4)
    assert "no such file" in cloister.refused("verify", tmp_path / "nothing")
    assert "no such file" in cloister.refused("import", tmp_path / "nothing")
    (tmp_path / "rubbish.img").write_bytes(bytes(1 << 20))
    assert "rubbish.img" in cloister.refused("import", tmp_path / "rubbish.img")


@pytest.mark.parametrize("number", ["0", "abc", "1.5", "9" * 30])
def test_an_id_that_can_be_none_is_a_mistake_of_the_command_line(cloister: Cloister, number: str) -> None:
    for command in ("show", "export", "waveform"):
        assert "is no recording's ID" in cloister.refused(command, number, status=2)
    assert number in cloister.refused("verify", number)


def test_a_card_without_recordings_is_said_in_words(cloister: Cloister, card: Path) -> None:
    for command in ("verify", "import"):
        assert cloister(command, card) == 0
        assert cloister.out == "No recordings on this card.\n"


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_standard_stream_is_no_internal_error(cloister: Cloister, closed: int) -> None:
    command = "import sys; from host_tools.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", command, "--vault", cloister.made.folder, "list"],
        input="",
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.close(closed),
    )
    assert done.returncode == 1
    if closed != 2:
        assert "no terminal to ask on" in done.stderr


def test_a_full_disk_is_named_and_what_to_do(
    cloister: Cloister, card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*anything: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "a temporary name")

    (card / "R0000001.DAT").write_bytes(cloister.container(1))
    with monkeypatch.context() as patched:
        patched.setattr("host_tools.vault.recordings.create_file", full)
        said = cloister.refused("import", card)
        assert said == f"the vault {cloister.made.folder} cannot be written: no space left on device"
        assert "make room" in cloister.err
    assert cloister("import", card) == 0
    monkeypatch.setattr("host_tools.files.create_file", full)
    for command, name in (("export", "sound.wav"), ("waveform", "picture.png")):
        path = tmp_path / name
        assert (
            cloister.refused(command, 1, "-o", path) == f"{path} cannot be written: no space left on device"
        )
        assert not path.exists()


def test_usage_errors_are_our_lines_too(cloister: Cloister) -> None:
    assert cloister.refused("export", status=2) == "missing argument 'ID'"
    assert cloister.refused("dance", status=2).startswith("no such command 'dance'")
    assert "is no time" in cloister.refused("export", 1, "--from", "noon", status=2)


def test_an_unexpected_exception_is_one_line(cloister: Cloister, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise ZeroDivisionError("our\nmistake")

    monkeypatch.setattr("host_tools.cli.context.Context.open_vault", broken)
    assert cloister.refused("list") == "internal error: ZeroDivisionError: our mistake"


def test_ctrl_c_is_said_and_exits_130(cloister: Cloister, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("host_tools.cli.context.Context.open_vault", interrupted)
    assert cloister("list") == 130
    assert errors(cloister.err) == ["cloister: error: interrupted"]


def test_names_from_a_card_cannot_reach_the_terminal(cloister: Cloister, card: Path) -> None:
    (card / "\x1b[31mred\x07").write_bytes(cloister.container(1)[:8] + bytes(BLOCK))
    assert cloister("verify", card) == 3
    assert "?[31mred?" in cloister.out
    assert "?[31mred?" in cloister.err


def test_help_does_not_load_what_it_does_not_need() -> None:
    program = (
        "import sys; from host_tools.cli import main; main(['--help'])\n"
        "print([name for name in ('numpy', 'cryptography', 'soundfile', 'matplotlib', 'rich') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
