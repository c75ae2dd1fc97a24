"""Native code comes out of the board's memory: the simulated heap is smaller by it, once and not twice."""

from pathlib import Path

from host_tools.firmware.mpy import parse
from host_tools.firmware.native import compiled_for_board, memory_bytes

BOOT = "import gc\ngc.collect()\nfree = gc.mem_free()"
IMPORT = """
import boot, gc
gc.collect()
before = gc.mem_free()
import loops
gc.collect()
tell(free=boot.free, used=before - gc.mem_free())
"""
LOOPS = (
    "import micropython\n@micropython.viper\ndef loops(p: ptr8, n: int):\n" + 200 * "    p[n] = p[n] + n\n"
)


def free_at_start(bench, loops: str) -> int:
    firmware = bench.write_firmware(IMPORT)
    (firmware / "loops.py").write_text(loops)
    bench.run(IMPORT, "0.1 end", boot=BOOT)
    return bench.told["free"]


def test_native_code_lowers_what_is_free_by_its_size_on_the_board(bench, micropython):
    without = free_at_start(bench, "def loops(p, n):\n    pass\n")
    left = free_at_start(bench, LOOPS)
    module = parse(compiled_for_board(bench.folder / "firmware", "bench", Path("loops.py")))
    taken = memory_bytes([len(code.data) for code in module.native()]) * micropython.bits // 32
    assert taken > 3000
    assert abs(without - left - taken) <= 64


def test_native_code_is_not_on_the_interpreters_heap_as_well(bench, micropython):
    free_at_start(bench, LOOPS)
    assert bench.told["used"] < 1000 * micropython.bits // 32
