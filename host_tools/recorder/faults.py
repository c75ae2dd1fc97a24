"""The recorder's fault codes in words: how often its lights flash, and what it notes in a recording."""

import json

from host_tools.recorder.messages import printable

FAULTS = {
    1: "the card is missing",
    2: "the card is full",
    3: "the card has a fault",
    4: "the microphone has a fault",
    5: "the light has a fault",
    6: "there are no keys",
    7: "the recorder's own files are damaged",
    8: "the firmware has a fault",
    9: "the battery is empty",
    10: "a button is stuck",
}


def fault_word(code: object) -> str:
    """A code in words, with its number; whatever else it is as it stands there."""
    if type(code) is int and code in FAULTS:
        return f"{FAULTS[code]} (code {code})"
    return printable(code if isinstance(code, str) else json.dumps(code))


def fault_words(faults: object) -> str:
    """A status's `faults`: how many there were, or which."""
    if isinstance(faults, list):
        return ", ".join(map(fault_word, faults)) or "none"
    if type(faults) is int:
        return f"{faults or 'none'} since it was started"
    return printable(faults if isinstance(faults, str) else json.dumps(faults))
