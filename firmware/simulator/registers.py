"""`machine.mem32`: the chip's registers, a word at each address. They keep what is written and do nothing.

One is looked at: the radio's clocks (DPORT_WIFI_CLK_EN_REG of the ESP32; its bits for Wi-Fi and Bluetooth are
in esp-idf's soc/dport_reg.h). The host is told with each write whether any of them runs.
"""

from simulator import host

_RADIO_CLOCKS = 0x3FF000CC
_RADIO_BITS = 0x30C06
_AT_START = {_RADIO_CLOCKS: 0xFFFCE030}
_WORD = 0xFFFFFFFF


class _Words:
    """Item by address, which is a multiple of four."""

    def __init__(self):
        self._words = dict(_AT_START)

    def __getitem__(self, address):
        self._check(address)
        return self._words.get(address, 0)

    def __setitem__(self, address, value):
        self._check(address)
        self._words[address] = value & _WORD
        if address == _RADIO_CLOCKS:
            host.send("radio", value & _RADIO_BITS != 0)

    def _check(self, address):
        if address & 3:
            raise ValueError("address %08x is not aligned to 4 bytes" % address)


mem32 = _Words()
