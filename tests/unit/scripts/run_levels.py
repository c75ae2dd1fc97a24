"""Runs recorder.levels over raw 16-bit samples; prints the clips.

run_levels.py SOURCE TARGET RATE CHANNELS GAIN_DB HIGH_PASS
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import sys

from recorder.levels import Levels

source_path, target_path = sys.argv[1:3]
rate_hz, channels, gain_db, high_pass = (int(text) for text in sys.argv[3:7])
with open(source_path, "rb") as file:
    source = bytearray(file.read())
target = bytearray(len(source) + 12)
levels = Levels(rate_hz, channels, gain_db, bool(high_pass))
frames = len(source) // (2 * channels)
first = 12 // (2 * channels)  # as in a segment, after the AUDIO record's header
at = 0
while at < frames:
    count = min(777, frames - at)
    levels.process(target, first + at, source, at, count)
    at += count
with open(target_path, "wb") as file:
    file.write(target[12:])
print(levels.clips)
