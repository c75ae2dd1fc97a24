"""What `verify` and `import` both say about the containers they looked at."""

import click

from host_tools.cli.text import complain, note, print_table
from host_tools.container import report
from host_tools.container.collection import Collection
from host_tools.container.report import Finding
from host_tools.errors import EXIT_FOUND
from host_tools.vault import Vault


def length_words(finding: Finding) -> str:
    """A finding's length for a table, or a dash."""
    return "–" if finding.seconds is None else report.clock(finding.seconds)


def print_findings(findings: list[Finding]) -> None:
    """The table of `verify`."""
    if not findings:
        click.echo("No recordings on this card.")
        return
    print_table(
        ("File", "Number", "Finding", "Length", "What it says"),
        [
            (
                finding.file,
                "–" if finding.number is None else str(finding.number),
                finding.word,
                length_words(finding),
                finding.message,
            )
            for finding in findings
        ],
        right=("Number", "Length"),
    )


def say_what_was_found(findings: list[Finding], missing: list[int]) -> None:
    """One line on stderr for each thing that is wrong.

    Lost samples, and a recording that ended when power did, are told where the findings are, and by the
    exit status: they are no errors of anybody's.
    """
    for finding in findings:
        told = finding.word in (report.INTERRUPTED, report.COMPLETE) and not finding.notes
        if finding.needs_attention and not told:
            complain(f"{finding.file}: {finding.word}: {finding.message}")
    if missing:
        complain(f"missing: {number_words(missing)}; neither here, nor in the vault, nor destroyed")


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
                f"recorder {recorder_id.hex()} was not asked for its status after this card was written: "
                "if its newest recordings were removed, that cannot be seen"
            )
        else:
            note(
                f"recorder {recorder_id.hex()} was last asked for its status on "
                f"{recorder.heard:%Y-%m-%d %H:%M} UTC: if something newer was removed, that cannot be seen"
            )


def leave(findings: list[Finding], missing: list[int]) -> None:
    """Exit status 3 if anything was found."""
    if missing or any(finding.needs_attention for finding in findings):
        click.get_current_context().exit(EXIT_FOUND)


def number_words(numbers: list[int]) -> str:
    """Ascending numbers in words, runs shortened: number 3, 5 to 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    words = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[1]}" for run in runs)
    return f"number{'s' if len(numbers) > 1 else ''} {words}"
