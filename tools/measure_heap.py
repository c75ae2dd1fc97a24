"""`make measure`: how much heap the firmware leaves free on the simulated board, waiting and recording.

A recorder is provisioned with 100 keys over a pty and records for two minutes. What is printed are the least
bytes free after a collection, looked at every ten seconds of virtual time.
"""

import json
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from queue import Queue
from threading import Thread

from host_tools.simulator.run import Report, simulate
from host_tools.simulator.scenario import parse_scenario
from host_tools.simulator.world import BOARD_HEAP_BYTES

SCENARIO = "15.0 press both 0.2\n135.0 press p1 2.5\n160.0 end\n"


def provision(folder: Path, flash: Path, card: Path) -> None:
    """Provision a new recorder the way a user does."""
    (folder / "passphrase").write_text(secrets.token_urlsafe(16))
    cloister = [str(Path(sys.executable).with_name("cloister")), "--vault", str(folder / "vault")]
    cloister += ["--passphrase-file", str(folder / "passphrase")]
    subprocess.run([*cloister, "init"], check=True, capture_output=True)
    port: Queue[str] = Queue()
    run = Thread(target=lambda: simulate(flash, card, console=True, for_ms=6000, on_console=port.put))
    run.start()
    subprocess.run(
        [*cloister, "provision", "--keys", "2", "--port", port.get()], check=True, capture_output=True
    )
    run.join()


def main() -> None:
    """Measures, and prints one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        flash, card = folder / "flash.img", folder / "card.img"
        provision(folder, flash, card)
        reports: list[Report] = []
        simulate(flash, card, None, parse_scenario(SCENARIO), on_event=reports.append)
    free: dict[str, int] = {}
    state = ""
    for report in reports:
        if report.kind == "state":
            state = report.value
        elif report.kind == "sign":
            free[state] = min(free.get(state, report.value), report.value)
    used = BOARD_HEAP_BYTES - free["recording"]
    print(json.dumps({"board": BOARD_HEAP_BYTES, "free": free, "in use while recording": used}))


if __name__ == "__main__":
    main()
