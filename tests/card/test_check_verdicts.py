"""What `cloister card check` says and does about cards that are fake, slow, damaged, taken out or let go."""

import json
import os
import stat
from pathlib import Path

import pytest

from host_tools.card import disks
from host_tools.card.disks import Disk
from host_tools.card.target import Target, find_target
from host_tools.errors import CloisterError
from tests.card.fake_cards import (
    MIB,
    BadSectorsCard,
    FailingCard,
    HonestCard,
    PulledCard,
    SlowCard,
    StaleCard,
    WrappingCard,
)
from tests.typed_command import Cloister, errors

SIZE = 64_000_000
ROOT = 4 * MIB  # where the top folder of the image is
CHECK = ("card", "check", "--yes")
LONG_PASS = 70  # so many writes and more, and it is under way


class Opened:
    """A context manager that gives a card."""

    def __init__(self, card: HonestCard):
        self.card = card

    def __enter__(self) -> HonestCard:
        return self.card

    def __exit__(self, *error: object) -> None:
        pass


@pytest.fixture
def check(cloister: Cloister, monkeypatch: pytest.MonkeyPatch):
    """A function that checks a card in memory as the device /dev/sdx, and gives the exit status."""

    def run(card: HonestCard, *options: str, **about: object) -> int:
        target = Target("/dev/sdx", "/dev/sdx", card.size_bytes, False, "Test Reader", **about)
        monkeypatch.setattr("host_tools.card.target.find_target", lambda named: target)
        monkeypatch.setattr(Target, "open", lambda target: Opened(card))
        monkeypatch.setattr("time.perf_counter", card.clock)
        return cloister(*CHECK, *options, "/dev/sdx")

    return run


def test_a_good_card_is_formatted(check, cloister: Cloister, tmp_path, fsck_vfat):
    card = HonestCard(SIZE)
    assert check(card) == 0
    assert cloister.out.startswith("This card will do, in any recorder.\n")
    assert "/dev/sdx: Test Reader, 64.0 MB" in cloister.err
    assert "RECORDING" not in cloister.err and "cannot be told" in cloister.err
    (tmp_path / "copy").write_bytes(card.content)
    fsck_vfat(tmp_path / "copy")


