"""A recording that outgrew its container: which number its first part has, and which the next.

Numbers count up by one, and the parts of one recording follow each other: what is told here is read off the
parts (0, 1, 2 …) that the numbers of one recorder say they are.
"""

from host_tools.container.report import CONTINUED, Finding
from host_tools.container.view import View


def place(finding: Finding, view: View) -> None:
    """Say in a finding where its recording began and goes on, as far as `view` knows the other parts."""
    if finding.session is None or finding.header is None:
        return
    number = finding.header.number
    known = view.parts(finding.header.recorder_id) | {number: finding.session.part}
    finding.began_in = began_in(known, number)
    if finding.end_reason in (None, CONTINUED):
        finding.goes_on_in = goes_on_in(known, number)


def began_in(parts: dict[int, int], number: int) -> int | None:
    """The number of the first part of the recording that `number` is in; None if one between is unknown."""
    if parts[number] == 0:
        return number
    for earlier in sorted((known for known in parts if known < number), reverse=True):
        if parts[earlier] != parts[number] - 1:
            return None
        number = earlier
        if parts[number] == 0:
            return number
    return None


def goes_on_in(parts: dict[int, int], number: int) -> int | None:
    """The number of the part after `number`, if that is known."""
    following = min((known for known in parts if known > number), default=None)
    if following is None or parts[following] != parts[number] + 1:
        return None
    return following
