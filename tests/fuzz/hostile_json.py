"""JSON as somebody would write it who wants to do harm: well-formed for the most part, and wrong within."""

import json
from typing import Any

from tests.fuzz.draw import Draw

SCALARS = (
    b"null", b"true", b"false", b"-1", b"-0", b"0.5", b"1e999", b"-1e999", b"1e308", b"NaN", b"Infinity",
    b"[]", b"{}", b'""', b'"\\ud800"',
    b'"\\u0000\\u001b[31m\\u202e"', b'"\\n\\r\\t"', b'"0x1"', b'"\xc3\xa9"',
    b'"\xff"', b"\x00", b"[null]", b'{"":null}', b'{"a":1,"a":2}', b'"2025-02-30T00:00:00Z"',
)  # fmt: skip


def value(draw: Draw) -> bytes:
    """Any value, as text."""
    kind = draw.byte() % 6
    if kind == 0:
        return draw.pick(SCALARS)
    if kind == 1:
        return b"%d" % draw.number()
    if kind == 2:
        return b"9" * draw.pick((1, 18, 19, 20, 40, 309, 400, 1500, 3000))
    if kind == 3:
        depth = draw.pick((1, 2, 7, 8, 9, 40, 300, 700, 900, 950, 980, 995, 1000, 1200, 1900))
        opening, inner, closing = draw.pick(((b"[", b"0", b"]"), (b"[", b"", b"]"), (b'{"a":', b"1", b"}")))
        return opening * depth + inner + closing * (0 if draw.byte() == 1 else depth)
    if kind == 4:
        return json.dumps(draw.take(draw.below(24)).decode("latin-1")).encode()
    piece = draw.pick((b"[],", b"{},", b"0,", b'"",', b"[[]],", b"1.5,"))
    return b"[" + piece * draw.pick((1, 3, 50, 300, 900)) + b"0]"


def altered_object(draw: Draw, fields: dict[str, Any], most: int = 2) -> bytes:
    """An object with these fields, up to `most` of them replaced, left out, or doubled; perhaps no JSON."""
    members = [(json.dumps(name).encode(), json.dumps(proper).encode()) for name, proper in fields.items()]
    for _ in range(draw.below(most + 1)):
        place, kind = draw.below(len(members) + 1), draw.byte() % 4
        if place == len(members):
            members.append((draw.pick((b'"x"', b'""', b'"at"', b'"\\ud800"', b'"id"')), value(draw)))
        elif kind == 0:
            members[place] = (members[place][0], value(draw))
        elif kind == 1:
            members.append((members[place][0], value(draw)))
        elif kind == 2 and len(members) > 1:
            del members[place]
        else:
            members[place] = (members[place][0], draw.pick(SCALARS))
    whole = b"{" + b",".join(b"%s:%s" % member for member in members) + b"}"
    return draw.altered(whole) if draw.byte() % 16 == 1 else whole
