"""A card that the simulated recorder wrote: what it sealed is found again under a new file system."""

import random

import numpy as np

from host_tools.card import open_card
from host_tools.card.format import format_card
from host_tools.recovery import Search, open_image
from host_tools.recovery.found import ScatteredSource
from host_tools.vault import open_vault
from tests.quick_vault import PASSPHRASE
from tests.recovery.conftest import no_bar, search
from tests.reference_writer import BLOCK
from tests.simulated_recorder import make_recorder

DAY = "1.0 press both 0.2\n9.0 press p1 0.1\n20.0 press p2 2.5\n30.0 press both 0.2\n38.0 power-cut\n"


def test_a_recorders_card_is_recovered_after_it_was_formatted(micropython, tmp_path, fsck_vfat):
    recorder = make_recorder(tmp_path, list(micropython.command), fsck_vfat, card_bytes=96 * 1024 * 1024)
    speech = np.random.default_rng(1).integers(-9000, 9000, (16_000 * 40, 1), np.int16)
    recorder.run(DAY, speech)
    with open_card(recorder.card) as card:
        files = {file.name: file.read_at(0, file.size_bytes) for file in card.files()}
    before = {finding.number: (finding.word, finding.segments) for finding in recorder.findings()}
    assert [word for word, _ in before.values()][:2] == ["complete", "interrupted"]
    with recorder.card.open("r+b") as image:

        def write_at(offset: int, data: bytes) -> None:
            image.seek(offset)
            image.write(data)

        format_card(write_at, recorder.card.stat().st_size)
    assert recorder.findings() == []
    check(recorder, files, before)
    shuffle_blocks(recorder.card)
    check(recorder, files, before)


def check(recorder, files: dict[str, bytes], before: dict[int, tuple[str, int]]) -> None:
    """Both recordings are found with every block, and what was never used is still called so."""
    with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
        recovered = search(recorder.card, vault.knowledge())
        assert {f.number: (f.word, f.segments) for f in recovered.findings} == before
        with open_image(str(recorder.card)) as image:
            found = Search(image, vault.knowledge())
            found.run(no_bar)
            for one in found.found:
                source = ScatteredSource(image, one)
                data = source.read_at(0, source.size_bytes)
                assert data == files[one.name][: len(data)]


def shuffle_blocks(image) -> None:
    """Every run of eight blocks at another place, and what is empty left out."""
    data = image.read_bytes()
    size = 8 * BLOCK
    pieces = [
        data[place : place + size] for place in range(data.index(b"CLOISTER\1\2") % size, len(data), size)
    ]
    pieces = [piece for piece in pieces if any(piece)]
    assert len(pieces) > 16
    random.Random(1).shuffle(pieces)
    image.write_bytes(bytes(512 * 3) + b"".join(pieces))
