"""`cloister card recover --output`: containers as files, and nothing that stands there is replaced."""

from pathlib import Path

import pytest

from host_tools.container.source import FileSource, Source
from host_tools.recovery import output
from host_tools.recovery.image import Image
from tests.recovery.cards import write
from tests.recovery.conftest import outcomes
from tests.reference_writer import BLOCK
from tests.typed_command import everything


def test_containers_are_written_to_a_folder_and_nothing_there_is_replaced(cloister, image, tmp_path):
    one, two = cloister.container(1), cloister.container(2)
    cloister.made.next_key()
    write(image, one, two, cloister.made.writer.prepared(3))
    folder = tmp_path / "new" / "folder"
    folder.mkdir(parents=True)
    (folder / "R0000002.DAT").write_bytes(b"somebody else's")
    (folder / "S0000002.DAT").write_bytes(two[:-1] + b"?")
    before = everything(cloister.made.folder)
    assert cloister("card", "recover", image, "--output", folder, "--json") == 0
    assert [words for *_, words in outcomes(cloister)] == [
        "written as R0000001.DAT",
        "written as T0000002.DAT",
        "nothing to write",
    ]
    assert everything(cloister.made.folder) == before
    assert everything(folder) == {
        str(folder / "R0000001.DAT"): one,
        str(folder / "R0000002.DAT"): b"somebody else's",
        str(folder / "S0000002.DAT"): two[:-1] + b"?",
        str(folder / "T0000002.DAT"): two,
    }
    assert cloister("card", "recover", image, "--output", folder, "--json") == 0
    assert [words for *_, words in outcomes(cloister)][:2] == [
        "there already as R0000001.DAT",
        "there already as T0000002.DAT",
    ]
    assert len(everything(folder)) == 4


def test_no_unfinished_file_is_left_behind(cloister, image, tmp_path, monkeypatch):
    write(image, cloister.container(1))

    def full(path: Path, other: Path) -> bool:
        raise OSError(28, "No space left on device")

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "R0000001.DAT").write_bytes(b"")
    monkeypatch.setattr(output, "_is_same", full)
    words = cloister.refused("card", "recover", image, "--output", tmp_path / "out")
    assert words == f"the folder {tmp_path / 'out'} cannot be written: no space left on device"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["R0000001.DAT"]


def test_when_every_name_is_taken_nothing_is_written(tmp_path):
    for name in output.names(7):
        (tmp_path / name).write_bytes(name.encode())
    source = tmp_path / "source"
    source.write_bytes(bytes(2 * BLOCK))
    with FileSource(source) as opened:
        assert output.write_container(tmp_path, 7, opened, 2) == output.NOT_WRITTEN
    assert len(everything(tmp_path)) == 10


@pytest.mark.parametrize("harm", ["gone", "shorter"])
def test_an_image_that_fails_while_it_is_written_out_is_named(cloister, image, tmp_path, monkeypatch, harm):
    write(image, cloister.container(1))
    copy = output._copy

    def read_at(self: Image, offset: int, length: int) -> bytes:
        if harm == "gone":
            raise OSError(5, "Input/output error")
        return b""

    def failing(source: Source, block_count: int, path: Path) -> None:
        monkeypatch.setattr(Image, "read_at", read_at)
        copy(source, block_count, path)

    monkeypatch.setattr(output, "_copy", failing)
    reason = "cannot be read any more: input/output error" if harm == "gone" else "is shorter than before"
    words = cloister.refused("card", "recover", image, "--output", tmp_path / "out")
    assert words == f"{image} {reason}"
    assert list((tmp_path / "out").iterdir()) == []


def test_written_containers_are_the_owners_alone(cloister, image, tmp_path):
    write(image, cloister.container(1))
    assert cloister("card", "recover", image, "--output", tmp_path / "out") == 0
    assert (tmp_path / "out" / "R0000001.DAT").stat().st_mode & 0o777 == 0o600
