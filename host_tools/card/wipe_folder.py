"""A mounted card's folder, open for wiping: by ordinary file calls, as the file system is the system's.

Contents are overwritten in place, read back and cut to nothing; the file gets a neutral time and name before
it is removed. Its slot in the card's folder is the system's: on FAT the old name stays there, less its first
letter, until something else takes it. The report says so; naming the device instead leaves nothing of it.
"""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from host_tools.card import disks, mounted
from host_tools.card import wipe_report as words
from host_tools.card.device import GONE, RawDevice
from host_tools.card.geometry import SECTOR_BYTES
from host_tools.card.overwrite import Overwriter
from host_tools.card.pattern import KEY_BYTES, Pattern
from host_tools.card.pattern import LONGEST_BYTES as FIRST_BYTES
from host_tools.card.source import CardFile, folder_files
from host_tools.card.target import find_target
from host_tools.card.verdict import size_words
from host_tools.card.wipe_fill import Fill
from host_tools.card.wipe_report import (
    Advance,
    Keep,
    Left,
    Medium,
    TopName,
    Unfinished,
    WipeReport,
    reason_of,
    reporting,
)
from host_tools.errors import CloisterError

LARGEST_CLUSTER_BYTES = 65536
NEUTRAL_TIME_S = 315_619_200  # 1980-01-02, which FAT has in every time zone


