"""What a TARGET on the command line is: a container file, a card (folder, image or device), or the vault's.

On a card only what has a container's name or begins with the magic is a container; the rest belongs to
somebody else and is left alone. A file that is named by itself is always taken for what it should be.
"""

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.card.source import WINDOWS_DEVICE
from host_tools.cli.text import note
from host_tools.container import report
from host_tools.container.collection import Member
from host_tools.container.layout import MAGIC
from host_tools.container.report import Finding
from host_tools.container.source import PathSource
from host_tools.errors import CloisterError
from host_tools.vault import Recording, Vault, is_vault
from host_tools.vault.state import Gone

RECORDING_ID = re.compile(r"[0-9]{1,18}")
CONTAINER_NAME = re.compile(r"[R-Z]\d{7}\.DAT", re.ASCII | re.IGNORECASE)
BOOT_SECTOR_BYTES = 512
BOOT_SIGNATURE = b"\x55\xaa"


@dataclass
class Target:
    """The containers of one target: all of a card's or of the vault's if `is_card` or `is_vault`.

    `ids` are the vault's ids of the members, by what these are called. `gone` are the findings on recordings
    of the vault whose key was destroyed: there is nothing left of them to be looked at.
    """

    members: list[Member]
    gone: list[Finding] = field(default_factory=list)
    is_card: bool = False
    is_vault: bool = False
    ids: dict[str, int] = field(default_factory=dict)


def open_target(text: str, vault: Vault, stack: ExitStack) -> Target:
    """Open a target; `stack` closes it. Raises CloisterError."""
    if text.startswith(WINDOWS_DEVICE):
        return Target(card_members(text, stack), is_card=True)
    path = Path(text)
    if RECORDING_ID.fullmatch(text) and not path.exists():
        return _of_vault(vault, [vault.recording(int(text))])
    if _is_vault(path):
        if not path.samefile(vault.folder):
            raise CloisterError(
                f"{text} is another vault than the one that is open", f"cloister --vault {text} verify"
            )
        return whole_vault(vault)
    if path.is_file() and _is_single(path):
        return Target([Member(text, PathSource(path))])
    return Target(card_members(text, stack), is_card=True)


def whole_vault(vault: Vault) -> Target:
    """Every recording of the vault."""
    target = _of_vault(vault, vault.recordings())
    target.is_vault = True
    return target


def card_members(name: str, stack: ExitStack) -> list[Member]:
    """The containers on a card, by name. Raises CloisterError if it cannot be read."""
    from host_tools.card import CardFile, open_card

    def is_container(file: CardFile) -> bool:
        if CONTAINER_NAME.fullmatch(file.name):
            return True
        try:
            return file.read_at(0, len(MAGIC)) == MAGIC
        except CloisterError:
            note(f"{file.name} cannot be read: by its name it is no recording")
            return False

    if not name.startswith(WINDOWS_DEVICE) and Path(name).is_fifo():
        raise CloisterError(f"{name} is a pipe, not a card")
    card = stack.enter_context(open_card(name))
    files = sorted(card.files(), key=lambda file: file.name)
    return [Member(file.name, file) for file in files if is_container(file)]


def finding_on_gone(recording: Recording, gone: Gone) -> Finding:
    """What is to be said of a recording that the vault has destroyed."""
    reason = f"its key was destroyed on {gone.on[:10]}"
    if gone.certificate is not None:
        reason += f", as certificate {gone.certificate} says"
    finding = Finding(_called(recording), report.DESTROYED, reason, samples=0, lost=0, segments=0)
    finding.expected_place = (recording.recorder, recording.number)
    finding.gone_since = gone.on[:10]
    return finding


def _of_vault(vault: Vault, recordings: list[Recording]) -> Target:
    """The vault's copies of these recordings; each file is opened when it is read."""
    states = vault.states()
    gone = {recording.id: state.gone for recording in recordings if (state := states.get(recording.id))}
    members = [
        Member(
            _called(recording),
            vault.source_of(recording),
            recording.vouch,
            (recording.recorder, recording.number),
        )
        for recording in recordings
        if gone.get(recording.id) is None
    ]
    findings = [
        finding_on_gone(recording, went)
        for recording in recordings
        if (went := gone.get(recording.id)) is not None
    ]
    return Target(members, findings, ids={_called(recording): recording.id for recording in recordings})


def _is_vault(path: Path) -> bool:
    """Whether it is a vault's folder; what cannot be read is left for whoever opens it as a card."""
    try:
        return is_vault(path)
    except CloisterError:
        return False


def _called(recording: Recording) -> str:
    """What a recording of the vault is called in messages."""
    return f"recording {recording.id}"


def _is_single(path: Path) -> bool:
    """Whether a file is to be one container, rather than the image of a card, or nothing that can be read."""
    try:
        with path.open("rb") as file:
            sector = file.read(BOOT_SECTOR_BYTES)
    except OSError:
        return False
    if sector.startswith(MAGIC) or CONTAINER_NAME.fullmatch(path.name):
        return True
    return not (len(sector) == BOOT_SECTOR_BYTES and sector.endswith(BOOT_SIGNATURE))
