"""`cloister certificate`: what is claimed of real recordings, and checking with a public key alone."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from host_tools.vault import recovery
from host_tools.vault.vault import Vault
from tests.reference_writer import key_id
from tests.retention.conftest import TODAY, Practice
from tests.typed_command import SOUND, everything

EARLY = ("--early", "as agreed", "--yes")


def issued(practice: Practice, number: int = 1, *more: object) -> dict:
    assert practice("certificate", number, "--json", *more) == 0, practice.err
    return json.loads(practice.out)


def unmet(certificate: dict) -> list[str]:
    return [entry["condition"] for entry in certificate["method"]["conditions"] if not entry["met"]]


def destroyed(practice: Practice, *numbers: int) -> None:
    assert practice("expire", *(numbers or (1,)), *EARLY) == 0, practice.err


def test_a_recording_with_no_other_copy_is_purged(practice: Practice) -> None:
    destroyed(practice)
    certificate = issued(practice)
    assert certificate["method"]["level"] == "Purge" and unmet(certificate) == []
    (entry,) = certificate["recordings"]
    with practice.made.open() as vault:
        recording = vault.recording(1)
        assert certificate["vault_key"] == vault.public_key.hex()
        assert [entry.hash for entry in vault.audit.entries()][certificate["audit"]["seq"] - 1] == (
            certificate["audit"]["hash"]
        )
    assert (entry["number"], entry["seal"], entry["seconds"]) == (1, recording.seal, 2.5)
    assert certificate["person"] == "owner"
    (medium,) = certificate["media"]
    assert medium["what"] == "this computer's disk: the vault's own copies of recording 1"


def test_the_certificate_of_expire_names_the_entry_of_the_audit_that_destroyed(practice: Practice) -> None:
    destroyed(practice)
    with practice.made.open() as vault:
        certificate = vault.papers.get("certificate", 1)
        entry = vault.audit.entries()[certificate["audit"]["seq"] - 1]
        assert (entry.action, entry.recordings, entry.hash) == ("expire", [1], certificate["audit"]["hash"])
        assert vault.state(1).gone.certificate == 1


def test_exports_and_shares_stand_on_it_with_their_dates(practice: Practice, tmp_path: Path) -> None:
    practice("export", 1, "-o", tmp_path / "a.wav", "--from", 1)
    practice("export", 2, "-o", tmp_path / "other.wav")
    practice("waveform", 1, "-o", tmp_path / "a.png")
    destroyed(practice)
    certificate = issued(practice)
    assert certificate["method"]["level"] == "Clear"
    assert [words.split(",")[0] for words in unmet(certificate)] == [
        "no copy outside the vault is known that the key does not protect"
    ]
    said = " ".join(certificate["not_achieved"])
    assert f"The export of recording 1, made on {TODAY}, was not destroyed." in said
    assert "The picture of the loudness of recording 1, made" in said
    assert "other.wav" not in said


def test_a_picture_alone_is_named_and_does_not_keep_it_from_purge(practice: Practice, tmp_path: Path) -> None:
    practice("waveform", 1, "-o", tmp_path / "a.png")
    destroyed(practice)
    assert issued(practice)["method"]["level"] == "Purge"


def backup(practice: Practice, at: datetime, to: str = "stick A") -> int:
    with practice.made.open() as vault:
        paper = {"at": at.isoformat(), "by": 1, "to": to, "gone": None, "audit": [0, ""], "kind": "age"}
        return vault.papers.add("backup", {**paper, "finished": True})


def test_a_backup_counts_until_it_is_said_to_be_gone(practice: Practice) -> None:
    number = backup(practice, datetime.now(UTC) - timedelta(hours=1))
    destroyed(practice)
    certificate = issued(practice)
    assert (certificate["method"]["level"], unmet(certificate)) == ("Clear", ["no backup holds the key"])
    assert any("hold the key until they are destroyed" in words for words in certificate["not_achieved"])
    assert practice("backup", "--gone", number, "--yes") == 0
    assert issued(practice)["method"]["level"] == "Purge"


def test_a_backup_older_than_the_recording_has_its_one_time_key_too(practice: Practice) -> None:
    backup(practice, datetime.now(UTC) - timedelta(days=400))
    destroyed(practice)
    assert unmet(issued(practice)) == ["no backup holds the key"]


def test_a_backup_made_afterwards_holds_nothing_of_it(practice: Practice) -> None:
    destroyed(practice)
    backup(practice, datetime.now(UTC) + timedelta(minutes=1))
    assert issued(practice)["method"]["level"] == "Purge"


def sealed_to_two(practice: Practice, number: int) -> str:
    """A recording with a recovery recipient; the recovery key's id."""
    with practice.made.open() as vault:
        key = recovery.make_recovery_key(vault, 1)
        one_time = vault.one_time_keys(practice.writer.recorder_id, 1, 50 + number, 1)[0]
    publics = [one_time, bytes.fromhex(key.public)]
    data = practice.writer.container(number, pcm=SOUND.tobytes(), publics=publics)
    (practice.card / f"R{number:07}.DAT").write_bytes(data)
    practice.take_in()
    return key.key_id


