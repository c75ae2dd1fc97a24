"""Makes the firmware's sources smaller in what they cost a board's heap, and leaves what they do alone.

MicroPython keeps every name for ever, a function's parameters and a module's constants among them. So
whole numbers that one module takes from another stand there as numbers; what else a module offers gets a
letter, the same ones in each module; and so do parameters that nobody names in a call. Private names are
shorten.py's. Comments and docstrings go, too.
"""

import ast
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Used by name from elsewhere: pins and what is told of the recorder by the simulator; the start files.
_KEPT = ("boards", "recorder.observer", "boot", "main")


@dataclass(frozen=True)
class Firmware:
    """What has to be known of all modules before one can be condensed.

    constants: module → name → value. offered: module → name → the letters that stand for it.
    named: every argument that some call names.
    """

    constants: Mapping[str, Mapping[str, int]]
    offered: Mapping[str, Mapping[str, str]]
    named: frozenset[str]


def survey(folder: Path, paths: Iterable[Path]) -> Firmware:
    """Look at all modules; `paths` are relative to `folder`. Raises SyntaxError."""
    trees = {}
    for path in paths:
        module = module_name(path)
        trees[module] = ast.parse((folder / path).read_text(encoding="utf-8"), path.as_posix())
    named = {node.arg for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    constants = {module: _public_constants(tree) for module, tree in trees.items() if not _is_kept(module)}
    reached = {name for module, tree in trees.items() for name in _reached(tree, module, constants.keys())}
    offered = {
        module: _letters_for(tree, reached | constants[module].keys())
        for module, tree in trees.items()
        if not _is_kept(module)
    }
    return Firmware(constants, offered, frozenset(name for name in named if name))


def module_name(path: Path) -> str:
    """What the module at `path`, relative to the firmware, is imported as: recorder.flow, or recorder."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def condense(source: str, module: str, firmware: Firmware) -> str:
    """The same module, condensed. Raises SyntaxError."""
    tree = ast.parse(source)
    _refuse_pairs(tree)
    aliases = _modules_in(tree, firmware.constants.keys())
    tree = _Constants(firmware.constants, aliases, firmware.constants.get(module, {})).visit(tree)
    tree = _Offered(firmware.offered, aliases, firmware.offered.get(module, {})).visit(tree)
    _shorten_parameters(tree, firmware.named)
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _refuse_pairs(tree: ast.Module) -> None:
    """What is bound as `name` may become `_name` here; a module that has both would lose one of them."""
    bound = _bound_in(tree) | {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for name in sorted(bound):
        if f"_{name}" in bound:
            raise SyntaxError(f"{name} and _{name} would become one name")


def _is_kept(module: str) -> bool:
    return module in _KEPT or module.split(".")[0] in _KEPT


def _reached(tree: ast.Module, module: str, modules: Iterable[str]) -> Iterator[str]:
    """Names that may be reached in a way that cannot be followed: as attributes of what is no module here."""
    aliases = {} if _is_kept(module) else _modules_in(tree, modules)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not (
            isinstance(node.value, ast.Name) and node.value.id in aliases
        ):
            yield node.attr
        elif _is_kept(module) and isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def _letters_for(tree: ast.Module, kept: Iterable[str]) -> dict[str, str]:
    """Letters for what a module offers; none that stand for something else in it."""
    names = [node.name for node in tree.body if isinstance(node, Function | ast.ClassDef)]
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    attributes = {
        node.id
        for inner in classes
        for statement in inner.body
        if not isinstance(statement, Function)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | parameters
    wanted = sorted(
        {name for name in names if not name.startswith("_")} - set(kept) - parameters - attributes
    )
    letters = ("".join(pair) for size in (1, 2) for pair in product(string.ascii_uppercase, repeat=size))
    return dict(zip(wanted, (letter for letter in letters if letter not in used), strict=False))


def _public_constants(tree: ast.Module) -> dict[str, int]:
    """The whole numbers that a module defines as NAME = const(…), but for private ones."""
    found: dict[str, int] = {}
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="const"), args=[value])
            ) if not name.startswith("_"):
                try:
                    found[name] = _value(value, found)
                except ValueError:
                    continue  # no number, or one that rests on something else: it stays as it is
    return found


def _value(node: ast.expr, known: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, known)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left, known) * _value(right, known)
        case ast.BinOp(left=left, op=ast.LShift(), right=right):
            return _value(left, known) << _value(right, known)
    raise ValueError("not a plain number")


def _modules_in(tree: ast.Module, modules: Iterable[str]) -> dict[str, str]:
    """By what names a module calls other modules of the firmware: `from recorder import format as layout`."""
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if f"{node.module}.{alias.name}" in modules:
                    aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    # A name that stands for something else, too, cannot be followed.
    return {name: module for name, module in aliases.items() if name not in _bound_in(tree)}


def _bound_in(tree: ast.Module) -> set[str]:
    """Names that are assigned to, or a parameter's, anywhere in a module."""
    parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return parameters | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


class _Constants(ast.NodeTransformer):
    """Puts numbers where other modules' constants stood, and makes a module's own ones private."""

    def __init__(
        self, constants: Mapping[str, Mapping[str, int]], aliases: dict[str, str], own: Mapping[str, int]
    ):
        self._constants = constants
        self._aliases = aliases
        self._own = own
        self._imported: dict[str, int] = {}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        known = self._constants.get(node.module or "", {})
        for alias in node.names:
            if alias.name in known:
                self._imported[alias.asname or alias.name] = known[alias.name]
        left = [alias for alias in node.names if alias.name not in known]
        return ast.ImportFrom(node.module, left, node.level) if left else ast.Pass()

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            known = self._constants.get(self._aliases.get(node.value.id, ""), {})
            if node.attr in known:
                return ast.Constant(known[node.attr])
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._imported and isinstance(node.ctx, ast.Load):
            return ast.Constant(self._imported[node.id])
        if node.id in self._own:
            return ast.Name("_" + node.id, node.ctx)
        return node


class _Offered(ast.NodeTransformer):
    """Puts letters for what a module offers, where that is defined and wherever it is used."""

    def __init__(
        self, offered: Mapping[str, Mapping[str, str]], aliases: dict[str, str], own: Mapping[str, str]
    ):
        self._offered = offered
        self._aliases = aliases
        self._names = dict(own)  # a name in this module → what it is called now

    def visit_Module(self, node: ast.Module) -> ast.Module:
        for inner in ast.walk(node):
            if isinstance(inner, ast.ImportFrom):
                known = self._offered.get(inner.module or "", {})
                for alias in inner.names:
                    if alias.name in known:
                        local = alias.asname or alias.name
                        self._names[local] = f"_{local}"
                        alias.name, alias.asname = known[alias.name], f"_{local}"
        for statement in node.body:
            if isinstance(statement, Function | ast.ClassDef):
                statement.name = self._names.get(statement.name, statement.name)
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name):
            known = self._offered.get(self._aliases.get(node.value.id, ""), {})
            node.attr = known.get(node.attr, node.attr)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        node.id = self._names.get(node.id, node.id)
        return node


def _shorten_parameters(tree: ast.Module, named: frozenset[str]) -> None:
    """Give parameters one letter each, where no call names them and no inner function has its own."""
    taken = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | named
    taken |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    letters = [letter for letter in string.ascii_lowercase if letter not in taken]
    for node in tree.body:
        for function in [node, *(node.body if isinstance(node, ast.ClassDef) else [])]:
            if isinstance(function, Function):
                _shorten_in(function, named, letters)


def _shorten_in(function: Function, named: frozenset[str], letters: list[str]) -> None:
    own = list(_parameters(function.args))
    everywhere = [argument for argument in ast.walk(function) if isinstance(argument, ast.arg)]
    shadowed = {argument.arg for argument in everywhere if argument not in own}
    declared = {
        name
        for node in ast.walk(function)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in node.names
    }
    kept = named | shadowed | declared | {"self"}
    wanted = [argument for argument in own if argument.arg not in kept and len(argument.arg) > 1]
    short = dict(zip((argument.arg for argument in wanted), letters, strict=False))
    for argument in wanted:
        argument.arg = short.get(argument.arg, argument.arg)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in short:
            node.id = short[node.id]


def _parameters(arguments: ast.arguments) -> Iterable[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None)
