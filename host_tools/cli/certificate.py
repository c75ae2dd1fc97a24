"""`cloister certificate`: issues a certificate anew for what is destroyed, prints it, and checks one.

Checking needs no vault and no passphrase: the public key is enough.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context, writing
from host_tools.cli.recordings import RecordingId
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.vault import Vault

JSON_ENDING = ".json"
ENDINGS = (JSON_ENDING, ".html", ".pdf")
MOST_BYTES = 16 * 1024 * 1024
MOST_KEY_BYTES = 4096
KEY_DIGITS = 64
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


@click.command()
@click.argument("recording_id", metavar="[ID]", type=RecordingId(), required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it to a .json, .html or .pdf.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@click.option(
    "--without-card", is_flag=True, help="Issue it although a card could not be wiped; it says that then."
)
@click.option(
    "--verify", type=click.Path(path_type=Path), metavar="FILE", help="Check a certificate (.json)."
)
@click.option("--key", metavar="HEX|FILE", help="With --verify: the public key of the vault that issued it.")
@click.option("--public-key", is_flag=True, help="Print this vault's public key.")
@click.option("--json", "as_json", is_flag=True, help="Print the certificate, or what was found, as JSON.")
@click.pass_obj
def certificate(
    context: Context,
    recording_id: int | None,
    output: Path | None,
    force: bool,
    without_card: bool,
    verify: Path | None,
    key: str | None,
    public_key: bool,
    as_json: bool,
) -> None:
    """Certify that a recording was destroyed, or check a certificate.

    It is issued anew each time, with what is known by now. It claims no more than was achieved: Purge or
    Clear in the words of NIST SP 800-88, or nothing, with each condition answered, and it names what was not
    achieved. The JSON file is the signed certificate; HTML and PDF are for people. --verify: exit status 3 if
    it was altered.
    """
    if sum((recording_id is not None, verify is not None, public_key)) != 1:
        raise click.UsageError("say one of ID, --verify FILE and --public-key")
    if key is not None and verify is None:
        raise click.UsageError("--key goes with --verify")
    if verify is not None:
        _verify(verify, key, as_json)
    elif public_key:
        with context.open_vault() as vault:
            click.echo(vault.public_key.hex())
    elif recording_id is not None:
        _issue(context, recording_id, (output, force), without_card, as_json)


def checked_output(output: Path, force: bool) -> Path:
    """Where a certificate is to be written. Raises CloisterError for another ending, or what is there."""
    from host_tools.files import destination

    if output.suffix.lower() not in ENDINGS:
        raise CloisterError(
            f"{output.name} names no form of a certificate", "end the name in .json, .html or .pdf"
        )
    return destination(output, output.name, force)


def write_certificate(issued: Mapping[str, Any], path: Path) -> None:
    """Write it in the form that the name's ending says; the file is no longer encrypted."""
    from host_tools.files import finished_file

    with writing(str(path)):
        if path.suffix.lower() == JSON_ENDING:
            text = json.dumps(issued, indent=2, ensure_ascii=False) + "\n"
            with finished_file(path) as unfinished:
                unfinished.write_bytes(text.encode())
        else:
            from host_tools.documents.certificate_page import certificate_page
            from host_tools.documents.write import write_page

            write_page(certificate_page(issued), path)


def say_issued(ids: Sequence[int], issued: Mapping[str, Any]) -> None:
    """What was certified, and what was not achieved, on stderr."""
    from host_tools.certificate.conditions import NONE, recordings_words
    from host_tools.cli.text import note

    level = issued["method"]["level"]
    claim = "no level of NIST SP 800-88" if level == NONE else level
    click.echo(f"Certificate {issued['id']}: {recordings_words(ids)}, {claim}.", err=True)
    for condition in issued["method"]["conditions"]:
        if not condition["met"]:
            note(f"Purge is not claimed: “{condition['condition']}” is not met: {condition['why']}")


def _issue(
    context: Context, recording_id: int, place: tuple[Path | None, bool], without_card: bool, as_json: bool
) -> None:
    """Issue, say and write it."""
    from host_tools.certificate.gather import issue
    from host_tools.cli.text import note, print_json

    wanted, force = place
    output = checked_output(wanted, force) if wanted is not None else None
    with context.open_vault("certificate") as vault:
        ids = _parts_gone(vault, recording_id)
        vault.account.recordings = ids
        number, issued = issue(vault, ids, without_card)
        vault.account.detail["certificate"] = number
    if output is None and not as_json:
        _print(issued)
        return
    if as_json:
        print_json(issued)
    say_issued(ids, issued)
    if output is not None:
        write_certificate(issued, output)
        click.echo(str(output), err=as_json)
        if output.suffix.lower() != JSON_ENDING:
            note(f"what can be checked is the JSON: cloister certificate {recording_id} -o FILE.json")