def test_a_recovery_key_that_still_opens_it_is_named_and_purge_is_not_claimed(practice: Practice) -> None:
    key = sealed_to_two(practice, 4)
    assert practice("expire", 4, "--early", "x", "--dry-run") == 0
    assert f"recording 4 can still be opened afterwards with the recovery key {key}" in practice.err
    destroyed(practice, 4)
    certificate = issued(practice, 4)
    assert certificate["method"]["level"] == "Clear"
    assert unmet(certificate) == ["no recovery key, and nobody else's, opens them"]
    assert (
        f"Every copy of recording 4 can still be opened with the recovery key {key} (in the vault)."
        in (certificate["not_achieved"])
    )
    assert practice("verify", practice.card, "--json") == 3
    with practice.made.open() as vault:
        recovery.destroy(vault, recovery.recovery_keys(vault)[0])
    assert issued(practice, 4)["method"]["level"] == "Purge"


def test_a_recovery_key_that_was_exported_opens_it_from_elsewhere(practice: Practice, tmp_path: Path) -> None:
    key = sealed_to_two(practice, 4)
    destroyed(practice, 4)
    with practice.made.open() as vault:
        (known,) = recovery.recovery_keys(vault)
        vault.papers.add(
            "export",
            {"at": "2026-01-05T00:00:00+00:00", "by": 1, "recordings": [], "kind": "recovery key", "key": key,
             "to": str(tmp_path), "span": None, "until": None},
        )  # fmt: skip
        recovery.destroy(vault, known)
    certificate = issued(practice, 4)
    assert certificate["method"]["level"] == "Clear"
    assert any(
        f"recovery key {key} (exported on 2026-01-05)" in words for words in certificate["not_achieved"]
    )


def test_a_last_resort_key_that_still_opens_it_is_named(practice: Practice) -> None:
    with practice.made.open() as vault:
        public = vault.last_resort_key(practice.writer.recorder_id, 1)
    data = practice.writer.container(4, pcm=SOUND.tobytes(), publics=[public])
    (practice.card / "R0000004.DAT").write_bytes(data)
    practice.take_in()
    destroyed(practice, 4)
    certificate = issued(practice, 4)
    assert certificate["method"]["level"] == "Clear"
    assert unmet(certificate) == ["no last-resort key opens them"]
    assert any(f"last-resort key {key_id(public).hex()}" in words for words in certificate["not_achieved"])


def test_what_could_not_be_looked_up_is_not_claimed(practice: Practice) -> None:
    sealed_to_two(practice, 4)
    with practice.made.open() as vault:
        (vault.folder / "recordings" / vault.recording(2).file).unlink()
    destroyed(practice, 2)
    certificate = issued(practice, 2)
    assert unmet(certificate) == ["no recovery key, and nobody else's, opens them"]
    assert "header of recording 2" in str(certificate["method"]["conditions"])
    assert certificate["method"]["level"] == "none"


@pytest.mark.parametrize("what", ["file", "key"])
def test_nothing_is_issued_while_something_of_it_is_still_there(
    practice: Practice, monkeypatch, what: str
) -> None:
    with practice.made.open() as vault:
        copy = vault.folder / "recordings" / vault.recording(1).file
        record = vault.private_key_for(practice.key_of(1))
    data = copy.read_bytes()
    destroyed(practice)
    if what == "file":
        copy.write_bytes(data)
    else:
        monkeypatch.setattr(Vault, "private_key_for", lambda self, wanted: record)
    with practice.made.open() as vault:
        before = len(vault.papers.all("certificate"))
    assert practice("certificate", 1) == 1
    words = {"file": "its copy of recording 1", "key": "the key of recording 1"}[what]
    assert (
        f"no certificate is issued, as the verification failed: the vault still has {words}" in practice.err
    )
    monkeypatch.undo()
    with practice.made.open() as vault:
        assert len(vault.papers.all("certificate")) == before
        assert vault.audit.entries()[-1].outcome == "failed"


