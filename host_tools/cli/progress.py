"""A progress bar on stderr for what takes longer than a second; none where nobody looks.

On the laptop reading is what takes time, so bytes read are what is counted; a recorder tells how far it is.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from host_tools.container.source import Source

PATIENCE_S = 1.0


@contextmanager
def progress(
    label: str, total_bytes: int, quiet: bool = False, speed: bool = False
) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with each number of bytes done. With `speed` that is shown as well."""
    if quiet or not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        *([TransferSpeedColumn()] if speed else []),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(label, total=total_bytes)
    started = time.monotonic()

    def advance(count: int) -> None:
        bar.update(task, advance=count)
        if not bar.live.is_started and time.monotonic() - started > PATIENCE_S:
            bar.start()

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def fraction_bar(label: str) -> Iterator[Callable[[float], None]]:
    """Gives a function to call with how much is done, from 0 to 1."""
    if not sys.stderr.isatty():
        yield lambda fraction: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)


class KeyProgress:
    """A bar on stderr once loading keys takes long; none with --json, nor where nobody watches."""

    def __init__(self, is_quiet: bool):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._is_wanted = console.is_terminal and not is_quiet
        self._bar = Progress(
            TextColumn("loading keys"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
        )
        self._task = self._bar.add_task("keys", total=None)
        self._started_s = time.monotonic()

    def show(self, done: int, total: int) -> None:
        """So many keys of so many are stored on the recorder."""
        self._bar.update(self._task, completed=done, total=total)
        if self._is_wanted and time.monotonic() - self._started_s > PATIENCE_S:
            self._bar.start()

    def __enter__(self) -> "KeyProgress":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar.live.is_started:
            self._bar.stop()


class CountedSource:
    """A source that tells how much was read of it."""

    def __init__(self, source: Source, advance: Callable[[int], None]):
        self._source = source
        self._advance = advance
        self.size_bytes = source.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """As the source underneath."""
        data = self._source.read_at(offset, length)
        self._advance(len(data))
        return data
