"""The recorder's answers as the JSON that is sent. Part of the console's overlay: see laptop.py.

Guarantees that an answer fits into a line, and that the laptop reads in it what was meant.
"""

import json

from micropython import const

_MOST_BYTES = const(4096 - 34)  # a line less its end, the MAC in hex and the space behind that


def encode(request_id, ok, fields):
    """Return an answer as bytes; raises ValueError or TypeError if it is not fit to be sent."""
    answer = dict(fields)
    answer["id"] = request_id
    answer["ok"] = ok
    _check(answer)
    text = json.dumps(answer).encode()
    if len(text) > _MOST_BYTES:
        raise ValueError("the answer is longer than a line")
    return text


def refusal(request_id, code, message):
    """Return the answer that says that a request was refused, and why."""
    return encode(request_id, False, {"error": code, "message": message})


def _check(value):
    """Floats are single precision on the board and would be wrong; keys must be strings to be JSON."""
    if type(value) is dict:
        for name in value:
            if type(name) is not str:
                raise TypeError("a key is not a string")
            _check(value[name])
    elif type(value) in (list, tuple):
        for item in value:
            _check(item)
    elif value is not None and type(value) not in (int, bool, str):
        raise TypeError("not to be sent")