def test_a_fake_is_left_alone(check, cloister: Cloister):
    card = WrappingCard(SIZE // 4, size_bytes=SIZE)
    assert check(card) == 3
    assert cloister.out.startswith("Do not use this card.\nIt is a fake: it says 64.0 MB and holds 16.0 MB")
    assert "Do not rely on what was on it being gone." in cloister.out
    assert card.content[510:512] != b"\x55\xaa"
    assert check(card, "--json") == 3
    told = json.loads(cloister.out)
    assert (told["verdict"], told["fake"], told["real_bytes"]) == ("bad", True, SIZE // 4)
    assert not told["formatted"] and told["errors"]


def test_a_damaged_card_is_bad(check, cloister: Cloister):
    assert check(BadSectorsCard({33_000_448}, size_bytes=SIZE)) == 3
    assert "At least 1 block of 4096 bytes did not hold what was written" in cloister.out


@pytest.mark.parametrize(
    ("stall_s", "word", "formatted"), [(1.5, "psram only", True), (2.5, "bad", False), (0.5, "good", True)]
)
def test_a_pause_decides_and_is_an_exit_status(check, cloister: Cloister, stall_s, word, formatted):
    card = SlowCard({100: stall_s}, size_bytes=SIZE)
    assert check(card, "--json") == (0 if word == "good" else 3)
    told = json.loads(cloister.out)
    assert (told["verdict"], told["formatted"]) == (word, formatted)
    assert (bytes(card.content[510:512]) == b"\x55\xaa") is formatted
    assert told["busy_ms"]["longest"] == pytest.approx(stall_s * 1000, abs=20)


@pytest.mark.parametrize("after", [0, 1, 30, LONG_PASS, 300])
def test_a_card_taken_out_is_one_error_line(check, cloister: Cloister, after):
    assert check(PulledCard(after, size_bytes=SIZE)) == 1
    assert len(errors(cloister.err)) == 1 and "taken out" in cloister.err
    assert cloister.out == ""
    assert ("until it is formatted" in cloister.err) is (after > 5)


def test_a_check_that_is_ended_says_what_is_left(check, cloister: Cloister):
    class Interrupted(HonestCard):
        def write_at(self, offset: int, data: bytes) -> None:
            if len(self.writes) == LONG_PASS:
                raise KeyboardInterrupt
            super().write_at(offset, data)

    assert check(Interrupted(SIZE)) == 130
    assert "it cannot be used until it is formatted" in cloister.err
    assert errors(cloister.err) == ["cloister: error: interrupted"]


def test_a_card_that_is_changed_while_it_is_asked_is_left_alone(check, cloister: Cloister, monkeypatch):
    class Changing(HonestCard):
        def read_at(self, offset: int, length: int) -> bytes:
            self.content[0] += 1
            return super().read_at(offset, length)

    card = Changing(SIZE)
    assert check(card) == 1
    assert "was changed meanwhile" in cloister.err and card.writes == []


def test_a_card_that_gets_a_file_while_it_is_asked_is_left_alone(check, cloister, image, monkeypatch):
    def put_file(*asked: object) -> None:
        card.content[ROOT : ROOT + 32] = b"R0000001DAT" + bytes(21)

    card = with_content(HonestCard, image)
    monkeypatch.setattr("host_tools.cli.card_check._confirm", put_file)
    assert check(card) == 1
    assert "was changed meanwhile" in cloister.err and card.writes == []


def with_content(kind: type[HonestCard], image: Path, *arguments: object) -> HonestCard:
    content = image.read_bytes()
    card = kind(*arguments, size_bytes=len(content))
    card.content[:] = content
    return card


class KeepingCard(HonestCard):
    """Takes every write, and stays as it is."""

    def write_sector(self, offset: int, data: bytes) -> None:
        pass


class ReadOnlyCard(HonestCard):
    def write_sector(self, offset: int, data: bytes) -> None:
        raise OSError(30, "Read-only file system")


@pytest.mark.parametrize("kind", [KeepingCard, ReadOnlyCard])
@pytest.mark.parametrize("blank", [True, False])
def test_what_could_not_be_overwritten_is_said_to_be_there(check, cloister: Cloister, image, kind, blank):
    card = kind(SIZE) if blank else with_content(kind, image)
    assert check(card) == 3
    assert "What was on it may still be there: it could not be overwritten." in cloister.out
    assert "any more" not in cloister.out


def test_a_fake_that_keeps_only_its_end_is_not_relied_on(check, cloister: Cloister, image):
    """Its start is other, so nothing shows; what is said of it is no more than that."""
    assert check(with_content(StaleCard, image, range(SIZE // 2, SIZE))) == 3
    assert "Do not rely on what was on it being gone." in cloister.out


def test_a_card_that_was_all_overwritten_and_is_slow_has_no_file_system(check, cloister: Cloister):
    assert check(SlowCard({100: 2.5}, size_bytes=SIZE)) == 3
    assert "There is no file system on it any more." in cloister.out


def test_whether_a_card_is_fake_is_not_said_unless_it_was_judged(check, cloister: Cloister):
    assert check(FailingCard(writes={9 * MIB + 8192}, size_bytes=SIZE), "--json") == 3
    assert json.loads(cloister.out)["fake"] is None
    assert check(ReadOnlyCard(SIZE), "--json") == 3
    assert json.loads(cloister.out)["fake"] is None
    assert check(BadSectorsCard({33_000_448}, size_bytes=SIZE), "--json") == 3
    assert json.loads(cloister.out)["fake"] is False


DOUBTS = [{"is_built_in": True}, {"untold": disks.UNTOLD}]


@pytest.mark.parametrize("doubt", DOUBTS)
def test_yes_does_not_cover_a_disk_that_may_be_no_card(check, cloister: Cloister, monkeypatch, doubt):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    card = HonestCard(SIZE)
    assert check(card, **doubt) == 1
    assert "its name has to be typed, and there is no terminal" in errors(cloister.err)[0]
    assert "--yes does not cover this" in cloister.err and card.writes == []


@pytest.mark.parametrize("doubt", DOUBTS)
def test_the_name_of_a_disk_that_may_be_no_card_is_asked_for(check, cloister: Cloister, typing, doubt):
    card = HonestCard(SIZE)
    assert check(card, **doubt) == 1
    assert typing["asked"] == ["Type sdx to overwrite it"] and card.writes == []


def test_a_disk_of_the_computer_is_pointed_out(check, cloister: Cloister, typing):
    typing["types"] = "sdx"
    assert check(HonestCard(SIZE), is_built_in=True, untold=disks.UNTOLD) == 0
    assert "/dev/sdx LOOKS LIKE A DISK OF THIS COMPUTER" in cloister.err
    assert "does not tell whether it is mounted" in cloister.err


def test_a_device_that_cannot_be_formatted_afterwards_is_told(check, cloister: Cloister):
    class Worn(HonestCard):
        def write_at(self, offset: int, data: bytes) -> None:
            if not any(data[:512]):
                raise OSError(5, "Input/output error")
            super().write_at(offset, data)

    assert check(Worn(SIZE)) == 1
    assert "passed, but cannot be formatted: input/output error" in cloister.err


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch, tmp_path):
    """A function that looks for a file as if it were a block device of which this is known."""

    def find(**known: object) -> Target:
        path = tmp_path / "sdx"
        path.touch()
        monkeypatch.setattr(stat, "S_ISREG", lambda mode: False)
        monkeypatch.setattr(stat, "S_ISBLK", lambda mode: True)
        disk = Disk(str(path), str(path), **{"size_bytes": 32_000_000_000, **known})
        monkeypatch.setattr(disks, "disk_of_device", lambda asked: disk)
        return find_target(str(path))

    return find


@pytest.mark.parametrize(
    ("known", "reason", "hint"),
    [
        ({"users": ("mounted at /media/card",)}, "in use: mounted at /media/card", "unmount it first"),
        ({"users": ("mounted at /",)}, "in use: mounted at /", "this system's own"),
        ({"users": ("used as swap (sdx2)",)}, "used as swap", "unmount"),
        ({"part_of": "/dev/sdx"}, "only a part of a disk", "cloister card check /dev/sdx"),
        ({"size_bytes": 0}, "there is no card in", None),
        ({"size_bytes": 2 * 1024**4}, "larger than 2 TB", None),
        ({"size_bytes": 32_000_000}, "too small", None),
        ({"is_read_only": True}, "write-protected", "lock"),
    ],
)
def test_devices_that_must_not_be_overwritten_are_refused(device, known, reason, hint):
    with pytest.raises(CloisterError) as caught:
        device(**known)
    assert reason in caught.value.message
    assert caught.value.exit_status == 1
    assert hint is None and caught.value.hint is None or hint in caught.value.hint


def test_a_device_is_taken_with_what_is_known_of_it(device):
    target = device(model="USB Reader")
    assert (target.model, target.size_bytes, target.name) == ("USB Reader", 32_000_000_000, "sdx")
    assert not target.is_image and not target.is_built_in


def test_the_folder_of_a_mounted_card_leads_to_its_device(cloister: Cloister, tmp_path, monkeypatch):
    monkeypatch.setattr(disks, "device_mounted_at", lambda folder: "/dev/sdx")
    assert cloister(*CHECK, tmp_path) == 1
    assert "is a mounted card: name the device" in errors(cloister.err)[0]
    assert "cloister card check /dev/sdx" in cloister.err


def test_an_image_that_is_in_use_as_a_device_is_refused(cloister: Cloister, tmp_path, monkeypatch):
    (tmp_path / "card.img").write_bytes(bytes(SIZE))
    monkeypatch.setattr(disks, "users_of_image", lambda path: (f"/dev/loop{path.name}",))
    assert cloister(*CHECK, tmp_path / "card.img") == 1
    assert "is in use as /dev/loopcard.img" in errors(cloister.err)[0]
    assert not any((tmp_path / "card.img").read_bytes())


def test_windows_names_reach_the_platform_unchanged(monkeypatch):
    asked = []

    def disk_of_device(path: str) -> Disk:
        asked.append(path)
        return Disk(path, path, 32_000_000_000, users=("mounted at E:",))

    monkeypatch.setattr(disks, "disk_of_device", disk_of_device)
    with pytest.raises(CloisterError, match="mounted at E:"):
        find_target(r"\\.\PhysicalDrive2")
    assert asked == [r"\\.\PhysicalDrive2"]
    assert Target(asked[0], asked[0], 1, False).name == "PhysicalDrive2"


def test_a_system_that_tells_nothing_is_said_to(monkeypatch):
    monkeypatch.setattr(disks, "PLATFORM", "plan9")
    assert disks.disk_of_device("/dev/x").untold == disks.UNTOLD
    assert disks.device_mounted_at(os.curdir) == "" and disks.users_of_image(os.curdir) == ()
