"""A provisioned recorder in the simulator, and what somebody at the laptop finds on its card afterwards.

It is provisioned over a real pty, as a user would.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import numpy as np
import soundfile

from host_tools.card import format_fat32, open_card
from host_tools.container.collection import Collection, Member
from host_tools.container.findings import open_body, read_header
from host_tools.container.report import Finding
from host_tools.container.source import BlockReader
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.port import SerialPort
from host_tools.recorder.provision import provision
from host_tools.simulator.run import Outcome, Report, simulate
from host_tools.simulator.scenario import parse_scenario
from host_tools.vault import create_vault, open_vault
from tests.quick_vault import PASSPHRASE, QUICK

CARD_BYTES = 256 * 1024 * 1024
STARTUP_FRAMES = 4096  # of the microphone, which the recorder passes over
CONFIG = {"gain_db": 0, "container_minutes": 10, "consent_window_s": 5}


@dataclass
class Recorder:
    """A simulated recorder, its card, and the vault that knows it."""

    folder: Path
    interpreter: list[str]
    fsck: Callable[[Path], None]
    reports: list[Report] = field(default_factory=list)

    @property
    def card(self) -> Path:
        return self.folder / "card.img"

    def run(
        self,
        scenario: str,
        mic: np.ndarray | Path | None = None,
        rate_hz: int = 16000,
        clean: bool = True,
        on_event: Callable[[Report], None] | None = None,
        **options,
    ) -> Outcome:
        """Play a scenario; what happened is in `reports`. The card must be `clean`, unless power was cut."""
        if isinstance(mic, np.ndarray):
            path = self.folder / "mic.wav"
            soundfile.write(path, mic, rate_hz, subtype="PCM_16")
            mic = path
        self.reports = []
        outcome = simulate(
            self.folder / "flash.img", self.card, mic, parse_scenario(scenario), seed=1,
            on_event=on_event or self.reports.append, interpreter=self.interpreter, **options,
        )  # fmt: skip
        if clean and outcome.reason != "power-cut":
            self.fsck(self.card)
        return outcome

    def converse(
        self,
        talk: Callable[[RecorderClient], None],
        scenario: str = "",
        for_ms: int = 3000,
        ends_in: str | None = None,
        **options,
    ) -> None:
        """Run in real time with a console, and let `talk` use it meanwhile.

        With `ends_in` the run ends once `talk` has, and the recorder is in that state.
        """
        port: Queue[str] = Queue()
        failures: list[BaseException] = []

        def laptop() -> None:
            try:
                with SerialPort(port.get(timeout=30)) as serial:
                    talk(RecorderClient(serial))
            except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
                failures.append(error)

        def on_event(report: Report) -> None:
            self.reports.append(report)
            done = ends_in is not None and not thread.is_alive() and self.states()[-1:] == [ends_in]
            if done and report.kind != "end":
                raise KeyboardInterrupt

        thread = threading.Thread(target=laptop)
        thread.start()
        self.run(scenario, console=True, for_ms=for_ms, on_console=port.put, on_event=on_event, **options)
        thread.join()
        if failures:
            raise failures[0]

    def states(self) -> list[str]:
        return [report.value for report in self.reports if report.kind == "state"]

    def events(self) -> list[dict]:
        return [report.value for report in self.reports if report.kind == "event"]

    def faults(self) -> list[str]:
        return [report.value for report in self.reports if report.kind == "fault"]

    def lights(self, colour: str = "green") -> list[tuple[int, int]]:
        """When a light was lit, as (from, to) in ms; one that is lit at the end of the run ends with it."""
        spans, since_ms = [], None
        for report in self.reports:
            lit = report.kind == "light" and report.value[colour]
            if lit and since_ms is None:
                since_ms = report.time_ms
            elif (report.kind == "end" or report.kind == "light" and not lit) and since_ms is not None:
                spans.append((since_ms, report.time_ms))
                since_ms = None
        return spans

    def blips(self, from_s: float, to_s: float) -> list[int]:
        """When the green light went on between two times, in ms since the first of them."""
        begin_ms = int(from_s * 1000)
        return [on_ms - begin_ms for on_ms, _ in self.lights() if from_s <= on_ms / 1000 < to_s]

    def lit_at(self, time_s: float, colour: str = "green") -> bool:
        return any(on_ms <= time_s * 1000 < off_ms for on_ms, off_ms in self.lights(colour))

    def when(self, state: str) -> float:
        """The time in seconds at which a state was last entered."""
        return [report.time_ms for report in self.reports if report.value == state][-1] / 1000

    def configure(self, **settings) -> None:
        """Change settings as a laptop does."""

        def change(client: RecorderClient) -> None:
            with open_vault(self.folder / "vault", PASSPHRASE) as vault:
                client.use_secret(vault.recorder_secret(client.hello().recorder_id))
                in_force = client.request("config", **settings)
                assert {name: in_force[name] for name in settings} == settings

        self.converse(change, for_ms=20_000, ends_in="ready")

    def findings(self) -> list[Finding]:
        """What the laptop says of every container on the card, in the order of their numbers."""
        with open_vault(self.folder / "vault", PASSPHRASE) as vault, open_card(self.card) as card:
            members = [Member(file.name, file) for file in card.files()]
            findings = list(Collection(members, vault.knowledge()).findings())
        return sorted(findings, key=lambda finding: finding.file)

    def sound(self, name: str = "R0000001.DAT") -> np.ndarray:
        """The samples of one container, losses left out, as read by the laptop."""
        with open_vault(self.folder / "vault", PASSPHRASE) as vault, open_card(self.card) as card:
            (file,) = [file for file in card.files() if file.name == name]
            body = open_body(BlockReader(file), read_header(file), vault.knowledge())
            channels = None
            pieces = []
            for _, pcm in body.sound():
                channels = body.session.channels
                pieces.append(np.frombuffer(bytes(pcm), "<i2"))
        return np.concatenate(pieces).reshape(-1, channels)


def make_recorder(
    folder: Path,
    interpreter: list[str],
    fsck: Callable[[Path], None],
    card_bytes: int = CARD_BYTES,
    keys: int = 20,
    config: dict | None = None,
    suite: int | None = None,
) -> Recorder:
    """A provisioned recorder in an empty folder: flash.img, card.img and the vault that knows it."""
    recorder = Recorder(folder, interpreter, fsck)
    format_fat32(recorder.card, card_bytes)
    create_vault(folder / "vault", PASSPHRASE, QUICK)

    def talk(client: RecorderClient) -> None:
        with open_vault(folder / "vault", PASSPHRASE) as vault:
            provision(client, vault, keys, {**CONFIG, **(config or {})}, suite=suite)

    recorder.converse(talk, for_ms=30_000, ends_in="ready")
    return recorder
