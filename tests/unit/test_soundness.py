"""A public key is sound if it can be sealed to: right length, right order, coefficients reduced."""

import secrets

import pytest

from crypto.soundness import is_sound

MLKEM_BYTES, COEFFICIENTS, Q = 1184, 768, 3329
X25519_KEY = bytes([9]) + bytes(31)


def suite_2_key(coefficients, point=X25519_KEY):
    """Twelve bits each, as FIPS 203 packs them; then rho, which may be anything; then the X25519 key."""
    packed = sum(c << (12 * i) for i, c in enumerate(coefficients)).to_bytes(COEFFICIENTS * 12 // 8, "little")
    return packed + secrets.token_bytes(32) + point


def random_coefficients():
    return [secrets.randbelow(Q) for _ in range(COEFFICIENTS)]


def test_keys_of_either_suite_are_sound_whatever_kind_of_buffer_they_come_in():
    random_key, largest_key = suite_2_key(random_coefficients()), suite_2_key([Q - 1] * COEFFICIENTS)
    for key, suite in ((X25519_KEY, 1), (random_key, 2), (largest_key, 2)):
        assert all(is_sound(suite, kind(key)) for kind in (bytes, bytearray))


@pytest.mark.parametrize("suite", [1, 2])
def test_a_key_of_another_length_is_not_sound(suite):
    key = X25519_KEY if suite == 1 else suite_2_key(random_coefficients())
    other = X25519_KEY if suite == 2 else suite_2_key(random_coefficients())
    assert not any(is_sound(suite, wrong) for wrong in (b"", key[:-1], key + b"\0", key[1:], other))


def test_a_suite_2_key_with_a_low_order_point_is_not_sound():
    assert not is_sound(2, suite_2_key(random_coefficients(), bytes(32)))
    assert not is_sound(2, suite_2_key(random_coefficients(), bytes(31) + b"\x80"))


@pytest.mark.parametrize("coefficient", [Q, Q + 1, 4095])
def test_one_coefficient_that_is_not_reduced_makes_a_key_unsound_wherever_it_stands(coefficient):
    for at in [0, 1, 31, 32, 255, 256, 511, 512, 766, 767, *(secrets.randbelow(768) for _ in range(5))]:
        coefficients = random_coefficients()
        coefficients[at] = coefficient
        assert not is_sound(2, suite_2_key(coefficients))
