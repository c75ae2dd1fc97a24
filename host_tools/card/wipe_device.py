"""A card's device, or an image of one, open for wiping: its files, its free space, or all of it.

Reads the file system anew before each wipe, and first finishes what an earlier one was cut off from. What
goes wrong with the card once the wipe has begun is a WipeStopped with the report so far; `report` has it too
if the user ended it.
"""

import os
from collections.abc import Iterable, Sequence
from types import TracebackType

from host_tools.card import discard as discarding
from host_tools.card import wipe_report as words
from host_tools.card import wipe_space
from host_tools.card.fat32 import Fat32
from host_tools.card.fat32_change import Changes
from host_tools.card.fat32_tree import Tree
from host_tools.card.format import file_system_bytes, format_card
from host_tools.card.overwrite import Extent, Overwriter, probes
from host_tools.card.pattern import KEY_BYTES, Pattern
from host_tools.card.sectors import Sectors
from host_tools.card.source import CardFile, files_of
from host_tools.card.target import Target, contents, is_blank
from host_tools.card.wipe_files import FileWipe, select, size_of
from host_tools.card.wipe_long import LongWipe
from host_tools.card.wipe_report import (
    Advance,
    Keep,
    Medium,
    TakesNoMore,
    TopName,
    Unfinished,
    WipeReport,
    reporting,
)
from host_tools.errors import CloisterError


