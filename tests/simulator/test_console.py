"""The console is a real pty with the real thing's small input: what does not fit is lost."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
import tty

import pytest

from host_tools.simulator.console import Console
from host_tools.simulator.interpreter import CHECKOUT_DIR

# Takes its time before it reads, then says how much has arrived.
DEAF = """
import sys, select
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
sys.stdout.buffer.write(b"ready\\n")
while True:
    while not poll.poll(0):
        time.sleep_ms(5)
    time.sleep_ms(300)
    got = b""
    while poll.poll(0):
        got += sys.stdin.buffer.read(1)
    sys.stdout.buffer.write(b"%d %s\\n" % (len(got), got[-4:]))
"""


class Terminal:
    """The laptop's end of a pty."""

    def __init__(self, path: str):
        self.descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def line(self) -> bytes:
        """The next line, within five seconds."""
        got = b""
        while not got.endswith(b"\n"):
            assert select.select([self.descriptor], [], [], 5)[0], f"nothing more after {got}"
            got += os.read(self.descriptor, 1)
        return got


@pytest.fixture
def deaf(bench):
    """A terminal at the console of DEAF, run by the command line in a process of its own."""
    code = textwrap.dedent(f"""
        import signal
        import sys
        from pathlib import Path
        from host_tools.simulator.run import simulate
        signal.signal(signal.SIGINT, signal.default_int_handler)  # behind a shell it is ignored
        simulate(Path({str(bench.flash)!r}), Path({str(bench.card)!r}), console=True, board="bench",
                 firmware=Path({str(bench.write_firmware(DEAF))!r}), interpreter={bench.interpreter!r},
                 on_console=lambda path: print(path, flush=True), for_ms=20000)
    """)
    with subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT_DIR, stdout=subprocess.PIPE) as process:
        terminal = Terminal(process.stdout.readline().decode().strip())
        yield terminal
        os.close(terminal.descriptor)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0


def read_until_ready(terminal: Terminal) -> list[bytes]:
    lines = []
    while not lines or lines[-1] != b"ready\n":
        lines.append(terminal.line())
    return lines


def test_boot_rom_speaks_before_the_firmware(deaf):
    assert any(b"POWERON_RESET" in line for line in read_until_ready(deaf)[:-1])


@pytest.mark.parametrize(("sent", "arrived"), [(1, 1), (193, 193), (259, 259), (260, 259), (4000, 259)])
def test_no_more_than_259_unread_bytes_arrive(deaf, sent, arrived):
    read_until_ready(deaf)
    data = bytes(ord("a") + n % 26 for n in range(sent))
    os.write(deaf.descriptor, data)
    assert deaf.line() == b"%d %s\n" % (arrived, data[:arrived][-4:])


def test_every_byte_passes_unaltered_and_the_port_can_be_opened_again(deaf):
    read_until_ready(deaf)
    other = Terminal(os.ttyname(deaf.descriptor))
    os.close(other.descriptor)
    os.write(deaf.descriptor, bytes(range(256)))
    assert deaf.line() == b"256 \xfc\xfd\xfe\xff\n"


def test_what_nobody_reads_does_not_stop_the_recorder():
    console = Console()
    try:
        for _ in range(100):
            console.show(bytes(1000))
        firmware = console.power_on()
        descriptor = os.open(console.path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(descriptor)
        os.write(descriptor, b"x" * 400)
        time.sleep(0.05)
        console.take()
        os.close(descriptor)
        assert os.read(firmware, 1000) == b"x" * 259
    finally:
        console.close()
