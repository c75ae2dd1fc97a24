"""What `verify` and `import` both say about the containers they looked at.

First one line a recording, on stdout; then, on stderr, one line for each thing that is wrong, with what can
be done about it; the exit status tells whether anything was found.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from host_tools.cli.hints import hints
from host_tools.cli.text import complain, hint, note, print_table
from host_tools.container import report
from host_tools.container.collection import MISSING, Collection
from host_tools.container.report import Finding
from host_tools.container.sentences import Whole, wholes
from host_tools.errors import EXIT_FOUND
from host_tools.vault import Vault

NOT_IMPORTED = "is not imported yet, or missing"
# Columns that are no wider than this are never folded.
FIRM_CHARACTERS = 20
# Findings on which nothing that the header says is believed.
UNSURE = (report.NOT_A_CONTAINER, report.FORGED)
# What the table says of those whose reason is long.
SHORT = {
    report.FORGED: "made by somebody else, or its header is damaged",
    report.UNREADABLE: "cannot be opened here",
    report.REPLACED: "not the one that was recorded",
}


@dataclass
class Overview:
    """The findings on some containers, the recordings they make, and the numbers missing, by recorder.

    `is_all` if all containers of a card, or of the vault (`of_vault`), are among them. `ids` are the ids in
    the vault, and `outcomes` what became of a container at its import, by what the container is called.
    """

    findings: list[Finding]
    recordings: list[Whole]
    missing: dict[bytes, list[int]]
    is_all: bool = True
    of_vault: bool = False
    ids: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def missing_numbers(self) -> list[int]:
        """Those of all recorders, ascending."""
        return sorted(number for numbers in self.missing.values() for number in numbers)

    def as_dict(self) -> dict[str, Any]:
        """What `verify --json` prints."""
        return {
            "recordings": [recording.as_dict() for recording in self.recordings],
            "containers": [finding.as_dict() for finding in self.findings],
            "missing": self.missing_numbers,
        }


def overview(
    collection: Collection, findings: list[Finding], is_all: bool = True, of_vault: bool = False
) -> Overview:
    """What these findings come to. Missing numbers are told only of a whole card, or of the whole vault."""
    missing = collection.missing_of_recorders(all_known=of_vault) if is_all else {}
    words = NOT_IMPORTED if of_vault else MISSING
    return Overview(findings, wholes(findings, collection, words), missing, is_all, of_vault)


def print_recordings(seen: Overview) -> None:
    """One line a recording, by recorder, and lines for whatever else there is."""
    if not seen.findings:
        click.echo("No recordings in the vault." if seen.of_vault else "No recordings on this card.")
        return
    rows = _recording_rows(seen) + _other_rows(seen)
    recorders = sorted({row.recorder for row in rows}, key=lambda recorder: (not recorder, recorder))
    for position, recorder in enumerate(recorders):
        here = sorted((row for row in rows if row.recorder == recorder), key=lambda row: row.first)
        if len(recorders) > 1:
            click.echo(("\n" if position else "") + (f"Recorder {recorder}" if recorder else "Other files"))
        _print_rows(seen, here, "Number" if recorder else "File")


@dataclass(frozen=True)
class _Row:
    """A line about the containers of these names. `recorder` is empty where the header is not believed."""

    recorder: str
    first: int
    label: str
    started: str
    word: str
    message: str
    names: list[str]


def _print_rows(seen: Overview, rows: list[_Row], label: str) -> None:
    """The table. After an import it tells the outcome and the id, else when a recording started."""
    columns: dict[str, Callable[[_Row], str]] = {
        "ID": lambda row: report.run_words(sorted(seen.ids[name] for name in row.names if name in seen.ids)),
        label: lambda row: row.label,
        "Started (UTC)": lambda row: row.started,
        "Finding": lambda row: row.word,
        "Outcome": lambda row: "; ".join(dict.fromkeys(seen.outcomes.get(name, "") for name in row.names)),
        "What it says": lambda row: row.message,
    }
    cells = {name: [column(row) for row in rows] for name, column in columns.items()}
    left_out = ["Started (UTC)"] if seen.outcomes else ["Outcome"]
    left_out += (
        [name for name in ("ID", "Started (UTC)") if not any(cells[name])] if not seen.outcomes else []
    )
    shown = [name for name in columns if name not in left_out]
    print_table(
        shown,
        [[cells[name][position] or "–" for name in shown] for position in range(len(rows))],
        right=("ID",),
        firm=[name for name in shown[:-1] if max(map(len, cells[name])) <= FIRM_CHARACTERS],
    )


def _recording_rows(seen: Overview) -> list[_Row]:
    """A row for each recording."""
    from host_tools.cli.recordings import started_words

    return [
        _Row(
            whole.findings[0].recorder,
            whole.numbers[0],
            report.run_words(whole.numbers),
            started_words(whole.started) if whole.findings[0].session else "",
            whole.word,
            whole.sentence + ("; see below" if whole.notes else ""),
            [finding.file for finding in whole.findings],
        )
        for whole in seen.recordings
    ]


def _other_rows(seen: Overview) -> list[_Row]:
    """Rows for the containers that are part of no recording; those that are alike share one."""
    told = {id(finding) for whole in seen.recordings for finding in whole.findings}
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in seen.findings:
        if id(finding) not in told:
            is_sure = bool(finding.expected_place) or (
                finding.header is not None and finding.word not in UNSURE and not finding.is_foreign
            )
            words = "another copy" if finding.session else SHORT.get(finding.word, finding.reason)
            alike.setdefault((finding.recorder if is_sure else "", finding.word, words), []).append(finding)
    return [_other_row(*place, findings) for place, findings in alike.items()]


def _other_row(recorder: str, word: str, message: str, findings: list[Finding]) -> _Row:
    """The row of containers that make no recording: by number, or by name where that is not sure."""
    names = [finding.file for finding in findings]
    numbers = sorted({finding.number for finding in findings if finding.number is not None})
    label = report.run_words(numbers) if recorder else _names_words(names)
    return _Row(recorder, numbers[0] if numbers else 0, label, "", word, message, names)


def say_what_was_found(
    findings: Iterable[Finding], missing: dict[bytes, list[int]], of_vault: bool = False
) -> None:
    """One line on stderr for each thing that is wrong, and what can be done about it.

    Lost samples, and a recording that ended when power did, are told where the recordings are, and by the
    exit status: they are no errors of anybody's.
    """
    findings = list(findings)
    alike: dict[str, list[str]] = {}
    for finding in findings:
        told = finding.word in (report.INTERRUPTED, report.COMPLETE) and not finding.notes
        if finding.needs_attention and not told:
            alike.setdefault(f"{finding.word}: {finding.message}", []).append(finding.file)
    for words, names in alike.items():
        complain(f"{_names_words(names)}: {words}")
    for recorder_id, numbers in missing.items():
        whose = f" of recorder {recorder_id.hex()}" if len(missing) > 1 else ""
        what = f"{report.number_words(numbers)}{whose}"
        if of_vault:
            complain(f"not imported yet, or missing: {what}; neither in the vault, nor destroyed")
        else:
            complain(f"missing: {what}; neither here, nor in the vault, nor destroyed")
    for words in hints(findings, bool(missing), of_vault):
        hint(words)


def say_how_far_it_was_seen(vault: Vault, collection: Collection, findings: list[Finding]) -> None:
    """Removal of the newest containers shows only against a recorder's status: say how new that is."""
    heard = {recorder.recorder_id: recorder for recorder in vault.recorders()}
    for recorder_id in collection.recorder_ids():
        recorder = heard[recorder_id]
        last = recorder.last.number if recorder.last else 0
        used = [
            finding.header.number
            for finding in findings
            if finding.header and finding.header.recorder_id == recorder_id and finding.word != report.EMPTY
        ]
        if recorder.heard is None or last < max(used, default=0):
            note(
                f"recorder {recorder_id.hex()} was not asked for its status after the newest recording here: "
                "if newer ones were removed, that cannot be seen"
            )
        else:
            note(
                f"recorder {recorder_id.hex()} was last asked for its status on "
                f"{recorder.heard:%Y-%m-%d %H:%M} UTC: if something newer was removed, that cannot be seen"
            )


def say_what_is_strange(names: list[str]) -> None:
    """Files in the vault's folder that belong to no recording."""
    if names:
        what = f"the file {names[0]}" if len(names) == 1 else f"{len(names)} files, {names[0]} among them,"
        note(
            f"{what} in the vault's folder belong{'s' if len(names) == 1 else ''} to no recording; left alone"
        )


def is_anything_found(findings: Iterable[Finding], missing: Sequence[int]) -> bool:
    """Whether anything is not as it should be."""
    return bool(missing) or any(finding.needs_attention for finding in findings)


def leave(findings: Iterable[Finding], missing: Sequence[int]) -> None:
    """Exit status 3 if anything was found."""
    if is_anything_found(findings, missing):
        click.get_current_context().exit(EXIT_FOUND)


def _names_words(names: list[str]) -> str:
    """Containers by name: all of a few, else the first and how many more."""
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"
