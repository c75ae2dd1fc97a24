"""Runs the recorder for ever; or leaves the board to the REPL, if asked to (recorder/service.py).

An exception that reaches this file is told and restarts the board.
"""

import sys
import time

import machine

import micropython

micropython.kbd_intr(-1)  # Ctrl-C is a byte like any other: the REPL stays shut

in_service = False
try:
    import recorder.service

    in_service = recorder.service.is_asked_for(machine.reset_cause() == machine.PWRON_RESET)
    del recorder.service, sys.modules["recorder.service"]
    if not in_service:
        from recorder import start

        start.run()
except Exception as fault:  # noqa: BLE001 - whatever it was
    sys.print_exception(fault)
finally:
    if in_service:
        micropython.kbd_intr(3)  # the port opens the REPL when this file ends
    else:
        time.sleep_ms(200)  # for the last bytes to the laptop
        machine.reset()
