"""`cloister expire`: destroys the recordings whose time has come, for good, and certifies it.

Everything that could go wrong is looked at before the question; after it, the keys go first, in one
transaction. A run that was cut off is finished by the next one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context
from host_tools.cli.keeping import Reason
from host_tools.cli.recordings import RecordingId
from host_tools.cli.talking import check_terminal, yes_option
from host_tools.errors import CloisterError

if TYPE_CHECKING:
    from host_tools.cli.expire_card import Found, Wiped
    from host_tools.vault import Recording, Vault
    from host_tools.vault.expiry import Plan


@click.command()
@click.argument("recording_ids", metavar="[ID]…", type=RecordingId(), nargs=-1)
@click.option(
    "--card", "cards", multiple=True, metavar="CARD", help="Wipe their containers on this card, too."
)
@click.option("--early", type=Reason(), metavar="TEXT", help="Destroy what is not due yet; the reason why.")
@click.option("--all", "is_all", is_flag=True, help="Even if nothing is left then but what is held.")
@click.option("--dry-run", is_flag=True, help="Only show what would be destroyed.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="CERTIFICATE",
    help="Write the certificate to this .json, .html or .pdf file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@yes_option
@click.pass_obj
def expire(
    context: Context,
    recording_ids: tuple[int, ...],
    cards: tuple[str, ...],
    early: str | None,
    is_all: bool,
    dry_run: bool,
    output: Path | None,
    as_json: bool,
    yes: bool,
) -> None:
    """Destroy recordings for good: those of these IDs, or all that are due.

    Their keys are destroyed, so that no copy of them can be read any more, wherever it is; then the vault's
    own copies are overwritten. It shows what will be lost, and asks. What is held is never destroyed. With
    --card the containers on that card are wiped as well, also those of recordings destroyed before. A
    certificate says what was achieved, and what was not.
    """
    from host_tools.cli.expire_show import print_json_of, say_wiped

    if early is not None and not recording_ids:
        raise click.UsageError("--early needs the IDs of recordings")
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing: it needs --yes, or --dry-run")
    _check_output(output)
    with context.open_vault() as vault:
        _check_clock(vault)
        if dry_run:
            _show_only(vault, recording_ids, cards, early, as_json)
            return
        with vault.accounted("expire", cards=list(cards), early=early or ""):
            done = _expire(vault, recording_ids, cards, _Said(early, is_all, as_json, yes))
        if done.destroyed and not as_json:
            click.echo(f"Destroyed: {_words(done.destroyed)}.")
        if done.wiped and not as_json:
            say_wiped(done.wiped)
        certificate = _certify(vault, done, output, as_json)
        _certify_earlier(vault)
        if as_json:
            print_json_of(vault, done.planned, done.destroyed, done.finished, done.wiped, certificate)


@dataclass(frozen=True)
class _Said:
    """What was said on the command line besides which recordings and cards."""

    early: str | None
    is_all: bool
    quiet: bool
    yes: bool


@dataclass
class _Done:
    """What was done: destroyed, finished of an earlier run, wiped on cards."""

    planned: "Plan"
    finished: Sequence["Recording"]
    destroyed: list[int] = field(default_factory=list)
    wiped: "Wiped | None" = None

    @property
    def ids(self) -> list[int]:
        """Every recording that the certificate is for."""
        wiped = self.wiped.ids if self.wiped else []
        return sorted({*self.destroyed, *(entry.id for entry in self.finished), *wiped})


def _show_only(
    vault: "Vault", recording_ids: Sequence[int], cards: Sequence[str], early: str | None, as_json: bool
) -> None:
    """What would be destroyed."""
    from host_tools.cli.expire_show import print_json_of, show_plan
    from host_tools.vault.expiry import plan

    planned = plan(vault, recording_ids, early is not None)
    found = _find(vault, cards, planned)
    if as_json:
        print_json_of(vault, planned, found=found)
    else:
        show_plan(vault, planned, found, is_dry=True)


def _expire(vault: "Vault", recording_ids: Sequence[int], cards: Sequence[str], said: _Said) -> _Done:
    """All of it but the certificate. Raises CloisterError; what is done by then stays done."""
    from host_tools.cli import expire_card
    from host_tools.cli.expire_show import show_plan
    from host_tools.vault.expiry import plan

    vault.account.recordings = sorted(set(recording_ids))
    planned = plan(vault, recording_ids, said.early is not None)
    _check_all(planned, said.is_all)
    found = _find(vault, cards, planned)
    done = _Done(planned, _finish(vault))
    on_cards = {number for entry in found for number in entry.ids}
    vault.account.recordings = sorted({*done.ids, *planned.ids, *on_cards})
    if not said.quiet:
        show_plan(vault, planned, found)
    if not planned.wholes and not on_cards:
        return done
    _ask(planned, found, said.yes)
    if planned.wholes:
        _destroy(vault, done, said)
    done.wiped = expire_card.wipe(vault, found, vault.recordings(), said.quiet)
    if done.wiped.failures:
        vault.account.outcome = "found"
        vault.account.detail["left"] = [failure.message for failure in done.wiped.failures]
    return done


def _destroy(vault: "Vault", done: _Done, said: _Said) -> None:
    """The keys, then the vault's copies."""
    from host_tools.cli.context import writing
    from host_tools.cli.progress import progress
    from host_tools.vault.expiry import carry_out

    sizes = sum(vault.source_of(recording).size_bytes for recording in done.planned.recordings)
    with writing(f"the vault {vault.folder}"), progress("Destroying", sizes, said.quiet) as advance:
        carry_out(vault, done.planned, said.early or "", advance)
    done.destroyed = done.planned.ids


