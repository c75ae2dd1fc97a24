"""Cards for tests of the import: a folder as a mounted card is one, and an image with a real file system."""

from pathlib import Path

from host_tools.card import format_fat32, open_card

SCRIPT = Path(__file__).parents[1] / "unit" / "scripts" / "copy_to_card.py"
IMAGE_BYTES = 64 * 1024 * 1024


class Folder:
    """A mounted card."""

    def __init__(self, folder: Path):
        self.path = folder

    def put(self, name: str, data: bytes) -> None:
        (self.path / name).write_bytes(data)

    def finish(self) -> None:
        pass

    def names(self) -> list[str]:
        return sorted(path.name for path in self.path.iterdir())

    def has(self, data: bytes) -> bool:
        return any(data in path.read_bytes() for path in self.path.iterdir())


class Image(Folder):
    """The image of a card; what is put on it is there after `finish`."""

    def __init__(self, folder: Path, micropython, fsck):
        super().__init__(folder.with_suffix(".img"))
        self._folder, self._micropython, self._fsck = folder, micropython, fsck
        format_fat32(self.path, IMAGE_BYTES)

    def put(self, name: str, data: bytes) -> None:
        (self._folder / name).write_bytes(data)

    def finish(self) -> None:
        self._micropython.output(SCRIPT, self.path, self._folder)

    def names(self) -> list[str]:
        self._fsck(self.path)
        with open_card(self.path) as card:
            return sorted(file.name for file in card.files())

    def has(self, data: bytes) -> bool:
        return data in self.path.read_bytes()
