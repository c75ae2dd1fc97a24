"""A recorder that a small view knows, and the search over an image with that view."""

import json
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from host_tools.container.collection import Collection, Member
from host_tools.container.report import Finding
from host_tools.recovery import Kept, Search, open_image
from host_tools.recovery.found import ScatteredSource
from tests.quick_vault import make_quick_vault
from tests.small_view import SmallView, known_recorder
from tests.typed_command import Cloister


@contextmanager
def no_bar(label: str, size_bytes: int):
    yield lambda count: None


@dataclass
class Recovered:
    """What a search found: the findings, the bytes of each container, and how often the image was read."""

    findings: list[Finding]
    contents: list[bytes]
    readings: int
    strangers_left_out: int

    @property
    def words(self) -> dict[int, str]:
        """The finding on each number; numbers that come twice are a mistake of the test."""
        assert len({finding.number for finding in self.findings}) == len(self.findings)
        return {finding.number: finding.word for finding in self.findings}

    def content(self, number: int) -> bytes:
        """The bytes found of one container."""
        (content,) = [
            content
            for finding, content in zip(self.findings, self.contents, strict=True)
            if finding.number == number
        ]
        return content


def search(path: Path, view: SmallView, kept: Iterable[Kept] = ()) -> Recovered:
    """Search an image."""
    with open_image(str(path)) as image:
        found = Search(image, view, kept)
        found.run(no_bar)
        sources = [ScatteredSource(image, one) for one in found.found]
        members = [Member(one.name, source) for one, source in zip(found.found, sources, strict=True)]
        findings = list(Collection(members, view).findings())
        contents = [source.read_at(0, source.size_bytes) for source in sources]
        return Recovered(findings, contents, found.readings, found.strangers_left_out)


@dataclass
class Known:
    """A view and a recorder that it knows; `recover` searches with that view."""

    view: SmallView
    writer: object
    recover: Callable[..., Recovered]

    def container(self, number: int, **details) -> bytes:
        """A container with a one-time key of its own."""
        self.writer.public = self.view.make_key(self.writer.recorder_id)
        return self.writer.container(number, **details)


@pytest.fixture
def known() -> Known:
    view, writer = known_recorder()
    return Known(view, writer, lambda path, kept=(): search(path, view, kept))


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    return Cloister(make_quick_vault(tmp_path), capsys)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return tmp_path / "card.img"


def outcomes(cloister: Cloister) -> list[tuple[str, str, str]]:
    """(file, finding, outcome) of each container that --json told of."""
    return [
        (entry["file"], entry["finding"], entry["outcome"])
        for entry in json.loads(cloister.out)["containers"]
    ]
