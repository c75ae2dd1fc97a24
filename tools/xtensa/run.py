"""Runs a viper function, with registers and memory as the interpreter on the board would give them to it."""

from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .calls import CallError, Interpreter
from .load import Function, Program, load
from .memory import Memory
from .translate import NAME, RETURNED, translate

STACK_BYTES = 8192
MOST_INSTRUCTIONS = 200_000_000
_REGISTERS = 16
_LOST = 0xDEAD_0001  # what a called function leaves in registers that are not the caller's
_RETURNED_IN, _FIRST_ARGUMENT = 10, 10


def run(
    source: str | Path | Program, name: str, *arguments: Any, names: Mapping[str, Any] | None = None
) -> tuple[Any, int]:
    """Call the viper function `name` of a source file; its result, and how many instructions it took.

    arguments: whole numbers, and buffers (bytearray, bytes, array, memoryview; little-endian), which are
    changed in place. names: what the module's global names stand for, as far as the source does not say it by
    a literal; other viper functions of the module need not be named. What the interpreter does, such as
    converting arguments, is not counted. Raises UnknownInstruction, MemoryFault, CallError.
    """
    program = source if isinstance(source, Program) else load(source)
    machine = _Machine(program, names or {})
    return machine.call(name, *arguments), machine.instructions


class _Machine:
    """One run: memory and the interpreter are shared by all functions that it goes through."""

    def __init__(self, program: Program, names: Mapping[str, Any]):
        self.instructions = 0
        self._program = program
        self._names = program.values | dict(names)
        self._memory = Memory()
        self._interpreter = Interpreter(self._memory, self._look_up, self._call_value)
        self._stack_top = self._memory.place(bytearray(STACK_BYTES)) + STACK_BYTES
        self._code = {name: self._memory.place(one.code) for name, one in program.functions.items()}
        self._object = self._function_object()

    def _function_object(self) -> int:
        """A function's object: its second word leads to the module's tables of names and of constants."""
        module = self._program.module
        names = self._memory.place(array("H", range(len(module.names) + 1)).tobytes())
        table = self._interpreter.table
        constants = self._memory.place(
            array("I", [0 if kind else table for kind in module.objects]).tobytes()
        )
        context = self._memory.place(array("I", [0, 0, names, constants]).tobytes())
        return self._memory.place(array("I", [0, context]).tobytes())

    def call(self, name: str, *arguments: Any) -> Any:
        function = self._program.functions.get(name)
        if function is None:
            raise CallError(f"there is no viper function {name}")
        words = array("I", [self._interpreter.object(argument) for argument in arguments])
        given = [self._object, len(arguments), 0, self._memory.place(words.tobytes())]
        return self._interpreter.value(self._execute(function, given))

    def _execute(self, function: Function, given: list[int]) -> int:
        registers = [_LOST, self._stack_top, *given, *[_LOST] * (_REGISTERS - 2 - len(given))]
        stack_top, base = self._stack_top, self._code[function.name]
        namespace = self._namespace(registers)
        blocks: dict[int, Any] = {}
        at = 0
        while at != RETURNED:
            if at not in blocks:
                if at not in function.translated:
                    function.translated[at] = translate(function.code, base, at)
                code, length = function.translated[at]
                exec(code, namespace)  # noqa: S102 - it was made by translate
                blocks[at] = namespace[NAME], length
            block, length = blocks[at]
            self.instructions += length
            if self.instructions > MOST_INSTRUCTIONS:
                raise CallError(f"the function has not ended after {MOST_INSTRUCTIONS} instructions")
            at = block()
        self._stack_top = stack_top
        return registers[2]

    def _namespace(self, registers: list[int]) -> dict[str, Any]:
        """What the blocks find by name."""

        def call(address: int) -> None:
            self._stack_top = registers[1]
            result = self._interpreter.asked(address, registers[_FIRST_ARGUMENT:])
            registers[8:] = [_LOST] * (_REGISTERS - 8)
            shift[0] = _LOST
            registers[_RETURNED_IN] = result

        memory, shift = self._memory, [_LOST]
        accesses: dict[str, Any] = {f"load{size}": memory.load(size) for size in (1, 2, 4)}
        accesses |= {f"store{size}": memory.store(size) for size in (1, 2, 4)}
        return {"R": registers, "S": shift, "M": 0xFFFFFFFF, "call": call, **accesses}

    def _look_up(self, number: int) -> Any:
        name = self._program.module.names[number]
        original = self._program.originals.get(name or "", name or "")
        if original in self._program.functions:
            return self._program.functions[original]
        if original not in self._names:
            raise CallError(f"the code needs {original or 'a name of the interpreter'}: give it in `names`")
        return self._names[original]

    def _call_value(self, value: Any, *arguments: Any) -> Any:
        if isinstance(value, Function):
            return self.call(value.name, *arguments)
        if callable(value):
            return value(*arguments)
        raise CallError(f"{value!r} is called")
