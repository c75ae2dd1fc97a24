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
    from host_tools.vault import Recording, Vault
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

        teller, decider = Teller(self.vault), Decider(self.vault)
        return settle(self.client, self.vault, self.recorder_id, teller, decider)

    def ask_once(
        self, do: str, on_progress: Callable[[float], None] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Ask for what must not be done twice, after making sure that it is still the same recorder."""
        if self.client.hello().recorder_id != self.recorder_id:
            raise CloisterError(f"{self.name} is no longer on this port: nothing was done")
        return self.client.request_once(do, on_progress, **fields)


class Decider:
    """Asks, once a recording, whether the vault's copy of what was destroyed on the recorder goes as well.

    `answer` is the answer to all; without it and without a terminal there is none.
    """

    def __init__(self, vault: "Vault", answer: bool | None = None):
        self._vault = vault
        self._answer = answer
        self._answers: dict[int, bool] = {}

    def __call__(self, recording: "Recording") -> bool | None:
        """The answer about the recording that this is a part of."""
        if self._answer is not None or not sys.stdin.isatty():
            return self._answer
        from host_tools.vault.chains import chain_of

        chain = chain_of(self._vault, recording.id)
        first = chain.first.id
        if first not in self._answers:
            self._answers[first] = self._ask(recording, chain.seconds)
        return self._answers[first]

    def _ask(self, recording: "Recording", seconds: float) -> bool:
        from host_tools.cli.recordings import started_words
        from host_tools.container.report import clock

        note(
            f"number {recording.number} was destroyed on the recorder after it was imported: recording "
            f"{recording.id}, {started_words(recording.started)}, {clock(seconds)} long"
        )
        question = "Destroy the vault's copy and its key, too? Nobody can listen to it afterwards"
        return click.confirm(question, default=None, err=True)


@contextmanager
def talk(context: Context, port: str, action: str = "") -> Iterator[Talk]:
    """Open the vault and the port, and greet a recorder that the vault knows. Raises CloisterError.

    With an action, it is entered in the audit.
    """
    from host_tools.recorder.client import RecorderClient
    from host_tools.recorder.port import SerialPort
    from host_tools.recorder.provision import known_secret

    with context.open_vault(action) as vault, SerialPort(port) as serial_port:
        client = RecorderClient(serial_port)
        recorder_id = client.hello().recorder_id
        if recorder_id is None:
            raise CloisterError("the recorder is not provisioned yet", "cloister provision makes it yours")
        client.use_secret(known_secret(vault, recorder_id))
        vault.account.detail["recorder"] = recorder_id.hex()
        yield Talk(vault, client, recorder_id)


class Teller:
    """Says what was done about a number destroyed on the recorder, and enters it in the command's account."""

    def __init__(self, vault: "Vault"):
        self._account = vault.account

    def __call__(self, settlement: "Settlement") -> None:
        """Say one, as soon as it is on disk."""
        from host_tools.vault.struck import COPY_DESTROYED

        (note if settlement.settled else complain)(settlement.words)
        self._account.detail.setdefault("settled", {})[str(settlement.number)] = settlement.did
        if settlement.did == COPY_DESTROYED and settlement.recording is not None:
            self._account.recordings.append(settlement.recording)
        if not settlement.settled:
            self._account.outcome = "found"


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
