"""The boards the firmware knows: which pin has which role, and what the board can do.

Code asks the board file for roles and capabilities, never for the board's name.
"""

from boards.selected import NAME


def pins():
    """Return the pins module of the board that this firmware is installed for."""
    package = __import__("boards.%s.pins" % NAME)
    return getattr(package, NAME).pins
