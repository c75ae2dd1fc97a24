"""Cards in memory that are wiped: cut off at a write, taken out, or giving back other bytes than they got."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from host_tools.card.wipe_device import DeviceCard
from host_tools.errors import CloisterError
from tests.card.fake_cards import MIB, SECTOR, HonestCard

GONE = "/dev/fake is no longer there: was the card taken out?"


class OpenCard:
    """What `RawDevice` is to a command, over a card in memory."""

    def __init__(self, card: HonestCard):
        self.card = card
        self.size_bytes = card.size_bytes

    def __getattr__(self, name: str):
        return getattr(self.card, name)

    def __exit__(self, *error: object) -> None:
        pass


@dataclass
class MemoryTarget:
    """A `Target` that opens a card in memory."""

    card: HonestCard
    path: str = "/dev/fake"
    model: str = "Test Reader"
    serial: str = ""
    is_image: bool = False
    part_of: str = ""

    @property
    def size_bytes(self) -> int:
        return self.card.size_bytes

    def open(self) -> OpenCard:
        return OpenCard(self.card)


def card_of(image: Path, kind: type[HonestCard] = HonestCard, *arguments: object, **options: object):
    """A card with what is in this image."""
    content = image.read_bytes()
    card = kind(*arguments, size_bytes=len(content), **options)
    card.content[:] = content
    return card


def opened(card: HonestCard, **about: object) -> DeviceCard:
    return DeviceCard(MemoryTarget(card, **about))


class CutOffCard(HonestCard):
    """Is gone at the write of that number, which is `done`: none of it, half of it, or all of it.

    With `forgets` it loses what was not waited for, too.
    """

    def __init__(self, at_write: int, done: float = 0.0, forgets: bool = False, **options):
        super().__init__(**options)
        self._at_write = at_write
        self._done = done
        self._forgets = forgets
        self._before: list[tuple[int, bytes]] = []
        self.is_gone = False

    def write_at(self, offset: int, data: bytes) -> None:
        self._check_there()
        if len(self.writes) == self._at_write:
            kept = int(len(data) * self._done) // SECTOR * SECTOR
            self.content[offset : offset + kept] = data[:kept]
            for place, old in reversed(self._before if self._forgets else []):
                self.content[place : place + len(old)] = old
            self.is_gone = True
        self._check_there()
        self._before.append((offset, bytes(self.content[offset : offset + len(data)])))
        super().write_at(offset, data)

    def read_at(self, offset: int, length: int) -> bytes:
        self._check_there()
        return super().read_at(offset, length)

    def sync(self) -> None:
        self._check_there()
        self._before = []
        super().sync()

    def _check_there(self) -> None:
        if self.is_gone:
            raise CloisterError(GONE)


def writes_of(image: Path, do: Callable[[DeviceCard], object]) -> list[tuple[int, int]]:
    """The writes that something takes on a healthy card with what is in this image."""
    card = card_of(image)
    do(opened(card))
    return card.writes


def again(card: HonestCard) -> HonestCard:
    """The same card, put back."""
    put_back = HonestCard(size_bytes=card.size_bytes)
    put_back.content[:] = card.content
    return put_back


def put(path: Path, content: bytearray) -> None:
    """An image of a card in memory, with holes where it is zeros."""
    zeros = bytes(MIB)
    with path.open("wb") as file:
        for place in range(0, len(content), MIB):
            piece = content[place : place + MIB]
            if piece != zeros[: len(piece)]:
                file.seek(place)
                file.write(piece)
        file.truncate(len(content))
