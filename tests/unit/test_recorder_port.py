"""Serial ports that are missing, busy, forbidden or none; and the reset that opening must not cause."""

import errno
import os
import pty

import pytest
import serial

from host_tools.errors import CloisterError
from host_tools.recorder.port import SerialPort


@pytest.fixture
def pty_pair():
    """(master, path of the other side)"""
    master, slave = pty.openpty()
    yield master, os.ttyname(slave)
    os.close(slave)
    try:
        os.close(master)
    except OSError:
        assert master is not None  # a test closed it


def failure(name) -> CloisterError:
    with pytest.raises(CloisterError) as caught:
        SerialPort(str(name))
    assert "\n" not in caught.value.message
    return caught.value


def test_bytes_go_both_ways_through_a_pty(pty_pair):
    master, name = pty_pair
    with SerialPort(name) as port:
        port.write(b"\n\x00\x06\xff\r")
        assert os.read(master, 100) == b"\n\x00\x06\xff\r"
        os.write(master, b"\r\n\x03\x06\x11\x13\xff")
        assert port.read(1) == b"\r\n\x03\x06\x11\x13\xff"
        assert port.read(0) == port.read(0.1) == b""


def test_a_missing_port_is_named(tmp_path):
    error = failure(tmp_path / "ttyUSB7")
    assert error.message == f"there is no port {tmp_path / 'ttyUSB7'}"
    assert "--port" in error.hint


def test_a_plain_file_a_folder_and_a_null_device_are_no_serial_ports(tmp_path):
    (tmp_path / "file").write_bytes(b"kept")
    for name in (tmp_path / "file", tmp_path, "/dev/null"):
        assert failure(name).message == f"{name} is not a serial port"
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_a_port_that_is_open_elsewhere_is_busy(pty_pair):
    _, name = pty_pair
    with SerialPort(name):
        error = failure(name)
    assert error.message == f"{name} is in use by another program"
    with SerialPort(name):
        pass


SYSTEM_ERRORS = [
    ((errno.EACCES, "Permission denied"), "no permission to open P", "dialout"),
    ((errno.EBUSY, "Device or resource busy"), "P is in use by another program", "close"),
    (("could not open port 'P': FileNotFoundError(2, …)",), "there is no port P", "--port"),
    (("PermissionError(13, 'Access is denied.', None, 5)",), "P is in use by another program, or", "close"),
    ((errno.EIO, "Input/output error"), "P cannot be opened: input/output error", "--port"),
]


@pytest.mark.parametrize(("said", "message", "hint"), SYSTEM_ERRORS)
def test_what_the_system_says_becomes_a_reason_and_a_hint(monkeypatch, said, message, hint):
    def refuse(self):
        raise serial.SerialException(*said)

    monkeypatch.setattr(serial.Serial, "open", refuse)
    error = failure("P")
    assert error.message.startswith(message)
    assert hint in error.hint


def test_a_port_that_goes_away_is_told(pty_pair):
    master, name = pty_pair
    with SerialPort(name) as port:
        os.close(master)
        for action in (lambda: port.read(1), lambda: port.write(b"x")):
            with pytest.raises(CloisterError, match="went away"):
                action()


def test_opening_never_passes_through_rts_without_dtr(monkeypatch):
    """That is the reset on boards with the usual wiring. The system itself raises both lines at opening."""
    seen = []

    def note(self):
        seen.append((self._dtr_state, self._rts_state))

    def open_port(self):
        self.is_open = True
        seen.append((True, True))
        # In pyserial's order: first DTR, then RTS, each as it was asked for.
        seen.append((self._dtr_state, True))
        note(self)

    monkeypatch.setattr(serial.Serial, "open", open_port)
    monkeypatch.setattr(serial.Serial, "_update_dtr_state", note)
    monkeypatch.setattr(serial.Serial, "_update_rts_state", note)
    monkeypatch.setattr(serial.Serial, "close", lambda self: None)
    SerialPort("P")
    assert (False, True) not in seen
    assert seen[-1] == (False, False)
