"""`micropython` for CPython, so that the tests run the firmware's own files under a second interpreter.

`viper` runs the same source with the board's view of memory: a `ptr32` load is a *signed* 32-bit integer,
a store keeps the low bits, and an index outside the buffer raises where the board would corrupt memory.
Not modelled: viper's local integers wrap at 32 bits on the board and never here.
"""

import builtins
import functools
import os
from pathlib import Path

_UINT_MASK = 0xFFFFFFFF


# Where buffers seem to lie when their addresses are reckoned with.
_REGION_BYTES = 1 << 16
_FIRST_REGION = 0x1000
_REGIONS = 1000
_memory = {}
_next_region = 0


class _Pointer:
    """A buffer seen as an array of integers: `self[i]` loads, `self[i] = value` stores the low bits."""

    item_format = "B"
    item_bits = 8

    def __init__(self, target):
        if isinstance(target, int):
            raw = _memory[target // _REGION_BYTES][target % _REGION_BYTES :]
        else:
            raw = target.bytes if isinstance(target, _Pointer) else memoryview(target).cast("B")
        self.bytes = raw
        whole = len(raw) - len(raw) % (self.item_bits // 8)
        self._items = raw[:whole].cast(self.item_format)

    def __int__(self):
        """An address, for pointers that are reckoned: good for as long as no 1000 others were asked for."""
        global _next_region
        region = _FIRST_REGION + _next_region
        _next_region = (_next_region + 1) % _REGIONS
        _memory[region] = self.bytes
        return region * _REGION_BYTES

    def __getitem__(self, index):
        return self._items[self._checked(index)]

    def __setitem__(self, index, value):
        low = value & ((1 << self.item_bits) - 1)
        if self.item_format.islower() and low >> (self.item_bits - 1):
            low -= 1 << self.item_bits
        self._items[self._checked(index)] = low

    def _checked(self, index):
        if not 0 <= index < len(self._items):
            raise IndexError(f"viper pointer: {index} of {len(self._items)} items")
        return index


class ptr8(_Pointer):
    """Unsigned bytes."""


class ptr16(_Pointer):
    """Unsigned 16-bit integers, as on the board."""

    item_format = "H"
    item_bits = 16


class ptr32(_Pointer):
    """Signed 32-bit integers, as on the board."""

    item_format = "i"
    item_bits = 32


def uint(value):
    """The same 32 bits, read as an unsigned integer."""
    return value & _UINT_MASK


def const(value):
    """A constant is its value."""
    return value


def native(function):
    """Native code does what the function does."""
    return function


def viper(function):
    """Wrap the arguments that are annotated as pointers; leave the rest alone."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    kinds = [function.__annotations__.get(name) for name in names]

    @functools.wraps(function)
    def call(*arguments):
        if len(arguments) != len(kinds):
            raise TypeError(f"{function.__name__} takes {len(kinds)} arguments")
        return function(*map(_convert, kinds, arguments))

    return call


def _convert(kind, argument):
    return kind(argument) if isinstance(kind, type) and issubclass(kind, _Pointer) else argument


# Annotations are looked up when a function is defined, and on the board these names need no import.
for _name in (ptr8, ptr16, ptr32, uint):
    setattr(builtins, _name.__name__, _name)
# What only MicroPython's `os` has.
os.ilistdir = lambda path: ((found.name, 0, 0) for found in Path(path).iterdir())
