"""What an encoder takes for a file, while its bytes go on at once to where nobody can go back.

Some formats have at their head what is known only at their end, and their encoders go back to write it. A
`Strip` lets them: what they rewrite is kept apart. Whoever knows it beforehand has it put into the bytes as
they pass, with `corrected`, and sees at the end that the encoder rewrote just that.
"""

Rewritten = tuple[tuple[int, bytes], ...]


class Strip:
    """Keeps new bytes until they are taken, and everything that is written over earlier ones."""

    def __init__(self) -> None:
        self._rewritten: list[tuple[int, bytes]] = []
        self._fresh = bytearray()
        self._position = self._end = 0

    @property
    def rewritten(self) -> Rewritten:
        """(position, bytes) of each time that something was written over, in order."""
        return tuple(self._rewritten)

    def write(self, data: bytes, /) -> int:
        """At the end, or over what is there already."""
        if self._position < self._end:
            self._rewritten.append((self._position, bytes(data)))
        else:
            self._fresh += data
        self._position += len(data)
        self._end = max(self._end, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """As for a file."""
        self._position = offset + (0, self._position, self._end)[whence]
        return self._position

    def tell(self) -> int:
        """As for a file."""
        return self._position

    def flush(self) -> None:
        """Nothing waits here but for `taken`."""

    def close(self) -> None:
        """Nothing to do."""

    def taken(self) -> tuple[int, bytearray]:
        """Where the bytes that are new since the last call begin, and these bytes."""
        fresh, self._fresh = self._fresh, bytearray()
        return self._end - len(fresh), fresh


def corrected(position: int, piece: bytearray, rewritten: Rewritten) -> bytes:
    """A piece of the file with what will have been rewritten in it."""
    for at, data in rewritten:
        first, until = max(at, position), min(at + len(data), position + len(piece))
        if first < until:
            piece[first - position : until - position] = data[first - at : until - at]
    return bytes(piece)
