"""Scans and links: kept encrypted, checked by content, given back byte for byte."""

import json
import os
import tracemalloc
from pathlib import Path

import pytest

from host_tools.consent import scan as scan_module
from tests.consent.scans import SCANS
from tests.typed_command import Cloister
from tests.vault.entries import add_entry


@pytest.fixture
def consented(cloister: Cloister) -> Cloister:
    """A vault with consent 1."""
    cloister("consent", "new", "--client", "Zoë Müller", "--yes", "-o", "form.pdf")
    Path("form.pdf").unlink()
    return cloister


@pytest.mark.parametrize("kind", SCANS)
def test_a_scan_comes_back_byte_for_byte_under_a_neutral_name(consented: Cloister, kind: str) -> None:
    Path("whatever.txt").write_bytes(SCANS[kind])
    assert consented("consent", "attach", 1, "whatever.txt", "--json") == 0
    size = len(SCANS[kind])
    assert json.loads(consented.out) == {"consent": 1, "scan": 1, "kind": kind, "bytes": size}
    assert "still where it was, in clear" in consented.err
    assert consented("consent", "show", 1, "--scan") == 0
    assert consented.out == f"Consent1_Scan1.{kind}\n"
    written = Path(f"Consent1_Scan1.{kind}")
    assert written.read_bytes() == SCANS[kind]
    assert written.stat().st_mode & 0o777 == 0o600
    assert "is not encrypted" in consented.err
    (kept,) = (consented.made.folder / "attachments").iterdir()
    assert SCANS[kind][:16] not in kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_newest_scan_is_shown_unless_another_is_asked_for(consented: Cloister) -> None:
    for kind in ("pdf", "png"):
        Path("scan").write_bytes(SCANS[kind])
        consented("consent", "attach", 1, "scan")
    consented("consent", "show", 1, "--scan")
    assert consented.out == "Consent1_Scan2.png\n"
    consented("consent", "show", 1, "--scan", "--which", 1, "-o", "first.pdf")
    assert Path("first.pdf").read_bytes() == SCANS["pdf"]
    assert "consent 1 has 2 scans" in consented.refused("consent", "show", 1, "--scan", "--which", 3)
    assert "the scan is no .pdf" in consented.refused("consent", "show", 1, "--scan", "-o", "second.pdf")
    assert "is there already" in consented.refused("consent", "show", 1, "--scan")


