"""What the vault has of containers that are not whole: the rest may be found even without their headers."""

from host_tools.container import report
from host_tools.container.layout import BLOCK_BYTES
from host_tools.errors import CloisterError
from host_tools.recovery.search import Kept
from host_tools.vault import Recording, Vault


def kept_parts(vault: Vault) -> dict[bytes, tuple[Recording, Kept]]:
    """The recordings of which the vault has a part, or a copy that was cut short, by their seal.

    A copy that cannot be read is passed over: what was in it can be found by its header on the image only.
    """
    parts = {}
    for recording in vault.recordings():
        try:
            with vault.open_recording(recording) as copy:
                segments = min(recording.segments, copy.size_bytes // BLOCK_BYTES - 1)
                head = copy.read_at(0, 2 * BLOCK_BYTES)
        except (CloisterError, OSError):
            continue
        if recording.finding != report.COMPLETE or segments < recording.segments:
            parts[bytes.fromhex(recording.seal)] = (recording, Kept(head, segments))
    return parts
