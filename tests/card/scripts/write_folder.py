"""Writes what write_card.py writes onto a card image, and into its folder a file, and one that is removed.

write_folder.py IMAGE
"""
# ruff: noqa: PTH123, PTH107 (MicroPython has no pathlib)

import os

import write_card  # noqa: F401 - writes when it is imported

with open("/sd/FOLDER/INSIDE.TXT", "wb") as file:
    file.write(b"inside" * 5000)
with open("/sd/FOLDER/GONE.TXT", "wb") as file:
    file.write(b"was there" * 5000)
os.remove("/sd/FOLDER/GONE.TXT")
