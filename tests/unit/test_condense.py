"""Condensed sources do what they did, with fewer names."""

from pathlib import Path

import pytest

from host_tools.firmware.condense import condense, survey

MODULES = {
    "recorder/__init__.py": "",
    "recorder/sizes.py": (
        "from micropython import const\n"
        "BLOCK = const(4096)\n"
        "HALF = const(BLOCK * 2 << 1)\n"
        "LABEL = b'a label'\n"
        "def whole(count_blocks):\n    return count_blocks * BLOCK\n"
    ),
    "recorder/user.py": (
        "from recorder import sizes as layout\n"
        "from recorder.sizes import HALF, whole\n"
        "class Reader:\n"
        "    label = layout.LABEL\n"
        "    def __init__(self, first_block, last_block=3, *others):\n"
        "        self.span = (first_block, last_block, others)\n"
        "    def sum(self, start_value, named=0, **fields):\n"
        "        values = [start_value + named for start_value in self.span[:2]]\n"
        "        inner = lambda start_value: start_value * 2\n"
        "        return inner(start_value), values, fields\n"
        "def answer(request):\n"
        "    reader = Reader(layout.BLOCK, HALF)\n"
        "    more = layout.whole(count_blocks=2), reader.sum(5, named=1, extra=2)\n"
        "    return whole(request), more, Reader.label\n"
    ),
    "main.py": "from recorder import user\nprint(user.answer(3))\n",
}


@pytest.fixture
def firmware(tmp_path) -> Path:
    for name, text in MODULES.items():
        path = tmp_path / "firmware" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "firmware"


def condensed(firmware: Path, target: Path) -> dict[str, str]:
    """Every module but main.py, condensed into `target`; their texts."""
    whole = survey(firmware, [Path(name) for name in MODULES])
    texts = {}
    for name in MODULES:
        module = name.removesuffix(".py").replace("/", ".")
        text = (firmware / name).read_text()
        texts[name] = text if name == "main.py" else condense(text, module, whole)
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(texts[name])
    return texts


def test_condensed_modules_do_the_same(micropython, firmware, tmp_path):
    condensed(firmware, tmp_path / "short")
    before = micropython.output(firmware / "main.py", path=[firmware])
    after = micropython.output(tmp_path / "short" / "main.py", path=[tmp_path / "short"])
    assert before == after != ""


def test_numbers_stand_where_their_names_stood_and_letters_where_others_did(firmware, tmp_path):
    texts = condensed(firmware, tmp_path / "short")
    assert "4096" in texts["recorder/user.py"] and "16384" in texts["recorder/user.py"]
    for name in ("BLOCK", "HALF", "LABEL", "whole", "last_block"):
        assert name not in texts["recorder/user.py"].replace("_whole", "")
    assert "def whole" not in texts["recorder/sizes.py"] and "_BLOCK" in texts["recorder/sizes.py"]


def test_what_cannot_be_followed_keeps_its_name(firmware, tmp_path):
    user = condensed(firmware, tmp_path / "short")["recorder/user.py"]
    assert "def answer" in user  # main.py calls it, and is left as it is
    assert "label" in user and "named" in user  # an attribute; an argument that a call names
    assert "count_blocks" in condensed(firmware, tmp_path / "short")["recorder/sizes.py"]
