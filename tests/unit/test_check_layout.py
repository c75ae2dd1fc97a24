"""The checker of the layout rules: each rule is broken once, and kept once."""

import pytest

from tools import check_layout as checker

OPENING = '"""What this is for."""\n'


def findings(path: str, code: str) -> list[str]:
    return checker.check_file(path, OPENING + code)


@pytest.mark.parametrize("module", ["machine", "esp", "esp32", "vfs", "umachine"])
def test_hardware_modules_are_refused_outside_their_places(module):
    assert findings("firmware/recorder/app.py", f"import {module}\n")
    assert findings("firmware/crypto/words.py", f"def later():\n    from {module} import Pin\n")
    for allowed in ("drivers/sd_card.py", "boards/red/pins.py", "simulator/clock.py", "boot.py", "main.py"):
        assert not findings(f"firmware/{allowed}", f"import {module}\n")


@pytest.mark.parametrize("module", ["network", "bluetooth", "espnow", "socket", "usocket", "ssl", "requests"])
@pytest.mark.parametrize("path", ["boot.py", "main.py", "drivers/usb_console.py", "simulator/host.py"])
def test_radio_and_network_are_refused_everywhere_in_the_firmware(module, path):
    assert findings(f"firmware/{path}", f"import {module}\n")
    assert findings(f"firmware/{path}", f"try:\n    from {module} import x\nexcept ImportError:\n    pass\n")
    assert findings(f"firmware/{path}", f"radio = __import__({module!r})\n")


def test_an_import_that_only_the_run_can_name_is_refused():
    assert findings("firmware/main.py", "def load(name):\n    return __import__(name)\n")
    assert findings("firmware/main.py", 'def load(name):\n    return __import__("net" + name)\n')
    assert not findings(
        "firmware/main.py", 'def load(name):\n    return __import__("boards." + name + ".pins")\n'
    )


def test_network_is_no_concern_of_the_laptops_files():
    assert not findings("host_tools/cli/desk.py", "import socket\n")


@pytest.mark.parametrize("module", ["fcntl", "termios", "pty", "tty", "pwd", "grp", "resource", "posix"])
def test_posix_only_modules_are_refused_outside_the_simulator(module):
    assert findings("host_tools/card/device.py", f"def open_it():\n    import {module}\n")
    assert not findings("host_tools/simulator/console.py", f"import {module}\n")
    assert not findings("tests/cli/test_port.py", f"import {module}\n")


def test_own_modules_that_share_a_name_are_not_mistaken_for_hardware():
    assert not findings("firmware/recorder/app.py", "from recorder import machine_state\n")
    assert not findings("host_tools/card/image.py", "from .resource import limits\n")


def test_a_file_may_have_300_lines_and_no_more():
    assert not findings("tools/long.py", "x = 1\n" * 299)
    assert findings("tools/long.py", "x = 1\n" * 300)


def test_a_function_may_have_40_lines_and_no_more():
    assert not findings("tools/long.py", "def f():\n" + "    x = 1\n" * 40)
    assert findings("tools/long.py", "class C:\n    async def f(self):\n" + "        x = 1\n" * 41)


def test_a_file_must_say_what_it_is_for_unless_it_is_empty():
    assert checker.check_file("host_tools/cli/list.py", "x = 1\n")
    assert not checker.check_file("host_tools/cli/__init__.py", "")


def test_the_checkout_imports_nothing_where_it_must_not():
    """The promise itself: no radio in the firmware, hardware only in its places, POSIX in the simulator."""
    checked = 0
    for folder in checker.CHECKED_DIRS:
        for path in (checker.CHECKOUT_DIR / folder).rglob("*.py"):
            name = path.relative_to(checker.CHECKOUT_DIR).as_posix()
            tree = checker.ast.parse(path.read_text(encoding="utf-8"))
            assert list(checker.check_imports(name, tree)) == []
            checked += name.startswith("firmware/")
    assert checked > 10


def test_findings_fail_the_command(tmp_path, monkeypatch, capsys):
    (tmp_path / "tools").mkdir()
    monkeypatch.setattr(checker, "CHECKOUT_DIR", tmp_path)
    assert checker.main() == 0
    (tmp_path / "tools/bare.py").write_text("x = 1\n")
    assert checker.main() == 1
    assert "tools/bare.py:1: no docstring" in capsys.readouterr().out
