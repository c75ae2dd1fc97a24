"""Entries of recordings in a vault, without any card behind them."""

import os

from host_tools.vault import Recording, Vault
from tests.quick_vault import QuickVault
from tests.reference_writer import key_id


def add_entry(vault: Vault, made: QuickVault, number: int, **details: object) -> Recording:
    """Enter a recording of that number, under a one-time key of its own unless `details` name another."""
    public = vault.one_time_keys(made.writer.recorder_id, 1, 100 + number, 1)[0]
    entry: dict[str, object] = {
        "id": 0, "recorder": made.writer.recorder_id.hex(), "number": number, "seal": os.urandom(32).hex(),
        "key": key_id(public).hex(), "file": os.urandom(16).hex(), "finding": "complete",
        "message": "50:12 recorded, nothing lost", "rate_hz": 16_000, "channels": 1,
        "started": "2026-01-02T10:00:00Z", "part": 0, "previous": None, "start": 0, "samples": 48_192_000,
        "lost": 0, "segments": 24_097, "imported": "2026-01-03T10:00:00+00:00",
    }  # fmt: skip
    with vault.importing():
        return vault.add_recording(Recording(**(entry | details)))
