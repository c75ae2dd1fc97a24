"""Writes files of many sizes onto a card image, in turn, so that their clusters are interleaved.

    write_card.py IMAGE

Things to pass over are among them: a folder, long names, a file that was removed.
"""
# ruff: noqa: PTH123, PTH107, PTH102, SIM115, UP031 (MicroPython has no pathlib)

import os
import sys

import card_image

card_image.mount(sys.argv[1])
names = ["A.DAT", "B", "LONG~1X.BIN", "R0000001.DAT"]
files = [open("/sd/" + name, "wb") for name in names]
for turn in range(40):
    for number, file in enumerate(files):
        file.write(bytes([turn * 4 + number]) * (700 * number + 1))
for file in files:
    file.close()
os.mkdir("/sd/FOLDER")
for number in range(120):
    open("/sd/a long name to pass over %d.txt" % number, "wb").close()
for name, data in (("GONE", b"gone"), ("LAST", b"last")):
    with open("/sd/" + name, "wb") as file:
        file.write(data)
os.remove("/sd/GONE")
