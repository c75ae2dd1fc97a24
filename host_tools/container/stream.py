"""The body: Tink's AES256_CTR_HMAC_SHA256_4KB, in batches, with bounded memory (docs/format.md section 4).

A segment is decrypted only after its tag was found right; the stream ends at the first segment that is
not authentic, or after the one flagged as last. `later_authentic` looks for authentic segments further
on, by their tags alone. Hash objects are copied and one cipher object is given each segment's nonce: setting
them up anew would cost more than the work itself.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from host_tools.container import layout
from host_tools.container.source import BlockReader

BATCH_SEGMENTS = 256
AES_BLOCK_BYTES = 16
NONCE_BYTES = 16
HMAC_BLOCK_BYTES = 64
NONCE_TAIL = bytes(4)
ZERO_TAG = bytes(layout.TAG_BYTES)


@dataclass(frozen=True, slots=True)
class Segment:
    """An authentic segment: its index, plaintext (4024 or 4064 bytes) and whether it is flagged as last."""

    index: int
    plaintext: memoryview
    last: bool


class Stream:
    """The body of one container under one file key.

    `intact` if its first block has Tink's header length: without it no segment counts as one in order.
    """

    def __init__(self, blocks: BlockReader, file_key: bytes, header_block: bytes):
        self._blocks = blocks
        first = blocks.read(1, 1)
        salt = first[1 : 1 + layout.SALT_BYTES]
        self._nonce_prefix = first[1 + layout.SALT_BYTES : layout.STREAM_HEADER_BYTES]
        self.intact = len(first) > 0 and first[0] == layout.STREAM_HEADER_BYTES
        keys = HKDF(
            hashes.SHA256(),
            layout.AES_KEY_BYTES + layout.MAC_KEY_BYTES,
            salt=salt,
            info=hashlib.sha256(header_block).digest(),
        ).derive(file_key)
        aes = algorithms.AES(keys[: layout.AES_KEY_BYTES])
        self._ecb = Cipher(aes, modes.ECB())  # noqa: S305 – makes single blocks of keystream
        self._counter_mode = Cipher(aes, modes.CTR(bytes(NONCE_BYTES)))
        mac_key = keys[layout.AES_KEY_BYTES :].ljust(HMAC_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in mac_key))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in mac_key))

    @property
    def segment_count(self) -> int:
        """How many whole blocks stand where segments may be."""
        return max(0, self._blocks.block_count - 1)

    def segments(self) -> Iterator[Segment]:
        """The authentic segments, in order from the first, up to the first bad one or the last."""
        firsts = range(0, self.segment_count if self.intact else 0, BATCH_SEGMENTS)
        for first in firsts:
            batch = self._open_batch(memoryview(self._blocks.read(first + 1, BATCH_SEGMENTS)), first)
            yield from batch.segments()
            if batch.is_end:
                return

    def later_authentic(self, after: int) -> tuple[int, int] | None:
        """(first, last) index of the authentic segments beyond index `after`, or None; by tags alone."""
        found = None
        for first in range(after + 1, self.segment_count, BATCH_SEGMENTS):
            data = memoryview(self._blocks.read(first + 1, BATCH_SEGMENTS))
            for position in range(len(data) // layout.BLOCK_BYTES):
                index = first + position
                if self.flag_of(self._block(data, position), index) is not None:
                    found = (found[0] if found else index, index)
        return found

    def _block(self, data: memoryview, position: int) -> memoryview:
        return data[position * layout.BLOCK_BYTES : (position + 1) * layout.BLOCK_BYTES]

    def authentic_run(self, data: memoryview, first: int, count: int) -> tuple[int, bool]:
        """How many segments of the batch are authentic in order, and whether the final one is the last."""
        position = 0
        while position < count:
            if first + position:
                position = self._plain_run(data, first, position, count)
            if position == count:
                break
            flag = self.flag_of(self._block(data, position), first + position)
            if flag is None:
                return position, False
            position += 1
            if flag:
                return position, True
        return count, False

    def _plain_run(self, data: memoryview, first: int, begin: int, count: int) -> int:
        """The first position from `begin` on, not segment 0's, at which flag 0 does not prove the segment.

        The same as `flag_of`, with nothing in the loop that is not needed: a fifth quicker.
        """
        copy_inner, copy_outer, is_same = self._inner.copy, self._outer.copy, hmac.compare_digest
        for position, nonce in enumerate(self._nonces(first + begin, count - begin), begin):
            start = position * layout.BLOCK_BYTES
            tag_at = start + layout.CIPHERTEXT_BYTES
            inner, outer = copy_inner(), copy_outer()
            inner.update(nonce)
            inner.update(data[start:tag_at])
            outer.update(inner.digest())
            if not is_same(outer.digest(), data[tag_at : tag_at + layout.TAG_BYTES]):
                return position
        return count

    def flag_of(self, block: memoryview, index: int) -> int | None:
        """The flag (0, or 1 on the last segment) under which a whole block is authentic, or None."""
        start = layout.STREAM_HEADER_BYTES if index == 0 else 0
        ciphertext, tag = block[start : layout.CIPHERTEXT_BYTES], block[layout.CIPHERTEXT_BYTES :]
        if tag == ZERO_TAG:  # a block never written; saves two hashes for each on a fresh card
            return None
        for flag in (0, 1):
            inner, outer = self._inner.copy(), self._outer.copy()
            inner.update(self._nonce(index, flag))
            inner.update(ciphertext)
            outer.update(inner.digest())
            if hmac.compare_digest(outer.digest(), tag):
                return flag
        return None

    def first_keystream(self, indices: np.ndarray, flag: int) -> np.ndarray:
        """The first 16 bytes of keystream for each of these segment indices (integers[n]), uint8[n, 16]."""
        prefix = int.from_bytes(self._nonce_prefix, "big")
        counters = np.zeros((len(indices), AES_BLOCK_BYTES // 4), ">u4")
        counters[:, 0] = prefix >> 24
        counters[:, 1] = (prefix & 0xFFFFFF) << 8 | indices >> 24
        counters[:, 2] = (indices & 0xFFFFFF) << 8 | flag
        keystream = self._ecb.encryptor().update(counters.tobytes())
        return np.frombuffer(keystream, np.uint8).reshape(-1, AES_BLOCK_BYTES)

    def _nonce(self, index: int, flag: int) -> bytes:
        """The 16-byte nonce of a segment, which is also its first counter block."""
        return self._nonce_prefix + index.to_bytes(4, "big") + bytes((flag,)) + NONCE_TAIL

    def _nonces(self, first: int, count: int) -> list[bytes]:
        """The nonces of `count` segments from `first` on, none of them the last."""
        prefix, tail = self._nonce_prefix, b"\0" + NONCE_TAIL
        return [prefix + index.to_bytes(4, "big") + tail for index in range(first, first + count)]

    def _open_batch(self, data: memoryview, first: int) -> "_Batch":
        """Verify a batch that begins with segment `first`, and decrypt what is authentic in order."""
        count = len(data) // layout.BLOCK_BYTES
        good, last = self.authentic_run(data, first, count)
        plain = memoryview(bytearray(good * layout.BLOCK_BYTES))
        context = self._counter_mode.encryptor()
        set_nonce, decrypt_into = context.reset_nonce, context.update_into
        nonces = self._nonces(first, good)
        if last:
            nonces[-1] = self._nonce(first + good - 1, 1)
        for start, nonce in zip(range(0, len(plain), layout.BLOCK_BYTES), nonces, strict=True):
            set_nonce(nonce)
            begin = start if start or first else layout.STREAM_HEADER_BYTES
            decrypt_into(
                data[begin : start + layout.CIPHERTEXT_BYTES], plain[start : start + layout.BLOCK_BYTES]
            )
        return _Batch(first, good, plain, last, is_end=last or good < count)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What came of a batch: `good` segments, each plaintext where its block began; whether it ends here."""

    first: int
    good: int
    plain: memoryview
    last: bool
    is_end: bool

    def segments(self) -> Iterator[Segment]:
        """The authentic segments, in order."""
        for position in range(self.good):
            index, start = self.first + position, position * layout.BLOCK_BYTES
            length = layout.CIPHERTEXT_BYTES - (layout.STREAM_HEADER_BYTES if index == 0 else 0)
            yield Segment(index, self.plain[start : start + length], self.last and position == self.good - 1)
