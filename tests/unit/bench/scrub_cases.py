"""A recorder's life on a real LittleFS, and its end by `reset`, in MicroPython.

    scrub_cases.py live IMAGE ROOT SEED       provisioned, with many files written over and over
    scrub_cases.py reset IMAGE ROOT CUT       asked to reset: prints `done`
    scrub_cases.py start IMAGE ROOT CUT       starts, and scrubs if it is due: prints `scrubbed`, or the files

Power fails in the write whose number is CUT (0: never), and `cut` is printed.

ROOT is /data: the file system is mounted there; or /flash/data: a folder of one that holds other files, too.
"""

import os
import random
import sys

import machine
import recorder_on_bench as bench
import vfs

from recorder import scrub
from recorder.clock import Clock
from recorder.entropy import Entropy
from recorder.identity import Identity
from recorder.log import Log
from recorder.requests import reset
from recorder.store import Store

BLOCKS = 256
BLOCK_BYTES = 4096
ERASED = b"\xff" * BLOCK_BYTES
SECRET = b"the recorder's secret, 32 bytes."
SEED = b"what the laptop drew for this recorder and for no other one ever"
SETTINGS = b'{"rate": 16000, "container_minutes": 240, "retention_days": 2555, "parties": 2}'
ENTRY = b'{"number": %d, "seal": "d1ce0000d1ce0000", "struck": []}'


class PowerCut(Exception):
    """The supply failed."""


class Flash:
    """An image in blocks, as internal flash is; the supply may fail in the middle of a write."""

    def __init__(self, path):
        self._path = path
        with open(path, "rb") as file:
            self.content = bytearray(file.read()) or bytearray(b"\xff" * (BLOCKS * BLOCK_BYTES))
        self.cut = 0

    def keep(self):
        with open(self._path, "wb") as file:
            file.write(self.content)

    def readblocks(self, block, buffer, offset=0):
        at = block * BLOCK_BYTES + offset
        buffer[:] = memoryview(self.content)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        self._put(block * BLOCK_BYTES + offset, buffer)

    def ioctl(self, operation, argument):
        if operation == 6:
            self._put(argument * BLOCK_BYTES, ERASED)
        return {4: BLOCKS, 5: BLOCK_BYTES}.get(operation, 0)

    def _put(self, place, data):
        if self.cut:
            self.cut -= 1
            if not self.cut:
                self.content[place : place + len(data) // 2] = memoryview(data)[: len(data) // 2]
                raise PowerCut
        self.content[place : place + len(data)] = data


def mount(flash, root):
    """Mount the flash, formatted if it is empty."""
    mount_point = "/" + root.split("/")[1]
    blank = flash.content[:BLOCK_BYTES] == ERASED
    if blank:
        vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), mount_point)
    if blank and mount_point != root:
        for number in range(5):
            with open(mount_point + "/firmware%d.mpy" % number, "wb") as file:
                file.write(b"firmware" * 700)


def live(flash, root, seed):
    random.seed(seed)
    store = Store(root)
    entropy = Entropy(store)
    entropy.provision(SEED)
    for batch in range(random.randrange(3, 40)):
        store.write("keys-1-%07d" % batch, b"public key %d " % batch * random.randrange(1, 100))
    store.write("settings", SETTINGS)
    Identity(store).provision(b"recorder", SECRET)
    log = Log(store, Clock())
    for number in range(random.randrange(5, 120)):
        store.write("journal", ENTRY % number)
        if number % 7 == 0:
            store.write("expiry-%d" % (number // 32), b"expires %d " % number * 11)
            log.note("stop", number)
            log.flush()
            entropy.refresh()
        if number % 50 == 49:
            store.remove("keys-1-%07d" % (number // 50))


def reset_it(flash, root, cut):
    app = bench.App(root)
    bench.press(True)
    flash.cut = cut
    assert reset.answer({}, app) == {}
    assert app.did == ["stop now", "scrub"] and app.must_restart
    assert os.listdir(root) == ["0-reset"], os.listdir(root)
    assert not Identity(app.parts.store).provisioned
    print("done")


def start(flash, root, cut):
    flash.cut = cut
    store = Store(root)
    due = scrub.is_due(store)
    if due:
        assert not Identity(store).provisioned
    parts = bench.Parts(root)
    parts.entropy = Entropy(store)
    if not due:
        print(" ".join(sorted(os.listdir(root))))
        return
    work = scrub.Scrub(parts)
    steps = 0
    while not work.step():
        steps += 1
    assert steps > 60
    assert sorted(os.listdir(root)) == ["log", "seed"]
    print("scrubbed")


def main(what, image, root, number):
    flash = Flash(image)
    mount(flash, root)
    try:
        {"live": live, "reset": reset_it, "start": start}[what](flash, root, int(number))
    except PowerCut:
        print("cut")
    flash.keep()


machine.SDCard.path = None
main(*sys.argv[1:])
