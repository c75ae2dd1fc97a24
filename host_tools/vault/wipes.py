"""The wipes of cards that a vault knows of: their reports, and from where one that was cut off goes on.

Paper kind "wipe". A wipe that is not finished keeps the key of its random pattern and its place until it is;
then the report takes its place, and the key is gone. `recordings` are the ids of what was wiped with it,
`left_recordings` those that should have been and were not.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from host_tools.card.wipe_report import Unfinished, WipeReport

if TYPE_CHECKING:
    from host_tools.card.wiping import WipeCard
    from host_tools.vault.vault import Vault

KIND = "wipe"


class KeptWipe:
    """One wipe in the vault, from its beginning to its report; called with each place that is to be kept."""

    def __init__(self, vault: "Vault", card: "WipeCard"):
        self.recordings: list[int] = []
        self.unfinished: Unfinished | None = None
        self._vault = vault
        self._medium = card.medium
        self._paper_id = 0

    def __call__(self, unfinished: Unfinished) -> None:
        """Keep the place; on disk when this returns."""
        self.unfinished = unfinished
        report = WipeReport(unfinished.what, self._medium, unfinished.started, bytes=unfinished.place)
        paper = {**report.as_dict(), **unfinished.as_dict(), "concerned": self.recordings, "recordings": []}
        if self._paper_id:
            self._vault.papers.put(KIND, self._paper_id, paper)
        else:
            self._paper_id = self._vault.papers.add(KIND, paper)

    def go_on(self, paper_id: int, unfinished: Unfinished, concerned: Iterable[int]) -> None:
        """Take up a wipe that was cut off."""
        self._paper_id = paper_id
        self.unfinished = unfinished
        self.add_recordings(concerned)

    def add_recordings(self, ids: Iterable[int]) -> None:
        """These recordings are wiped with it."""
        self.recordings = sorted({*self.recordings, *ids})

    def finish(self, report: WipeReport) -> int:
        """Keep the report in the place of what was unfinished; its id."""
        is_done = report.verified
        paper = {
            **report.as_dict(),
            "recordings": self.recordings if is_done else [],
            "left_recordings": [] if is_done else self.recordings,
        }
        if not self._paper_id:
            return self._vault.papers.add(KIND, paper)
        self._vault.papers.put(KIND, self._paper_id, paper)
        return self._paper_id


def keep_files_report(vault: "Vault", report: WipeReport, ids: dict[str, int]) -> int:
    """Keep the report of a wipe of files, of which `ids` are the recordings; the paper's id."""
    wiped = {name.casefold() for name in report.files}
    done = sorted({number for name, number in ids.items() if name.casefold() in wiped})
    left = sorted(set(ids.values()) - set(done))
    return vault.papers.add(KIND, {**report.as_dict(), "recordings": done, "left_recordings": left})


def begin(vault: "Vault", card: "WipeCard", what: str) -> KeptWipe:
    """A wipe of this card: the one that was cut off, if there is one, else a new one."""
    kept = KeptWipe(vault, card)
    for paper_id, paper in reversed(vault.papers.all(KIND)):
        if paper.get("unfinished") and paper["what"] == what:
            unfinished = Unfinished.from_dict(paper)
            if card.recognises(unfinished):
                kept.go_on(paper_id, unfinished, paper["concerned"])
                break
    return kept