def test_there_is_none_for_what_exists(practice: Practice) -> None:
    assert practice.cloister.refused("certificate", 1) == (
        "recording 1 is not destroyed: there is nothing to certify"
    )
    assert "there is no recording 99" in practice.cloister.refused("certificate", 99)


def test_it_is_written_as_a_file_to_check_and_as_pages(practice: Practice, tmp_path: Path) -> None:
    destroyed(practice)
    for ending in ("json", "html", "pdf"):
        assert practice("certificate", 1, "-o", tmp_path / f"c.{ending}") == 0
        assert practice.out == f"{tmp_path / f'c.{ending}'}\n"
        assert "c.json" in practice.out or "what can be checked is the JSON" in practice.err
    assert "not_achieved" in (tmp_path / "c.json").read_text()
    assert "What was not achieved" in (tmp_path / "c.html").read_text()
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")
    before = everything(practice.made.folder)
    for name in ("c.json", "c.txt", "nowhere/c.json"):
        assert practice("certificate", 1, "-o", tmp_path / name) == 1
    assert everything(practice.made.folder) == before
    assert practice("certificate", 1, "-o", tmp_path / "c.json", "--force") == 0


def test_no_path_is_on_it_and_the_day_of_the_destruction_is(practice: Practice, tmp_path: Path) -> None:
    """A folder's name may be the user's, or the client's."""
    folder = tmp_path / "Home of Ruth"
    folder.mkdir()
    practice("export", 1, "-o", folder / "Peter M.wav")
    practice("waveform", 1, "-o", folder / "Peter M.png")
    backup(practice, datetime.now(UTC) - timedelta(hours=1), str(folder / "Ruth.age"))
    destroyed(practice)
    assert practice("expire", "--card", practice.card, "--yes") == 0
    certificate = issued(practice)
    text = json.dumps(certificate)
    for name in ("Ruth", "Peter", str(tmp_path)):
        assert name not in text
    assert "(backup 1)" in text
    assert [entry["destroyed"][:10] for entry in certificate["recordings"]] == [str(TODAY)]
    assert practice("certificate", 1) == 0 and f"Destroyed:   {TODAY}\n" in practice.out
    assert practice("certificate", 1, "-o", tmp_path / "c.html") == 0
    assert f"{TODAY}" in (tmp_path / "c.html").read_text().split("Destroyed on")[1].split("Issued")[0]


@pytest.mark.parametrize(
    "arguments", [(), (1, "--public-key"), ("--public-key", "--verify", "x"), (1, "--key", "ab" * 32)]
)
def test_one_thing_at_a_time(practice: Practice, arguments: tuple) -> None:
    assert practice("certificate", *arguments) == 2


def test_what_the_wipe_of_a_card_did_is_on_the_next_one(practice: Practice) -> None:
    destroyed(practice)
    assert issued(practice)["method"]["level"] == "Purge"
    assert practice("expire", "--card", practice.card, "--yes") == 0
    certificate = issued(practice)
    assert [medium["path"] for medium in certificate["media"]] == ["", practice.card.name]
    assert any("wear levelling" in words for words in certificate["not_achieved"])


def test_a_wipe_that_is_still_under_way_claims_nothing(practice: Practice) -> None:
    with practice.made.open() as vault:
        vault.papers.add("wipe", {"unfinished": True, "what": "card", "concerned": [1], "key": "ab" * 32})
    destroyed(practice)
    assert [medium["path"] for medium in issued(practice)["media"]] == [""]


def test_the_consents_of_the_recordings_are_on_it(practice: Practice) -> None:
    with practice.made.open() as vault:
        vault.set_state(1, structs.replace(vault.state(1), consents=[7, 3]))
    destroyed(practice)
    assert issued(practice)["consents"] == [3, 7]


def test_every_certificate_stays_in_the_vault_and_the_audit_knows_them(practice: Practice) -> None:
    destroyed(practice)
    issued(practice)
    with practice.made.open() as vault:
        numbers = [number for number, _ in vault.papers.all("certificate")]
        assert numbers == [1, 2] and vault.state(1).gone.certificate == 2
        assert vault.audit.verify() == []
        details = [entry.detail for entry in vault.audit.entries() if entry.action == "certificate"]
    assert details == [{"certificate": 1}, {"certificate": 2}]
