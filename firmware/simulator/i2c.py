"""`machine.I2C` and `SoftI2C`: on the board's pins for the clock chip there is one, if the run has one.

Nothing else answers anywhere: OSError(ENODEV). A transfer takes nine bits a byte at the bus's speed, and
holds the interpreter for so long.
"""

import errno

from simulator import clock, ds3231, wiring
from simulator.pin import Pin

_BITS = 9  # eight and the acknowledgement


class SoftI2C:
    """A bus on any two pins."""

    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        self.init(scl, sda, freq=freq, timeout=timeout)

    def init(self, scl, sda, *, freq=400000, timeout=50000):
        """Use these pins at that speed."""
        if not isinstance(scl, Pin) or not isinstance(sda, Pin):
            raise ValueError("expecting a pin")
        self._has_chip = wiring.is_clock_bus(scl.number, sda.number)
        self._byte_us = max(1, _BITS * 1000000 // freq)

    def scan(self):
        """Addresses that answer."""
        self._pass(112)
        return [ds3231.ADDRESS] if self._has_chip and ds3231.fitted() else []

    def writeto(self, address, data, stop=True):
        """Send bytes; how many were acknowledged."""
        self._call(address, len(data))
        ds3231.write(data)
        return len(data)

    def readfrom_into(self, address, buffer, stop=True):
        """Fill `buffer`."""
        self._call(address, len(buffer))
        ds3231.read_into(buffer)

    def readfrom(self, address, count, stop=True):
        """`count` bytes."""
        buffer = bytearray(count)
        self.readfrom_into(address, buffer)
        return bytes(buffer)

    def writeto_mem(self, address, register, data, *, addrsize=8):
        """Send bytes to a register and those after it."""
        self.writeto(address, bytes([register]) + bytes(data))

    def readfrom_mem_into(self, address, register, buffer, *, addrsize=8):
        """Fill `buffer` from a register and those after it."""
        self.writeto(address, bytes([register]))
        self.readfrom_into(address, buffer)

    def readfrom_mem(self, address, register, count, *, addrsize=8):
        """`count` bytes from a register and those after it."""
        buffer = bytearray(count)
        self.readfrom_mem_into(address, register, buffer)
        return bytes(buffer)

    def _call(self, address, size):
        """Address a device for `size` bytes. Raises OSError."""
        if address != ds3231.ADDRESS or not self._has_chip or not ds3231.fitted():
            self._pass(1)
            raise OSError(errno.ENODEV)
        self._pass(1 + size)

    def _pass(self, size):
        clock.hold_us(size * self._byte_us)


class I2C(SoftI2C):
    """One of the port's two buses."""

    def __init__(self, id, *, scl, sda, freq=400000, timeout=50000):
        if id not in (0, 1):
            raise ValueError("I2C(%s) doesn't exist" % id)
        super().__init__(scl, sda, freq=freq, timeout=timeout)

    def deinit(self):
        """Let go of the pins."""
