"""`cloister selftest`: the recorder tries its own parts, and what it found on one page."""

import click

from host_tools.cli.context import Context
from host_tools.cli.talking import port_option, talk
from host_tools.cli.text import print_json, print_table
from host_tools.errors import EXIT_FOUND


@click.command()
@port_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def selftest(context: Context, /, port: str, as_json: bool) -> None:
    """Have the recorder try its parts: microphone, card, buttons, lights, clock, random numbers.

    It listens for a second and tells how loud that was; no sound leaves it. Exit status 3 if a part is not as
    it should be.
    """
    from host_tools.recorder.selftest import ask_selftest

    with talk(context, port) as here:
        parts = ask_selftest(here.client)
    fine = all(part.ok for part in parts)
    if as_json:
        fields = {part.name: part.fields for part in parts}
        print_json({"recorder": here.recorder_id.hex(), "ok": fine, "parts": fields})
    else:
        rows = [(part.name, "ok" if part.ok else "NOT OK", part.words) for part in parts]
        print_table(("Part", "Result", "What was found"), rows)
    if not fine:
        click.get_current_context().exit(EXIT_FOUND)