class FolderCard:
    """A `WipeCard`. Raises CloisterError if the folder cannot be written."""

    def __init__(self, folder: Path, passes: int = words.PASSES):
        self._folder = folder.resolve()
        if not os.access(self._folder, os.W_OK):
            raise CloisterError(f"{folder} cannot be written: is the card write-protected?")
        self._passes = passes
        self.medium = _medium(self._folder)
        self.report: WipeReport | None = None
        self._under_way = ""

    def files(self) -> list[CardFile]:
        """The files in the folder."""
        return list(folder_files(self._folder))

    def top_names(self) -> list[TopName]:
        """What is in the folder."""
        return [
            TopName(path.name, path.name, path.is_dir(), path.stat().st_size if path.is_file() else 0)
            for path in sorted(self._folder.iterdir())
        ]

    def work_of_files(self, names: Sequence[str]) -> int:
        """How many bytes are written and read back."""
        paths = (path for _, path in self._select(names))
        return (self._passes + 1) * sum(_whole(path.stat().st_size, _step(path)) for path in paths)

    def wipe_files(self, names: Sequence[str], advance: Advance = words.not_counted) -> WipeReport:
        """Wipe these files of the folder."""
        waiting = self._select(names)
        report = self._report(words.FILE if len(waiting) == 1 else words.FILES)
        with reporting(report, lambda: self._progress_words(waiting), self._explain, hint=words.REST_HINT):
            while waiting:
                self._under_way = waiting[0][0]
                self._wipe(*waiting.pop(0), report, advance)
                self._under_way = ""
            report.verified = not report.left
        report.say_not_achieved(f"{left.file} was not wiped: {left.why}." for left in report.left)
        report.say_not_achieved([words.OLD_NAMES, words.ONLY_FILES])
        return report

    def work_of_free_space(self) -> int:
        """How many bytes are written and read back."""
        return 2 * shutil.disk_usage(self._folder).free

    def wipe_free_space(
        self,
        advance: Advance = words.not_counted,
        resume: Unfinished | None = None,
        keep: Keep = words.nothing_kept,
    ) -> WipeReport:
        """Fill it with files of random bytes, read these back and remove them."""
        self._check_is_card()
        if resume is not None and not self.recognises(resume):
            raise CloisterError(f"{self._folder} is not the card of that wipe, or was changed since")
        key, started = os.urandom(KEY_BYTES), words.utc_now()
        began = Unfinished(words.FREE_SPACE, key, started, self.medium.size_bytes, passes=1)
        begun = resume or began
        report = self._report(words.FREE_SPACE, begun)
        fill = Fill(self._folder, begun, advance)
        since = time.monotonic() - begun.seconds

        def keep_place(place: int, is_read_back: bool = False) -> None:
            keep(replace(begun, place=place, seconds=time.monotonic() - since, is_read_back=is_read_back))

        with reporting(report, lambda: _filled_words(fill), self._explain, begun.seconds):
            keep(begun)
            self._fill(fill, begun, report, keep_place)
        report.say_not_achieved([words.ONLY_FILLED])
        return report

    def work_of_all(self) -> int:
        """Raises CloisterError, with the name of the device if the system tells it."""
        find_target(str(self._folder), "cloister card wipe")
        raise AssertionError("a folder is no target")

    def wipe_all(
        self,
        advance: Advance = words.not_counted,
        resume: Unfinished | None = None,
        keep: Keep = words.nothing_kept,
        discard: bool = False,
    ) -> WipeReport:
        """Raises CloisterError, as `work_of_all`."""
        raise AssertionError(f"a folder has no work of all: {self.work_of_all()}")

    def recognises(self, unfinished: Unfinished) -> bool:
        """Whether the files that were filled so far are here."""
        is_same = unfinished.what == words.FREE_SPACE and unfinished.size_bytes == self.medium.size_bytes
        return is_same and Fill(self._folder, unfinished, words.not_counted).is_there()

    def __enter__(self) -> "FolderCard":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def _select(self, names: Sequence[str]) -> list[tuple[str, Path]]:
        """The files of these names, with them. Raises CloisterError if one is missing."""
        there = {path.name.casefold(): path for path in self._folder.iterdir() if _is_file(path)}
        missing = [name for name in names if name.casefold() not in there]
        if missing:
            raise CloisterError(f"there is no {words.names_words(missing)} on the card: nothing was wiped")
        return [(name, there[folded]) for folded, name in {name.casefold(): name for name in names}.items()]

    def _wipe(self, name: str, path: Path, report: WipeReport, advance: Advance) -> None:
        """Overwrite, read back, and only then remove it."""
        size_bytes = _whole(path.stat().st_size, _step(path))
        if size_bytes:
            os.truncate(path, size_bytes)  # another size than it was opened with means that it is gone
            with RawDevice(str(path), size_bytes) as device:
                overwriter = Overwriter(device, Pattern(), advance)
                head = min(size_bytes, FIRST_BYTES)
                for part in ((head, size_bytes - head), (0, head)):
                    for number in range(1, self._passes + 1):
                        overwriter.write([part], complemented=number < self._passes)
                is_right = overwriter.read_back([(0, size_bytes)])
            report.bytes += overwriter.written // self._passes
            if not is_right:
                report.left.append(Left(name, words.left_words(len(overwriter.bad))))
                return
            report.verified_bytes += overwriter.verified
        self._remove(path)
        report.files.append(name)

    def _remove(self, path: Path) -> None:
        """Leave as little of its entry as the system allows."""
        with path.open("r+b") as file:
            file.truncate(0)
            os.fsync(file.fileno())
        os.utime(path, (NEUTRAL_TIME_S, NEUTRAL_TIME_S))
        neutral = next(
            other for number in range(10**8) if not (other := self._folder / f"{number:08d}.TMP").exists()
        )
        path.rename(neutral)
        neutral.unlink()
        mounted.sync_folder(self._folder)

    def _fill(
        self, fill: Fill, begun: Unfinished, report: WipeReport, keep_place: Callable[..., None]
    ) -> None:
        """Fill, read back, remove; as much of it as is left to be done."""
        is_right = begun.is_read_back
        try:
            if not is_right:
                fill.fill(keep_place)
                is_right = fill.read_back()
        finally:
            report.bytes = fill.filled
            report.verified_bytes = fill.filled if begun.is_read_back else fill.verified
        if is_right:
            keep_place(fill.filled, is_read_back=True)
        else:
            report.say_not_achieved([words.bad_words(fill.bad)])
        fill.remove()
        report.verified = is_right

    def _check_is_card(self) -> None:
        """Raises CloisterError where filling up would fill something else than a card."""
        if not mounted.is_cards_folder(self._folder):
            raise CloisterError(
                f"{self._folder} is not where a card is mounted: filling it would fill this computer's disk",
                "name the card's own folder, or its device",
            )

    def _report(self, what: str, begun: Unfinished | None = None) -> WipeReport:
        self.report = WipeReport(what, self.medium, begun.started if begun else words.utc_now())
        self.report.passes = begun.passes if begun else self._passes
        self.report.say_not_achieved([words.SPARE_BLOCKS])
        self.report.say_not_achieved([words.WRITTEN_ONCE] if self.report.passes == 1 else [])
        if not mounted.IS_READ_FROM_CARD:
            self.report.say_not_achieved([words.FROM_MEMORY])
        return self.report

    def _progress_words(self, waiting: Sequence[tuple[str, Path]]) -> str:
        done = self.report.files if self.report else []
        return words.files_words(done, self._under_way, [name for name, _ in waiting])

    def _explain(self, error: OSError) -> str:
        if error.errno in GONE or not self._folder.is_dir():
            return f"{self._folder} is no longer there: was the card taken out?"
        return reason_of(error)


def _medium(folder: Path) -> Medium:
    """What is known of the card that is mounted there."""
    device = disks.device_mounted_at(folder)
    disk = disks.disk_of_device(device) if device else None
    size_bytes = shutil.disk_usage(folder).total if mounted.is_mount(folder) else None
    return Medium(str(folder), disk.model if disk else "", disk.serial if disk else "", size_bytes)


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _step(path: Path) -> int:
    """The size of a cluster as far as the system tells, so that the last one is overwritten to its end."""
    step = getattr(path.stat(), "st_blksize", 0)
    return step if step % SECTOR_BYTES == 0 and 0 < step <= LARGEST_CLUSTER_BYTES else SECTOR_BYTES


def _whole(size_bytes: int, step: int) -> int:
    return -(-size_bytes // step) * step


def _filled_words(fill: Fill) -> str:
    return f"{size_words(fill.filled)} were filled, {size_words(fill.verified)} of them read back"
