"""Compiled modules taken apart, and what the firmware's native code takes of the board's memory."""

import ast
import subprocess
from pathlib import Path

import pytest

from host_tools.firmware.build import BOARD_PROCESSOR, packaged_compiler
from host_tools.firmware.mpy import VIPER, MpyError, parse, scopes
from host_tools.firmware.native import compiled_for_board, memory_bytes, native_memory_bytes
from host_tools.simulator.interpreter import FIRMWARE_DIR

NATIVE = """
import micropython
LABELS = (b"one", "two", 3.5, 1 << 40, None, ...)

class Between:
    names = [name for name in ("a", "b")]
    def method(self):
        return lambda: self

@micropython.viper
def nothing():
    pass

@micropython.viper
def first(p: ptr8) -> int:
    return p[0]
"""


def compiled(folder: Path, text: str, processor: str = BOARD_PROCESSOR) -> bytes:
    (folder / "module.py").write_text(text)
    target = folder / "module.mpy"
    command = [packaged_compiler(), f"-march={processor}", "-o", target, folder / "module.py"]
    subprocess.run(command, check=True)
    return target.read_bytes()


def test_native_functions_are_found_among_the_rest(tmp_path):
    module = parse(compiled(tmp_path, NATIVE))
    assert module.architecture == BOARD_PROCESSOR
    assert [code.kind for code in module.code.children] == [0, VIPER, VIPER]
    nothing, first = module.native()
    # j, padding, no constants, entry … retw.n: asm_xtensa_entry_win and asm_xtensa_exit_win.
    assert nothing.data[:4] == bytes.fromhex("06000000")
    assert nothing.data[4] == 0x36 and nothing.data[5] & 15 == 1
    assert nothing.data[-2:] == first.data[-2:] == bytes.fromhex("1df0")
    assert len(nothing.data) < len(first.data)


def test_scopes_of_the_source_are_the_codes_of_the_file(tmp_path):
    names = [getattr(scope, "name", "") for scope in scopes(ast.parse(NATIVE))]
    assert names == ["Between", "nothing", "first"]
    inner = parse(compiled(tmp_path, NATIVE)).code.children[0]
    assert len(inner.children) == len(scopes(scopes(ast.parse(NATIVE))[0])) == 2


def test_module_without_native_code_has_none(tmp_path):
    module = parse(compiled(tmp_path, "def f(a):\n    return a + 1\n"))
    assert module.architecture is None and not module.native()
    assert memory_bytes([]) == 0


def test_each_function_is_rounded_up_and_has_a_header():
    assert memory_bytes([4]) == 20 and memory_bytes([5, 8]) == 24 + 24


@pytest.mark.parametrize("cut", [*range(1, 40), -1])
def test_part_of_a_module_is_refused(tmp_path, cut):
    content = compiled(tmp_path, NATIVE)
    with pytest.raises(MpyError, match="cut short" if cut != 1 else None):
        parse(content[:cut])


def test_bytecode_that_is_cut_short_is_refused(tmp_path):
    with pytest.raises(MpyError, match="cut short"):
        parse(compiled(tmp_path, "x = 1\n")[:-1])


def test_more_than_a_module_is_refused(tmp_path):
    with pytest.raises(MpyError):
        parse(compiled(tmp_path, NATIVE) + b"\0")


def test_known_functions_of_the_firmware_have_the_sizes_that_the_board_gets():
    module = parse(compiled_for_board(FIRMWARE_DIR, "esp32_wroom", Path("crypto/words.py")))
    assert [len(code.data) for code in module.native()] == [240, 496, 190, 165]


def test_native_code_is_counted_once_for_all_modules_that_have_some(tmp_path):
    firmware, built = tmp_path / "firmware", tmp_path / "built"
    built.mkdir()
    total = 0
    for name, text in (("plain.py", "x = 1\n"), ("one.py", NATIVE), ("two.py", NATIVE)):
        (firmware / name).parent.mkdir(exist_ok=True)
        (firmware / name).write_text(text)
        (built / name).with_suffix(".mpy").write_bytes(compiled(tmp_path, text, "x86"))
        total += memory_bytes([len(code.data) for code in parse(compiled(tmp_path, text)).native()])
    assert native_memory_bytes(firmware, "none", built) == total > 0
    (firmware / "one.py").unlink()  # what was found once is kept
    assert native_memory_bytes(firmware, "none", built) == total
