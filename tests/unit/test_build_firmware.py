"""The firmware build: the same bytes twice, for the board's processor, and no miscompiled file."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest

from host_tools.firmware import build as builder
from tools.build_firmware import FIRMWARE_DIR

MPY_VERSION = 6
XTENSAWIN = 10  # the number of the architecture in an .mpy header, py/persistentcode.h of MicroPython

VIPER = """
import micropython

@micropython.viper
def total(values: ptr8, count: int) -> int:
    result = 0
    i = 0
    while i < count:
        result += values[i]
        i += 1
    return result
"""


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    """A small firmware tree with two boards and a simulator."""
    sources = {
        "boot.py": "import main\n",
        "main.py": "import crypto.words\n",
        "crypto/words.py": VIPER,
        "boards/red/pins.py": "BUTTON = 1\n",
        "boards/blue/pins.py": "BUTTON = 2\n",
        "boards/selected.py": 'NAME = "blue"\n',
        "simulator/machine.py": "raise SystemExit\n",
    }
    for name, text in sources.items():
        path = tmp_path / "firmware" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "firmware"


def fake_compiler(folder: Path, says: str) -> Path:
    """A stand-in for mpy-cross that writes a file, says something and exits 0."""
    program = folder / "mpy-cross"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "open(sys.argv[sys.argv.index('-o') + 1], 'wb').write(b'M')\n"
        f"print({says!r}, file=sys.stderr)\n"
    )
    program.chmod(0o755)
    return program


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, by its path in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_same_sources_give_the_same_bytes_in_another_place(firmware, tmp_path):
    elsewhere = tmp_path / "moved" / "deeper" / "firmware"
    shutil.copytree(firmware, elsewhere)
    builder.build(firmware, "red", tmp_path / "one", builder.packaged_compiler())
    builder.build(elsewhere, "red", tmp_path / "two", builder.packaged_compiler())
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_real_firmware_builds_the_same_twice_for_every_board(tmp_path):
    boards = builder.board_names(FIRMWARE_DIR)
    assert boards
    for board in boards:
        for output in (tmp_path / "one", tmp_path / "two"):
            builder.build(FIRMWARE_DIR, board, output, builder.packaged_compiler())
        assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_viper_is_compiled_for_the_boards_processor(firmware, tmp_path):
    builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())
    header = (tmp_path / "out/crypto/words.mpy").read_bytes()[:4]
    assert header[0:1] == b"M"
    assert header[1] == MPY_VERSION
    assert header[2] >> 2 == XTENSAWIN


def test_only_the_chosen_board_and_nothing_of_the_simulator_is_included(firmware, tmp_path):
    builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())
    built = contents(tmp_path / "out")
    assert set(built) == {
        "boot.py",
        "main.py",
        "crypto/words.mpy",
        "boards/red/pins.mpy",
        "boards/selected.mpy",
        "manifest.json",
    }
    assert b"red" in built["boards/selected.mpy"]
    assert b"blue" not in built["boards/selected.mpy"]


def test_manifest_names_every_file_with_size_and_hash(firmware, tmp_path):
    builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())
    built = contents(tmp_path / "out")
    manifest = json.loads(built.pop("manifest.json"))
    assert manifest["board"] == "red"
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in built.items()
    }


def test_code_that_mpy_cross_miscompiled_stops_the_build(firmware, tmp_path):
    compiler = fake_compiler(tmp_path, "ERROR: xtensa bccz out of range")
    with pytest.raises(builder.BuildError, match="out of range"):
        builder.build(firmware, "red", tmp_path / "out", compiler)
    assert not (tmp_path / "out").exists()


def test_a_real_branch_that_is_too_far_stops_the_build(firmware, tmp_path):
    step = "        result = (result ^ values[i]) + (result << 3)\n"
    source = VIPER.replace("        result += values[i]\n", step * 400)
    (firmware / "crypto/words.py").write_text(source)
    with pytest.raises(builder.BuildError, match="out of range"):
        builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())


STORE = """
import micropython
from micropython import const

_PLACE = const(4)

@micropython.viper
def keep(values: ptr32, count: int, others: ptr32):
    total = count + 1
    %s
"""


@pytest.mark.parametrize(
    "store",
    [
        "values[4] = total + 1",
        "values[4] = 0",
        "values[4] = count",
        "values[4] += 1",
        "values[_PLACE] = total + 1",
        "values[_PLACE + 1] = total + 1",
        "values[4] = values[5] = total",
        "others[4] = total",
    ],
)
def test_a_store_that_mpy_cross_gets_wrong_stops_the_build(firmware, tmp_path, store):
    (firmware / "crypto" / "words.py").write_text(STORE % store)
    with pytest.raises(builder.BuildError, match=r"crypto/words\.py: keep stores to a constant index"):
        builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())


def test_an_inversion_stops_the_build(firmware, tmp_path):
    (firmware / "crypto" / "words.py").write_text(STORE % "total = count & ~total")
    with pytest.raises(builder.BuildError, match=r"crypto/words\.py: keep inverts with ~"):
        builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())


@pytest.mark.parametrize(
    "store", ["values[4] = total", "values[0] = total + 1", "values[total] = count + 1", "total = values[4]"]
)
def test_other_stores_are_built(firmware, tmp_path, store):
    (firmware / "crypto" / "words.py").write_text(STORE % store)
    builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())


def test_a_failed_build_leaves_no_older_output_behind(firmware, tmp_path):
    builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())
    (firmware / "crypto/words.py").write_text("def broken(:\n")
    with pytest.raises(builder.BuildError, match="crypto/words.py"):
        builder.build(firmware, "red", tmp_path / "out", builder.packaged_compiler())
    assert not (tmp_path / "out").exists()


def test_an_unknown_board_is_refused_with_the_names_there_are(firmware, tmp_path):
    with pytest.raises(builder.BuildError, match="'green'; there are: blue, red"):
        builder.build(firmware, "green", tmp_path / "out", builder.packaged_compiler())