def _finish(vault: "Vault") -> list["Recording"]:
    """What an earlier run was cut off from: the keys are destroyed, copies are still here."""
    from host_tools.cli.text import note
    from host_tools.vault.expiry import finish, unfinished

    left = unfinished(vault)
    if left:
        words = _words(recording.id for recording in left)
        note(f"{words}: the key was destroyed before, and the vault's copy was still here; it is removed now")
        finish(vault)
    return left


def _find(vault: "Vault", cards: Sequence[str], planned: "Plan") -> list["Found"]:
    """The containers on the cards: of what is to be destroyed, and of what is destroyed already."""
    from host_tools.cli import expire_card
    from host_tools.cli.text import note
    from host_tools.vault.state import FRESH

    if not cards:
        return []
    states, going = vault.states(), set(planned.ids)
    wanted = [
        entry
        for entry in vault.recordings()
        if entry.id in going or states.get(entry.id, FRESH).gone is not None
    ]
    found = [expire_card.find(vault, card, wanted) for card in cards]
    for entry in found:
        if not entry.files:
            note(f"none of these recordings is on {entry.card}: nothing is wiped there")
    return found


def _words(ids: Iterable[int]) -> str:
    from host_tools.certificate.conditions import recordings_words

    return recordings_words(ids)


def _check_output(output: Path | None) -> None:
    """Raises CloisterError for a name that no certificate can have, or that is taken."""
    if output is not None:
        from host_tools.cli.certificate import checked_output

        checked_output(output, force=False)


def _check_clock(vault: "Vault") -> None:
    """Raises CloisterError if this computer's clock is wrong: what is due cannot be told then."""
    from host_tools.cli.keeping import clock_words

    if vault.clock_set_back is not None:
        raise CloisterError(
            f"nothing is destroyed: {clock_words(vault)}",
            "set the clock right, then do it again; if it is right: cloister audit --clock-is-right",
        )


def _check_all(planned: "Plan", is_all: bool) -> None:
    """Raises CloisterError if nothing would be left, and nobody has said that this is meant."""
    if planned.is_everything and not is_all:
        count = len(planned.wholes)
        which = "the only recording" if count == 1 else f"all {count} recordings"
        but = " that is not held" if count == 1 else " that are not held"
        raise CloisterError(
            f"this would destroy {which} of the vault{but if planned.kept else ''}; nothing was done",
            "cloister retention shows the rules: is one mistyped? if all are meant, say --all",
        )


def _ask(planned: "Plan", found: Sequence["Found"], yes: bool) -> None:
    """Have the number of recordings typed. Raises CloisterError if it is another, or nobody is there."""
    if yes:
        return
    check_terminal()
    count = len(planned.wholes)
    if not count:
        files = sum(len(entry.files) for entry in found)
        if not click.confirm(
            f"Wipe {files} file{'s' if files > 1 else ''} of destroyed recordings?", err=True
        ):
            raise CloisterError("nothing was done")
        return
    typed = click.prompt("This cannot be undone. Type how many recordings are to be destroyed", err=True)
    if str(typed).strip() != str(count):
        raise CloisterError(f"{count} recordings were shown, not {str(typed).strip()!r}: nothing was done")


def _certify(vault: "Vault", done: _Done, output: Path | None, quiet: bool) -> dict[str, Any] | None:
    """Issue and write the certificate. Raises CloisterError, also if a card could not be wiped."""
    from host_tools.certificate.gather import issue
    from host_tools.cli.certificate import say_issued, write_certificate
    from host_tools.cli.text import note

    if not done.ids:
        if output is not None:
            note(f"nothing was destroyed, so {output} was not written")
        return None
    with vault.accounted("certificate"):
        vault.account.recordings = done.ids
        number, certificate = issue(vault, done.ids)
        vault.account.detail["certificate"] = number
    say_issued(done.ids, certificate)
    if output is not None:
        write_certificate(certificate, output)
        click.echo(str(output), err=quiet)
    return certificate


def _certify_earlier(vault: "Vault") -> None:
    """Issue what an earlier run was cut off from; what still cannot be certified is named."""
    from host_tools.certificate.build import NotVerified
    from host_tools.certificate.gather import issue
    from host_tools.cli.certificate import say_issued
    from host_tools.cli.text import note
    from host_tools.vault.expiry import uncertified

    ids = uncertified(vault)
    if not ids:
        return
    try:
        with vault.accounted("certificate"):
            vault.account.recordings = ids
            _, certificate = issue(vault, ids)
    except NotVerified as failure:
        note(f"destroyed before, and not certified yet: {failure.message}")
    else:
        say_issued(ids, certificate)
