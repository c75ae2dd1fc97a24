"""Runs one of a script's functions: its name and its arguments are the command line's."""

import sys


def run(functions):
    """Call the function that the command line names with what follows it."""
    functions[sys.argv[1]](*sys.argv[2:])
