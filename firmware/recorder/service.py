"""Whether this start is to stop before the firmware, for an update over the serial port.

Asked for by the laptop at the last start (the request `service` left a file), once; or by both buttons, held
for 5 s from power-on. Either needs hands on the recorder. Whatever is wrong here, the start goes on.
"""

import os
import time

from micropython import const

FLAG = "service"  # the name of the file
_HELD_MS = const(5000)
_LOOK_MS = const(20)


def is_asked_for(power_on, root="/data"):
    """Return True at once if there is a flag, which goes; after 5 s if both buttons are held so long."""
    try:
        os.remove(root + "/" + FLAG)
        return True
    except OSError:
        return power_on and _held()


def _held():
    import boards
    from drivers.buttons import Buttons

    buttons = Buttons(boards.pins())
    since_ms = time.ticks_ms()
    while buttons.closed(0) and buttons.closed(1):
        if time.ticks_diff(time.ticks_ms(), since_ms) >= _HELD_MS:
            return True
        time.sleep_ms(_LOOK_MS)
    return False
