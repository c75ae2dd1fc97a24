"""Cards that are worn, that have less room than they say, or whose tables a power cut left half written."""

import random
import re
import shutil
from pathlib import Path

import pytest

from host_tools.card import open_card
from host_tools.card.fat32 import Fat32
from host_tools.card.geometry import Geometry
from host_tools.simulator.write_log import CARD_SYNC, CARD_WRITE, SECTOR_BYTES, Write, read_write_log
from tests.conftest import WORD_SIZES
from tests.scenarios.test_bad_situations import fault_number
from tests.scenarios.test_card_failures import seconds_kept, seconds_shown_as_safe
from tests.simulated_recorder import Recorder

# On the board's word size; what is not about states and times is tried on both in other files.
pytestmark = pytest.mark.parametrize("micropython", WORD_SIZES[:1], indirect=True)

SESSION = "3 press both 0.2\n8 press p1 2.5\n14 end\n"
TORN = 10


@pytest.mark.parametrize("event", ["card-rot 7", "card-rot 1", "card-size 20MiB"])
def test_a_worn_or_a_fake_card_is_told_before_anybody_talks(recorder, event):
    recorder.run(f"0 {event}\n{SESSION}", clean=False)
    assert "recording" not in recorder.states() and "ready" not in recorder.states()
    assert fault_number(recorder) == 3
    assert set(recorder.faults()) == {"the card does not keep what is written"}


def test_a_card_that_wears_out_before_the_start_is_told_at_the_start(recorder):
    recorder.run(f"2 card-rot 8\n{SESSION}", clean=False)
    assert "recording" not in recorder.states()
    assert fault_number(recorder) == 3


@pytest.mark.parametrize("what", ["card-error", "card-raise", "card-read-error"])
@pytest.mark.parametrize("at_s", [0, 3.02, 6, 10.06])
def test_what_fails_twice_is_tried_again_wherever_it_is(recorder, what, at_s):
    recorder.run(f"{at_s} {what} 2\n{SESSION}")
    assert recorder.states() == ["closing", "ready", "consent", "recording", "closing", "ready"]
    assert not recorder.faults()
    assert [finding.word for finding in recorder.findings()] == ["complete", "empty"]


@pytest.mark.parametrize("at_s", [0, 2])
def test_a_card_that_cannot_be_read_is_a_fault_of_the_card_and_not_a_missing_one(recorder, at_s):
    recorder.run(f"{at_s} card-read-error 1000000\n20 end\n", clean=False)
    assert recorder.states()[-1] == "fault"
    assert fault_number(recorder) == (3 if at_s == 0 else 1)


def test_names_that_are_no_text_to_the_interpreter_are_left_alone(recorder):
    with recorder.card.open("r+b") as card:
        at = card.read(16 * 1024 * 1024).index(b"R0000001DAT") + 32
        card.seek(at)
        card.write(b"M\x9aLLER  TXT\x20" + bytes(20))  # an umlaut in code page 437
    recorder.run(SESSION)
    assert not recorder.faults()
    words = {finding.file: finding.word for finding in recorder.findings()}
    assert words == {"MÜLLER.TXT": "not a container", "R0000001.DAT": "complete", "R0000002.DAT": "empty"}


