"""What the firmware can import: the stand-ins under the port's names, and no way to a radio or to the laptop.

The unix interpreter has network modules built in; with `guard` their import fails as if they were not
there, so a firmware module that imports one cannot even start.
"""

import builtins
import sys

import micropython
from simulator import esp, esp32, machine, os, select, time

# Each also with a `u` in front, as MicroPython knows some of its own.
FORBIDDEN = (
    "aioble",
    "aioespnow",
    "aiohttp",
    "bluetooth",
    "espnow",
    "ffi",
    "jni",
    "lwip",
    "mip",
    "mqtt",
    "network",
    "ntptime",
    "requests",
    "socket",
    "ssl",
    "termios",
    "tls",
    "webrepl",
    "websocket",
)


def guard():
    """Put the stand-ins in place and refuse the forbidden names, from now on."""
    for name, module in (("machine", machine), ("time", time), ("select", select), ("os", os)):
        sys.modules[name] = module
        sys.modules["u" + name] = module
    sys.modules["esp"] = esp
    sys.modules["esp32"] = esp32
    real_import = builtins.__import__
    check = _check

    # Native code that names no global leaves the caller's in place, to which relative imports refer.
    @micropython.native
    def guarded(name, *rest):
        check(name)
        return real_import(name, *rest)

    builtins.__import__ = guarded


def _check(name):
    package = name.split(".")[0] if "." in name else name
    if package in FORBIDDEN or package[:1] == "u" and package[1:] in FORBIDDEN:
        raise ImportError("no module named '" + name + "'")
