"""`cryptolib` for CPython: what the ESP32's standard image has of it, on the `cryptography` package.

ECB and CBC only; mode 6 (CTR) is refused, as it is on the board. An object either encrypts or
decrypts, whichever came first, and CBC goes on from call to call.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_MODE_ECB = 1
_MODE_CBC = 2
_BLOCK_BYTES = 16


class aes:
    """`aes(key, mode[, iv])` with `encrypt(source[, target])` and `decrypt(source[, target])`."""

    def __init__(self, key, mode, iv=None):
        if mode not in (_MODE_ECB, _MODE_CBC):
            raise ValueError("mode")
        if len(key) not in (16, 32):
            raise ValueError("key")
        if mode == _MODE_CBC and (iv is None or len(iv) != _BLOCK_BYTES):
            raise ValueError("IV")
        self._cipher = Cipher(
            algorithms.AES(bytes(key)),
            modes.ECB() if mode == _MODE_ECB else modes.CBC(bytes(iv)),  # noqa: S305 (counter mode is built on it)
        )
        self._direction = None
        self._context = None

    def encrypt(self, source, target=None):
        """Encrypt whole blocks, into `target` (which may be `source`) or a new bytes object."""
        return self._process("encryptor", source, target)

    def decrypt(self, source, target=None):
        """Decrypt whole blocks, into `target` (which may be `source`) or a new bytes object."""
        return self._process("decryptor", source, target)

    def _process(self, direction, source, target):
        if self._direction is None:
            self._direction = direction
            self._context = getattr(self._cipher, direction)()
        if self._direction != direction:
            raise ValueError("can't encrypt & decrypt")
        if len(source) % _BLOCK_BYTES:
            raise ValueError("blksize % 16")
        result = self._context.update(bytes(source))
        if target is None:
            return result
        if len(target) < len(result):
            raise ValueError("output too small")
        target[: len(result)] = result
        return target
