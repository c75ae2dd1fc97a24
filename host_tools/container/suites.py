"""The keys of each suite, and what is sealed to them: HPKE by `cryptography`, nothing of our own.

Keys are raw bytes (docs/format.md section 3). In suite 1 both halves are X25519's. In suite 2, X-Wing, a
private key is the ML-KEM-768 seed (64) ‖ the X25519 key (32), a public one the ML-KEM-768 encapsulation key
(1184) ‖ the X25519 key (32). What an older `cryptography` lacks is said in one line, and only when it is
wanted.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import cryptography
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

try:
    from cryptography.hazmat.primitives import hpke
except ImportError:  # an old one: said by check_known
    hpke = None  # type: ignore[assignment]

from host_tools.container.layout import SUITES
from host_tools.errors import CloisterError

MLKEM_SEED_BYTES = 64
ENCAPSULATION_KEY_BYTES = 1184
# The first release of `cryptography` whose HPKE has X-Wing.
XWING_SINCE = "48"
_HINT = "install the newer one; the wheels of cryptography have ML-KEM, and every vault needs it"


def suite_words(suite: int) -> str:
    """A suite for people: its number and what it is made of."""
    return f"suite {suite}, {SUITES[suite].name}" if suite in SUITES else f"suite {suite}"


def check_known(suite: int) -> None:
    """Raises CloisterError for a suite that this program, or the installed `cryptography`, does not have."""
    if suite not in SUITES:
        raise CloisterError(f"suite {suite} is not known to this program", "install the newer cloister")
    kems = getattr(hpke, "KEM", None)
    has_xwing = hasattr(kems, "MLKEM768_X25519") and hasattr(hpke, "MLKEM768X25519PrivateKey")
    if kems is None or (suite > 1 and not has_xwing):
        raise _missing(suite, f"cryptography {cryptography.__version__} is installed")


def make_private_key(suite: int) -> bytes:
    """A new private key. Raises CloisterError as `check_known`."""
    check_known(suite)
    curve = X25519PrivateKey.generate().private_bytes_raw()
    if suite == 1:
        return curve
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

    with _support(suite):
        return MLKEM768PrivateKey.generate().private_bytes_raw() + curve


def public_key_of(suite: int, private: bytes) -> bytes:
    """The public half. Raises ValueError for what is no private key, CloisterError as `check_known`."""
    check_known(suite)
    seed, curve = _halves(suite, private)
    point = X25519PrivateKey.from_private_bytes(curve).public_key().public_bytes_raw()
    if suite == 1:
        return point
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

    with _support(suite):
        return MLKEM768PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw() + point


def seal(suite: int, secret: bytes, public: bytes, info: bytes) -> bytes:
    """enc ‖ ciphertext for whoever has the private half. Raises ValueError, CloisterError as above."""
    check_known(suite)
    if len(public) != SUITES[suite].public_key_bytes:
        raise ValueError(f"a public key of suite {suite} has {SUITES[suite].public_key_bytes} bytes")
    if suite == 1:
        return _hpke(suite).encrypt(secret, X25519PublicKey.from_public_bytes(public), info)
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey

    with _support(suite):
        key = hpke.MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:ENCAPSULATION_KEY_BYTES]),
            X25519PublicKey.from_public_bytes(public[ENCAPSULATION_KEY_BYTES:]),
        )
        return _hpke(suite).encrypt(secret, key, info)


def unseal(suite: int, sealed: bytes, private: bytes, info: bytes) -> bytes:
    """What was sealed. Raises InvalidTag or ValueError if it does not open, CloisterError as above."""
    check_known(suite)
    seed, curve = _halves(suite, private)
    key = X25519PrivateKey.from_private_bytes(curve)
    if suite == 1:
        return _hpke(suite).decrypt(sealed, key, info)
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

    with _support(suite):
        pair = hpke.MLKEM768X25519PrivateKey(MLKEM768PrivateKey.from_seed_bytes(seed), key)
        return _hpke(suite).decrypt(sealed, pair, info)


def _hpke(suite: int) -> "hpke.Suite":
    return hpke.Suite(getattr(hpke.KEM, SUITES[suite].kem), hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def _halves(suite: int, private: bytes) -> tuple[bytes, bytes]:
    """A private key's ML-KEM seed, empty in suite 1, and its X25519 key. Raises ValueError."""
    if len(private) != SUITES[suite].private_key_bytes:
        raise ValueError(f"a private key of suite {suite} has {SUITES[suite].private_key_bytes} bytes")
    seed_bytes = MLKEM_SEED_BYTES if suite > 1 else 0
    return private[:seed_bytes], private[seed_bytes:]


@contextmanager
def _support(suite: int) -> Iterator[None]:
    """Say it in a line where `cryptography` has the names, but was built on a library without ML-KEM."""
    try:
        yield
    except UnsupportedAlgorithm:
        raise _missing(suite, "the one that is installed was built without ML-KEM") from None


def _missing(suite: int, found: str) -> CloisterError:
    what = f"{suite_words(suite)}, needs version {XWING_SINCE} or newer of cryptography"
    return CloisterError(f"{what}: {found}", _HINT)
