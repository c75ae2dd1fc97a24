"""Takes the clock from the chip's radio, which no module of this firmware could use anyhow.

The start-up code of ESP-IDF does so after power-on, and leaves it as it was after other resets
(components/esp_system/port/soc/esp32/clk.c, esp_perip_clk_init): hence here once more, at every start.
"""

import machine

from micropython import const

_READINGS = const(8)


def off(pins):
    """Clear the bits of the board's RADIO_CLOCK (address, bits). Raises OSError if they stay."""
    address, bits = pins.RADIO_CLOCK
    # Until chip revision 3 a reading may be wrong while the other core reads, too (ESP32 errata, CPU-3.10).
    clocks = machine.mem32[address]
    for _ in range(_READINGS):
        before, clocks = clocks, machine.mem32[address]
        if clocks == before:
            machine.mem32[address] = clocks & ~bits
            if machine.mem32[address] & bits == 0:
                return
    raise OSError("the radio's clock cannot be taken away")
