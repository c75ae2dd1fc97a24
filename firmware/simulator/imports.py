"""What the firmware can import: the stand-ins under the port's names, and no way to a radio or to the laptop.

The unix interpreter has network modules built in; with `guard` their import fails as if they were not
there, so a firmware module that imports one cannot even start.
"""

import builtins
import sys

from simulator import esp, esp32, machine, os, select, time

FORBIDDEN = (
    "aioble",
    "bluetooth",
    "espnow",
    "ffi",
    "jni",
    "lwip",
    "mip",
    "network",
    "requests",
    "socket",
    "ssl",
    "termios",
    "tls",
    "ubluetooth",
    "urequests",
    "usocket",
    "ussl",
    "webrepl",
    "websocket",
    "uwebsocket",
)


def guard():
    """Put the stand-ins in place and refuse the forbidden names, from now on."""
    for name, module in (("machine", machine), ("time", time), ("select", select), ("os", os)):
        sys.modules[name] = module
        sys.modules["u" + name] = module
    sys.modules["esp"] = esp
    sys.modules["esp32"] = esp32
    real_import = builtins.__import__

    def guarded(name, *rest):
        if name.split(".")[0] in FORBIDDEN:
            raise ImportError("no module named '" + name + "'")
        return real_import(name, *rest)

    builtins.__import__ = guarded
