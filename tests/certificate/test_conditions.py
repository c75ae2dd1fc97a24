"""What a certificate may claim: each condition, the level that follows, and what is always said besides."""

from dataclasses import replace

import pytest

from host_tools.certificate.build import NotVerified, build
from host_tools.certificate.conditions import CLEAR, NONE, PURGE
from host_tools.certificate.evidence import FILE_KEY, STRANGE, Copy, Evidence, Medium, Opener
from host_tools.container.view import LAST_RESORT, ONE_TIME, RECOVERY

RECORDINGS = [{"id": 5, "number": 7, "recorder": "ab" * 8, "started": None, "seconds": 1.5}]
DISK = Medium("the vault's own copy", True, is_vaults=True)
CARD = Medium("card: 1 container", True, "Brand X", "123", 32_000_000_000, "/media/card", passes=2)
PLAIN = Evidence(
    "2025-08-01T10:00:00+00:00", "Dr. Day", "2025-08-01T09:59:00+00:00", RECORDINGS,
    suites=[1], media=[DISK], checks=["the keys were asked for"],
)  # fmt: skip
BACKUP = Copy("2025-07-20T10:00:00+00:00", "backup", (), "stick A")
EXPORT = Copy("2025-07-21T10:00:00+00:00", "export", (5,), "a.flac")


def certificate(**facts: object) -> dict:
    return build(replace(PLAIN, **facts), "0a0a-1", bytes(32), (12, "ff" * 32))


def unmet(made: dict) -> list[str]:
    return [entry["condition"] for entry in made["method"]["conditions"] if not entry["met"]]


def test_purge_is_claimed_when_every_condition_is_met() -> None:
    made = certificate()
    assert made["method"]["level"] == PURGE
    assert unmet(made) == [] and len(made["method"]["conditions"]) == 8
    assert "Purge by cryptographic erase" in made["method"]["technique"]
    assert "overwritten once with random bytes" in made["method"]["technique"]
    assert certificate(media=[])["method"]["level"] == PURGE


@pytest.mark.parametrize(
    ("facts", "condition", "says"),
    [
        ({"backups": [BACKUP]}, "no backup holds the key", "stick A"),
        ({"plain_copies": [EXPORT]}, "no copy outside the vault", "export of 2025-07-21"),
        (
            {"openers": [Opener(5, LAST_RESORT, "aa" * 8)]},
            "no last-resort key",
            "last-resort key " + "aa" * 8,
        ),
        ({"openers": [Opener(5, RECOVERY, "bb" * 8, "exported")]}, "no recovery key", "(exported)"),
        ({"openers": [Opener(5, ONE_TIME, "cc" * 8)]}, "the vault's own copy of each key", "one-time key"),
        ({"openers": [Opener(5, FILE_KEY, "")]}, "the vault's own copy of each key", "own file key (in"),
        (
            {"openers": [Opener(5, STRANGE, "dd" * 8, "not of this vault")]},
            "no recovery key",
            "somebody else",
        ),
        ({"unread": [5]}, "no recovery key", "not known"),
        ({"suites": []}, "every key has a strength", "their strength is not known; private"),
        ({"unread": [5]}, "no recovery key", "recording 5"),
    ],
)
def test_each_condition_can_fail_and_then_purge_is_not_claimed(facts, condition, says) -> None:
    made = certificate(**facts)
    answers = {entry["condition"]: entry for entry in made["method"]["conditions"]}
    (failed,) = [answer for words, answer in answers.items() if words.startswith(condition)]
    assert not failed["met"] and says in failed["why"]
    assert made["method"]["level"] == CLEAR
    assert f"“{failed['condition']}” is not met" in made["method"]["technique"]


def test_nothing_is_claimed_when_nothing_was_overwritten_either() -> None:
    made = certificate(backups=[BACKUP], media=[])
    assert made["method"]["level"] == NONE
    assert "nothing was overwritten" in made["method"]["technique"]
    failed = certificate(backups=[BACKUP], media=[DISK, replace(CARD, passed=False)])
    assert failed["method"]["level"] == NONE
    assert "could not be read back, on: card: 1 container" in failed["method"]["technique"]


