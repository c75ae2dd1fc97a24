"""What viper code asks of the interpreter: to convert arguments and results, look up globals, call functions.

The code calls through a table (py/nativeglue.h) whose numbers are in its compiler. Small whole numbers are as
on the board, since the code sees into them; other objects are numbers that only this file knows.
"""

from array import array
from collections.abc import Callable
from typing import Any

from .memory import Memory

NONE, FALSE, TRUE, FROM_OBJECT, TO_OBJECT, SWAP_GLOBALS = range(6)
LOAD_GLOBAL, CALL_FUNCTION, CHECK_ARGUMENTS, FLOOR_DIVIDE, MODULO = 7, 27, 44, 46, 47
TABLE_ENTRIES = 50
_TABLE_AT = 0xF000_0000  # of the functions: no memory is there
_OBJECTS_AT = 0x8000_0000
_OBJECT_BYTES = 16

# Kinds of values: py/runtime0.h.
_OBJECT, _BOOL, _INT, _UINT = range(4)

Buffer = bytes | bytearray | memoryview | array  # type: ignore[type-arg]


class CallError(Exception):
    """The code asks for what is not there or not known here, or gets the wrong number of arguments."""


class Interpreter:
    """The interpreter as the code sees it: its table of functions, and objects.

    look_up: the value of a global by its number in the module's table. call: calls what that gave.
    """

    def __init__(self, memory: Memory, look_up: Callable[[int], Any], call: Callable[..., Any]):
        self._memory = memory
        self._look_up = look_up
        self._call = call
        self._objects: list[Any] = [None, False, True]
        self._places: dict[int, int] = {}
        entries = [self.object(value) for value in (None, False, True)]
        entries += [_TABLE_AT + 4 * number for number in range(len(entries), TABLE_ENTRIES)]
        self.table = memory.place(array("I", entries).tobytes())

    def object(self, value: Any) -> int:
        """The word that stands for a value in the code."""
        if type(value) is int and -(1 << 30) <= value < 1 << 30:
            return (value << 1 | 1) & 0xFFFFFFFF
        for number, known in enumerate(self._objects):
            if known is value:
                return _OBJECTS_AT + _OBJECT_BYTES * number
        self._objects.append(value)
        return _OBJECTS_AT + _OBJECT_BYTES * (len(self._objects) - 1)

    def value(self, word: int) -> Any:
        """What a word stands for. Raises CallError if it is no object."""
        if word & 1:
            return ((word ^ 0x80000000) - 0x80000000) >> 1
        number, rest = divmod(word - _OBJECTS_AT, _OBJECT_BYTES)
        if rest or not 0 <= number < len(self._objects):
            raise CallError(f"{word:#x} is no object")
        return self._objects[number]

    def asked(self, address: int, arguments: list[int]) -> int:
        """Do what the function at `address` does, and return what it returns. Raises CallError."""
        number, rest = divmod(address - _TABLE_AT, 4)
        if rest or number not in self._FUNCTIONS:
            raise CallError(f"the interpreter's function number {number} is called, which is not known here")
        return self._FUNCTIONS[number](self, arguments) & 0xFFFFFFFF

    def _from_object(self, arguments: list[int]) -> int:
        word, kind = arguments[:2]
        value = self.value(word) if kind != _OBJECT else None
        if kind == _OBJECT:
            return word
        if kind == _BOOL:
            return 1 if value else 0
        if isinstance(value, int):
            return value
        if kind in (_INT, _UINT):
            raise CallError(f"{value!r} is given for a number")
        return self._place(value)

    def _place(self, buffer: Buffer | None) -> int:
        if not isinstance(buffer, Buffer):
            raise CallError(f"{buffer!r} is given for a buffer")
        if id(buffer) not in self._places:
            self._places[id(buffer)] = self._memory.place(memoryview(buffer))
        return self._places[id(buffer)]

    def _to_object(self, arguments: list[int]) -> int:
        word, kind = arguments[:2]
        if kind == _OBJECT:
            return word
        if kind == _BOOL:
            return self.object(bool(word))
        return self.object((word ^ 0x80000000) - 0x80000000 if kind == _INT else word)

    def _swap_globals(self, arguments: list[int]) -> int:
        return 0  # they are the caller's already

    def _load_global(self, arguments: list[int]) -> int:
        return self.object(self._look_up(arguments[0]))

    def _call_function(self, arguments: list[int]) -> int:
        function, count, first = arguments[:3]
        if count >> 8:
            raise CallError("arguments are named in a call")
        load = self._memory.load(4)
        given = [self.value(load(first + 4 * number)) for number in range(count)]
        return self.object(self._call(self.value(function), *given))

    def _check_arguments(self, arguments: list[int]) -> int:
        raise CallError(f"{arguments[0]} arguments are not what the function takes")

    def _divided(self, arguments: list[int]) -> tuple[int, int]:
        number, by = ((word ^ 0x80000000) - 0x80000000 for word in arguments[:2])
        if by == 0:
            raise CallError("a division by zero")
        return divmod(number, by)

    def _floor_divide(self, arguments: list[int]) -> int:
        return self._divided(arguments)[0]

    def _modulo(self, arguments: list[int]) -> int:
        return self._divided(arguments)[1]

    _FUNCTIONS = {
        FROM_OBJECT: _from_object,
        TO_OBJECT: _to_object,
        SWAP_GLOBALS: _swap_globals,
        LOAD_GLOBAL: _load_global,
        CALL_FUNCTION: _call_function,
        CHECK_ARGUMENTS: _check_arguments,
        FLOOR_DIVIDE: _floor_divide,
        MODULO: _modulo,
    }
