"""What `cloister expire` shows: what will be lost, what stays, which keys still open it, what was done."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.keeping import (
    ids_words,
    numbers_words,
    people_names,
    seconds_of,
    started_of,
    whole_as_dict,
)
from host_tools.cli.text import note, print_json, print_table, printable

if TYPE_CHECKING:
    from host_tools.cli.expire_card import Found, Wiped
    from host_tools.vault import Recording, Vault
    from host_tools.vault.expiry import Plan
    from host_tools.vault.retention import Whole


def show_plan(vault: "Vault", planned: "Plan", found: Sequence["Found"], is_dry: bool = False) -> None:
    """What would be destroyed, as a table on stdout; everything else about it on stderr."""
    if planned.wholes:
        _print_wholes(vault, planned)
        count = len(planned.wholes)
        total = sum(map(seconds_of, planned.wholes))
        note(f"{count} recording{'s' if count > 1 else ''} to be destroyed, {_clock(total)} of sound in all")
    elif not any(entry.files for entry in found):
        click.echo("Nothing is due.", err=True)
    for whole in planned.held:
        if whole.hold:
            note(f"recording {ids_words(whole)} is due, is held, and stays: {whole.hold.reason}")
    for entry in found:
        for name, number in sorted(entry.files.items()):
            note(f"{name} on {entry.card} is recording {number}: to be wiped")
    for words in _still_open(vault, planned.recordings):
        note(words)
    if planned.is_everything and is_dry:
        note("this is all that the vault has: without --all it is refused")
    if planned.is_most and planned.kept:
        total = len(planned.wholes) + planned.kept
        note(f"this is more than half of the vault: {len(planned.wholes)} of its {total} recordings")


def say_wiped(wiped: "Wiped") -> None:
    """What is gone from which card."""
    for report in wiped.reports:
        if report["files"]:
            click.echo(printable(f"Wiped on {report['card']['path']}: {', '.join(report['files'])}."))


def print_json_of(
    vault: "Vault",
    planned: "Plan",
    destroyed: Sequence[int] = (),
    finished: Iterable["Recording"] = (),
    wiped: "Wiped | None" = None,
    certificate: Mapping[str, Any] | None = None,
    found: Sequence["Found"] = (),
) -> None:
    """What was to be done, and what was, for --json; `found` is what is to be wiped on cards."""
    today, names = vault.now().date(), people_names(vault)
    print_json(
        {
            "planned": [whole_as_dict(whole, today, names) for whole in planned.wholes],
            "held": [whole_as_dict(whole, today, names) for whole in planned.held],
            "to_wipe": [{"card": entry.card, "files": dict(entry.files)} for entry in found],
            "destroyed": list(destroyed),
            "finished": [recording.id for recording in finished],
            "cards": wiped.reports if wiped else [],
            "certificate": certificate,
        }
    )


def _print_wholes(vault: "Vault", planned: "Plan") -> None:
    exports = _exports(vault)
    rows = [
        (
            ids_words(whole),
            numbers_words(whole),
            started_of(whole),
            _clock(seconds_of(whole)),
            str(whole.term.on or "no date"),
            whole.term.words,
            _exported_words(whole, exports),
            ", ".join(map(str, whole.consents)) or "none",
        )
        for whole in planned.wholes
    ]
    print_table(
        ("ID", "Number", "Started (UTC)", "Length", "Due", "Why", "Exported", "Consent"),
        rows,
        right=("ID", "Number", "Length"),
        firm=("Length", "Due"),
    )


def _exports(vault: "Vault") -> dict[int, list[str]]:
    """The days on which each recording was exported or shared."""
    found: dict[int, list[str]] = {}
    for _, paper in vault.papers.all("export"):
        if paper["kind"] in ("export", "share"):
            for number in paper["recordings"]:
                found.setdefault(number, []).append(paper["at"][:10])
    return found


def _exported_words(whole: "Whole", exports: Mapping[int, Sequence[str]]) -> str:
    days = sorted({day for number in whole.ids for day in exports.get(number, ())})
    return ", ".join(days) or "no"


def _still_open(vault: "Vault", recordings: Iterable["Recording"]) -> list[str]:
    """Which keys would still open copies of these afterwards; read from the headers."""
    from host_tools.certificate.conditions import recordings_words
    from host_tools.certificate.gather import openers_of
    from host_tools.container.view import ONE_TIME
    from host_tools.vault.expiry import recipients_of

    found: dict[str, list[int]] = {}
    for recording in recordings:
        for opener in openers_of(vault, recording, recipients_of(vault, recording) or [recording.key]):
            if opener.role != ONE_TIME:
                found.setdefault(opener.words, []).append(recording.id)
    return [
        f"copies of {recordings_words(ids)} can still be opened afterwards with the {key}: less than Purge"
        for key, ids in found.items()
    ]


def _clock(seconds: float) -> str:
    from host_tools.container.report import clock

    return clock(seconds)
