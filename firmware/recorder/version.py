"""The version of the project: the one place where it is written.

The recorder reports it, and the laptop's package takes it from here when it is built, so both
sides of a release carry the same number. The value must stay a plain literal.
"""

VERSION = "0.1.0"
