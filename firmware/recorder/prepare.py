"""Makes the next container ready before anyone wants to record (docs/format.md, sections 1 and 2).

An overlay, after place.py and encapsulate.py. Preallocated, header written. Then all that is read back, and
what was left at the very end of the file: of a worn card, or one that has less room than it says, nobody is
to learn only after the session. The work is cut into steps, so that it can be done beside a recording, and
a slow card does not starve the watchdog.
"""

import os
from binascii import hexlify
from hashlib import sha256

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder import header, overlay
from recorder.container import Container
from recorder.errors import CardFault, CardFull

_STAMP_PIECE_BYTES = const(64)
_STEP_BYTES = const(1024 * 1024)  # preallocated at a time: a dozen writes, while sound waits


class Preparation:
    """One container on its way; `container` is set after the last step of `steps()`.

    parts: card, identity, store, journal, entropy, feed. ids, secrets: what encapsulate.py made of its
    recipients; the secrets are wiped when they were used. sector: 512 bytes to work in.
    """

    def __init__(self, parts, ids, secrets, sector):
        self._parts = parts
        self._card = parts.card
        self._ids = ids
        self._secrets = secrets
        self._sector = sector
        self.container = None

    def steps(self, had_bytes, blocks):
        """A generator of the work: the file has `had_bytes`, and is to have `blocks`.

        Raises CardFull, OSError and CardFault.
        """
        entry = self._parts.journal.prepared
        file = self._card.open(entry["name"], "r+b")
        try:
            yield from self._fill(file, entry, had_bytes, blocks)
        except BaseException:  # GeneratorExit too: whatever ends this, the file must not stay open
            self._card.close(file)
            raise

    def _fill(self, file, entry, had, blocks):
        at = had
        if at < blocks * layout.BLOCK_BYTES:  # while it grows it has no header: mend.py has to know
            wipe(self._sector)
            self._write_sector(file, 0)
        while at < blocks * layout.BLOCK_BYTES:
            at = min(at + _STEP_BYTES, blocks * layout.BLOCK_BYTES)
            if file.seek(at) != at:
                raise CardFull("the card has no room for a container")
            self._card.flush(file)
            self._parts.feed()
            yield
        for at in range(0, header.SECTOR_BYTES, _STAMP_PIECE_BYTES):
            self._sector[at : at + _STAMP_PIECE_BYTES] = os.urandom(_STAMP_PIECE_BYTES)
        stamp = sha256(self._sector).digest()
        stamp_at = blocks * layout.BLOCK_BYTES - header.SECTOR_BYTES
        self._write_sector(file, stamp_at)
        yield
        container = Container(self._card, file, entry, hexlify(self._ids[0]).decode(), blocks)
        container.file_key = self._parts.entropy.draw(layout.FILE_KEY_BYTES)
        try:
            sealed = self._sealed(container)
            container.seal, container.header_hash = sealed.seal, sealed.digest
            yield
            self._write_header(file, sealed)
            yield
            self._look_again(file, sealed.digest, stamp_at, stamp)
        except BaseException:
            container.drop_key()
            raise
        self.container = container

    def _sealed(self, container):
        """Return the header, with the file key sealed to each recipient."""
        from crypto import ghash, gcm, hpke  # noqa: F401, I001 - first what others rest on

        parts, suite = self._parts, container.suite
        sealed = header.Header(parts.store, parts.identity, container.number, suite, len(self._ids))
        try:
            for number, key_id in enumerate(self._ids):
                secret = self._secrets[number]
                sealed.add(key_id)
                sealed.add(layout.ENC_NAME % number)
                sealed.add(hpke.seal(suite, secret, sealed.info + key_id, container.file_key))
                wipe(secret)
        finally:
            overlay.forget("crypto.hpke", "crypto.gcm", "crypto.ghash")
        sealed.finish(self._sector)
        return sealed

    def _write_header(self, file, sealed):
        """Write it so that at any moment it is no header or the whole one, torn sectors included.

        The magic comes last, in a write that changes nothing else.
        """
        sector = self._sector
        for number in range(header.SECTORS):
            sealed.fill(sector, number)
            if not number:
                wipe(memoryview(sector)[: len(layout.MAGIC)])
            self._write_sector(file, number * header.SECTOR_BYTES, number in (0, header.SECTORS - 1))
        sealed.fill(sector, 0)
        self._write_sector(file, 0)

    def _write_sector(self, file, at, must_flush=True):
        file.seek(at)
        file.write(self._sector)
        if must_flush:
            self._card.flush(file)

    def _look_again(self, file, digest, stamp_at, stamp):
        """Read back what was written, and leave the file at block 1; raises CardFault."""
        sector = self._sector
        file.seek(stamp_at)
        file.readinto(sector)
        kept = sha256(sector).digest() == stamp
        file.seek(0)
        sum = sha256()
        for _ in range(header.SECTORS):
            file.readinto(sector)
            sum.update(sector)
        kept = kept and sum.digest() == digest
        for _ in range(header.SECTORS):
            file.readinto(sector)
            kept = kept and not any(sector)
        if not kept:
            raise CardFault("the card does not keep what is written")
        file.seek(layout.BLOCK_BYTES)
