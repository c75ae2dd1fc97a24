"""What somebody can do about a finding: one hint for each kind of trouble, however many have it."""

from collections.abc import Iterator

from host_tools.container import report
from host_tools.container.report import Finding

UNSURE_END = "an interrupted recording: cloister status asks the recorder how it ended; verify again after it"
DAMAGED = (
    "a damaged recording: what is authentic of it is kept at import; "
    "if blocks cannot be read, try another card reader"
)
SPOILED = "a copy that has changed: import its card again if that is still there, or restore a backup"
FORGED = "a forged file: leave it as it is and find out who had the card; nothing of it is imported"
REPLACED = "a replaced recording: the true one may be elsewhere; keep this card as it is"
FOREIGN = "an unreadable file: if its recorder belongs to another vault, name that: cloister --vault DIR"
NO_CONTAINER = "not a container: if it is a whole card or its image, cloister card recover searches all of it"
MISSING = (
    "missing numbers: look for them on the recorder's other cards; "
    "cloister recorder give-up, if they are lost for good"
)
NOT_IMPORTED = "numbers not imported: cloister import takes in what is still on a card"


def hints(findings: list[Finding], is_missing: bool, of_vault: bool) -> Iterator[str]:
    """The hints that belong to these findings, each once."""
    words = {finding.word for finding in findings}
    if any(finding.word == report.INTERRUPTED and not finding.vouched for finding in findings):
        yield UNSURE_END
    if any(finding.word == report.DAMAGED and not finding.expected_place for finding in findings):
        yield DAMAGED
    if any(finding.is_spoiled for finding in findings):
        yield SPOILED
    if report.FORGED in words and not of_vault:
        yield FORGED
    if report.REPLACED in words and not of_vault:
        yield REPLACED
    if report.NOT_A_CONTAINER in words:
        yield NO_CONTAINER
    if any(finding.is_foreign for finding in findings):
        yield FOREIGN
    if is_missing:
        yield NOT_IMPORTED if of_vault else MISSING
