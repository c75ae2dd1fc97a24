"""A view for tests of findings: keys, secrets and vouches in memory, no vault."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from host_tools.container.collection import DESTROYED_EARLIER, IN_THE_VAULT, MISSING
from host_tools.container.view import ONE_TIME, KeyRecord, Vouch
from tests.reference_writer import Writer, key_id


@dataclass
class SmallView:
    """Answers `CardView`'s questions from its tables."""

    secrets: dict[bytes, bytes] = field(default_factory=dict)
    keys: dict[bytes, KeyRecord] = field(default_factory=dict)
    kept: dict[bytes, bytes] = field(default_factory=dict)
    vouches: dict[tuple[bytes, int], Vouch] = field(default_factory=dict)
    uses: dict[bytes, set[int]] = field(default_factory=dict)
    lowest: int | None = None
    last: int | None = None
    settled: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    known_parts: dict[int, int] = field(default_factory=dict)

    def make_key(self, recorder_id: bytes | None, role: str = ONE_TIME, suite: int = 1) -> bytes:
        """Add a key pair; its public key."""
        pair = X25519PrivateKey.generate()
        public = pair.public_key().public_bytes_raw()
        self.keys[key_id(public)] = KeyRecord(
            key_id(public), role, recorder_id, suite, len(self.keys), public, pair.private_bytes_raw(), False
        )
        return public

    def recorder_secret(self, recorder_id: bytes) -> bytes | None:
        return self.secrets.get(recorder_id)

    def private_key_for(self, key_id: bytes) -> KeyRecord | None:
        return self.keys.get(key_id)

    def kept_file_key(self, seal: bytes) -> bytes | None:
        return self.kept.get(seal)

    def vouch(self, recorder_id: bytes, number: int) -> Vouch | None:
        return self.vouches.get((recorder_id, number))

    def numbers_sealed_to(self, recorder_id: bytes, key_id: bytes) -> frozenset[int]:
        return frozenset(self.uses.get(key_id, ()))

    def lowest_number(self, recorder_id: bytes) -> int | None:
        return self.lowest

    def last_named(self, recorder_id: bytes) -> int | None:
        return self.last

    def settled_numbers(self, recorder_id: bytes) -> frozenset[int]:
        return self.settled

    def was_struck(self, recorder_id: bytes, number: int) -> bool:
        return number in self.struck

    def outlives(self, recorder_id: bytes, number: int) -> bool:
        return False

    def fate(self, recorder_id: bytes, number: int) -> str:
        if number not in self.settled:
            return MISSING
        return DESTROYED_EARLIER if number in self.struck else IN_THE_VAULT

    def gone_since(self, recorder_id: bytes, number: int) -> str | None:
        return None

    def parts(self, recorder_id: bytes) -> dict[int, int]:
        return self.known_parts

    def recorder_ids(self) -> list[bytes]:
        return list(self.secrets)


def known_recorder() -> tuple[SmallView, Writer]:
    """A view, and a recorder that it knows with one one-time key."""
    view = SmallView()
    writer = Writer(public=b"")
    writer.public = view.make_key(writer.recorder_id)
    view.secrets[writer.recorder_id] = writer.secret
    return view, writer
