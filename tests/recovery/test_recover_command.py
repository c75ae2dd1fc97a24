"""`cloister card recover` as a user types it."""

import json
import os
from contextlib import nullcontext

import pytest

from host_tools.cli import progress
from host_tools.recovery.image import Image
from host_tools.vault import create_vault
from tests.quick_vault import PASSPHRASE, QUICK
from tests.recovery.cards import CardImage, pcm, write
from tests.recovery.conftest import outcomes
from tests.reference_writer import BLOCK, Writer, seal_of
from tests.typed_command import errors, everything


def test_a_formatted_cards_recordings_are_imported(cloister, image, tmp_path):
    card = CardImage(image)
    first = cloister.container(1, events=[{"at": 8000, "event": "mark"}], capacity=30)
    session = {"previous": {"number": 1, "seal": seal_of(first), "samples": 20_000}}
    card.add("R0000001.DAT", first)
    card.add("R0000002.DAT", cloister.container(2, session=session, capacity=20))
    card.format_anew(card.path.stat().st_size)
    before = image.read_bytes()
    assert cloister("import", image) == 0
    assert "No recordings" in cloister.out
    assert cloister("card", "recover", image) == 0
    assert {"ID", "Number", "Finding", "Outcome"} <= set(cloister.out.splitlines()[0].split())
    assert [line.split()[0] for line in cloister.out.splitlines()[1:]] == ["1", "2"]
    assert errors(cloister.err) == []
    assert image.read_bytes() == before
    assert cloister("verify", 1, 2) == 0
    assert cloister("card", "recover", image, "--json") == 0
    assert outcomes(cloister) == [
        ("R0000001.DAT", "complete", "in the vault already"),
        ("R0000002.DAT", "complete", "in the vault already"),
    ]
    target = tmp_path / "sound.wav"
    assert cloister("export", 1, "-o", target) == 0
    assert target.stat().st_size > 40_000


def test_a_dry_run_only_tells(cloister, image):
    write(image, cloister.container(1))
    before = everything(cloister.made.folder)
    assert cloister("card", "recover", image, "--dry-run", "--json") == 0
    assert outcomes(cloister) == [("R0000001.DAT", "complete", "found")]
    assert everything(cloister.made.folder) == before


def test_missing_numbers_and_damage_are_said_and_leave_status_3(cloister, image):
    write(image, cloister.container(1), cloister.container(4)[: 4 * BLOCK])
    assert cloister("card", "recover", image, "--json") == 3
    assert outcomes(cloister) == [
        ("R0000001.DAT", "complete", "imported"),
        ("R0000004.DAT", "interrupted", "imported"),
    ]
    assert json.loads(cloister.out)["missing"] == [2, 3]
    assert errors(cloister.err) == [
        "cloister: error: missing: numbers 2 to 3; neither here, nor in the vault, nor destroyed"
    ]
    data = cloister.container(5)
    write(image, data[: 3 * BLOCK], data[5 * BLOCK :])
    assert cloister("card", "recover", image, "--json") == 3
    assert outcomes(cloister) == [("R0000005.DAT", "damaged", "imported")]
    assert cloister("list", "--json") == 0
    assert [entry["number"] for entry in json.loads(cloister.out)["recordings"]] == [1, 4, 5]


