"""JSON objects from outside, read strictly and within bounds.

MicroPython's json.loads takes `{"a":1`, `{"a"}` and `[1 2]` for JSON, keeps the last of two equal keys, and
builds whatever is nested however deep. Here a text is first walked through by RFC 8259's grammar, without
building anything: few brackets, short numbers, no control characters in strings. Only then is it parsed,
and an object with a key twice is refused. Every failure is a ValueError (UnicodeError is one). A long
string is not built at all: public keys would take more than there is.
"""

import json

from micropython import const

# A request is an object with at most one list or object in it.
_MOST_BRACKETS = const(8)
_MOST_NUMBER_BYTES = const(24)

_LONG_BYTES = const(256)
_CUT = "\x01"  # with a number, in place of a string cut out; no text that is let through has it unescaped

_SPACE = b" \t\r\n"
_DIGITS = b"0123456789"
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_ESCAPES = b'"\\/bfnrt'
_LITERALS = (b"true", b"false", b"null")


def load_object(text):
    """The dict that `text` (bytes or a view of them) holds; ValueError if it is not just one object.

    A value that is a string of 256 bytes or more, without escapes, is a view of `text`.
    """
    walk = _Walk(text)
    walk.whole_object()
    short, at = b"", 0
    for number, (start, end) in enumerate(walk.cuts):
        short += bytes(text[at:start]) + (_CUT + str(number)).encode()
        at = end
    value = json.loads(short + bytes(text[at:]) if at else text)
    if _count_keys(value) != walk.keys:
        raise ValueError("a key stands there twice")
    return _whole(value, [memoryview(text)[start:end] for start, end in walk.cuts])


def _whole(value, cut):
    """The same value with the strings cut out in their places again."""
    if type(value) is dict:
        return {key: _whole(item, cut) for key, item in value.items()}
    if type(value) is list:
        return [_whole(item, cut) for item in value]
    if cut and type(value) is str and value.startswith(_CUT):
        number = int(value[1:])
        if 0 <= number < len(cut):
            return cut[number]
        raise ValueError("no such string")  # an escape made it look like one
    return value


class _Walk:
    """One walk through a text: `_at` is the next byte to look at, `keys` how many keys were passed.

    cuts: where the long strings among the values begin and end.
    """

    def __init__(self, text):
        self._text = text
        self._at = 0
        self._brackets = 0
        self.keys = 0
        self.cuts = []

    def whole_object(self):
        self._skip_space()
        if self._here() != 0x7B:
            raise ValueError("not an object")
        self._value()
        if self._at != len(self._text):
            raise ValueError("something follows the object")

    def _here(self):
        if self._at >= len(self._text):
            raise ValueError("cut short")
        return self._text[self._at]

    def _skip_space(self):
        while self._at < len(self._text) and self._text[self._at] in _SPACE:
            self._at += 1

    def _expect(self, byte):
        if self._here() != byte:
            raise ValueError("not JSON")
        self._at += 1
        self._skip_space()

    def _value(self):
        byte = self._here()
        if byte == 0x7B:
            self._members(0x7D, self._member)
        elif byte == 0x5B:
            self._members(0x5D, self._value)
        elif byte == 0x22:
            start = self._at + 1
            if self._string() and self._at - 1 - start >= _LONG_BYTES:
                self.cuts.append((start, self._at - 1))
        elif byte == 0x2D or byte in _DIGITS:
            self._number()
        else:
            self._literal()
        self._skip_space()

    def _members(self, closing, member):
        """What stands between brackets: nothing, or members with commas between them."""
        self._brackets += 1
        if self._brackets > _MOST_BRACKETS:
            raise ValueError("too many brackets")
        self._at += 1
        self._skip_space()
        if self._here() != closing:
            member()
            while self._here() == 0x2C:
                self._expect(0x2C)
                member()
        self._expect(closing)

    def _member(self):
        if self._here() != 0x22:
            raise ValueError("a key must be a string")
        self.keys += 1
        self._string()
        self._skip_space()
        self._expect(0x3A)
        self._value()

    def _string(self):
        """Pass a string; True if it has no escapes."""
        self._at += 1
        plain = True
        while self._plain_run() != 0x22:
            plain = False
            self._escape()
        return plain

    def _plain_run(self):
        """Pass characters up to a quote or a backslash, and that too; which of them it was."""
        text = self._text
        for at in range(self._at, len(text)):
            byte = text[at]
            if byte == 0x22 or byte == 0x5C:
                self._at = at + 1
                return byte
            if byte < 0x20:
                raise ValueError("a control character in a string")
        raise ValueError("cut short")

    def _escape(self):
        byte = self._here()
        self._at += 1
        if byte == 0x75:
            for _ in range(4):
                if self._here() not in _HEX_DIGITS:
                    raise ValueError("not an escape")
                self._at += 1
        elif byte not in _ESCAPES:
            raise ValueError("not an escape")

    def _number(self):
        start = self._at
        if self._here() == 0x2D:
            self._at += 1
        leading_zero = self._here() == 0x30
        if self._digits() > 1 and leading_zero:
            raise ValueError("a number must not begin with zero")
        if self._skip_one_of(b"."):
            self._digits()
        if self._skip_one_of(b"eE"):
            self._skip_one_of(b"+-")
            self._digits()
        if self._at - start > _MOST_NUMBER_BYTES:
            raise ValueError("a number is too long")

    def _digits(self):
        """Pass at least one digit; how many there were."""
        start = self._at
        while self._at < len(self._text) and self._text[self._at] in _DIGITS:
            self._at += 1
        if self._at == start:
            raise ValueError("a digit is missing")
        return self._at - start

    def _skip_one_of(self, characters):
        found = self._at < len(self._text) and self._text[self._at] in characters
        if found:
            self._at += 1
        return found

    def _literal(self):
        for word in _LITERALS:
            if bytes(self._text[self._at : self._at + len(word)]) == word:
                self._at += len(word)
                return
        raise ValueError("not JSON")


def _count_keys(value):
    """How many keys all objects within `value` have; equal keys were merged by the parser and count once."""
    if type(value) is dict:
        return len(value) + sum([_count_keys(item) for item in value.values()])
    if type(value) is list:
        return sum([_count_keys(item) for item in value])
    return 0
