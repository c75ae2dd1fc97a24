"""`esp` as far as the firmware uses it: the log of the chip's own libraries, of which there are none here."""


def osdebug(stream, level=None):
    """Accepts what the port accepts; there is nothing to silence."""


def flash_size():
    """Bytes of flash on the usual module."""
    return 4 * 1024 * 1024
