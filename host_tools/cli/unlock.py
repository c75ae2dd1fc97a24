"""`cloister unlock` and `cloister lock`: the passphrase once for some minutes, and its end."""

import re
from datetime import timedelta

import click

from host_tools.cli.context import Context

SPAN_FORM = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m)?", re.ASCII)


class Span(click.ParamType[timedelta]):
    """How long: 10m, 2h, 1h30m; at least a minute and at most eight hours."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The time."""
        from host_tools.unlocking.session import LONGEST, SHORTEST

        match = SPAN_FORM.fullmatch(str(value))
        hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0)
        span = timedelta(hours=hours, minutes=minutes)
        if not SHORTEST <= span <= LONGEST:
            self.fail(f"{value!r} is no time between 1m and 8h: write 10m, 2h or 1h30m", param, ctx)
        return span


@click.command()
@click.option("--for", "span", type=Span(), required=True, metavar="TIME", help="How long: 10m, 2h, 1h30m.")
@click.pass_obj
def unlock(context: Context, /, span: timedelta) -> None:
    """Ask for the passphrase once, and not again for a while.

    The vault's key is kept in this computer's own key store and nowhere else; other programs of yours can ask
    the key store for it meanwhile. cloister lock ends it before its time. Changing people or passphrases
    asks for the passphrase all the same.
    """
    from dataclasses import replace

    from host_tools.unlocking import session
    from host_tools.unlocking.key_store import platform_key_store

    platform_key_store()
    with replace(context, always_ask=True).open_vault(
        "unlock", minutes=int(span.total_seconds() // 60)
    ) as vault:
        until = session.unlock(vault, span)
    click.echo(f"Unlocked until {until.astimezone():%H:%M}: cloister lock ends it before.")


@click.command()
@click.pass_obj
def lock(context: Context) -> None:
    """End what cloister unlock began: the vault's key is deleted from the key store."""
    from host_tools.unlocking import session
    from host_tools.vault import check_is_vault

    check_is_vault(context.folder)
    was_unlocked = session.lock(context.folder)
    click.echo("Locked." if was_unlocked else "It was locked already.")
