"""`consent new`: the form that is printed, what is asked for it, and what is kept."""

import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from host_tools.consent.texts import TOPICS, suggestion
from tests.documents.a_page import words_of
from tests.typed_command import Cloister, everything

NAMED = ("--client", "Zoë Müller", "--therapist", "Ivana Šarić")
TEXTS = {
    "purpose": "Supervision of the therapist.",
    "use": "Heard once.",
    "access": "Both of us.",
    "kept": "In the vault.",
    "destroyed": "After a week.",
    "withdrawal": "At any time.",
}
OWN_TEXTS = tuple(word for topic, text in TEXTS.items() for word in (f"--{topic}", text))


def here() -> list[str]:
    """The names of the files in this folder."""
    return sorted(path.name for path in Path().iterdir())


def test_the_form_has_what_was_agreed_and_a_place_to_sign_for_everybody(cloister: Cloister) -> None:
    assert cloister("consent", "new", *NAMED, "--present", "Ελένη Παππά", "--present", "", *OWN_TEXTS) == 0
    assert cloister.out == "Consent1.pdf\n"
    words = words_of(Path("Consent1.pdf"))
    for text in (*TEXTS.values(), *(topic.heading for topic in TOPICS)):
        assert text in words
    for who in (
        "Client: Zoë Müller",
        "Therapist: Ivana Šarić",
        "Also present: Ελένη Παππά",
        "Also present: Place",
    ):
        assert who in words
    assert words.count("Place and date Signature") == 5
    assert "Withdrawal" in words and "I withdraw this consent" in words
    assert Path("Consent1.pdf").stat().st_mode & 0o777 == 0o600
    assert "Consent1.pdf is not encrypted, and names people" in cloister.err


def test_suggestions_and_lines_to_write_on_are_taken_for_what_was_not_given(cloister: Cloister) -> None:
    assert cloister("consent", "new", "--yes", "--use", "Heard once.") == 0
    words = words_of(Path("Consent1.pdf"))
    assert "Heard once." in words
    for topic in TOPICS:
        if topic.field != "use":
            assert suggestion(topic, None) in words
    assert "Client: Place and date" in words and "Therapist: Place and date" in words
    assert "names people" not in cloister.err


def test_the_vaults_own_rule_says_when_recordings_are_destroyed(cloister: Cloister) -> None:
    with cloister.made.open() as vault:
        vault.papers.put("settings", 1, {"retention_days": 90})
    cloister("consent", "new", "--yes")
    assert "at the latest 90 days after the session" in words_of(Path("Consent1.pdf"))


def test_everything_that_was_not_given_is_asked_for(cloister: Cloister, typing: dict) -> None:
    typing["types"] = {
        "Client": ["Zoë Müller"],
        "Another": ["Jan Müller", ""],
        "Therapist": [""],
        "somebody else": [""],
        "or write": ["", "Heard once."],
    }
    typing["types"]["or write"][0] = TEXTS["purpose"]
    assert cloister("consent", "new") == 0
    assert sum("or write" in question for question in typing["asked"]) == len(TOPICS)
    words = words_of(Path("Consent1.pdf"))
    for text in (
        "Client: Zoë Müller",
        "Client: Jan Müller",
        "Therapist: Place",
        TEXTS["purpose"],
        "Heard once.",
    ):
        assert text in words
    assert suggestion(TOPICS[2], None) in words
    assert "Also present" not in words


def test_what_was_given_is_not_asked_for(cloister: Cloister, typing: dict) -> None:
    assert cloister("consent", "new", *NAMED, *OWN_TEXTS) == 0
    assert typing["asked"] == []


def test_the_therapist_who_opened_the_vault_is_suggested(cloister: Cloister, typing: dict) -> None:
    with cloister.made.open() as vault:
        vault.rename_person(vault.person.id, "Ivana Šarić")
    assert cloister("consent", "new", "--client", "Zoë Müller") == 0
    assert "Therapist: Ivana Šarić" in words_of(Path("Consent1.pdf"))


def test_a_wrong_answer_is_asked_for_again(cloister: Cloister, typing: dict) -> None:
    typing["types"] = {"Client": ["x" * 121, "a\x1bb", "Zoë"], "or write": ["x" * 4001, "Heard once."]}
    assert cloister("consent", "new") == 0
    assert "at most 120 characters" in cloister.err and "1 to 4000 characters" in cloister.err
    assert "x" * 121 not in cloister.err
    assert "Client: Zoë" in words_of(Path("Consent1.pdf"))


