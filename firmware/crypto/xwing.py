"""X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519 together, the key encapsulation of suite 2.

Safe as long as one of the two is. Only the sender's half, in two parts, so that only one of their modules
has to be loaded at a time: first encap_x25519(), then encap_mlkem(). A public key is ML-KEM's (1184) ‖
X25519's (32); enc is ML-KEM's ciphertext (1088) ‖ X25519's ephemeral key (32). What is secret is returned
for the caller to wipe.
"""

from crypto.words import wipe

_LABEL = b"\\.//^\\"


def encap_x25519(public_key, private):
    """Return (shared secret, ephemeral public key) of the X25519 half, bytearrays of 32.

    encap_mlkem() wipes the secret. public_key: the last 32 bytes of the recipient's. private: the last 32
    of 64 fresh random bytes. Raises ValueError for a public key of low order.
    """
    from crypto import x25519

    return x25519.scalar_mult(private, public_key), x25519.public_key(private)


def encap_mlkem(read, write, message, key_hash, half, public_key, scratch):
    """Return the shared secret (32 bytes, a bytearray) of both halves.

    read: function (offset, size) → bytes of ML-KEM's public key. write: takes the whole of enc, piece by
    piece. message: the first 32 of the 64 random bytes. key_hash: SHA3-256 of ML-KEM's public key. half:
    what encap_x25519() returned, public_key: what it was given. scratch: 1792 bytes to work in. Raises
    ValueError for a key that is none.
    """
    from crypto import sha3, mlkem  # noqa: I001 - what the other rests on first, for the stack is small

    secret_x, public_x = half
    secret = bytearray(0)
    try:
        secret = mlkem.encaps(read, write, message, key_hash, scratch)
        write(public_x)
        return sha3.sha3_256(secret, secret_x, public_x, public_key, _LABEL)
    finally:
        wipe(secret)
        wipe(secret_x)
