"""Tells a card that what it holds is not needed any more, where Linux offers that: BLKSECDISCARD, BLKDISCARD.

Best effort. What the card does with its blocks then is its own business, cannot be read back, and is no
ground for any claim. Done only after everything was overwritten and read back. The secure form is for
soldered memory (eMMC); cards in a reader on USB mostly offer neither. Source: linux/fs.h.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Callable

BLKDISCARD, BLKSECDISCARD = 0x1277, 0x127D
STEP_BYTES = 1 << 30
OTHER_NUMBERS = ("mips", "ppc", "powerpc", "sparc", "alpha", "parisc")  # machines with other request numbers

NOT_OFFERED, PLAIN, SECURE = "not offered", "plain", "secure"

Ioctl = Callable[[int, int, bytes], None]


def discard(handle: int, size_bytes: int, ioctl: Ioctl | None = None) -> str:
    """Discard all of an open device: SECURE, PLAIN, or NOT_OFFERED if that was refused."""
    ask = ioctl or _linux_ioctl()
    if ask is None:
        return NOT_OFFERED
    for request, word in ((BLKSECDISCARD, SECURE), (BLKDISCARD, PLAIN)):
        try:
            for start in range(0, size_bytes, STEP_BYTES):
                ask(handle, request, struct.pack("=QQ", start, min(STEP_BYTES, size_bytes - start)))
        except OSError:
            continue
        return word
    return NOT_OFFERED


def _linux_ioctl() -> Ioctl | None:
    """The system's call, None where these requests do not exist. Raises OSError when it is called."""
    if sys.platform != "linux" or platform.machine().startswith(OTHER_NUMBERS):
        return None
    call = ctypes.CDLL(None, use_errno=True).ioctl

    def ioctl(handle: int, request: int, argument: bytes) -> None:
        if call(handle, ctypes.c_ulong(request), ctypes.create_string_buffer(argument)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return ioctl
