"""One container on the card from its header to its last block (docs/format.md, sections 1 and 2).

Prepared (prepare.py), then used: marked so in the journal before its first segment is encrypted. While
segments are written the file neither grows nor shrinks and no FAT entry changes; a write that failed is
repeated with the same bytes.
"""

from binascii import hexlify

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder.errors import CardFault

_WRITE_TRIES = const(3)


class Container:
    """A prepared container: `number`, `name`, `seal` and `header_hash` (32 bytes), `file_key` until used.

    suite, key: of its first recipient, whose key id is in hex. blocks: its capacity, header included.
    feed: called between writes that may take seconds.
    """

    def __init__(self, card, file, entry, key, blocks, feed):
        self._card = card
        self._file = file
        self._feed = feed
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
        """Write the next segment; raises CardFault when the card refuses it repeatedly."""
        for attempt in range(_WRITE_TRIES):
            try:
                if attempt:
                    self._feed()
                    # FatFs may have gone on to the next cluster before it failed; from 0 it counts them anew.
                    self._file.seek(0)
                    self._file.seek(self._at * layout.BLOCK_BYTES)
                self._file.write(block)
                self._at += 1
                return
            except OSError:
                continue
        raise CardFault("the card refuses to be written")

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
