"""The header block of a container: who can open it, sealed by the recorder (docs/format.md, section 2).

An overlay. It is put together a sector at a time, wherever it is read, hashed or written, and is nowhere
whole in memory: with two recipients of suite 2 it would take more than there is beside a recording.
"""

from hashlib import sha256

from crypto.hmac import HmacSha256
from crypto.words import wipe
from micropython import const
from recorder import format as layout

SECTOR_BYTES = const(512)
SECTORS = const(8)


class Header:
    """The header of container `number`: add() what belongs into it, then finish().

    store: where add() finds what it is given the name of. recipients: how many there will be; 0 is a
    destroyed container's, whose first recipient's key id is `key_id`. info: the first 32 bytes. seal,
    digest: once it is finished, the recorder's seal and the SHA-256 of the block.
    """

    def __init__(self, store, identity, number, suite, recipients, key_id=bytes(8)):
        self._store = store
        self._identity = identity
        head = layout.MAGIC + bytes((layout.VERSION, suite, recipients, 0)) + number.to_bytes(4, "big")
        self.info = head + identity.recorder_id + key_id
        self._pieces = []  # (where it starts, where it ends, what it is)
        self._end = 0
        self.add(self.info)

    def add(self, piece):
        """Put `piece` behind what is there: bytes, or the name of what is in the store."""
        size = self._store.size(piece) if type(piece) is str else len(piece)
        self._pieces.append((self._end, self._end + size, piece))
        self._end += size

    def finish(self, sector):
        """Seal it. sector: a bytearray of 512 to work in."""
        mac = HmacSha256()
        mac.set_key(self._identity.seal_key)
        self.seal = mac.tag_of(self._sectors(sector, layout.SEAL_AT))
        mac.clear()
        self._end = layout.SEAL_AT
        self.add(self.seal)
        digest = sha256()
        for part in self._sectors(sector, layout.BLOCK_BYTES):
            digest.update(part)
        self.digest = digest.digest()

    def _sectors(self, sector, end):
        """The block up to `end`, in parts that are overwritten by the next one."""
        for number in range(SECTORS):
            yield memoryview(self.fill(sector, number))[: end - number * SECTOR_BYTES]

    def fill(self, sector, number):
        """Put sector `number`, from 0 to 7, into `sector`, and return that."""
        wipe(sector)
        start = number * SECTOR_BYTES
        for first, end, piece in self._pieces:
            low, high = max(first, start), min(end, start + SECTOR_BYTES)
            if low < high:
                part = memoryview(sector)[low - start : high - start]
                if type(piece) is str:
                    self._store.read_into(piece, low - first, part)
                else:
                    part[:] = piece[low - first : high - first]
        return sector


def is_ours(header_sector, identity, number):
    """True if a file's first sector is that of our own container `number`, whatever became of it."""
    return (
        header_sector[0:8] == layout.MAGIC
        and header_sector[12:16] == number.to_bytes(4, "big")
        and header_sector[16:24] == identity.recorder_id
    )
