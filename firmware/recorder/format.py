"""Sizes, magics and labels of the container format, in one place for the whole firmware.

The names are those of docs/format.md. Sizes that belong to the body's Tink stream stand in
crypto/stream.py, those of the key encapsulation in crypto/hpke.py. Nothing here allocates
more than its own constants.
"""

from micropython import const

MAGIC = b"CLOISTER"
VERSION = const(1)

BLOCK_BYTES = const(4096)
SEAL_BYTES = const(32)
SEAL_AT = const(4064)  # the recorder seal ends the header block
RECIPIENTS_AT = const(32)
DESTROYED_KEY_AT = const(24)  # the key id of a destroyed container's first recipient, up to 32
INFO_BYTES = const(32)  # header bytes 0 … 31 open the HPKE info

RECORDER_ID_BYTES = const(8)
SECRET_BYTES = const(32)
SEED_BYTES = const(64)
FILE_KEY_BYTES = const(32)
SALT_BYTES = const(32)
NONCE_PREFIX_BYTES = const(7)
PREVIOUS_SEAL_BYTES = const(16)  # how much of a seal `previous` and `status` quote

SEAL_LABEL = b"cloister/1 header seal"
CONSOLE_LABEL = b"cloister/1 console"

RECORD_HEADER_BYTES = const(4)
AUDIO_INDEX_BYTES = const(8)
SESSION = const(1)
AUDIO = const(2)
EVENT = const(3)
END = const(4)

SAMPLE_BYTES = const(2)
PCM_BYTES_PER_SEGMENT = const(4000)  # 2000 samples mono: at 16 kHz 8 segments are one second


ENC_NAME = "enc-%d"  # of what was encapsulated for the n-th recipient, among the recorder's own files


def file_name(number, letter="R"):
    """Return the name of container `number` on the card, such as R0000017.DAT."""
    return "%s%07d.DAT" % (letter, number)