def test_without_a_terminal_nothing_is_made_up(cloister: Cloister) -> None:
    for options in ((), NAMED, OWN_TEXTS):
        assert "there is no terminal to ask on" in cloister.refused("consent", "new", *options)
        assert "--yes" in cloister.err
    assert here() == []


def test_names_of_any_script_and_any_markup_are_kept_and_printed_as_they_are(cloister: Cloister) -> None:
    hostile = '<script>alert("x")</script>'
    names = {"محمد علی حسینی": "ARABIC", "王小明": "CJK", "Ann & <b>Bob</b>": "", hostile: ""}
    for number, (name, script) in enumerate(names.items(), 1):
        assert cloister("consent", "new", "--client", name, "--yes", "-o", f"form{number}.html") == 0
        assert (f"{script} letters" in cloister.err) == bool(script)
        document = Path(f"form{number}.html").read_text("utf-8")
        assert (name in document) == bool(script)
        assert "<script" not in document
        cloister("consent", "show", number, "--json")
        assert json.loads(cloister.out)["parties"][0]["name"] == name


def test_letters_that_a_pdf_cannot_show_make_html_or_are_refused_but_never_quoted(cloister: Cloister) -> None:
    assert cloister("consent", "new", "--client", "王小明", "--yes") == 0
    assert cloister.out == "Consent1.html\n"
    assert "CJK letters" in cloister.err and "王" not in cloister.err
    said = cloister.refused("consent", "new", "--client", "王小明", "--yes", "-o", "form.pdf")
    assert "CJK letters" in said and "王" not in cloister.err
    assert here() == ["Consent1.html"]


def test_a_form_that_cannot_be_written_leaves_nothing_behind(cloister: Cloister, monkeypatch) -> None:
    Path("Consent1.pdf").write_bytes(b"precious")
    assert "is there already" in cloister.refused("consent", "new", "--yes")
    assert "no folder" in cloister.refused("consent", "new", "--yes", "-o", "not/here.pdf")
    assert "no format that a page" in cloister.refused("consent", "new", "--yes", "-o", "form.docx")
    assert "there is no recording 9" in cloister.refused(
        "consent", "new", "--yes", "--recording", 9, "-o", "a.pdf"
    )

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        assert "no space left" in cloister.refused("consent", "new", "--yes", "-o", "a.pdf")
    assert here() == ["Consent1.pdf"]
    assert cloister("consent", "new", "--yes", "--force") == 0
    assert Path("Consent1.pdf").read_bytes() != b"precious"


def test_texts_and_parties_have_their_limits(cloister: Cloister) -> None:
    for options, words in (
        (("--client", "x" * 121), "at most 120 characters"),
        (("--client", "a\nb\x00"), "at most 120 characters"),
        (("--use", " "), "the text for use has 1 to 4000 characters"),
        (("--use", "x" * 4001), "the text for use"),
        (("--use", "a\x1b[31mb"), "the text for use"),
        (("--present", "x") * 41, "at most 40 parties"),
    ):
        assert words in cloister.refused("consent", "new", "--yes", *options)
    assert cloister("consent", "new", "--yes", "--use", "one\ntwo " + "long " * 700) == 0
    assert "one two long" in words_of(Path("Consent1.pdf"))


def test_recordings_are_linked_at_once_and_json_says_what_was_made(cloister: Cloister) -> None:
    assert cloister("consent", "new", *NAMED, "--yes", "--recording", 3, "--recording", 1, "--json") == 0
    assert json.loads(cloister.out) == {"consent": 1, "file": "Consent1.pdf", "recordings": [1, 3]}
    with cloister.made.open() as vault:
        assert [vault.state(number).consents for number in (1, 2, 3)] == [[1], [], [1]]


@pytest.mark.parametrize(("paper", "height_pt"), [("a4", 842), ("LETTER", 792)])
def test_the_paper_can_be_chosen(cloister: Cloister, paper: str, height_pt: int) -> None:
    assert cloister("consent", "new", "--yes", "--paper", paper) == 0
    assert round(PdfReader("Consent1.pdf").pages[0].mediabox.height) == height_pt


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_both_signatures_stand_on_the_sheet_with_what_is_signed(cloister: Cloister, paper: str) -> None:
    assert cloister("consent", "new", *NAMED, "--yes", "--paper", paper) == 0
    first = " ".join(PdfReader("Consent1.pdf").pages[0].extract_text().split())
    assert first.count("Place and date Signature") == 2
    assert "The right to say no" in first


def test_a_wrong_passphrase_prints_no_form(cloister: Cloister, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("wrong horse")
    before = everything(Path())
    assert "wrong passphrase" in cloister.refused(
        "consent", "new", "--yes", passphrase_file=tmp_path / "wrong"
    )
    assert everything(Path()) == before
