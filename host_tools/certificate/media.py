"""The media on which copies were overwritten: this computer's disk, and the cards that were presented.

What the system does not tell of a disk (model, serial number, size) stays empty; nothing is guessed, and of
a path only the last part is told. A card from which a recording was to be wiped, and was not, is a fault
until it is wiped.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from host_tools.card import disks
from host_tools.certificate.conditions import recordings_words
from host_tools.certificate.evidence import Medium

if TYPE_CHECKING:
    from host_tools.vault.vault import Vault

WIPE = "wipe"


def media_of(vault: "Vault", ids: Iterable[int], headers: Mapping[int, Mapping[str, Any]]) -> list[Medium]:
    """The media of these recordings' copies; `headers` is what was noted when they were destroyed."""
    wanted = set(ids)
    done = {number: headers[number]["overwritten"] for number in wanted if number in headers}
    noted = sorted(number for number, passed in done.items() if passed is not None)
    own = [_own_disk(vault.folder, noted, all(done[number] for number in noted))] if noted else []
    return own + [
        _card(paper, here)
        for paper in _wipes(vault)
        if (here := sorted(wanted.intersection(paper["recordings"])))
    ]


def card_faults(vault: "Vault", ids: Iterable[int]) -> list[str]:
    """Recordings that were to be wiped from a card, were not, and have not been since."""
    left: dict[tuple[str, int], str] = {}
    for paper in _wipes(vault):
        card = paper["card"]
        name = card["serial"] or card["path"]
        for number in paper.get("left_recordings", []):
            left[name, number] = f"recording {number} still stands on the card {_last_name(card['path'])}"
        for number in paper["recordings"]:
            left.pop((name, number), None)
        if paper["what"] == "card" and paper["verified"]:
            left = {place: words for place, words in left.items() if place[0] != name}
    wanted = set(ids)
    return [words for (_, number), words in left.items() if number in wanted]


def _wipes(vault: "Vault") -> list[dict[str, Any]]:
    """The reports of wipes that came to their end, in whatever way."""
    return [paper for _, paper in vault.papers.all(WIPE) if not paper.get("unfinished")]


def _card(paper: Mapping[str, Any], ids: list[int]) -> Medium:
    """A card that was wiped, of which these recordings stood on it."""
    card = paper["card"]
    return Medium(
        f"card ({paper['what']} wiped on {paper['ended'][:10]}): {recordings_words(ids)}",
        bool(paper["verified"] or paper["files"]),
        card["model"],
        card["serial"],
        card["size_bytes"],
        _last_name(card["path"]),
        tuple(paper["not_achieved"]),
        passes=paper["passes"],
        recordings=tuple(ids),
    )


def _last_name(path: str) -> str:
    """The last part of a path of any platform: the folders above it may name the user."""
    name = PureWindowsPath(path).name or path
    return name.encode("utf-8", "replace").decode()


def _own_disk(folder: Path, ids: list[int], passed: bool) -> Medium:
    """The disk with the vault, as far as the system tells."""
    what = f"this computer's disk: the vault's own copies of {recordings_words(ids)}"
    disk = _disk_below(folder)
    return Medium(
        what, passed, disk.model, disk.serial, disk.size_bytes, is_vaults=True, recordings=tuple(ids)
    )


def _disk_below(folder: Path) -> disks.Disk:
    """The whole disk that a folder is on; only Linux tells that by its number."""
    if disks.PLATFORM == "linux":
        from host_tools.card.disks_linux import LinuxDisks

        number = folder.stat().st_dev
        return LinuxDisks().disk(str(folder), os.major(number), os.minor(number))
    return disks.Disk(str(folder), "", None, untold=disks.UNTOLD)
