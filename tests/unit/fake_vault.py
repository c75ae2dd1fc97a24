"""A vault in memory, as far as provisioning needs one."""

import contextlib
import hashlib
from datetime import UTC, datetime

PUBLIC_KEY_BYTES = {1: 32, 2: 1216}


class FakeVault:
    """The vault's methods that provisioning uses; keys are numbers made to look like keys."""

    def __init__(self):
        self.secrets = {}
        self.noted = []
        self.made = {}
        self.recovery = None
        self.last_resorts = 1
        self.papers = FakePapers()

    def add_recorder(self, recorder_id, secret):
        assert recorder_id not in self.secrets
        self.secrets[recorder_id] = secret

    def recorder_secret(self, recorder_id):
        return self.secrets.get(recorder_id)

    def one_time_keys(self, recorder_id, suite, first, count):
        keys = {number: public_key(recorder_id, number, suite) for number in range(first, first + count)}
        self.made |= keys
        return list(keys.values())

    def last_resort_key(self, recorder_id, suite):
        return public_key(recorder_id, f"last resort {self.last_resorts}", suite)

    def new_last_resort_key(self, recorder_id, suite):
        self.last_resorts += 1
        return self.last_resort_key(recorder_id, suite)

    def recovery_key(self, suite):
        return self.recovery if self.recovery and len(self.recovery) == PUBLIC_KEY_BYTES[suite] else None

    def private_key_for(self, key_id):
        return None

    def note_status(self, recorder_id, status, at):
        assert at.tzinfo is not None
        self.noted.append((recorder_id, status))

    def now(self):
        return datetime.now(UTC)

    def transaction(self):
        return contextlib.nullcontext()

    def recordings(self):
        return []

    def recorders(self):
        return []


class FakePapers:
    """Papers in memory, as in a vault."""

    def __init__(self):
        self.kept = {}

    def all(self, kind):
        return [(place[1], paper) for place, paper in self.kept.items() if place[0] == kind]

    def put(self, kind, paper_id, paper):
        self.kept[kind, paper_id] = paper

    def add(self, kind, paper):
        self.put(kind, len(self.kept) + 1, paper)
        return len(self.kept)


def public_key(recorder_id, number, suite=1):
    seed = recorder_id + str(number).encode()
    return hashlib.shake_256(seed + bytes([suite])).digest(PUBLIC_KEY_BYTES[suite])