def test_what_is_no_whole_scan_is_refused(consented: Cloister, monkeypatch) -> None:
    bad = {
        "nothing": (b"", "neither PDF nor PNG nor JPEG"),
        "text.pdf": (b"just words", "neither PDF nor PNG nor JPEG"),
        "page.html": (b"<html></html>", "neither PDF nor PNG nor JPEG"),
        "program.png": (b"MZ" + SCANS["png"], "neither PDF nor PNG nor JPEG"),
        "half.pdf": (SCANS["pdf"][: len(SCANS["pdf"]) // 2], "begins as PDF and does not end so"),
        "half.png": (SCANS["png"][:-12], "begins as PNG and does not end so"),
        "half.jpg": (SCANS["jpg"][:100], "begins as JPG and does not end so"),
    }
    for name, (data, words) in bad.items():
        Path(name).write_bytes(data)
        assert words in consented.refused("consent", "attach", 1, name)
    assert "cannot be read: no such file" in consented.refused("consent", "attach", 1, "not here")
    Path("folder").mkdir()
    assert "folder is no file" in consented.refused("consent", "attach", 1, "folder")
    monkeypatch.setattr(scan_module, "MOST_BYTES", 100)
    Path("large.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100) + b"IEND")
    assert "more than" in consented.refused("consent", "attach", 1, "large.png")
    assert not (consented.made.folder / "attachments").exists()


def test_a_scan_of_the_largest_size_stays_within_the_memory(consented: Cloister) -> None:
    with Path("large.pdf").open("wb") as file:
        file.write(b"%PDF-1.4\n")
        file.truncate(scan_module.MOST_BYTES - 6)
        file.seek(0, os.SEEK_END)
        file.write(b"%%EOF\n")
    tracemalloc.start()
    try:
        assert consented("consent", "attach", 1, "large.pdf") == 0
        assert consented("consent", "show", 1, "--scan") == 0
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 110_000_000
    assert Path("Consent1_Scan1.pdf").read_bytes() == Path("large.pdf").read_bytes()


def test_an_altered_scan_is_not_given_out(consented: Cloister) -> None:
    Path("scan").write_bytes(SCANS["pdf"])
    consented("consent", "attach", 1, "scan")
    (kept,) = (consented.made.folder / "attachments").iterdir()
    data = bytearray(kept.read_bytes())
    data[40] ^= 1
    kept.write_bytes(data)
    assert "is gone or was altered" in consented.refused("consent", "show", 1, "--scan")
    kept.unlink()
    assert "is gone or was altered" in consented.refused("consent", "show", 1, "--scan")
    assert not Path("Consent1_Scan1.pdf").exists()


def test_a_scan_that_cannot_be_entered_leaves_no_file(consented: Cloister, monkeypatch) -> None:
    from host_tools.vault.papers import Papers

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    Path("scan").write_bytes(SCANS["pdf"])
    monkeypatch.setattr(Papers, "add", fail)
    assert "no space" in consented.refused("consent", "attach", 1, "scan")
    assert list((consented.made.folder / "attachments").iterdir()) == []


def test_what_there_is_not_is_refused(consented: Cloister) -> None:
    Path("scan").write_bytes(SCANS["pdf"])
    for command in (("attach", 7, "scan"), ("link", 7, 1), ("show", 7), ("withdraw", 7, "--yes")):
        assert "there is no consent 7 in the vault" in consented.refused("consent", *command)
        assert "cloister consent show lists them" in consented.err
    assert "consent 1 has no scan" in consented.refused("consent", "show", 1, "--scan")
    assert "there is no recording 9" in consented.refused("consent", "link", 1, 2, 9)
    for bad in ("0", "-1", "x", "1.5", "1" * 10):
        assert "is no consent's number" in consented.refused("consent", "show", "--", bad, status=2)
    assert "need the number" in consented.refused("consent", "show", "--scan", status=2)
    assert "--which goes with --scan" in consented.refused("consent", "show", 1, "--which", 2, status=2)


def test_links_add_up_and_name_all_parts(consented: Cloister) -> None:
    with consented.made.open() as vault:
        first = add_entry(vault, consented.made, 10, ended="continued", samples=100)
        previous = {"number": 10, "seal": first.seal, "samples": 100}
        second = add_entry(
            vault, consented.made, 11, part=1, previous=previous, start=100, samples=200, ended="stop"
        )
    assert consented("consent", "link", 1, 1, second.id, "--json") == 0
    linked = [1, first.id, second.id]
    assert json.loads(consented.out) == {"consent": 1, "recordings": linked, "withdrawn": None}
    consented("consent", "new", "--yes", "--recording", 1)
    consented("consent", "link", 1, 1)
    with consented.made.open() as vault:
        assert vault.state(1).consents == [1, 2]
        assert vault.state(first.id).consents == vault.state(second.id).consents == [1]


def test_the_list_and_one_consent_in_words_and_json(consented: Cloister) -> None:
    Path("scan").write_bytes(SCANS["pdf"])
    consented("consent", "attach", 1, "scan")
    consented("consent", "link", 1, 1, 2)
    consented("consent", "new", "--yes", "--use", "line one\nline two")
    consented("consent", "show")
    assert "Zoë Müller; therapist, by hand" in consented.out
    consented("consent", "show", "--json")
    entries = json.loads(consented.out)["consents"]
    assert [(entry["consent"], entry["recordings"], entry["scans"]) for entry in entries] == [
        (1, [1, 2], 1),
        (2, [], 0),
    ]
    consented("consent", "show", 2)
    assert "line one\n" in consented.out and "  line two\n" in consented.out
    assert "none linked" in consented.out
    consented("consent", "show", 1, "--json")
    assert json.loads(consented.out) == entries[0]
    assert entries[0]["language"] == "en" and entries[0]["withdrawn"] is None


def test_the_form_can_be_printed_once_more(consented: Cloister) -> None:
    assert consented("consent", "show", 1, "-o", "again.html", "--json") == 0
    assert json.loads(consented.out) == {"consent": 1, "file": "again.html"}
    assert "Zoë Müller" in Path("again.html").read_text("utf-8")
    assert "names people" in consented.err
