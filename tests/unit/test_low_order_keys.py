"""Points of low order are known before anybody relies on them, and are those that X25519 refuses."""

import secrets

import pytest

from crypto import soundness, x25519
from tests.vectors.test_x25519 import low_order_points


@pytest.mark.parametrize("point", low_order_points())
def test_every_low_order_point_is_known_before_it_is_refused(point):
    with pytest.raises(x25519.LowOrderPoint):
        x25519.scalar_mult(secrets.token_bytes(32), bytes.fromhex(point))
    assert not soundness.is_sound(1, bytes.fromhex(point))


def test_no_other_point_is_taken_for_one_of_low_order():
    for point in low_order_points():
        for i in range(32):
            near = bytearray.fromhex(point)
            near[i] ^= 0x10
            assert soundness.is_sound(1, bytes(near))
