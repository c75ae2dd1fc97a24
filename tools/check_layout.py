"""Checks the rules of the code's layout that no general tool knows.

Hardware modules stay in the drivers, the boards and the start files; the firmware imports nothing that
could use a radio or a network; what only POSIX has stays in the simulator; files stay under 300 lines
and functions under 40; every file says what it is for. Reads syntax trees: nothing is imported or run.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT_DIR = Path(__file__).resolve().parents[1]
CHECKED_DIRS = ("firmware", "host_tools", "tools", "tests")

MOST_FILE_LINES = 300
MOST_FUNCTION_LINES = 40

HARDWARE_MODULES = {"machine", "esp", "esp32", "vfs"}
HARDWARE_PLACES = (
    "firmware/drivers/",
    "firmware/boards/",
    "firmware/simulator/",
    "firmware/boot.py",
    "firmware/main.py",
)
RADIO_MODULES = {"network", "bluetooth", "espnow", "aioespnow", "aioble", "socket", "ssl", "tls"}
RADIO_MODULES |= {"requests", "webrepl", "mip", "ntptime", "umqtt"}
POSIX_MODULES = {"fcntl", "termios", "pty", "tty", "pwd", "grp", "resource", "posix", "syslog"}
POSIX_PLACE = "host_tools/simulator/"
POSIX_AND_WINDOWS = ("host_tools/cli/keyboard.py",)  # has Windows's own way beside POSIX's


def imported_modules(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every import, at any depth, `__import__` included.

    The name is empty where `__import__` gets one that only the run will know.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call) and _called_name(node) in ("__import__", "import_module"):
            yield node.lineno, _package(node.args[0]) if node.args else ""


def _called_name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _package(name: ast.expr) -> str:
    """The package that a computed module name starts with: `"boards." + board` is in `boards`."""
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return name.value.partition(".")[0]
    while isinstance(name, ast.BinOp):
        name = name.left
    if isinstance(name, ast.JoinedStr) and name.values:
        name = name.values[0]
    if isinstance(name, ast.Constant) and isinstance(name.value, str) and "." in name.value:
        return name.value.partition(".")[0]
    return ""


def check_imports(path: str, tree: ast.Module) -> Iterator[str]:
    """Findings about what the file imports; `path` is relative to the checkout, with `/`."""
    in_firmware = path.startswith("firmware/")
    for line, module in imported_modules(tree):
        names = {module, module.removeprefix("u")}  # MicroPython has both: `machine`, `umachine`
        if in_firmware and names & RADIO_MODULES:
            yield f"{path}:{line}: the firmware imports {module}: no radio, no network"
        if in_firmware and not module:
            yield f"{path}:{line}: an import whose module cannot be read from the source"
        if in_firmware and names & HARDWARE_MODULES and not path.startswith(HARDWARE_PLACES):
            yield f"{path}:{line}: {module} is imported outside drivers, boards and start files"
        posix_allowed = not path.startswith("host_tools/") or path.startswith(POSIX_PLACE)
        posix_allowed |= path in POSIX_AND_WINDOWS
        if module in POSIX_MODULES and not posix_allowed:
            yield f"{path}:{line}: {module} is POSIX only: it belongs in {POSIX_PLACE}"


def check_sizes(path: str, source: str, tree: ast.Module) -> Iterator[str]:
    """Findings about files and functions that are too long to be read."""
    lines = len(source.splitlines())
    if lines > MOST_FILE_LINES:
        yield f"{path}: {lines} lines; at most {MOST_FILE_LINES}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.body[0].lineno + 1  # without the signature
            if length > MOST_FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines; at most {MOST_FUNCTION_LINES}"


def check_opening(path: str, source: str, tree: ast.Module) -> Iterator[str]:
    """A finding if the file does not open by saying what it is for; an empty one need not."""
    if source.strip() and not ast.get_docstring(tree):
        yield f"{path}:1: no docstring that says what the file is for"


def check_file(path: str, source: str) -> list[str]:
    """All findings about one file."""
    tree = ast.parse(source, path)
    return [
        *check_opening(path, source, tree),
        *check_imports(path, tree),
        *check_sizes(path, source, tree),
    ]


def check_checkout(checkout_dir: Path) -> list[str]:
    """All findings, in the order of the paths."""
    findings = []
    for folder in CHECKED_DIRS:
        for path in sorted((checkout_dir / folder).rglob("*.py")):
            name = path.relative_to(checkout_dir).as_posix()
            findings += check_file(name, path.read_text(encoding="utf-8"))
    return findings


def main() -> int:
    """Prints the findings; exit status 1 if there are any."""
    findings = check_checkout(CHECKOUT_DIR)
    print("\n".join(findings) if findings else "layout: every rule is kept")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