def _parts_gone(vault: "Vault", recording_id: int) -> list[int]:
    """The parts of the recording that are destroyed. Raises CloisterError if this one is not."""
    from host_tools.vault.chains import chain_of
    from host_tools.vault.state import FRESH

    states = vault.states()
    gone = [
        part.id for part in chain_of(vault, recording_id).parts if states.get(part.id, FRESH).gone is not None
    ]
    if recording_id not in gone:
        raise CloisterError(
            f"recording {recording_id} is not destroyed: there is nothing to certify",
            "cloister expire destroys what is due",
        )
    return sorted(gone)


def _print(issued: Mapping[str, Any]) -> None:
    """The certificate for a terminal."""
    from host_tools.cli.text import printable

    method = issued["method"]
    lines = [
        f"Certificate {issued['id']} of {issued['issued'][:10]}, by {issued['person']}",
        "Recordings:  "
        + ", ".join(f"{entry['id']} (number {entry['number']})" for entry in issued["recordings"]),
        f"Destroyed:   {', '.join(sorted({entry['destroyed'][:10] for entry in issued['recordings']}))}",
        f"Claimed:     {method['level']}",
        f"Method:      {method['technique']}",
        "Conditions:",
        *(
            f"  {'met' if entry['met'] else 'NOT MET'}: {entry['condition']} – {entry['why']}"
            for entry in method["conditions"]
        ),
        "Media:",
        *(f"  {_medium_words(medium)}" for medium in issued["media"]),
        f"Verified:    {issued['verification']['how']}: {issued['verification']['result']}",
        "Not achieved:",
        *(f"  {sentence}" for sentence in issued["not_achieved"]),
        f"Signed with: {issued['vault_key']}",
    ]
    for line in lines:
        click.echo(printable(line))


def _medium_words(medium: Mapping[str, Any]) -> str:
    """A medium in one line."""
    known = [medium["make_model"], medium["serial"], medium["size_bytes"] and f"{medium['size_bytes']} bytes"]
    return ", ".join([medium["what"], *(str(word) for word in (*known, medium["path"]) if word)])


def _verify(path: Path, key: str | None, as_json: bool) -> None:
    """Check a certificate with the public key alone; exit status 3 if it is not genuine."""
    from host_tools.certificate.signature import check, load
    from host_tools.cli.text import complain, note, print_json

    issued = load(_read(path, MOST_BYTES))
    found = check(issued, None if key is None else _key(key))
    if as_json:
        fields = {"genuine": found.is_genuine, "key": found.key, "key_given": key is not None}
        print_json(fields | {"altered": found.altered})
    elif found.is_genuine:
        click.echo(f"Genuine: {_claim_words(issued)}.")
    if not found.is_genuine:
        complain(f"{path} is not genuine: {_altered_words(found.altered)}")
        click.get_current_context().exit(EXIT_FOUND)
    if key is None:
        note(
            f"checked with the key that it names itself, {found.key}: compare that with the one that the "
            "vault's owner gives (cloister certificate --public-key), or give that one with --key"
        )


def _claim_words(issued: Mapping[str, Any]) -> str:
    """What a certificate claims, and of which recordings. Raises CloisterError if it says neither."""
    from host_tools.certificate.conditions import recordings_words
    from host_tools.cli.text import printable

    try:
        which = recordings_words(entry["id"] for entry in issued["recordings"])
        level = issued["method"]["level"]
    except (KeyError, TypeError, ValueError):
        raise CloisterError("this is no certificate, or a damaged one: it names no recordings") from None
    return printable(f"certificate {issued['id']} of {issued['issued'][:10]}, {which}, {level}")


def _altered_words(altered: Sequence[str]) -> str:
    from host_tools.certificate.signature import OTHER_KEY

    if not altered:
        return "its signature is not the vault's"
    if altered == [OTHER_KEY]:
        return OTHER_KEY
    return f"altered since it was signed: {', '.join(altered)}"


def _key(text: str) -> bytes:
    """A key in hex, or from a file. Raises CloisterError."""
    from host_tools.certificate.signature import key_from

    path = Path(text)
    is_hex = len(text) == KEY_DIGITS and set(text) <= HEX_DIGITS
    try:
        is_file = not is_hex and path.is_file()
    except OSError:  # too long to be a name
        is_file = False
    return key_from(_read(path, MOST_KEY_BYTES).decode("ascii", "replace") if is_file else text)


def _read(path: Path, most_bytes: int) -> bytes:
    """A file of reasonable size. Raises CloisterError."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise CloisterError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
    if len(data) > most_bytes:
        raise CloisterError(f"{path} is too large to be a certificate or a key")
    return data