def test_every_write_to_the_card_is_flushed_before_the_next(recorder):
    recorder.run(SESSION, write_log=recorder.folder / "log")
    kinds = [write.kind for write in read_write_log(recorder.folder / "log")]
    kinds = [kind for kind in kinds if kind in (CARD_WRITE, CARD_SYNC)]
    assert kinds.count(CARD_WRITE) > 100
    assert kinds == [CARD_WRITE, CARD_SYNC] * (len(kinds) // 2)


@pytest.mark.parametrize("cut_s", [3.2, 5.7, 8.1, 10.2, 10.4])
def test_a_card_with_a_cache_loses_nothing_of_what_was_shown_as_safe(recorder, cut_s):
    recorder.run(f"0 card-cache 32\n3 press both 0.2\n8 press p1 2.5\n{cut_s} power-cut\n")
    findings = [finding for finding in recorder.findings() if finding.samples]
    assert seconds_shown_as_safe(recorder) <= seconds_kept(findings)
    recorder.run(SESSION, clean=False)
    assert recorder.states()[-1] == "ready" and not recorder.faults()
    assert {finding.word for finding in recorder.findings()} <= {"complete", "interrupted", "empty"}


REWRITTEN = """
from recorder.container import Container
class File:
    at = 0
    spoils = {spoils}
    writes = []
    def __init__(self):
        self.whole = bytearray(3 * 4096)
    def seek(self, at):
        self.at = at
    def write(self, data):
        self.writes.append(bytes(data))
        self.whole[self.at : self.at + len(data)] = data
        if len(self.writes) <= self.spoils:
            self.whole[self.at + 4095] ^= 1
        self.at += len(data)
    def readinto(self, piece):
        piece[:] = self.whole[self.at : self.at + len(piece)]
        self.at += len(piece)
class Card:
    mounted = True
file = File()
file.seek(4096)
container = Container(Card, file, {{"number": 1, "name": "", "suite": 1}}, "", 3)
try:
    container.write(b"ab" * 2048)
    container.write(b"cd" * 2048)
    print(len(file.writes), file.whole[4096:] == b"ab" * 2048 + b"cd" * 2048)
except Exception as failure:
    print(len(file.writes), failure)
"""


@pytest.mark.parametrize("spoils", [0, 1, 2, 3])
def test_a_first_segment_that_the_card_did_not_keep_is_written_again(micropython, spoils):
    said = micropython.output(REWRITTEN.format(spoils=spoils)).split(None, 1)
    assert said[0] == str(min(spoils, 2) + 1 + (spoils < 3))
    assert said[1].strip() == ("True" if spoils < 3 else "the card refuses to be written")


def torn_inside_an_entry(writes: list[Write], card: Path) -> list[tuple[int, int]]:
    """Writes to the first copy of the table, each with a number of bytes that ends inside a new link."""
    with card.open("rb") as image:
        boot = image.read(SECTOR_BYTES)
        first = int.from_bytes(boot[14:16], "little")
        image.seek(first * SECTOR_BYTES)
        content = bytearray(image.read(int.from_bytes(boot[36:40], "little") * SECTOR_BYTES))
    found = []
    for index, write in enumerate(writes):
        at = (write.place - first) * SECTOR_BYTES
        if write.kind != CARD_WRITE or len(write.data) != SECTOR_BYTES or not 0 <= at < len(content):
            continue
        before = content[at : at + SECTOR_BYTES]
        new = [n for n in range(0, SECTOR_BYTES, 4) if before[n : n + 4] != write.data[n : n + 4]]
        if len(new) > 2:
            found.append((index, new[len(new) // 2] + 1))
        content[at : at + SECTOR_BYTES] = write.data
    return found


@pytest.fixture(scope="module")
def prepared(provisioned, tmp_path_factory) -> tuple[Path, list[Write]]:
    """Images of a recorder with one recording, and every write of a second one and what follows it."""
    folder = tmp_path_factory.mktemp("torn") / "recorder"
    shutil.copytree(provisioned.folder, folder)
    recorder = Recorder(folder, provisioned.interpreter, provisioned.fsck)
    recorder.run(SESSION)
    for name in ("card", "flash"):
        shutil.copy(folder / f"{name}.img", folder / f"{name}.before")
    recorder.run(SESSION, write_log=folder / "log")
    return folder, list(read_write_log(folder / "log"))


def what_fsck_says(recorder: Recorder) -> str:
    """All of it, of a card that may have lost clusters and a wrong count of free ones."""
    try:
        recorder.fsck(recorder.card)
    except AssertionError as found:
        return str(found)
    return ""


@pytest.mark.parametrize("seed", range(TORN))
def test_a_link_that_was_half_written_leads_nowhere_after_the_next_start(recorder, prepared, seed):
    folder, writes = prepared
    index, kept = random.Random(seed).choice(torn_inside_an_entry(writes, folder / "card.before"))
    for name in ("card", "flash"):
        shutil.copy(folder / f"{name}.before", recorder.folder / f"{name}.img")
    shutil.rmtree(recorder.folder / "vault")
    shutil.copytree(folder / "vault", recorder.folder / "vault")
    with recorder.card.open("r+b") as card, (recorder.folder / "flash.img").open("r+b") as flash:
        for write in writes[:index]:
            write.apply(card, flash)
        writes[index]._replace(data=writes[index].data[:kept]).apply(card, flash)
    before = {finding.number: finding.samples for finding in recorder.findings() if finding.samples}
    recorder.run(SESSION, clean=False)
    assert not recorder.faults() and recorder.states()[-1] == "ready"
    findings = recorder.findings()
    assert {finding.number: finding.samples for finding in findings}.items() >= before.items()
    assert {finding.word for finding in findings} == {"complete", "empty"}
    assert not re.search("share|free cluster|Bad", what_fsck_says(recorder))


def places(card: Path) -> tuple[Geometry, dict[str, int]]:
    """The card's geometry, and the first cluster of each file."""
    with card.open("rb") as image:

        def read_at(offset: int, length: int) -> bytes:
            image.seek(offset)
            return image.read(length)

        fat = Fat32(read_at, card.stat().st_size)
        return fat.geometry, {entry.name: entry.first_cluster for entry in fat.entries()}


def spoil(card: Path, offset: int, data: bytes) -> None:
    with card.open("r+b") as image:
        image.seek(offset)
        image.write(data)


def test_a_finished_recording_keeps_its_clusters_whatever_the_table_s_second_copy_says(recorder):
    recorder.run("3 press both 0.2\n8 press p1 2.5\n13 end\n")
    geometry, first = places(recorder.card)
    table_bytes = (geometry.data_offset - geometry.fat_offset) // 2
    link = geometry.fat_offset + (first["R0000001.DAT"] + 10) * 4
    spoil(recorder.card, link + table_bytes, bytes(4))
    spoil(recorder.card, geometry.cluster_offset(first["R0000002.DAT"]), bytes(8))  # as if it were cut short
    recorder.run("6 end\n", clean=False)
    assert recorder.states()[-1] == "ready"
    assert [finding.word for finding in recorder.findings()] == ["complete", "empty"]


def test_a_file_of_another_recorder_that_has_the_next_name_is_left_as_it_is(recorder):
    recorder.run("2 end\n")
    geometry, first = places(recorder.card)
    spoil(recorder.card, geometry.cluster_offset(first["R0000001.DAT"]) + 16, b"another!")
    with open_card(recorder.card) as card:
        (before,) = [(file.size_bytes, file.read_at(0, file.size_bytes)) for file in card.files()]
    recorder.run("6 end\n")
    assert recorder.states()[-1] == "ready"
    with open_card(recorder.card) as card:
        after = {file.name: (file.size_bytes, file.read_at(0, file.size_bytes)) for file in card.files()}
    assert sorted(after) == ["R0000001.DAT", "S0000001.DAT"] and after["R0000001.DAT"] == before
