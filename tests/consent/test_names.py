"""Names of people are in the vault's wrapped rows, on the form and in `consent show`, and nowhere else."""

import base64
from pathlib import Path

from tests.consent.scans import SCANS
from tests.typed_command import Cloister
from tests.vault.raw import all_bytes

NAMES = ("Zoë Müller", "Rosalind Featherstone", "王小明")
REASON = "moving to Ljubljana"


def spellings(name: str) -> list[bytes]:
    """How a name might lie in a file."""
    plain = [name.encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be")]
    escaped = name.encode("unicode_escape")
    return [*plain, escaped, name.encode("utf-8").hex().encode(), base64.b64encode(name.encode())[:-4]]


def use_every_command(cloister: Cloister) -> str:
    """All that may be done with a consent of NAMES; what was printed by other commands than `show`."""
    Path("scan").write_bytes(SCANS["pdf"])
    client, therapist, present = NAMES
    printed = []
    for command in (
        ("consent", "new", "--client", client, "--therapist", therapist, "--present", present, "--yes",
         "--recording", 1),
        ("consent", "new", "--client", client, "--yes", "-o", "form.pdf"),
        ("consent", "new", "--client", present, "--yes", "-o", "form.pdf"),
        ("consent", "attach", 1, "scan"),
        ("consent", "attach", 1, "Consent1.html"),
        ("consent", "link", 1, 2),
        ("consent", "link", 1, 77),
        ("consent", "show", 1, "--scan"),
        ("consent", "show", 1, "-o", "again.html"),
        ("consent", "show", 1, "-o", f"{therapist}.html"),
        ("consent", "withdraw", 1, "--yes", "--reason", REASON),
        ("consent", "link", 1, 3),
        ("consent", "withdraw", 1, "--yes"),
        ("list",), ("due",), ("audit",), ("audit", "--json"), ("audit", "--verify"),
    ):  # fmt: skip
        cloister(*command)
        printed.append(cloister.out + cloister.err)
    return "\n".join(printed).replace(f"{therapist}.html", "")


def test_no_name_lies_in_any_file_of_the_vault(cloister: Cloister) -> None:
    use_every_command(cloister)
    files = all_bytes(cloister.made.folder)
    for text in (*NAMES, *" ".join(NAMES[:2]).split(), REASON):
        for spelling in spellings(text):
            assert len(spelling) < 4 or spelling not in files
    assert SCANS["pdf"] not in files and b"%PDF" not in files
    cloister("consent", "show", 1)
    assert all(name in cloister.out for name in NAMES) and REASON in cloister.out


def test_no_name_is_in_the_name_of_a_file_or_in_what_other_commands_print(cloister: Cloister) -> None:
    printed = use_every_command(cloister)
    paths = " ".join(str(path) for path in cloister.made.folder.parent.rglob("*"))
    for name in NAMES:
        for word in name.split():
            assert word not in printed
            assert word not in paths


def test_a_name_of_a_file_that_names_a_party_is_refused(cloister: Cloister) -> None:
    new = ("consent", "new", "--client", "Zoë Müller-Lukas", "--yes", "-o")
    for name in ("müller.pdf", "Form_ZOË.html", "lukas-2026.pdf"):
        assert "tells the name of a party" in cloister.refused(*new, name)
        assert "without -o" in cloister.err
    assert cloister(*new, "Mullerform.pdf") == 0
    assert "tells the name" in cloister.refused("consent", "show", 1, "-o", "zoë.pdf")


def test_the_plain_part_of_the_audit_names_recordings_and_nobody(cloister: Cloister) -> None:
    use_every_command(cloister)
    with cloister.made.open() as vault:
        assert vault.audit.verify() == []
        entries = vault.audit.entries()
    assert [entry.action for entry in entries].count("withdraw") == 2
    assert {entry.action for entry in entries} <= {"consent", "withdraw", "audit", "init"}
    (done,) = (entry for entry in entries if entry.action == "withdraw" and entry.outcome == "done")
    assert done.recordings == [1, 2]
    assert done.detail == {"consent": 1}
    assert entries[0].recordings == [1]
