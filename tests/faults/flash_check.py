"""Run by MicroPython: `flash_check.py FIRMWARE IMAGE` prints which of the recorder's own files are torn."""

import sys

FIRMWARE, IMAGE = sys.argv[1:3]
sys.path[:0] = [FIRMWARE, __file__.rsplit("/", 2)[0]]

import flash_image  # noqa: E402

flash_image.mount(IMAGE)

from recorder.errors import StoreDamaged  # noqa: E402
from recorder.store import Store  # noqa: E402

store = Store()
for name in sorted(store.each()):
    try:
        store.read(name)
    except StoreDamaged:
        print(name)
