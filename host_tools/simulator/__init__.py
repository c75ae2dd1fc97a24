"""Runs the recorder's own firmware on this computer, in the real MicroPython interpreter.

The only part of the package that may use what POSIX systems alone have (pseudo-terminals, terminal
settings): everything else must import and run on Windows too.
"""
