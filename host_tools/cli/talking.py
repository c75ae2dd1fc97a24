"""What the commands that talk to a recorder share: whom they talk to, what they ask before, what they tell.

What was destroyed on a recorder is told on stderr at the moment it is dealt with, whatever goes wrong after.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from host_tools.cli.context import Context
from host_tools.cli.text import complain, note
from host_tools.errors import EXIT_FOUND, CloisterError

if TYPE_CHECKING:
    from host_tools.recorder.client import RecorderClient
    from host_tools.vault import Vault
    from host_tools.vault.struck import Settlement

port_option = click.option(
    "--port", required=True, metavar="P", help="The recorder's serial port: /dev/ttyUSB0, COM3."
)
yes_option = click.option("--yes", is_flag=True, help="Ask nothing.")


@dataclass(frozen=True)
class Talk:
    """A conversation with a recorder of this vault."""

    vault: "Vault"
    client: "RecorderClient"
    recorder_id: bytes

    @property
    def name(self) -> str:
        """What the recorder is called in messages."""
        return f"recorder {self.recorder_id.hex()}"

    def settled_status(self) -> tuple[dict[str, Any], list["Settlement"]]:
        """The status, everything destroyed there dealt with and told."""
        from host_tools.recorder.status import settle

        return settle(self.client, self.vault, self.recorder_id, tell)

    def ask_once(
        self, do: str, on_progress: Callable[[float], None] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Ask for what must not be done twice, after making sure that it is still the same recorder."""
        if self.client.hello().recorder_id != self.recorder_id:
            raise CloisterError(f"{self.name} is no longer on this port: nothing was done")
        return self.client.request_once(do, on_progress, **fields)


@contextmanager
def talk(context: Context, port: str) -> Iterator[Talk]:
    """Open the vault and the port, and greet a recorder that the vault knows. Raises CloisterError."""
    from host_tools.recorder.client import RecorderClient
    from host_tools.recorder.port import SerialPort
    from host_tools.recorder.provision import known_secret

    with context.open_vault() as vault, SerialPort(port) as serial_port:
        client = RecorderClient(serial_port)
        recorder_id = client.hello().recorder_id
        if recorder_id is None:
            raise CloisterError("the recorder is not provisioned yet", "cloister provision makes it yours")
        client.use_secret(known_secret(vault, recorder_id))
        yield Talk(vault, client, recorder_id)


def tell(settlement: "Settlement") -> None:
    """Say what was done about a number destroyed on the recorder."""
    (note if settlement.settled else complain)(settlement.words)


def settled_fields(settlements: list["Settlement"]) -> dict[str, Any]:
    """The same for --json: what was dealt with, and what the recorder goes on naming."""
    return {
        "settled": [
            {"number": entry.number, "key": entry.key, "did": entry.did}
            for entry in settlements
            if entry.settled
        ],
        "unsettled": [
            {"number": entry.number, "key": entry.key, "why": entry.words}
            for entry in settlements
            if not entry.settled
        ],
    }


def leave(settlements: list["Settlement"]) -> None:
    """Exit status 3 if something destroyed on the recorder could not be dealt with."""
    if not all(settlement.settled for settlement in settlements):
        click.get_current_context().exit(EXIT_FOUND)


def confirm(question: str, yes: bool) -> None:
    """Ask, unless `yes`; anything but yes ends the command. Raises CloisterError without a terminal."""
    if yes:
        return
    check_terminal()
    if not click.confirm(question, err=True):
        raise CloisterError("nothing was done")


def await_enter(what: str, yes: bool) -> None:
    """Wait for Enter, unless `yes`. Raises CloisterError without a terminal."""
    if yes:
        return
    check_terminal()
    click.prompt(what, default="", show_default=False, prompt_suffix=" ", err=True)


def check_terminal() -> None:
    """Raises CloisterError if there is nobody to ask."""
    if not sys.stdin.isatty():
        raise CloisterError(
            "this has to be confirmed, and there is no terminal to ask on", "--yes does it without asking"
        )
