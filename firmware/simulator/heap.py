"""Makes the heap as small as the board's: one block of ballast takes what this interpreter has more.

Names are the other half: the interpreter keeps them in pools that double, and the stand-ins have filled
some. Names are made up until the last pool is new, so that the firmware pays for no growth of theirs;
what the board's own pools would have grown by comes off the heap instead. It is the same with the table of
modules, which has the stand-ins in it, too.

A function with many locals needs room on the heap for each call, and the interpreter looks for it from the
beginning, past the stand-ins, which took more time than anything else. A hole is kept there, and opened when
the firmware has settled; as much is taken elsewhere.
"""

import gc
import sys

_POOL_NAMES = 1280  # of the pool that is new when the firmware starts: room for all of its names
_BOARD_POOLS_BYTES = 4_340  # pools of 20, 40 … 320 names at 7 bytes: a test counts that 620 are enough

_BOARD_MODULES_BYTES = 712  # a table for 89: the firmware has no more loaded at a time
_MORE_MODULES = 80

_HOLE_BYTES = 512

_ballast = []
_hole = None


def keep_hole():
    """To be called before anything else is loaded."""
    global _hole
    _hole = bytearray(_HOLE_BYTES)


def open_hole():
    """To be called now and then while the firmware runs; does something once."""
    global _hole
    if _hole is not None:
        try:
            _ballast.append(bytearray(_HOLE_BYTES))
            _hole = None
        except MemoryError:
            pass  # the next time, then


def fill(free_bytes):
    """Leave `free_bytes` to the firmware, counted as the board counts."""
    _begin_new_pool()
    _make_room_for_modules()
    wanted = free_bytes - _BOARD_POOLS_BYTES - _BOARD_MODULES_BYTES
    _ballast.append(None)
    for _ in range(2):  # the second round knows what the first one cost
        _ballast[0] = None
        gc.collect()
        surplus = gc.mem_free() - wanted
        if surplus < 0:
            raise MemoryError("the interpreter's heap is too small for the stand-ins")
        _ballast[0] = bytearray(surplus)
        gc.collect()


def _make_room_for_modules():
    """Have the table grow as if so many more modules were loaded; it never shrinks."""
    names = ["%d" % number for number in range(_MORE_MODULES)]
    for name in names:
        sys.modules[name] = None
    for name in names:
        sys.modules.pop(name)


def _begin_new_pool():
    """Make up names until that takes a pool's worth of memory at once."""
    gc.collect()
    number = 0
    before = gc.mem_free()
    while before - gc.mem_free() < _POOL_NAMES * 5:
        before = gc.mem_free()
        hasattr(gc, "name%d" % number)
        number += 1
    gc.collect()
