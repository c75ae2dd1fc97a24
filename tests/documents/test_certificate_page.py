"""The page of a certificate: all that the certificate says, what was not achieved before anything else."""

from pathlib import Path

import pytest

from host_tools.documents import write_page
from host_tools.documents.certificate_page import certificate_page
from tests.documents.a_page import sheets_of, words_of

CERTIFICATE = {
    "certificate": 1,
    "id": "5",
    "issued": "2026-11-20T15:03:22+01:00",
    "person": "Zoë Müller",
    "vault_key": "3f" * 32,
    "recordings": [
        {"id": 17, "number": 117, "recorder": "a1b2c3d4e5f60718", "started": "2025-07-03T10:00:00Z",
         "seconds": 3012.4, "imported": "2025-07-04T08:00:00+00:00", "seal": "ab12cd34" * 8},
        {"id": 18, "number": 118, "recorder": "a1b2c3d4e5f60718", "started": None,
         "seconds": 60.0, "imported": "2025-07-05T08:00:00+00:00", "seal": "99" * 32},
    ],
    "method": {
        "level": "Purge",
        "technique": "Purge by cryptographic erase: the private keys were destroyed",
        "conditions": [
            {"condition": "no backup holds the key", "met": False, "why": "the one of 2026-10-01 does"},
            {"condition": "no recovery key opens them", "met": True, "why": "none exists"},
        ],
    },
    "media": [
        {"what": "card", "make_model": "SanDisk SU32G", "serial": "0x1234", "size_bytes": 31_914_983_424,
         "path": "/dev/sdb"},
        {"what": "image", "make_model": None, "serial": None, "size_bytes": None, "path": None},
    ],
    "verification": {"how": "every file was searched", "result": "nothing was found", "passed": True},
    "not_achieved": ["The export of 2025-08-01 was not destroyed.", "Spare blocks were not reached."],
    "audit": {"seq": 412, "hash": "9c" * 32},
    "consents": [3, 4],
    "signature": "77" * 64,
}  # fmt: skip


def printed(tmp_path: Path, **changes: object) -> str:
    write_page(certificate_page(CERTIFICATE | changes), tmp_path / "certificate.pdf")
    return words_of(tmp_path / "certificate.pdf")


def test_everything_that_the_certificate_says_is_on_the_page(tmp_path: Path) -> None:
    words = printed(tmp_path)
    for text in (
        "Certificate 5", "20 November 2026, 14:03 UTC", "2 recordings of therapy sessions, by number: 17, 18",
        "Zoë Müller", "2025-07-03 50:12 2025-07-04", "clock not set", "ab12cd34 ab12cd34",
        "a1b2c3d4 e5f60718",
        "Purge by cryptographic erase: the private keys were destroyed.",
        "No backup holds the key NO The one of 2026-10-01 does", "No recovery key opens them yes None exists",
        "SanDisk SU32G", "0x1234", "31.9 GB", "/dev/sdb", "not known",
        "Every file was searched.", "Passed: nothing was found.", "NIST SP 800-88 Rev. 1",
        "cloister certificate --verify FILE", "3f3f3f3f 3f3f3f3f", "77777777 77777777", "entry 412, 9c9c9c9c",
        "Recorded under consents 3 and 4",
    ):  # fmt: skip
        assert text in words, text


def test_what_was_not_achieved_stands_on_the_first_sheet_before_the_details(tmp_path: Path) -> None:
    printed(tmp_path)
    first = sheets_of(tmp_path / "certificate.pdf")[0]
    places = [
        first.index(text)
        for text in (
            "Claimed", "What was not achieved", "The export of 2025-08-01 was not destroyed.",
            "Spare blocks were not reached.", "What was destroyed",
        )
    ]  # fmt: skip
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("level", "says"),
    [
        ("Purge", "infeasible even with state-of-the-art laboratory techniques"),
        ("Clear", "This is less than Purge."),
        ("none", "Nothing: neither Clear nor Purge"),
        ("Destroy", "Nothing: neither Clear nor Purge"),
    ],
)
def test_no_more_is_claimed_than_the_certificate_claims(tmp_path: Path, level: str, says: str) -> None:
    assert says in printed(tmp_path, method=CERTIFICATE["method"] | {"level": level})


def test_a_failed_verification_cannot_be_overlooked(tmp_path: Path) -> None:
    failed = {"how": "read back", "result": "3 blocks were still there", "passed": False}
    assert printed(tmp_path, verification=failed).count("FAILED: 3 blocks were still there.") == 2


def test_a_certificate_without_media_signature_or_consents_is_printed(tmp_path: Path) -> None:
    words = printed(tmp_path, media=[], consents=[], signature="", not_achieved=[])
    assert "No medium was in hand" in words
    assert "not signed" in words
    assert "Nothing is named here." in words
    assert "Consent" not in words
