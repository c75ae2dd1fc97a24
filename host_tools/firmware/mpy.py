"""Reads compiled modules: `.mpy` of version 6, as MicroPython 1.19 and later have it (py/persistentcode.c).

What is told of a module are its functions as they lie in one another, with their machine code where they have
any. Bytecode is carried along unread. Viper code has no name in the file: `scopes` of the source, in the same
order, gives one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from host_tools.errors import CloisterError

VERSION = 6
# Kinds of code, as the file counts them.
BYTECODE, NATIVE, VIPER, ASSEMBLER = range(4)
# `feature >> 2` of the header; py/persistentcode.h.
ARCHITECTURES = (
    *(None, "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc", "rv64imc"),
)

_RELOCATED, _READ_ONLY_DATA, _ZEROED_DATA = 0x10, 0x20, 0x40  # scope flags of linked-in machine code
_ARCHITECTURE_FLAGS = 0x40
_FUN_TABLE, _ELLIPSIS, _STRING, _BYTES, _COMPLEX, _TUPLE = 0, 4, 5, 6, 9, 10


class MpyError(CloisterError):
    """Not a compiled module of the version that is read here; the message says why."""


@dataclass(frozen=True)
class Code:
    """One function, class body or the module itself: its code, and those that lie in it, in their order."""

    kind: int
    data: bytes
    children: tuple[Code, ...]

    @property
    def is_native(self) -> bool:
        """Whether `data` is machine code."""
        return self.kind != BYTECODE

    def every(self) -> Iterator[Code]:
        """This one and all within."""
        yield self
        for child in self.children:
            yield from child.every()


@dataclass(frozen=True)
class Module:
    """A compiled module: the processor that its native code is for (None: it has none), names, all code.

    names: the strings that the code refers to by number; None for those that every interpreter knows.
    objects: kinds of the constants that the code refers to by number, as the file has them; 0 is the table
    of the interpreter's functions.
    """

    architecture: str | None
    names: tuple[str | None, ...]
    objects: tuple[int, ...]
    code: Code

    def native(self) -> list[Code]:
        """The functions in machine code."""
        return [code for code in self.code.every() if code.is_native]


def parse(content: bytes) -> Module:
    """The module in a `.mpy` file. Raises MpyError."""
    reader = _Reader(content)
    try:
        return _module(reader)
    except (IndexError, UnicodeDecodeError):
        raise MpyError("the compiled module is cut short or damaged") from None


def scopes(tree: ast.AST) -> list[ast.AST]:
    """What becomes a Code of its own directly in this module, class or function, in the order of the file."""
    found: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        found += [node] if isinstance(node, _SCOPES) else scopes(node)
    return found


_SCOPES = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


class _Reader:
    """Takes the content apart from its beginning; IndexError where it ends too early."""

    def __init__(self, content: bytes):
        self._content = content
        self._at = 0

    def byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def take(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._content):
            raise IndexError
        return self._content[self._at - count : self._at]

    def number(self) -> int:
        """Seven bits a byte, the highest first; all but the last have the top bit."""
        value = 0
        while True:
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    def string(self) -> str | None:
        """A name; None for one that the file gives by number only."""
        length = self.number()
        if length & 1:
            return None
        text = self.take(length >> 1).decode()
        self.byte()  # the zero after it
        return text

    @property
    def ended(self) -> bool:
        return self._at == len(self._content)


def _module(reader: _Reader) -> Module:
    if reader.take(1) != b"M" or reader.byte() != VERSION:
        raise MpyError(f"this is no compiled module of version {VERSION}")
    feature = reader.byte()
    reader.byte()  # bits of a small int
    if feature & _ARCHITECTURE_FLAGS:
        reader.number()
    number = feature >> 2 & 0xF
    if number >= len(ARCHITECTURES):
        raise MpyError(f"the compiled module is for processor number {number}, which is unknown here")
    count_names, count_objects = reader.number(), reader.number()
    names = tuple(reader.string() for _ in range(count_names))
    objects = tuple(_object(reader) for _ in range(count_objects))
    code = _code(reader)
    if not reader.ended:
        raise MpyError("there is more in the compiled module than its code")
    return Module(ARCHITECTURES[number], names, objects, code)


def _object(reader: _Reader) -> int:
    """Skip one constant; its kind."""
    kind = reader.byte()
    if kind in (_STRING, _BYTES):
        reader.take(reader.number() + 1)
    elif kind == _TUPLE:
        for _ in range(reader.number()):
            _object(reader)
    elif _BYTES < kind <= _COMPLEX:
        reader.take(reader.number())
    elif not _FUN_TABLE <= kind <= _ELLIPSIS:
        raise MpyError(f"the compiled module has a constant of kind {kind}, which is unknown here")
    return kind


def _code(reader: _Reader) -> Code:
    head = reader.number()
    kind, has_children, length = head & 3, head >> 2 & 1, head >> 3
    data = reader.take(length)
    if kind != BYTECODE:
        flags_or_prelude = reader.number()
        if kind == ASSEMBLER:
            reader.number()  # of arguments
            reader.number()  # their types
        if kind != NATIVE and flags_or_prelude & (_RELOCATED | _READ_ONLY_DATA | _ZEROED_DATA):
            raise MpyError("the compiled module has machine code that was linked in, which is not read here")
    count = reader.number() if has_children else 0
    return Code(kind, data, tuple(_code(reader) for _ in range(count)))
