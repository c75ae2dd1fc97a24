"""A recorder, its card and the vault through several sessions: keys run out, cards are emptied, keys go."""

import json

import numpy as np
import pytest

from host_tools.card import open_card
from host_tools.cli import main
from host_tools.recorder.provision import provision, stock
from host_tools.recorder.status import settle
from host_tools.vault import open_vault
from host_tools.vault.last_resort import retire
from tests.conftest import WORD_SIZES
from tests.quick_vault import PASSPHRASE
from tests.simulated_recorder import Recorder, make_recorder

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

SESSION = "3 press both 0.2\n8 press p1 2.5\n14 end\n"
DESTROYED = "3 press both 0.2\n8 press both 8.5\n24 end\n"


class Practice:
    """Somebody with a recorder and a laptop."""

    def __init__(self, recorder: Recorder, capsys: pytest.CaptureFixture[str]):
        self.recorder = recorder
        self.vault_folder = recorder.folder / "vault"
        self.err = ""
        self._passphrase_file = recorder.folder / "passphrase"
        self._passphrase_file.write_text(PASSPHRASE)
        self._capsys = capsys

    def open(self):
        return open_vault(self.vault_folder, PASSPHRASE)

    def cloister(self, *arguments: object) -> tuple[int, dict]:
        """The exit status, and what --json printed."""
        options = ["--vault", self.vault_folder, "--passphrase-file", self._passphrase_file]
        status = main([str(argument) for argument in (*options, *arguments, "--json")])
        out, self.err = self._capsys.readouterr()
        return status, json.loads(out)

    def export(self, recording_id: int) -> int:
        """Export a recording; how many bytes of sound that gave."""
        path = self.recorder.folder / f"{recording_id}.wav"
        options = ["--vault", self.vault_folder, "--passphrase-file", self._passphrase_file]
        assert main([str(entry) for entry in (*options, "export", recording_id, "-o", path)]) == 0
        return path.stat().st_size

    def take_in(self, *more: str) -> list[tuple[int, str, str, bool]]:
        """Import and erase: of each container the number, finding, outcome, and whether it is erased."""
        status, found = self.cloister("import", self.recorder.card, "--erase", *more)
        assert status == 0, self.err
        self.recorder.fsck(self.recorder.card)
        containers = sorted(found["containers"], key=lambda entry: entry["number"])
        return [
            (entry["number"], entry["finding"], entry["outcome"], entry["erased"]) for entry in containers
        ]

    def contact(self, keys: int) -> dict:
        """Provision at the laptop; what the recorder says of its keys afterwards."""
        done = []

        def talk(client) -> None:
            with self.open() as vault:
                done.append(provision(client, vault, keys, {}))

        self.recorder.converse(talk, for_ms=30_000, ends_in="ready")
        return stock(done[0].status)

    def status(self) -> list:
        """Ask for the status and settle what it names; what was done."""
        done = []

        def talk(client) -> None:
            with self.open() as vault:
                recorder_id = client.hello().recorder_id
                client.use_secret(vault.recorder_secret(recorder_id))
                done.extend(settle(client, vault, recorder_id)[1])

        self.recorder.converse(talk)
        return done

    def files(self) -> list[str]:
        with open_card(self.recorder.card) as card:
            return sorted(file.name for file in card.files())


@pytest.fixture
def practice(micropython, tmp_path, fsck_vfat, capsys) -> Practice:
    """With one one-time key: it goes to the first container, and there is none for the second."""
    return Practice(make_recorder(tmp_path, list(micropython.command), fsck_vfat, keys=1), capsys)


def noise(seconds: int) -> np.ndarray:
    return np.random.default_rng(5).integers(-3000, 3000, (seconds * 16_000, 1), dtype=np.int16)


def test_last_resort_recordings_outlive_their_key_and_emptied_cards_go_on(practice: Practice) -> None:
    for _ in range(3):
        practice.recorder.run(SESSION, noise(20))
    assert practice.take_in() == [
        (1, "complete", "imported", True),
        (2, "complete", "imported", True),
        (3, "complete", "imported", True),
        (4, "empty", "nothing to import", True),
    ]
    assert practice.files() == []
    with practice.open() as vault:
        first, second, third = vault.recordings()
        assert second.key == third.key != first.key
        assert [vault.file_key(entry.id) is not None for entry in (first, second, third)] == [
            False,
            True,
            True,
        ]
        old = bytes.fromhex(second.key)
    keys = practice.contact(keys=5)
    assert keys["last_resort"] not in (None, old.hex())
    with practice.open() as vault:
        assert [entry.waits_for for entry in retire(vault)] == [[4]]
    practice.recorder.run(SESSION, noise(20))  # on the card that was emptied
    assert practice.take_in() == [
        (4, "complete", "imported", True),
        (5, "empty", "nothing to import", True),
    ]
    assert f"the old last-resort key {old.hex()}" in practice.err and "is destroyed" in practice.err
    with practice.open() as vault:
        assert vault.private_key_for(old).destroyed
        assert vault.recordings()[3].key not in (old.hex(), keys["last_resort"])  # a key of its own again
    status, found = practice.cloister("verify")
    assert (status, [entry["finding"] for entry in found["containers"]]) == (0, ["complete"] * 4)
    assert min(practice.export(number) for number in (2, 3)) > 100_000


def test_what_was_destroyed_in_the_room_is_destroyed_everywhere(practice: Practice) -> None:
    practice.contact(keys=3)
    practice.recorder.run(DESTROYED)
    practice.recorder.run(SESSION, noise(20))
    (settled,) = practice.status()
    assert (settled.number, settled.did) == (1, "key destroyed")
    status, found = practice.cloister("import", practice.recorder.card, "--erase")
    assert status == 0
    assert [(entry["number"], entry["finding"], entry["erased"]) for entry in found["containers"]] == [
        (1, "destroyed", False),
        (2, "complete", True),
        (3, "empty", True),
    ]
    assert "R0000001.DAT" in practice.files()
    assert practice.take_in("--yes") == [(1, "destroyed", "nothing to import", True)]
    assert practice.files() == []
    practice.recorder.run(SESSION, noise(20))
    assert [entry[:2] for entry in practice.take_in()] == [(3, "complete"), (4, "empty")]
    assert practice.cloister("verify")[0] == 0
