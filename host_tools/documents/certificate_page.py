"""A certificate of destruction as a page: all that its JSON says, for people.

What was not achieved stands beside what was, at the top. The page proves nothing by itself: the signature
is over the JSON file, and the page says how that is checked.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from host_tools.container.report import clock
from host_tools.documents.page import Block, Fields, Heading, Note, Page, Paragraph, Signature, Table
from host_tools.documents.words import groups, listed, moment_words, size_words

# NIST SP 800-88 Rev. 1, section 2.5, in plainer words.
CLAIMS = {
    "Purge": "Purge: having the data back is infeasible even with state-of-the-art laboratory techniques "
    "(NIST SP 800-88 Rev. 1).",
    "Clear": "Clear: what was overwritten is protected against simple, non-invasive ways of having it back "
    "(NIST SP 800-88 Rev. 1). This is less than Purge.",
}
NO_CLAIM = "Nothing: neither Clear nor Purge in the sense of NIST SP 800-88 Rev. 1 was achieved."
CHECKING = (
    "This page repeats what the signed certificate says. The certificate itself is the JSON file that "
    "belongs to it. Anybody can check that file, without the vault and without a passphrase, with the "
    "command “cloister certificate --verify FILE”. It must be found genuine, and must name the public key "
    "below. That this key is the practice's own has to be known from elsewhere: “cloister certificate "
    "--public-key” prints it there. The signature is Ed25519 (RFC 8032) over the JSON without its "
    "signature, keys sorted, no spaces, UTF-8."
)


def certificate_page(certificate: Mapping[str, Any]) -> Page:
    """The page of a signed certificate."""
    method, verification = certificate["method"], certificate["verification"]
    blocks: list[Block] = [
        Fields(list(_summary(certificate))),
        Note(
            "" if certificate["not_achieved"] else "Nothing is named here.",
            "What was not achieved",
            certificate["not_achieved"],
        ),
        Heading("What was destroyed"),
        _recordings(certificate["recordings"]),
        Heading("How"),
        Paragraph(_sentence(method["technique"])),
        *_conditions(method["conditions"]),
        Heading("Media"),
        _media(certificate["media"]),
        Heading("How it was verified"),
        Paragraph(f"{_sentence(verification['how'])} {_result(verification)}"),
        Heading("How this certificate is checked"),
        Paragraph(CHECKING),
        Fields(list(_proof(certificate))),
        Signature("Done by", certificate["person"]),
    ]
    number = f"Certificate {certificate['id']}"
    return Page(
        "Certificate of destruction", blocks, f"{number} · {moment_words(certificate['issued'])}", number
    )


def _summary(certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What somebody who reads no further has to know."""
    recordings, consents = certificate["recordings"], certificate["consents"]
    count = "1 recording" if len(recordings) == 1 else f"{len(recordings)} recordings"
    yield "Destroyed", f"{count} of therapy sessions, by number: {_ids(recordings)}"
    if days := sorted({day for recording in recordings if (day := _destroyed(recording))}):
        yield "Destroyed on", listed(days)
    yield "Issued", moment_words(certificate["issued"])
    yield "By", certificate["person"]
    yield "Claimed", CLAIMS.get(certificate["method"]["level"], NO_CLAIM)
    yield "Verified", _result(certificate["verification"])
    if consents:
        numbers = listed([str(number) for number in consents])
        yield "Consent", f"Recorded under consent{'s' if len(consents) > 1 else ''} {numbers}"


def _ids(recordings: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(recording["id"]) for recording in recordings)


def _destroyed(recording: Mapping[str, Any]) -> str:
    """The day on which its key was destroyed."""
    return str(recording.get("destroyed") or "")[:10]


def _result(verification: Mapping[str, Any]) -> str:
    """Passed or failed, first of all."""
    return f"{'Passed' if verification['passed'] else 'FAILED'}: {verification['result']}."


def _recordings(recordings: Sequence[Mapping[str, Any]]) -> Table:
    """The recordings by number; nothing here says whose they were."""
    return Table(
        ("ID", "Number", "Recorder", "Recorded", "Length", "Imported", "Destroyed", "Seal"),
        [
            (
                str(recording["id"]),
                str(recording["number"]),
                groups(recording["recorder"]),
                recording["started"][:10] if recording["started"] else "clock not set",
                clock(recording["seconds"]),
                recording["imported"][:10],
                _destroyed(recording),
                groups(recording["seal"]),
            )
            for recording in recordings
        ],
        (9, 17, 20, 22, 15, 21, 22, 44),
    )


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """Each condition with its answer."""
    if conditions:
        yield Paragraph("The conditions of cryptographic erase, answered one by one:")
        yield Table(
            ("Condition", "Met", "Why"),
            [
                (
                    _capital(condition["condition"]),
                    "yes" if condition["met"] else "NO",
                    _capital(condition["why"]),
                )
                for condition in conditions
            ],
            (4, 0.8, 5),
        )


def _media(media: Sequence[Mapping[str, Any]]) -> Block:
    """What was in hand."""
    if not media:
        return Paragraph("No medium was in hand besides this computer's own disk.")
    return Table(
        ("What", "Make and model", "Serial number", "Size", "Where"),
        [
            (
                _capital(str(medium["what"])),
                medium.get("make_model") or "not known",
                medium.get("serial") or "not known",
                size_words(medium["size_bytes"]) if medium.get("size_bytes") else "not known",
                medium.get("path") or "",
            )
            for medium in media
        ],
        (2, 2, 2, 2.4, 1.6),
    )


def _proof(certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a check needs, in groups that can be compared by eye."""
    yield "Public key", groups(certificate["vault_key"])
    yield "Signature", groups(certificate.get("signature", "")) or "not signed"
    audit = certificate["audit"]
    yield "Audit", f"entry {audit['seq']}, {groups(audit['hash'])}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return _capital(text).rstrip(".") + "."
