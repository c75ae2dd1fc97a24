"""Run by MicroPython: `break_file.py FIRMWARE IMAGE NAME…` breaks the recorder's own files in an image.

What is there is cut to half; what is not there is made, and is nothing that the recorder wrote.
"""
# ruff: noqa: PTH123 (MicroPython has no pathlib)

import sys

FIRMWARE, IMAGE = sys.argv[1:3]
sys.path[:0] = [FIRMWARE, __file__.rsplit("/", 2)[0]]

import flash_image  # noqa: E402

flash_image.mount(IMAGE)


def content_of(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b"something else that is long enough"


for name in sys.argv[3:]:
    content = content_of("/data/" + name)
    with open("/data/" + name, "wb") as file:
        file.write(content[: len(content) // 2])
