"""A recording of the vault opened for its sound: header checked and file key opened again, every time.

The vault's own file may have been changed behind its back, so nothing of it is believed before its seal.
A recording that was sealed to a last-resort key opens with its own file key, which was kept at its import.
`Parts` is a recording in several parts, to be read like one body.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from host_tools.container import layout
from host_tools.container.body import Body
from host_tools.container.findings import open_body
from host_tools.container.header import KeyDoesNotOpen, NotAContainer, parse, seal_is_right
from host_tools.container.records import Event
from host_tools.container.source import BlockReader, Source
from host_tools.container.view import KeyRecord
from host_tools.errors import CloisterError
from host_tools.vault.recordings import Recording

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault


class ViewOfOne:
    """The keys of a vault, as far as one of its recordings needs them."""

    def __init__(self, vault: "Vault", recording: Recording):
        self._vault = vault
        self._recording = recording

    def private_key_for(self, key_id: bytes) -> KeyRecord | None:
        """As the vault has it."""
        return self._vault.private_key_for(key_id)

    def kept_file_key(self, seal: bytes) -> bytes | None:
        """The recording's own file key."""
        is_it = seal.hex() == self._recording.seal
        return self._vault.file_key(self._recording.id) if is_it else None


def open_body_of(vault: "Vault", recording: Recording, source: Source) -> Body:
    """The body of a recording. Raises CloisterError if the copy is altered or its key destroyed."""
    try:
        header = parse(source.read_at(0, layout.BLOCK_BYTES))
        secret = vault.recorder_secret(bytes.fromhex(recording.recorder))
        if secret is None or header.seal.hex() != recording.seal or not seal_is_right(header, secret):
            raise NotAContainer
        return open_body(BlockReader(source), header, ViewOfOne(vault, recording))
    except NotAContainer:
        raise CloisterError(
            f"the vault's copy of recording {recording.id} was altered", "restore the vault from a backup"
        ) from None
    except KeyDoesNotOpen:
        raise CloisterError(f"no private key of this vault opens recording {recording.id}") from None


class Parts:
    """The bodies of parts that follow each other; a gap between two is as one within a body.

    `left_out` says which parts are not among them, and why.
    """

    def __init__(self, opened: list[tuple[Recording, Body]], left_out: list[str]):
        self._opened = opened
        self.left_out = left_out

    def sound(self) -> Iterator[tuple[int, memoryview]]:
        """(index of the first sample, PCM bytes) of each AUDIO record, in order; drives everything else."""
        for _, body in self._opened:
            yield from body.sound()

    @property
    def samples(self) -> int:
        """The index after the last authentic sample so far."""
        return max(body.samples for _, body in self._opened)

    @property
    def events(self) -> list[Event]:
        """What happened, so far as it was read."""
        return [event for _, body in self._opened for event in body.events]

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """What is missing, so far as it was read: (first, after the last) index each."""
        ends = [(before.samples, after.start) for (before, _), (after, _) in self._pairs()]
        between = [(first, until) for first, until in ends if first < until]
        return sorted(between + [gap for _, body in self._opened for gap in body.gaps])

    def short(self, until: int) -> list[tuple[Recording, int]]:
        """The parts whose copies gave less before index `until` than when imported, and how far each got."""
        return [
            (recording, max(body.samples, recording.start))
            for recording, body in self._opened
            if body.samples < min(recording.samples, until)
        ]

    def _pairs(self) -> Iterator[tuple[tuple[Recording, Body], tuple[Recording, Body]]]:
        return zip(self._opened, self._opened[1:], strict=False)
