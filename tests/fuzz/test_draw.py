"""An input means the same every time, and none asks for more bytes than it has."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import hostile_json
from tests.fuzz.draw import Draw


@given(st.binary(max_size=60), st.integers(1, 1 << 70))
def test_what_is_drawn_is_within_its_bounds(data, bound):
    draw = Draw(data)
    while draw.left:
        assert 0 <= draw.below(bound) < bound
        assert 0 <= draw.number(17) < 1 << 17
        draw.byte()
    assert (draw.byte(), draw.below(bound), draw.flag(), draw.rest()) == (0, 0, False, b"")


@given(st.binary(max_size=60))
def test_the_same_bytes_draw_the_same(data):
    fields = {"a": 1, "b": [2]}
    assert Draw(data).altered(b"0123456789") == Draw(data).altered(b"0123456789")
    assert hostile_json.altered_object(Draw(data), fields) == hostile_json.altered_object(Draw(data), fields)


def test_nothing_is_altered_by_an_input_without_bytes():
    assert Draw(b"").altered(b"whole") == b"whole"
    assert json.loads(hostile_json.altered_object(Draw(b""), {"a": 1})) == {"a": 1}
