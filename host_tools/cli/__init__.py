"""The `cloister` command: the table of commands, and how an error is said.

Data goes to stdout, everything else to stderr. An error is one line, `cloister: error: lowercase reason`,
perhaps followed by `cloister: hint: what to do`; a traceback is shown only with CLOISTER_DEBUG=1.
A command's module is imported when that command is asked for, so that `cloister --help` is quick.
"""

import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from host_tools.cli.context import Context
from host_tools.cli.lazy import LazyGroup
from host_tools.cli.text import complain, printable
from host_tools.errors import EXIT_FAILED, EXIT_FINE, EXIT_INTERRUPTED, EXIT_USAGE, CloisterError

# Python looks for cycles of garbage after so many new objects, of which a list of recordings has far more.
GARBAGE_OBJECTS = 200_000

COMMANDS = {
    "init": "host_tools.cli.init:init",
    "provision": "host_tools.cli.provision:provision",
    "rekey": "host_tools.cli.rekey:rekey",
    "status": "host_tools.cli.status:status",
    "selftest": "host_tools.cli.selftest:selftest",
    "recorder": "host_tools.cli.recorder:recorder",
    "recovery": "host_tools.cli.recovery:recovery",
    "import": "host_tools.cli.import_card:import_card",
    "list": "host_tools.cli.recordings:list_recordings",
    "show": "host_tools.cli.recordings:show",
    "verify": "host_tools.cli.verify:verify",
    "play": "host_tools.cli.play:play",
    "export": "host_tools.cli.export:export",
    "waveform": "host_tools.cli.export:waveform",
    "share": "host_tools.cli.share:share",
    "retention": "host_tools.cli.retention:retention",
    "due": "host_tools.cli.due:due",
    "hold": "host_tools.cli.hold:hold",
    "release": "host_tools.cli.hold:release",
    "expire": "host_tools.cli.expire:expire",
    "certificate": "host_tools.cli.certificate:certificate",
    "backup": "host_tools.cli.backup:backup",
    "restore": "host_tools.cli.restore:restore",
    "people": "host_tools.cli.people:people",
    "unlock": "host_tools.cli.unlock:unlock",
    "lock": "host_tools.cli.unlock:lock",
    "audit": "host_tools.cli.audit:audit",
    "consent": "host_tools.cli.consent:consent",
    "card": "host_tools.cli.card:card",
    "simulate": "host_tools.cli.simulate:simulate",
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="cloister", prog_name="cloister")
@click.option(
    "--vault",
    "vault_dir",
    type=click.Path(path_type=Path),
    envvar="CLOISTER_VAULT",
    metavar="DIR",
    help="The vault's folder (or CLOISTER_VAULT; else in the platform's data folder).",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the vault's passphrase from this file's first line.",
)
@click.pass_context
def app(ctx: click.Context, vault_dir: Path | None, passphrase_file: Path | None) -> None:
    """Keep therapy recordings sealed: read the recorder's cards, verify, list and export."""
    ctx.obj = Context(vault_dir, passphrase_file)


def say_error(message: str, hint: str | None = None) -> None:
    """Print one error, and its hint if there is one, to stderr."""
    complain(" ".join(message.split()))
    if hint:
        click.echo(f"cloister: hint: {printable(' '.join(hint.split()))}", err=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; never raises and never shows a traceback."""
    _fill_closed_streams()
    _let_anything_be_printed()
    gc.set_threshold(GARBAGE_OBJECTS)
    try:
        result = app.main(args=arguments, prog_name="cloister", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 – here every error is said in one line
        return _explain(error)
    except KeyboardInterrupt:
        return _explain(click.Abort())
    except SystemExit as leaving:  # click itself leaves this way when stdout was closed
        return leaving.code if isinstance(leaving.code, int) else EXIT_FAILED
    return result if type(result) is int else EXIT_FINE


def _explain(error: Exception) -> int:
    """Say what went wrong in one line, and return the exit status that belongs to it."""
    if os.environ.get("CLOISTER_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, CloisterError):
        say_error(error.message, error.hint)
        return error.exit_status
    if isinstance(error, click.ClickException):
        return _explain_usage(error)
    if isinstance(error, click.Abort):
        say_error("interrupted")
        return EXIT_INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _silence_stdout()
        return EXIT_FAILED
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        say_error(where + _lowercase(error.strerror or str(error)))
        return EXIT_FAILED
    say_error(
        f"internal error: {type(error).__name__}: {error}",
        "this is a mistake in cloister; run it again with CLOISTER_DEBUG=1 and report what it prints",
    )
    return EXIT_FAILED


def _explain_usage(error: click.ClickException) -> int:
    """Say a mistake in the command line in our own form, and point to the help."""
    hint = None
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.command_path} --help says how it is used"
    if type(error).__name__ == "NoArgsIsHelpError":  # the message is the whole help page
        click.echo(error.format_message())
        return EXIT_USAGE
    say_error(_lowercase(error.format_message()), hint)
    return EXIT_USAGE if isinstance(error, click.UsageError) else EXIT_FAILED


def _lowercase(message: str) -> str:
    """A library's sentence in the form of ours: lowercase first letter, no full stop."""
    return (message[:1].lower() + message[1:]).rstrip(".")


def _fill_closed_streams() -> None:
    """Started with a standard stream closed, Python has None there: nothing is read from it, or shown."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - lasts as long as we


def _let_anything_be_printed() -> None:
    """The name of a file may have what stdout has no letter for: it is shown in digits, and nothing fails."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not fail on the closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
