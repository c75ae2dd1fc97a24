"""A recording of the vault opened for its sound: header checked and file key opened again, every time.

The vault's own file may have been changed behind its back, so nothing of it is believed before its seal.
"""

from host_tools.container import layout
from host_tools.container.body import Body
from host_tools.container.findings import open_body
from host_tools.container.header import KeyDoesNotOpen, NotAContainer, parse, seal_is_right
from host_tools.container.source import BlockReader, Source
from host_tools.errors import CloisterError
from host_tools.vault.recordings import Recording
from host_tools.vault.vault import Vault


def open_body_of(vault: Vault, recording: Recording, source: Source) -> Body:
    """The body of a recording. Raises CloisterError if the copy is altered or its key destroyed."""
    try:
        header = parse(source.read_at(0, layout.BLOCK_BYTES))
        secret = vault.recorder_secret(bytes.fromhex(recording.recorder))
        if secret is None or header.seal.hex() != recording.seal or not seal_is_right(header, secret):
            raise NotAContainer
        return open_body(BlockReader(source), header, vault)
    except NotAContainer:
        raise CloisterError(
            f"the vault's copy of recording {recording.id} was altered", "restore the vault from a backup"
        ) from None
    except KeyDoesNotOpen:
        raise CloisterError(f"no private key of this vault opens recording {recording.id}") from None
