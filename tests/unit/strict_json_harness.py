"""Runs in MicroPython: says for each line of input (a text in hex) whether it is taken for a JSON object."""

import sys

from recorder import strict_json

for line in sys.stdin:
    try:
        strict_json.load_object(bytes.fromhex(line.strip()))
        print("yes")
    except ValueError:
        print("no")
