"""Runs in MicroPython: applies settings changes, one JSON text a line, and prints what came of each."""

import json
import sys

from recorder import setting_rules
from recorder.errors import Refused
from recorder.settings import Settings


class Store:
    """A store in memory; fails the write that it is told to fail."""

    def __init__(self, stored):
        self.stored = stored
        self.writes = 0
        self.is_full = False

    def read(self, name):
        return self.stored

    def write(self, name, data):
        if self.is_full:
            raise OSError(28)
        self.writes += 1
        self.stored = data


def outcome(settings, store, changes):
    message = None
    try:
        setting_rules.update(settings, settings.values, changes)
    except Refused as refusal:
        message = refusal.code + ": " + refusal.message
    except OSError:
        message = "full"
    again = Settings(Store(store.stored))
    if "recorder.setting_rules" in sys.modules:
        message = "the rules are still there"
    return [message, settings.values, again.values, settings.damaged, store.writes]


def main():
    first = json.loads(sys.stdin.readline())
    store = Store(None if first is None else first.encode())
    settings = Settings(store)
    for line in sys.stdin:
        change = json.loads(line)
        store.is_full = change == "full disk"
        changes = {"rate": 48000} if store.is_full else change
        print(json.dumps(outcome(settings, store, changes)))


main()
