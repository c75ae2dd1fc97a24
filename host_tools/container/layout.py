"""Every size, magic and label of the container format (docs/format.md), in one place for the laptop.

Names follow docs/format.md; a new suite is a new row in SUITES. Nothing here computes anything.
"""

from dataclasses import dataclass

MAGIC = b"CLOISTER"
VERSION = 1

BLOCK_BYTES = 4096
FILE_KEY_BYTES = 32
KEY_ID_BYTES = 8
RECORDER_ID_BYTES = 8
SECRET_BYTES = 32

# The header block (section 2).
VERSION_OFFSET = 8
SUITE_OFFSET = 9
RECIPIENT_COUNT_OFFSET = 10
ZERO_OFFSET = 11
NUMBER_OFFSET = 12
RECORDER_ID_OFFSET = 16
DESTROYED_KEY_ID_OFFSET = 24
RECIPIENTS_OFFSET = 32
SEAL_OFFSET = 4064
SEAL_BYTES = 32
SEALED_FILE_KEY_BYTES = 48
RECIPIENTS_AT_MOST = 2
SEAL_LABEL = b"cloister/1 header seal"
VOUCHED_SEAL_BYTES = 16

# The body (section 4): Tink's AES256_CTR_HMAC_SHA256_4KB.
STREAM_HEADER_BYTES = 40
SALT_BYTES = 32
NONCE_PREFIX_BYTES = 7
AES_KEY_BYTES = 32
MAC_KEY_BYTES = 32
TAG_BYTES = 32
CIPHERTEXT_BYTES = BLOCK_BYTES - TAG_BYTES

# The records (section 5).
RECORD_HEADER_BYTES = 4
PAD, SESSION, AUDIO, EVENT, END = range(5)
AUDIO_INDEX_BYTES = 8
SAMPLE_BYTES = 2
RATES_HZ = (8000, 16000, 24000, 32000, 48000)
# What leaps further ahead is no gap: nobody is made to write days of silence.
LONGEST_GAP_S = 24 * 3600


@dataclass(frozen=True)
class Suite:
    """One row of docs/format.md section 3: sizes in bytes and the KEM's name in `cryptography`'s HPKE.

    `name` is for people, `private_key_bytes` the length in which the vault keeps a private key: an X25519 key
    raw; for X-Wing the ML-KEM seed (64) before it.
    """

    name: str
    kem: str
    enc_bytes: int
    public_key_bytes: int
    private_key_bytes: int


SUITES = {
    1: Suite(name="X25519", kem="X25519", enc_bytes=32, public_key_bytes=32, private_key_bytes=32),
    2: Suite(
        name="X-Wing (X25519 and ML-KEM-768)",
        kem="MLKEM768_X25519",
        enc_bytes=1120,
        public_key_bytes=1216,
        private_key_bytes=96,
    ),
}
NEWEST_SUITE = max(SUITES)
