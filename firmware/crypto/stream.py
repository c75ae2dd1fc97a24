"""The body of a container: Google Tink's AES256_CTR_HMAC_SHA256_4KB streaming AEAD, sealing only.

A `StreamWriter` owns every buffer it needs from its constructor on. Sealing a segment allocates hashlib's
objects (384 bytes, freed again) and nothing else. No segment is ever encrypted twice: whatever goes
wrong inside `seal()` ends the stream. Keys are wiped after the last segment and by `clear()`; the
AES object's key schedule is dropped, but the interpreter gives no way to clear it.
Format: docs/format.md section 4; https://developers.google.com/tink/streaming-aead/aes_ctr_hmac_streaming
"""

from crypto.hkdf import hkdf
from crypto.hmac import HmacSha256
from crypto.words import copy_bytes, counter_blocks, wipe, xor_words
from cryptolib import aes
from micropython import const

SEGMENT_BYTES = const(4096)
HEADER_BYTES = const(40)
TAG_BYTES = const(32)
KEY_BYTES = const(32)
SALT_BYTES = const(32)
NONCE_PREFIX_BYTES = const(7)

# Where the tag starts, and the plaintext of a segment that carries no header: 254 AES blocks.
BODY_BYTES = const(4064)
# The format has room for 2**32; this many are eleven years at 16 kHz, and stay a small int on 32 bits.
SEGMENTS_MAX = const(0x3FFFFFFF)

# Key stream made at a time: a call for each costs little, a buffer for all of a segment 3 KB more.
_KEYSTREAM_BYTES = const(1024)
_AES_BLOCK_BYTES = const(16)
_MODE_ECB = const(1)
_NONCE_BYTES = const(16)
_INDEX_AT = const(7)
_LAST_AT = const(11)
_COUNTER_AT = const(14)  # a segment has fewer than 2**16 AES blocks


class StreamStateError(Exception):
    """`seal()` without a stream that is open: not begun, ended, failed, or at its last index."""


class StreamWriter:
    """Seals one segment after the other in `block`, a bytearray of 4096 bytes that it owns.

    For each segment: fill `room` bytes of `block` from offset `start()` on, all of them (what is left
    over with zeros, or the last segment's ciphertext stays there); `seal()`; write `block` to the card.
    """

    def __init__(self):
        self.block = bytearray(SEGMENT_BYTES)
        # What the tag covers: views made once, since slicing in the hot path would allocate.
        view = memoryview(self.block)
        self._first_body = view[HEADER_BYTES:BODY_BYTES]
        self._body = view[:BODY_BYTES]
        self._keystream = bytearray(_KEYSTREAM_BYTES)
        self._counter = bytearray(_NONCE_BYTES)
        self._header = bytearray(HEADER_BYTES)
        self._nonce = bytearray(_NONCE_BYTES)
        self._mac = HmacSha256()
        self._aes = None
        self._segments = 0
        self._open = False

    @property
    def segments(self):
        """How many segments of this stream were sealed; the index of the one in hand."""
        return self._segments

    @property
    def room(self):
        """How many bytes of plaintext the segment in hand takes: 4024 for the first, then 4064."""
        return BODY_BYTES - self.start()

    def start(self):
        """Return the offset in `block` at which the plaintext of the segment in hand starts."""
        return 0 if self._segments else HEADER_BYTES

    def begin(self, file_key, salt, nonce_prefix, associated_data):
        """Start a stream; whatever this writer held before is cleared first.

        `file_key` and `salt` are 32 bytes, `nonce_prefix` 7; salt and prefix are fresh random bytes. For a
        container `associated_data` is the SHA-256 of its header block. Raises ValueError on another length.
        """
        self.clear()
        if len(file_key) != KEY_BYTES or len(salt) != SALT_BYTES or len(nonce_prefix) != NONCE_PREFIX_BYTES:
            raise ValueError("wrong length of file key, salt or nonce prefix")
        self._header[0] = HEADER_BYTES
        self._header[1 : 1 + SALT_BYTES] = salt
        self._header[1 + SALT_BYTES :] = nonce_prefix
        self._nonce[:NONCE_PREFIX_BYTES] = nonce_prefix
        derived = hkdf(file_key, salt, associated_data, 2 * KEY_BYTES)
        view = memoryview(derived)
        self._aes = aes(view[:KEY_BYTES], _MODE_ECB)
        self._mac.set_key(view[KEY_BYTES:])
        wipe(derived)
        self._open = True

    def seal(self, last):
        """Encrypt the segment in `block` in place and add its tag, and the header to the first one.

        With `last` the segment is flagged as the last and the stream ends. Raises StreamStateError if no
        stream is open. After any exception the stream is closed and `block` must not be written.
        """
        if not self._open or self._segments >= SEGMENTS_MAX:
            raise StreamStateError("no open stream, or no segment left in it")
        # Before anything else, so that a failure (of memory, say) can never lead to a second encryption.
        self._open = False
        self._encrypt(last)
        self._authenticate()
        self._segments += 1
        if last:
            self._drop_keys()
        else:
            self._open = True

    def clear(self):
        """End the stream and zero every key and buffer, `block` included."""
        self._drop_keys()
        wipe(self.block)
        wipe(self._header)
        wipe(self._nonce)
        self._segments = 0

    def _drop_keys(self):
        """Zero what decrypts a segment; `block` stays for the caller to write."""
        self._open = False
        self._aes = None
        self._mac.clear()
        wipe(self._keystream)
        wipe(self._counter)

    def _encrypt(self, last):
        """Counter mode: encrypt a segment's counter blocks and XOR them into its text."""
        nonce = self._nonce
        index = self._segments
        nonce[_INDEX_AT] = index >> 24
        nonce[_INDEX_AT + 1] = (index >> 16) & 0xFF
        nonce[_INDEX_AT + 2] = (index >> 8) & 0xFF
        nonce[_INDEX_AT + 3] = index & 0xFF
        nonce[_LAST_AT] = 1 if last else 0
        # The key stream starts anew with each segment, whichever offset the text has.
        at = self.start()
        block_number = 0
        while at < BODY_BYTES:
            self._xor_keystream(at, min(BODY_BYTES - at, _KEYSTREAM_BYTES), block_number)
            at += _KEYSTREAM_BYTES
            block_number += _KEYSTREAM_BYTES // _AES_BLOCK_BYTES

    def _xor_keystream(self, at, count_bytes, block_number):
        """Encrypt counter blocks from `block_number` on and XOR them into `block` at offset `at`."""
        stream, counter = self._keystream, self._counter
        copy_bytes(counter, 0, self._nonce, _NONCE_BYTES)
        counter[_COUNTER_AT] = block_number >> 8
        counter[_COUNTER_AT + 1] = block_number & 0xFF
        counter_blocks(stream, counter, _KEYSTREAM_BYTES // _AES_BLOCK_BYTES)
        self._aes.encrypt(stream, stream)
        xor_words(self.block, at // 4, stream, 0, count_bytes // 4)

    def _authenticate(self):
        """Put the tag over nonce and ciphertext behind it, and the stream's header before the first one."""
        first = self._segments == 0
        tag = self._mac.tag(self._nonce, self._first_body if first else self._body)
        copy_bytes(self.block, BODY_BYTES, tag, TAG_BYTES)
        if first:
            copy_bytes(self.block, 0, self._header, HEADER_BYTES)
