"""Gets a module's viper functions as the board has them: from its source, by way of the firmware's build."""

import ast
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import CodeType

from host_tools.firmware.build import BOARD_PROCESSOR, OPTIMIZATION, packaged_compiler
from host_tools.firmware.condense import condense, module_name, survey
from host_tools.firmware.mpy import VIPER, Module, parse, scopes
from host_tools.firmware.shorten import shorten
from host_tools.simulator.interpreter import FIRMWARE_DIR


@dataclass(frozen=True)
class Function:
    """A viper function: its name in the source, its code, and what of it has been translated (by address)."""

    name: str
    code: bytes
    translated: dict[int, tuple[CodeType, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """A compiled module. `functions` by their names; `originals`: the source's name for each of the file's.

    values: what the module's names stand for at its top level where the source says it outright.
    """

    module: Module
    functions: dict[str, Function]
    originals: dict[str, str]
    values: dict[str, object]


def load(source: str | Path) -> Program:
    """The program in a source file; one of the firmware's is shortened as the build does it, no other is.

    Raises SyntaxError, and ValueError if mpy-cross finds fault with it. Compiled anew when the file changed.
    """
    path = Path(source).resolve()
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _load(path: Path, changed_ns: int) -> Program:
    original = path.read_text(encoding="utf-8")
    text = original
    if FIRMWARE_DIR in path.parents:
        firmware = survey(FIRMWARE_DIR, _sources())
        text = shorten(condense(original, module_name(path.relative_to(FIRMWARE_DIR)), firmware))
    return program(original, text)


def program(original: str, text: str) -> Program:
    """The program compiled from `text`, whose functions are those of `original`, perhaps by other names."""
    module = parse(_compile(text))
    before, after = ast.parse(original), ast.parse(text)
    codes = module.code.children
    named = list(zip(scopes(before), scopes(after), codes, strict=True))
    functions, originals = {}, {}
    for old, new, code in named:
        if code.kind == VIPER and isinstance(old, ast.FunctionDef) and isinstance(new, ast.FunctionDef):
            functions[old.name] = Function(old.name, code.data)
            originals[new.name] = old.name
    assigned = list(zip(_assigned(before), _assigned(after), strict=True))
    originals |= {new: old for (old, _), (new, _) in assigned}
    values = {}
    for (name, _), (_, value) in assigned:
        try:
            values[name] = ast.literal_eval(value)
        except ValueError:
            continue  # what only the run knows is given with the call
    return Program(module, functions, originals, values)


def _assigned(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    """What is assigned to names at the top level."""
    return [
        (target.id, statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]


def _sources() -> list[Path]:
    paths = [path.relative_to(FIRMWARE_DIR) for path in FIRMWARE_DIR.rglob("*.py")]
    others = Path("boards/selected.py"), Path("simulator")
    return sorted(path for path in paths if path != others[0] and others[1] not in path.parents)


def _compile(text: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="cloister-xtensa-") as folder:
        source, target = Path(folder) / "module.py", Path(folder) / "module.mpy"
        source.write_text(text, encoding="utf-8")
        options = [OPTIMIZATION, f"-march={BOARD_PROCESSOR}", "-o", str(target), str(source)]
        done = subprocess.run([str(packaged_compiler()), *options], capture_output=True, text=True)
        if done.returncode:
            raise ValueError((done.stdout + done.stderr).strip() or "mpy-cross failed")
        return target.read_bytes()
