"""Runs the recorder for ever; an exception that reaches this file is told and restarts the board."""

import sys

import micropython

micropython.kbd_intr(-1)  # Ctrl-C is a byte like any other: the REPL stays shut

try:
    from recorder import start

    start.run()
except Exception as fault:  # noqa: BLE001 - whatever it was
    sys.print_exception(fault)
finally:
    import machine

    machine.reset()
