"""Has a shared secret made with each recipient of the next container: the long part of sealing to them.

An overlay. What follows once the file key is there is short (crypto/hpke.py). Each recipient's `enc` goes
into a file of the recorder's own as it comes: it is no secret, and larger than what is free beside a
recording. The shared secrets stay in memory; without them what is in the files is worth nothing, and is
written over next time.
"""

import os
from hashlib import sha256

from crypto.words import wipe
from micropython import const
from recorder import format as layout
from recorder import overlay
from recorder.store import CHECK_BYTES, NEW

SCRATCH_BYTES = const(1792)  # as crypto/mlkem.py wants it
_MLKEM_BYTES = const(1184)
_KEY_BYTES = const(32)


def steps(parts, recipients, secrets, scratch):
    """A generator of the work for the container that the journal names; no step takes a fifth of a second.

    recipients: as place.py has them. secrets: a list that gets each one's shared secret, a bytearray which
    the caller wipes. scratch: SCRATCH_BYTES to work in. Raises StoreDamaged, ValueError.
    """
    suite = parts.journal.prepared["suite"]
    for number, (_, name, at) in enumerate(recipients):
        key = _Key(parts.store, name, at)
        enc = _Enc(parts.store, layout.ENC_NAME % number)
        ephemeral = bytearray(0)
        half = (ephemeral,)
        try:
            ephemeral = parts.entropy.draw(2 * _KEY_BYTES)
            first, second = memoryview(ephemeral)[:_KEY_BYTES], memoryview(ephemeral)[_KEY_BYTES:]
            if suite == 1:
                secrets.append(_dhkem(key, first, enc))
            else:
                half = _x25519(key, second)
                yield
                secrets.append(_mlkem(key, first, half, enc, scratch))
            enc.finish()
        finally:
            wipe(ephemeral)
            wipe(half[0])
            enc.close()
            overlay.forget("crypto.dhkem", "crypto.x25519", "crypto.xwing", "crypto.mlkem", "crypto.sha3")
        yield


def _dhkem(key, ephemeral, enc):
    from crypto import x25519, dhkem  # noqa: F401, I001 - first what the other rests on: the stack is small

    secret, public = dhkem.encap(key.read(0, _KEY_BYTES), ephemeral)
    enc.write(public)
    return secret


def _x25519(key, ephemeral):
    from crypto import x25519, xwing  # noqa: F401

    half = xwing.encap_x25519(key.read(_MLKEM_BYTES, _KEY_BYTES), ephemeral)
    overlay.forget("crypto.x25519")
    return half


def _mlkem(key, message, half, enc, scratch):
    from crypto import sha3, mlkem, xwing  # noqa: F401, I001

    public_key = key.read(_MLKEM_BYTES, _KEY_BYTES)
    key_hash = key.read(_MLKEM_BYTES + _KEY_BYTES, _KEY_BYTES)
    return xwing.encap_mlkem(key.read, enc.write, message, key_hash, half, public_key, scratch)


class _Key:
    """A public key as it is kept in the store, which is checked once. Raises StoreDamaged."""

    def __init__(self, store, name, at):
        store.read_part(name, at, 1)
        self._path = store.path(name)
        self._at = at

    def read(self, offset, size):
        with open(self._path, "rb") as file:
            file.seek(self._at + offset)
            return file.read(size)


class _Enc:
    """A file of the store's, written piece by piece."""

    def __init__(self, store, name):
        self._path = store.path(name)
        self._sum = sha256()
        self._file = open(self._path + NEW, "wb")

    def write(self, piece):
        self._sum.update(piece)
        self._file.write(piece)

    def finish(self):
        self._file.write(self._sum.digest()[:CHECK_BYTES])
        self._file.close()
        os.rename(self._path + NEW, self._path)

    def close(self):
        self._file.close()
