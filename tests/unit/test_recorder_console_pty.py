"""The laptop's client and the real console on the ends of a real pty, the input of 260 bytes between them."""

import os
import select
import subprocess
import threading

import pytest

from host_tools.errors import CloisterError
from host_tools.recorder.client import RecorderClient
from host_tools.recorder.port import SerialPort
from host_tools.simulator.console import Console
from tests.unit.console_peer import HARNESS, firmware_with_test_requests
from tests.unit.recorder_double import hkdf_32

SECRET = bytes(range(100, 132))


class PtyRecorder:
    """The console harness in MicroPython behind a pty; a thread passes the bytes on."""

    def __init__(self, command, key: str, firmware):
        self.console = Console()
        self.path = self.console.path
        self._process = subprocess.Popen(
            [*command, str(HARNESS), key],
            stdin=self.console.power_on(),
            stdout=subprocess.PIPE,
            env=os.environ | {"MICROPYPATH": f"{firmware}:.frozen"},
        )
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._pass_on)
        self._thread.start()

    def _pass_on(self):
        out = self._process.stdout.fileno()
        while True:
            ready, _, _ = select.select([out, self.console.master, self._stop], [], [])
            if self._stop in ready:
                return
            if out in ready:
                self.console.show(os.read(out, 4096))
            if self.console.master in ready:
                self.console.take()

    def close(self):
        os.write(self._stopped, b"x")
        self._thread.join()
        self.console.close()
        assert self._process.wait(10) == 0
        self._process.stdout.close()
        os.close(self._stop)
        os.close(self._stopped)


@pytest.fixture
def recorder(micropython, tmp_path):
    firmware_with_test_requests(tmp_path)
    recorder = PtyRecorder(micropython.command, hkdf_32(SECRET, b"cloister/1 console").hex(), tmp_path)
    yield recorder
    recorder.close()


def test_long_requests_and_answers_get_through_the_small_input_whole(recorder):
    with SerialPort(recorder.path) as port:
        client = RecorderClient(port, 10)
        assert client.hello().board == "test"
        client.use_secret(SECRET)
        for characters in (0, 100, 191, 1000, 3900):
            text = "".join(chr(33 + number % 90) for number in range(characters))
            assert client.request("selftest", text=text)["request"]["text"] == text


def test_a_program_that_stopped_in_the_middle_of_a_line_does_not_spoil_the_next(recorder):
    for stopped in (b"\n" + b"x" * 150, b"\n" + b"y" * 193, b'\n{"id": 0, "do": "hel'):
        with SerialPort(recorder.path) as port:
            port.write(stopped)
        with SerialPort(recorder.path) as port:
            client = RecorderClient(port, 10)
            client.hello()
            client.use_secret(SECRET)
            assert client.request("status")["faults"] == 0


def test_a_line_sent_without_waiting_loses_bytes_and_changes_nothing(recorder):
    with SerialPort(recorder.path) as port:
        client = RecorderClient(port, 10)
        client.hello()
        client.use_secret(SECRET)
        port.write(b"\n" + b"z" * 4000 + b"\n")
        client.hello()
        assert client.request("status")["calls"] == 0


def test_an_error_in_the_recorder_reaches_the_laptop_and_the_next_request_works(recorder):
    with SerialPort(recorder.path) as port:
        client = RecorderClient(port, 10)
        client.hello()
        client.use_secret(SECRET)
        with pytest.raises(CloisterError, match="refused selftest: KeyError in the recorder"):
            client.request("selftest", act="break")
        assert client.request("status")["faults"] == 1
