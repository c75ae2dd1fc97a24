"""First file that the board runs: nothing may interrupt the firmware, and nothing speaks over its console."""

import micropython

micropython.kbd_intr(-1)  # Ctrl-C is a byte like any other: the REPL stays shut

import esp  # noqa: E402 - only after the REPL is shut

esp.osdebug(None)
