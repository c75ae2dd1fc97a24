"""Keys that could not be sealed to are known before anybody relies on them."""

import secrets

from crypto import hpke, x25519
from tests.vectors.test_x25519 import low_order_points


def test_every_low_order_point_is_known_and_no_other_is_taken_for_one():
    assert all(x25519.is_low_order(bytes.fromhex(point)) for point in low_order_points())
    others = [x25519.public_key(secrets.token_bytes(32)) for _ in range(20)]
    assert not any(map(x25519.is_low_order, [*others, x25519.BASE_POINT, bytes([2]) + bytes(31)]))


def test_a_key_is_sound_if_it_has_the_right_length_and_order():
    assert hpke.SUITES[1].is_sound(x25519.public_key(bytes(range(32))))
    assert not hpke.SUITES[1].is_sound(x25519.public_key(bytes(range(32))) + b"\0")
    assert not hpke.SUITES[1].is_sound(bytes(32))
