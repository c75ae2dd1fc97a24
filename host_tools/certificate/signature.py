"""A certificate's signature: Ed25519 (RFC 8032) over its canonical JSON, checked with the public key alone.

Canonical is: keys sorted, no spaces, UTF-8, everything but `signature` itself. `digests` has the SHA-256 of
each of its parts and is signed with them, so that of an altered certificate it can be said what was
altered; only the signature proves anything.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from host_tools.errors import CloisterError
from host_tools.strict_json import load_object

VERSION = 1
KEY_BYTES = 32
SIGNATURE_BYTES = 64
OTHER_KEY = "the key that it names is not the one given"
FIELDS = {
    "certificate": int,
    "id": str,
    "issued": str,
    "person": str,
    "vault_key": str,
    "recordings": list,
    "method": dict,
    "media": list,
    "verification": dict,
    "not_achieved": list,
    "audit": dict,
    "consents": list,
    "digests": dict,
    "signature": str,
}


@dataclass(frozen=True)
class Checked:
    """What the check of a certificate found. `altered` are the parts that differ, as far as that shows."""

    is_genuine: bool
    key: str
    altered: list[str] = field(default_factory=list)


def canonical(value: Any) -> bytes:
    """The one way in which a value is written for signing."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def signed(certificate: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> dict[str, Any]:
    """The certificate with its digests and its signature; the vault's `sign` makes it."""
    complete = dict(certificate) | {"digests": _digests(certificate)}
    return complete | {"signature": sign(canonical(complete)).hex()}


def check(certificate: Mapping[str, Any], public_key: bytes | None = None) -> Checked:
    """Check a certificate against this key, or against the one that it names itself."""
    key = public_key if public_key is not None else _hex(certificate, "vault_key", KEY_BYTES)
    content = {name: value for name, value in certificate.items() if name != "signature"}
    try:
        signature = _hex(certificate, "signature", SIGNATURE_BYTES)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, canonical(content))
    except (InvalidSignature, ValueError):
        return Checked(False, key.hex(), _altered(certificate, key))
    return Checked(True, key.hex())


def load(text: bytes) -> dict[str, Any]:
    """A certificate from a file. Raises CloisterError for what is none, or one of a newer form."""
    try:
        certificate = load_object(text)
    except ValueError as error:
        raise CloisterError(
            f"this is no certificate: {error}", "the signed certificate is the JSON file"
        ) from None
    version = certificate.get("certificate")
    if type(version) is int and version > VERSION:
        raise CloisterError(f"the certificate has form {version}", "install the newer cloister")
    for name, kind in FIELDS.items():
        if not isinstance(certificate.get(name), kind):
            raise CloisterError(f"this is no certificate, or a damaged one: it has no {name}")
    _hex(certificate, "vault_key", KEY_BYTES)
    return certificate


def key_from(text: str) -> bytes:
    """A public key from its hex digits. Raises CloisterError."""
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise CloisterError(
            "a vault's public key is 64 hex digits", "cloister certificate --public-key prints it"
        )
    return key


def _digests(certificate: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of each part that is signed."""
    parts = {name: value for name, value in certificate.items() if name not in ("digests", "signature")}
    return {name: hashlib.sha256(canonical(value)).hexdigest() for name, value in parts.items()}


def _altered(certificate: Mapping[str, Any], key: bytes) -> list[str]:
    """Which parts of a certificate that is not genuine differ from what they were, if that shows."""
    claimed, here = certificate.get("digests", {}), _digests(certificate)
    found = [name for name in sorted(claimed.keys() | here.keys()) if claimed.get(name) != here.get(name)]
    if certificate.get("vault_key") != key.hex():
        found.insert(0, OTHER_KEY)
    return found


def _hex(certificate: Mapping[str, Any], name: str, size: int) -> bytes:
    """Bytes that stand there as hex digits. Raises CloisterError."""
    try:
        value = bytes.fromhex(certificate[name])
    except (ValueError, TypeError):
        value = b""
    if len(value) != size:
        raise CloisterError(f"the certificate is damaged: its {name} is not {2 * size} hex digits")
    return value
