"""First file that the board runs: nothing interrupts the firmware or speaks over its console; no radio."""

import micropython

micropython.kbd_intr(-1)  # Ctrl-C is a byte like any other: the REPL stays shut

import sys  # noqa: E402 - only after the REPL is shut

import esp  # noqa: E402

esp.osdebug(None)

try:
    import boards
    import drivers.radio

    drivers.radio.off(boards.pins())
    del drivers.radio, sys.modules["drivers.radio"]
except Exception as failure:  # noqa: BLE001 - told, but a recorder that does not start is worse: nothing uses a radio
    sys.print_exception(failure)
