"""How costly this computer can make guessing a passphrase: about half a second for each guess.

One derivation at the standard cost is timed and its iterations are scaled. The result is never below the
standard, however slow the computer is, and never above what a vault may ask of another one. A computer that
is busy meanwhile gets fewer iterations than it could have.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from host_tools.vault.stretching import MOST_ITERATIONS, Argon2Cost, Stretching

AIM_S = 0.5
STANDARD = Argon2Cost()


def calibrated_cost(clock: Callable[[], float] = time.perf_counter) -> Argon2Cost:
    """The standard cost, with iterations for AIM_S on this computer; takes as long as the standard does."""
    stretching = Stretching.fresh(STANDARD)
    began = clock()
    stretching.key("a passphrase that is only timed")
    return scaled_cost(clock() - began)


def scaled_cost(standard_s: float) -> Argon2Cost:
    """The cost that takes AIM_S where the standard one takes that long."""
    wanted = round(STANDARD.iterations * AIM_S / max(standard_s, 0.001))
    return replace(STANDARD, iterations=min(MOST_ITERATIONS, max(STANDARD.iterations, wanted)))
