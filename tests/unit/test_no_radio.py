"""No module of the firmware can reach a radio or a network: read from every module's syntax tree.

Apart from tools/check_layout.py, which has a rule of its own: two that know nothing of each other hold this.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.simulator.interpreter import FIRMWARE_DIR

FORBIDDEN = {"network", "bluetooth", "espnow", "socket", "ssl", "requests", "aioble"}
# Other names of the same, and what rests on them.
FORBIDDEN |= {"wlan", "aioespnow", "tls", "webrepl", "mip", "ntptime", "umqtt", "lwip", "websocket", "uping"}
IMPORTERS = {"__import__", "import_module"}


def package_of(name: ast.expr) -> str | None:
    """The package in a module name that is an expression; None where the source does not tell it whole."""
    whole = True
    while isinstance(name, ast.BinOp):
        name, whole = name.left, False
    if isinstance(name, ast.JoinedStr):
        name, whole = name.values[0], False
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    package, dot, _ = name.value.partition(".")
    return package if whole or dot else None


def imported(tree: ast.Module) -> Iterator[str | None]:
    """The packages that a module imports, however it does that; None where the source does not tell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call) and node.args:
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in IMPORTERS:
                yield package_of(node.args[0])


def faults(source: str) -> set[str | None]:
    """What a module imports and must not; None is an import of whatever it likes."""
    found = set(imported(ast.parse(source)))
    return {name for name in found if name is None or name.removeprefix("u") in FORBIDDEN}


def modules() -> list[Path]:
    return sorted(path for path in FIRMWARE_DIR.rglob("*.py") if "simulator" not in path.parts)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(FIRMWARE_DIR).as_posix())
def test_no_module_imports_a_radio_or_a_network(path):
    assert faults(path.read_text(encoding="utf-8")) == set()


def test_no_module_runs_code_that_a_reader_of_it_cannot_see():
    for path in modules():
        calls = [
            node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
        ]
        called = {call.id for call in calls if isinstance(call, ast.Name)}
        assert not called & {"exec", "eval", "compile", "execfile"}, path


@pytest.mark.parametrize(
    "source",
    [
        "import network",
        "import machine, usocket",
        "def later():\n    from bluetooth import BLE",
        "try:\n    import espnow as x\nexcept ImportError:\n    pass",
        "__import__('aioble')",
        "radio = __import__('net' + 'work')",
        "__import__(f'{kind}.client')",
        "importlib.import_module('ssl')",
        "import requests.sessions",
        "def load(name):\n    return __import__(name)",
    ],
)
def test_each_way_of_importing_is_seen(source):
    assert faults(source)


def test_the_firmwares_own_ways_of_importing_are_allowed():
    assert not faults("import recorder.requests.log\nfrom recorder import requests")
    assert not faults("def load(name):\n    return __import__('recorder.' + name)")
    assert not faults("package = __import__('boards.%s.pins' % NAME)")


def test_the_reader_knows_the_firmware():
    assert len(modules()) > 50
    assert {path.name for path in modules()} >= {"boot.py", "main.py", "radio.py", "app.py", "pins.py"}
