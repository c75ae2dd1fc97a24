"""The cost of a passphrase: never below the standard, more where the computer is quick, and bounded."""

import pytest

from host_tools.vault.calibrate import STANDARD, calibrated_cost, scaled_cost
from host_tools.vault.stretching import MOST_ITERATIONS


@pytest.mark.parametrize(
    ("standard_s", "iterations"),
    [(10.0, 3), (0.5, 3), (0.25, 6), (0.1, 15), (0.03, 50), (0.001, MOST_ITERATIONS), (0.0, MOST_ITERATIONS)],
)
def test_iterations_are_raised_until_it_takes_half_a_second(standard_s: float, iterations: int) -> None:
    cost = scaled_cost(standard_s)
    assert cost.iterations == iterations
    assert (cost.memory_kib, cost.lanes) == (64 * 1024, 4)
    assert cost.sane


def test_one_derivation_is_timed() -> None:
    moments = iter((100.0, 100.1))
    assert calibrated_cost(lambda: next(moments)).iterations == 15
    assert next(moments, None) is None


def test_this_computer_gets_no_less_than_the_standard() -> None:
    cost = calibrated_cost()
    assert cost.sane
    assert cost.memory_kib >= STANDARD.memory_kib >= 64 * 1024
    assert cost.iterations >= STANDARD.iterations >= 3
