"""Copies a folder's files onto a card image with the interpreter's own VfsFat.

copy_to_card.py IMAGE FOLDER
"""
# ruff: noqa: PTH123, PTH208 (MicroPython has no pathlib)

import os
import sys

import card_image

card_image.mount(sys.argv[1])
for name in sorted(os.listdir(sys.argv[2])):
    with open(sys.argv[2] + "/" + name, "rb") as source, open("/sd/" + name, "wb") as copy:
        copy.write(source.read())
