"""The firmware's modules on this interpreter, their viper functions executed as the board's processor would.

Import this before anything of the firmware: then the decorator `micropython.viper` gives functions whose code
is compiled for the board, executed by tools/xtensa, and counted.
"""

import functools
import importlib
import inspect
import sys
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

from xtensa import run

from host_tools.simulator.interpreter import CHECKOUT_DIR, FIRMWARE_DIR

executed: Counter[str] = Counter()  # instructions, by the names of module and function


def firmware_module(name: str) -> ModuleType:
    """A module of the firmware, say crypto.words."""
    return importlib.import_module(name)


def _viper(function: Callable[..., Any]) -> Callable[..., Any]:
    source = inspect.getsourcefile(function)
    assert source is not None
    name = f"{function.__module__}.{function.__name__}"

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        result, instructions = run(source, function.__name__, *arguments, names=function.__globals__)
        executed[name] += instructions
        return result

    return call


_TESTS = CHECKOUT_DIR / "tests"
sys.path[:0] = [str(folder) for folder in (_TESTS / "shims", _TESTS / "vectors", FIRMWARE_DIR)]
vars(importlib.import_module("micropython"))["viper"] = _viper