class DeviceCard:
    """A `WipeCard`. Raises CloisterError if it cannot be opened for writing."""

    def __init__(self, target: Target, passes: int = words.PASSES):
        self.target = target
        self._passes = passes
        self.medium = Medium(target.path, target.model, target.serial, target.size_bytes)
        self.report: WipeReport | None = None
        self.device = target.open()
        self._sectors = Sectors(self.device)

    def files(self) -> list[CardFile]:
        """The files in the top folder. Raises CloisterError."""
        return files_of(self._file_system())

    def top_names(self) -> list[TopName]:
        """What is in the top folder, by its long names. Raises CloisterError."""
        top = (item for item in self._tree().items if not item.folder)
        return [
            TopName(item.long_name or item.name, item.name, item.is_folder, item.size_bytes) for item in top
        ]

    def is_blank(self) -> bool:
        """Whether nothing was ever on it."""
        return is_blank(self.device)

    def work_of_files(self, names: Sequence[str]) -> int:
        """How many bytes are written and read back; finishes what an earlier run was cut off from."""
        tree, _ = self._ready()
        return (self._passes + 1) * size_of(select(tree, names), tree.geometry)

    def wipe_files(self, names: Sequence[str], advance: Advance = words.not_counted) -> WipeReport:
        """Wipe these files of the top folder."""
        tree, changes = self._ready()
        chosen = select(tree, names)
        report = self._report(words.FILE if len(chosen) == 1 else words.FILES)
        wipe = FileWipe(tree, changes, Overwriter(self.device, Pattern(), advance), report)
        with reporting(report, wipe.progress_words, hint=words.REST_HINT):
            wipe.run(chosen)
        report.say_not_achieved(f"{left.file} was not wiped: {left.why}." for left in report.left)
        report.say_not_achieved([words.ONLY_FILES])
        return report

    def work_of_free_space(self) -> int:
        """How many bytes are written and read back."""
        return (self._passes + 1) * _space_bytes(self._tree())

    def wipe_free_space(
        self,
        advance: Advance = words.not_counted,
        resume: Unfinished | None = None,
        keep: Keep = words.nothing_kept,
    ) -> WipeReport:
        """Overwrite everything that belongs to no file, and what deleted files left in their folders."""
        tree, changes = self._ready()
        begun = self._begun(words.FREE_SPACE, tree.fingerprint(), resume)
        report = self._report(words.FREE_SPACE, begun)
        overwriter = Overwriter(self.device, Pattern(begun.key), advance)
        wipe = LongWipe(overwriter, report, begun, _space_bytes(tree), keep, advance)
        with reporting(report, wipe.progress_words, earlier_s=begun.seconds):
            changes.clear(tree)
            self._fill_sectors(tree, Pattern(begun.key), begun.passes)
            if wipe.run(lambda: wipe_space.free_extents(tree), wipe_space.slack_extents(tree)):
                changes.free(lost := tree.lost_runs())
                changes.note_free(tree.free_clusters() + sum(until - first for first, until in lost))
                report.verified = True
        report.say_not_achieved(wipe_space.unreached(tree, self.device.size_bytes))
        return report

    def work_of_all(self) -> int:
        """How many bytes are written and read back."""
        return (self._passes + 1) * self.device.size_bytes

    def wipe_all(
        self,
        advance: Advance = words.not_counted,
        resume: Unfinished | None = None,
        keep: Keep = words.nothing_kept,
        discard: bool = False,
    ) -> WipeReport:
        """Overwrite all of it, read it back, and make a fresh FAT32 on it."""
        if self.target.part_of:
            raise CloisterError(
                f"{self.target.path} is only a part of a disk", f"for the whole card: {self.target.part_of}"
            )
        size_bytes = self.device.size_bytes
        begun = self._begun(words.CARD, "", resume)
        report = self._report(words.CARD, begun)
        overwriter = Overwriter(self.device, Pattern(begun.key), advance)
        wipe = LongWipe(overwriter, report, begun, size_bytes, keep, advance)
        with reporting(report, wipe.progress_words, earlier_s=begun.seconds):
            if wipe.run(lambda: [(0, size_bytes)]):
                if discard:
                    self._discard(report)
                self._format()
                report.formatted = report.verified = True
        return report

    def recognises(self, unfinished: Unfinished) -> bool:
        """Whether what was written so far is on this card."""
        serials = {unfinished.serial, self.medium.serial} - {""}
        if unfinished.size_bytes != self.device.size_bytes or len(serials) > 1:
            return False
        overwriter = Overwriter(self.device, Pattern(unfinished.key), words.not_counted)
        passes_left = unfinished.passes - unfinished.passes_done
        is_between_passes = passes_left and unfinished.passes_done and not unfinished.place
        try:
            extents = self._extents_of(unfinished)
            if passes_left == 0:
                return overwriter.holds(probes(extents, self.device.size_bytes))
            if is_between_passes:  # of the next one at most the first piece is on the card
                return overwriter.holds(probes(extents, self.device.size_bytes)[1:], complemented=True)
            before = unfinished.place or self.device.size_bytes
            places = probes(extents, before)[: None if unfinished.place else 1]
            return overwriter.holds(places, complemented=passes_left > 1)
        except CloisterError:
            return False

    def __enter__(self) -> "DeviceCard":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.device.__exit__(kind, error, trace)

    def _extents_of(self, unfinished: Unfinished) -> Iterable[Extent]:
        """What it overwrites, and nothing changes afterwards; empty if the card was changed."""
        size_bytes = self.device.size_bytes
        if unfinished.what == words.CARD:
            # A file system may stand where the beginning was, once all of it was read back.
            start = file_system_bytes(size_bytes) if unfinished.is_read_back else 0
            return [(start, size_bytes - start)]
        tree = self._tree()
        return wipe_space.free_extents(tree) if tree.fingerprint() == unfinished.layout else []

    def _file_system(self) -> Fat32:
        return Fat32(self._sectors.read_at, self.device.size_bytes)

    def _tree(self) -> Tree:
        return Tree(self._sectors.read_at, self._file_system().geometry)

    def _ready(self) -> tuple[Tree, Changes]:
        """The file system with nothing in it that is half done. Raises CloisterError."""
        tree = self._tree()
        changes = Changes(self._sectors, tree.geometry)
        try:
            if changes.finish_marks(tree):
                tree = self._tree()
        except TakesNoMore as error:
            raise CloisterError(f"{self.target.path}: {error}") from None
        return tree, changes

    def _begun(self, what: str, layout: str, resume: Unfinished | None) -> Unfinished:
        """Where it begins, or goes on. Raises CloisterError if that was another card."""
        if resume is None:
            size, serial = self.device.size_bytes, self.medium.serial
            key, started = os.urandom(KEY_BYTES), words.utc_now()
            return Unfinished(what, key, started, size, serial, layout, passes=self._passes)
        if resume.what != what or not self.recognises(resume):
            raise CloisterError(f"{self.target.path} is not the card of that wipe, or was changed since")
        return resume

    def _report(self, what: str, begun: Unfinished | None = None) -> WipeReport:
        self.report = WipeReport(what, self.medium, begun.started if begun else words.utc_now())
        self.report.passes = begun.passes if begun else self._passes
        self.report.say_not_achieved([words.IMAGE_ONLY if self.target.is_image else words.SPARE_BLOCKS])
        self.report.say_not_achieved([words.WRITTEN_ONCE] if self.report.passes == 1 else [])
        return self.report

    def _fill_sectors(self, tree: Tree, pattern: Pattern, passes: int) -> None:
        """Overwrite what is behind the ends of files in the sectors where these end."""
        places = wipe_space.slack_in_sectors(tree)
        for layer in (pattern.complement(), pattern)[-passes:]:
            self._sectors.change((offset, layer.within(offset, length)) for offset, length in places)

    def _discard(self, report: WipeReport) -> None:
        """Tell the card to forget it all, if the system offers that."""
        if self.target.is_image:
            return
        word = discarding.discard(self.device.fileno(), self.device.size_bytes)
        if word == discarding.NOT_OFFERED:
            report.say_not_achieved([words.NO_DISCARD])
        else:
            report.method = words.OVERWRITE_AND_DISCARD

    def _format(self) -> None:
        """Make the file system, and see that it is there. Raises TakesNoMore, CloisterError, OSError."""
        format_card(self.device.write_at, self.device.size_bytes)
        self.device.sync()
        after = contents(self.device, lambda name: False)
        if after.reason or after.others or after.folders:
            raise TakesNoMore("its new file system is not what was written")


def _space_bytes(tree: Tree) -> int:
    slack = sum(length for _, length in wipe_space.slack_extents(tree))
    return wipe_space.free_bytes(tree) + slack