def test_what_still_opens_it_stands_among_what_was_not_achieved() -> None:
    made = certificate(openers=[Opener(5, RECOVERY, "bb" * 8), Opener(6, RECOVERY, "bb" * 8)])
    still = f"can still be opened with the recovery key {'bb' * 8} (in the vault)."
    assert f"Every copy of recordings 5 to 6 {still}" in made["not_achieved"]
    assert any("is not known" in sentence for sentence in certificate(unread=[5])["not_achieved"])


def test_every_certificate_names_what_no_program_reaches() -> None:
    for facts in ({}, {"media": [DISK, CARD], "cards": 1}):
        said = " ".join(certificate(**facts)["not_achieved"])
        for words in (
            "Exports and shares", "Backups", "the computer's own backup", "Spare blocks of this computer",
            "memory", "spare blocks" if not facts else "Spare blocks of the card",
            "No card was presented" if not facts else "Other cards",
        ):  # fmt: skip
            assert words in said


def test_exports_shares_and_backups_are_named_by_their_dates() -> None:
    share = Copy("2025-07-22T10:00:00+00:00", "share", (5, 6), "age1xyz")
    said = certificate(plain_copies=[EXPORT, share], backups=[BACKUP])["not_achieved"]
    assert "The export of recording 5 to a.flac, made on 2025-07-21, was not destroyed." in said
    assert "The share of recordings 5 to 6 to age1xyz, made on 2025-07-22, was not destroyed." in said
    assert any("made on 2025-07-20 hold the key" in sentence for sentence in said)


def test_a_vault_that_came_out_of_a_backup_names_the_one_that_was_backed_up() -> None:
    said = " ".join(certificate(restored=["2025-06-01"])["not_achieved"])
    assert "made out of a backup on 2025-06-01: the vault that was backed up" in said


def test_nothing_is_issued_when_the_verification_failed() -> None:
    with pytest.raises(NotVerified, match="the file of recording 5 is still there"):
        certificate(faults=["the file of recording 5 is still there"])


def test_the_certificate_has_the_parts_that_were_agreed_on() -> None:
    made = certificate(media=[DISK, CARD], cards=1, consents=[3])
    assert (made["certificate"], made["id"], made["person"]) == (1, "0a0a-1", "Dr. Day")
    assert made["media"][1] == {
        "what": "card: 1 container",
        "make_model": "Brand X",
        "serial": "123",
        "size_bytes": 32_000_000_000,
        "path": "/media/card",
    }
    assert made["verification"]["passed"] is True
    assert made["audit"] == {"seq": 12, "hash": "ff" * 32}
    assert made["consents"] == [3] and made["recordings"] == RECORDINGS


def test_clear_is_not_claimed_for_a_card_that_was_overwritten_once() -> None:
    made = certificate(backups=[BACKUP], media=[DISK, replace(CARD, passes=1)])
    assert made["method"]["level"] == NONE
    assert made["method"]["technique"].endswith(
        "these were overwritten only once, and memory cards need it twice: card: 1 container"
    )


def test_how_often_is_said_of_cards_and_of_the_disk() -> None:
    once, twice = certificate(backups=[BACKUP]), certificate(backups=[BACKUP], media=[DISK, CARD])
    assert once["method"]["level"] == twice["method"]["level"] == CLEAR
    assert "by overwriting once with random bytes, and reading back" in once["method"]["technique"]
    assert once["method"]["technique"].startswith("Clear of what these recordings took up")
    assert "(cards twice, first with their complement)" in twice["method"]["technique"]
    assert "once" not in twice["method"]["technique"]
    purged = certificate(media=[DISK, CARD])["method"]["technique"]
    assert "overwritten with random bytes (cards twice, first with their complement) besides" in purged


def test_copies_of_one_day_are_counted() -> None:
    share = replace(EXPORT, what="share")
    made = certificate(plain_copies=[EXPORT, share, EXPORT, replace(EXPORT, on="2025-07-22T10:00:00+00:00")])
    why = next(
        entry["why"] for entry in made["method"]["conditions"] if "no copy outside" in entry["condition"]
    )
    assert why.endswith("2 exports of 2025-07-21, share of 2025-07-21, export of 2025-07-22")
