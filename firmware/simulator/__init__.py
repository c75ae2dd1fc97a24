"""Stand-ins for the ESP32 port's modules, so that the recorder's firmware runs unchanged on a laptop.

Run by the real MicroPython interpreter; nothing here is installed on a board. Time is virtual: it passes
in sleeps and while the card is busy, and whatever happens in it happens at a known millisecond.
"""
