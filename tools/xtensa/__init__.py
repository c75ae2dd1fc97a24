"""Runs the firmware's viper functions as the ESP32's processor would: the machine code that mpy-cross writes.

mpy-cross has compiled for Xtensa wrongly without a word more than once, and neither the interpreter of this
computer nor the board's own source tells. Here a function's code for the board is executed, with its
instructions counted, so that a test can hold its result against plain Python:

    result, instructions = run("firmware/crypto/words.py", "zero_bytes", buffer, 0, len(buffer))

Buffers are changed in place, and an access outside of them raises. Known are the instructions that mpy-cross
writes for viper; any other raises. Not told: time (a load may take more than one cycle), and traps.
"""

from .calls import CallError
from .decode import UnknownInstruction
from .load import Program, load
from .memory import MemoryFault
from .run import run

__all__ = ["CallError", "MemoryFault", "Program", "UnknownInstruction", "load", "run"]
