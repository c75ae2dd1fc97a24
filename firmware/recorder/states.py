"""The recorder's states, as one table: what the green light shows in each, and what each gesture does.

The firmware runs on this table, and the picture in the user's page is drawn from it. A state that is not in
the table of gestures heeds no button. The red light is not here: it is lit while the microphone has power.
"""

from micropython import const

# Gestures: what two people do with their two buttons. One button's, but for BOTH.
DOWN = "down"  # a button goes down
UP = "up"  # it was let go, before it counted as held
SHORT = "short"  # and no second press has followed for 0.4 s
DOUBLE = "double"  # a second press followed in time
HOLD = "hold"  # one button alone held for 2 s
BOTH = "both"  # both held together for 8 s

DOUBLE_MS = const(400)
HOLD_MS = const(2000)
BOTH_MS = const(8000)

# state: {gesture: the method of App that it calls}
GESTURES = {
    "ready": {DOWN: "consent"},
    "consent": {DOWN: "consent"},
    "recording": {SHORT: "pause", DOUBLE: "mark", HOLD: "stop", BOTH: "destroy"},
    "paused": {UP: "resume", HOLD: "stop", BOTH: "destroy"},
    "fault": {HOLD: "recover"},
}

BLIP_MS = const(60)
FAULT_MS = const(250)  # of red, and then of green, for each of the number that is shown
FAULT_GAP_MS = const(1500)

# state: milliseconds on, off, on, …, over and over; None is on for as long as the state lasts, () is off.
# Recording shows a blip for each second that is safe on the card; fault counts in red and green.
GREEN = {
    "unprovisioned": (1000, 1000),
    "ready": (BLIP_MS, 4940),
    "consent": (100, 100),
    "recording": (),
    "paused": (BLIP_MS, 140, BLIP_MS, 1740),
    "closing": None,
    "wiping": None,
    "fault": (),
}

# Instead of the above while something asks for attention: keys, battery or room on the card run out, or
# samples were lost.
READY_WARNING = (BLIP_MS, 140, BLIP_MS, 140, BLIP_MS, 4540)
BLIP_WARNING = (BLIP_MS, 140, BLIP_MS)  # once, for each safe second
COUNT_MS = (100, 100, 500)  # more than two parties: so many blips as have consented, then a gap

# States in which nothing that a recording rests on may change, nor the card be used for anything else.
BUSY = ("consent", "recording", "paused", "closing", "wiping")
