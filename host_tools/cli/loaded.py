"""What the commands that load a recorder with keys share: how many, and what is said after it."""

from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.text import note

if TYPE_CHECKING:
    from host_tools.vault import Vault

keys_option = click.option(
    "--keys",
    "wanted_keys",
    type=click.IntRange(0, 10_000),
    default=100,
    show_default=True,
    help="One-time keys to fill the recorder up to; each serves one recording.",
)


def moved_lines(before: int, suite: int, status: dict[str, Any]) -> list[str]:
    """What became of the keys of older suites on a recorder that went on from suite `before` (0: none)."""
    from host_tools.recorder.loading import next_number, stock

    lines = []
    for older in range(1, suite):
        left = stock(status, older)["left"]
        unused = f"{left} unused one-time keys on the recorder are used no more; " if left else ""
        if left or older == before:
            lines.append(
                f"suite {older}: {unused}at most number {next_number(status)} is sealed to a key of it still"
            )
    return [*lines, "the keys of what was recorded before stay in the vault"]


def say_what_is_missing(vault: "Vault", suite: int, is_full: bool, is_chosen: bool = True) -> None:
    """Say where the recorder has less than it could: an old suite that nobody chose, room, a recovery key."""
    from host_tools.container.layout import NEWEST_SUITE
    from host_tools.container.suites import suite_words
    from host_tools.vault.recovery import lacks_suite

    if suite < NEWEST_SUITE and not is_chosen:
        note(
            f"the recorder's firmware knows {suite_words(suite)} only: its recordings are not sealed against "
            "quantum computers; update it, then run cloister rekey"
        )
    if is_full:
        note("the recorder has no room for more one-time keys")
    if lacks_suite(vault, suite):
        note(
            f"no recovery key is for {suite_words(suite)}: what the recorder seals from now on is opened by "
            "its own key alone; cloister recovery new makes one, and cloister provision loads it"
        )
