"""Measures what sealing segments does to MicroPython's heap. Prints one JSON object:

- `lasting_bytes`: how much more is allocated, after collection, after 1000 segments;
- `segment_bytes`: the most that one segment allocates;
- `segments_under_lock`: how many segments were sealed with the heap locked around all but hashlib.
"""

import gc
import json

from crypto import hmac
from crypto.stream import StreamWriter
from micropython import heap_lock, heap_unlock

SEGMENTS = 1000


class UnlockedHash:
    """hashlib's SHA-256 with the heap unlocked while it allocates, in an object that is used again."""

    def start(self, sha256, data):
        heap_unlock()
        self._hash = sha256(data)
        heap_lock()
        return self

    def update(self, data):
        self._hash.update(data)

    def digest(self):
        heap_unlock()
        digest = self._hash.digest()
        heap_lock()
        return digest


def seal_many(writer, count):
    for _ in range(count):
        writer.seal(False)


def lasting_bytes(writer):
    seal_many(writer, 1)
    gc.collect()
    before = gc.mem_alloc()
    seal_many(writer, SEGMENTS)
    gc.collect()
    return gc.mem_alloc() - before


def most_in_a_segment(writer):
    most = 0
    for _ in range(50):
        gc.collect()
        before = gc.mem_alloc()
        writer.seal(False)
        most = max(most, gc.mem_alloc() - before)
    return most


def seal_under_lock(writer, count):
    """Seal `count` segments, the first and the last of a stream among them, on a heap that is locked."""
    sha256 = hmac.sha256
    inner, outer = UnlockedHash(), UnlockedHash()
    begun = [inner, outer]

    def unlocked_sha256(data):
        # HMAC has two hashes in hand at a time: the inner one first.
        hash_ = begun[0]
        begun[0], begun[1] = begun[1], hash_
        return hash_.start(sha256, data)

    hmac.sha256 = unlocked_sha256
    inner._hash = outer._hash = None
    heap_lock()
    try:
        for i in range(count):
            writer.seal(i == count - 1)
    finally:
        heap_unlock()
        hmac.sha256 = sha256


def begin(writer):
    writer.begin(bytes(range(32)), bytes(32), bytes(7), b"heap")


def main():
    writer = StreamWriter()
    begin(writer)
    found = {"segment_bytes": most_in_a_segment(writer), "lasting_bytes": lasting_bytes(writer)}
    begin(writer)
    seal_under_lock(writer, 20)
    found["segments_under_lock"] = writer.segments
    print(json.dumps(found))


main()
