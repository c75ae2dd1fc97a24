"""One container on the card from its header to its last block (docs/format.md, sections 1 and 2).

Prepared (prepare.py), then used: marked so in the journal before its first segment is encrypted. While
segments are written the file neither grows nor shrinks and no FAT entry changes. A write that failed is
repeated with the same bytes, by the card's driver; the first segment is read back, for all others rest on it.
"""

from binascii import hexlify

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder.errors import CardFault

_WRITE_TRIES = const(3)
_PIECE_BYTES = const(512)  # read back at a time


class Container:
    """A prepared container: `number`, `name`, `seal` and `header_hash` (32 bytes), `file_key` until used.

    suite, key: of its first recipient, whose key id is in hex. blocks: its capacity, header included.
    """

    def __init__(self, card, file, entry, key, blocks):
        self._card = card
        self._file = file
        self.number = entry["number"]
        self.name = entry["name"]
        self.suite = entry["suite"]
        self.key = key
        self.file_key = bytearray(0)
        self.seal = self.header_hash = b""
        self._blocks = blocks
        self._at = 1  # next block to be written

    @property
    def segments_left(self):
        """How many segments still fit."""
        return self._blocks - self._at

    @property
    def seal_hex(self):
        """What `previous` and `status` quote of the seal."""
        return hexlify(self.seal[: layout.PREVIOUS_SEAL_BYTES]).decode()

    def write(self, block):
        """Write the next segment; on return it is on the card. Raises CardFault."""
        try:
            for _ in range(_WRITE_TRIES):
                self._file.write(block)
                if not self._card.mounted:  # let go of, and then it takes everything
                    break
                if self._at > 1 or self._keeps(block):
                    self._at += 1
                    return
                self._file.seek(layout.BLOCK_BYTES)
        except OSError:
            pass
        raise CardFault("the card refuses to be written")

    def _keeps(self, block):
        """Read the first segment back; True if it is what was written."""
        self._file.seek(layout.BLOCK_BYTES)
        piece = bytearray(_PIECE_BYTES)
        for at in range(0, layout.BLOCK_BYTES, _PIECE_BYTES):
            self._file.readinto(piece)
            if piece != memoryview(block)[at : at + _PIECE_BYTES]:
                return False
        return True

    def drop_key(self):
        """Zero the file key."""
        wipe(self.file_key)

    def close(self):
        """Close the file and zero the key; a card that is gone does not keep it from that."""
        self.drop_key()
        try:
            self._card.close(self._file)
        except OSError:
            raise CardFault("the card refuses to be closed")