@pytest.mark.parametrize("left", ["nothing", "the header"])
def test_what_was_imported_while_interrupted_is_completed(cloister, image, tmp_path, left):
    data = cloister.container(1)
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "R0000001.DAT").write_bytes(data[: 4 * BLOCK])
    assert cloister("import", tmp_path / "card") == 3
    start = data[:BLOCK] + b"gone" * (BLOCK // 4) if left == "the header" else b""
    write(image, start, data[4 * BLOCK :])
    assert cloister("card", "recover", image, "--json") == 0
    assert outcomes(cloister) == [("R0000001.DAT", "complete", "imported again, with more sound")]
    with cloister.made.open() as vault:
        (recording,) = vault.recordings()
        with vault.open_recording(recording) as copy:
            assert copy.read_at(0, len(data)) == data
    write(image, data)
    assert cloister("card", "recover", image, "--json") == 0
    assert outcomes(cloister) == [("R0000001.DAT", "complete", "in the vault already")]


def test_a_copy_that_was_cut_short_in_the_vault_is_made_whole(cloister, image):
    data = cloister.container(1)
    write(image, data)
    assert cloister("card", "recover", image) == 0
    with cloister.made.open() as vault:
        (recording,) = vault.recordings()
        os.truncate(vault.folder / "recordings" / recording.file, 3 * BLOCK)
    write(image, data[BLOCK:])
    assert cloister("card", "recover", image, "--json") == 0
    assert outcomes(cloister)[0][1] == "complete"
    assert cloister("verify", 1) == 0


def test_containers_of_one_number_get_names_of_their_own(cloister, image):
    writer = cloister.made.writer
    pieces = [cloister.container(1), writer.container(1, pcm=pcm(900)), Writer(writer.public).prepared(1)]
    write(image, *pieces)
    cloister("card", "recover", image, "--dry-run", "--json")
    assert sorted(name for name, *_ in outcomes(cloister)) == ["R0000001.DAT", "S0000001.DAT", "T0000001.DAT"]


def test_nothing_found_is_said_plainly(cloister, image):
    image.write_bytes(os.urandom(100_000 - 100_000 % 512))
    assert cloister("card", "recover", image) == 0
    assert cloister.out == "No recordings were found.\n"
    assert cloister("card", "recover", image, "--json") == 0
    assert json.loads(cloister.out)["containers"] == []


@pytest.mark.parametrize(("bad_block", "first"), [(6, "damaged"), (-2, "complete")])
def test_unreadable_sectors_are_counted(cloister, image, monkeypatch, bad_block, first):
    data = cloister.container(1)
    write(image, bytes(2 * BLOCK), data, cloister.container(2))
    bad = range(512 * 5 + (bad_block + 2) * BLOCK, 512 * 5 + (bad_block + 3) * BLOCK)
    read_at = Image.read_at

    def failing(self: Image, offset: int, length: int) -> bytes:
        if offset < bad.stop and offset + length > bad.start:
            raise OSError(5, "Input/output error")
        return read_at(self, offset, length)

    monkeypatch.setattr(Image, "read_at", failing)
    assert cloister("card", "recover", image, "--json") == 3
    assert [word for _, word, _ in outcomes(cloister)] == [first, "complete"]
    assert "16 sectors could not be read, and what is in them was not found" in cloister.err


def test_an_image_that_changes_meanwhile_is_one_error(cloister, image, monkeypatch):
    write(image, cloister.container(1))
    read_at, reads = Image.read_at, []

    def changing(self: Image, offset: int, length: int) -> bytes:
        reads.append(offset)
        data = read_at(self, offset, length)
        return data if len(reads) < 6 else bytes(len(data))

    monkeypatch.setattr(Image, "read_at", changing)
    assert cloister("card", "recover", image) in (1, 3)
    with cloister.made.open() as vault:
        assert all(recording.finding != "complete" for recording in vault.recordings())


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["{folder}"], 1, "{folder} is a folder, and recovery reads what lies under the file system"),
        (["{folder}/none"], 1, "{folder}/none cannot be read: no such file or directory"),
        ([], 2, "missing argument 'IMAGE'"),
        (
            ["{folder}/passphrase", "--dry-run", "--output", "x"],
            2,
            "--output and --dry-run exclude each other",
        ),
        (["{image}", "--output", "{image}"], 1, "the folder {image} cannot be written: file exists"),
    ],
)
def test_wrong_use_is_one_line(cloister, image, arguments, status, words):
    write(image, cloister.container(1))
    places = {"folder": str(cloister.made.folder.parent), "image": str(image)}
    typed = [argument.format(**places) for argument in arguments]
    assert cloister.refused("card", "recover", *typed, status=status) == words.format(**places)


def test_a_vault_that_knows_no_recorder_is_refused(cloister, image, tmp_path):
    write(image, cloister.container(1))
    create_vault(tmp_path / "other", PASSPHRASE, QUICK)
    cloister.made.folder = tmp_path / "other"
    words = "the vault knows no recorder, so that nothing can be found with its keys"
    assert cloister.refused("card", "recover", image) == words


def test_the_bar_covers_the_image(cloister, image, monkeypatch):
    write(image, cloister.container(1))
    seen: dict[str, list[int]] = {}

    def bar(label: str, total_bytes: int, quiet: bool = False):
        seen[label] = [total_bytes, 0]

        def advance(count: int) -> None:
            seen[label][1] += count

        return nullcontext(advance)

    monkeypatch.setattr(progress, "progress", bar)
    assert cloister("card", "recover", image) == 0
    assert seen["Searching"] == [image.stat().st_size] * 2
    assert seen["Importing"][1] > 0
