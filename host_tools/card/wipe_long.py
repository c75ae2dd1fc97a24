"""A wipe that takes long: everything is written, then everything is read back; it can go on where it stopped.

Where it is goes to `keep` whenever all before is on the card. What an earlier run wrote is not written again,
but all of it is read back: one pattern, and one reading, from start to end. Passes before the last write the
complement of the pattern and are not read back.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from host_tools.card.overwrite import Extent, Overwriter
from host_tools.card.verdict import size_words
from host_tools.card.wipe_report import Advance, Keep, Unfinished, WipeReport, bad_words


class LongWipe:
    """One run. `total_bytes` is what has to be written."""

    def __init__(
        self,
        overwriter: Overwriter,
        report: WipeReport,
        begun: Unfinished,
        total_bytes: int,
        keep: Keep,
        advance: Advance,
    ):
        self._overwriter = overwriter
        self._report = report
        self._place = begun
        self._total_bytes = total_bytes
        self._keep = keep
        self._advance = advance
        self._since = time.monotonic()
        self._earlier_s = begun.seconds

    def run(self, ascending: Callable[[], Iterable[Extent]], others: Iterable[Extent] = ()) -> bool:
        """Overwrite it all, and say whether all of it reads back. Raises TakesNoMore, CloisterError.

        ascending: gives the places in the order of the card. others: a few more, done each time.
        """
        self._keep_place(self._place)
        if self._place.is_read_back:
            self._report.bytes = self._report.verified_bytes = self._total_bytes
            return True
        others = list(others)
        try:
            self._advance(self._place.passes_done * self._total_bytes)
            while self._place.passes_done < self._place.passes:
                self._write(ascending(), others)
            is_right = self._overwriter.read_back(others) & self._overwriter.read_back(ascending())
        finally:
            is_over = self._place.passes_done == self._place.passes
            this_pass = self._overwriter.written + self._overwriter.passed_over
            self._report.bytes = self._total_bytes if is_over else this_pass
            self._report.verified_bytes = self._overwriter.verified
        if is_right:
            self._keep_place(replace(self._place, is_read_back=True))
        else:
            self._report.say_not_achieved([bad_words(self._overwriter.bad)])
        return is_right

    def progress_words(self) -> str:
        """How far it came."""
        done = f"{size_words(self._report.bytes)} of {size_words(self._total_bytes)} are overwritten"
        number, passes = self._place.passes_done + 1, self._place.passes
        if number <= passes and passes > 1:
            done += f" in pass {number} of {passes}"
        return f"{done}, {size_words(self._report.verified_bytes)} are read back"

    def _write(self, ascending: Iterable[Extent], others: Iterable[Extent]) -> None:
        """The next pass."""
        is_complement = self._place.passes_done + 1 < self._place.passes
        self._overwriter.begin_pass()
        self._overwriter.write(others, complemented=is_complement)
        self._overwriter.write(ascending, self._synced, self._place.place, complemented=is_complement)
        done = self._place.passes_done + 1
        self._keep_place(replace(self._place, passes_done=done, place=0))

    def _synced(self, place: int) -> None:
        self._keep_place(replace(self._place, place=place))

    def _keep_place(self, place: Unfinished) -> None:
        self._place = replace(place, seconds=self._earlier_s + time.monotonic() - self._since)
        self._keep(self._place)
