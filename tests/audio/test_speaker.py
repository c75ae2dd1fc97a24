"""The way to PortAudio: it starts with the sound, is still when told to be, and says what goes wrong."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from host_tools.audio import speaker
from host_tools.audio.speaker import Speaker, check_speaker
from host_tools.errors import CloisterError


class PortAudioError(Exception):
    pass


class Stream:
    """As sounddevice's RawOutputStream, as far as it is used; fails from the moment that `broken` is set."""

    def __init__(self, **settings: object):
        self.settings = settings
        self.calls: list[str] = []
        self.written = b""
        self.stopped = True
        self.broken = False

    def start(self) -> None:
        self.calls.append("start")
        self.stopped = False

    def stop(self) -> None:
        self.calls.append("stop")
        self.stopped = True

    def abort(self) -> None:
        self.calls.append("abort")
        self.stopped = True

    def close(self) -> None:
        self.calls.append("close")

    def write(self, data: np.ndarray) -> None:
        if self.broken:
            raise PortAudioError("Device unavailable.", -9985)
        self.written += bytes(data)


@pytest.fixture
def port_audio(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    fake = SimpleNamespace(
        PortAudioError=PortAudioError, RawOutputStream=Stream, query_devices=lambda kind: {"name": "speakers"}
    )
    monkeypatch.setattr(speaker, "_sounddevice", lambda: fake)
    return fake


def test_the_samples_go_to_the_device_as_they_are(port_audio: SimpleNamespace) -> None:
    sound = np.arange(12, dtype=np.int16).reshape(6, 2)
    with Speaker(48_000, 2) as out:
        stream = out._stream
        out.play(sound[:2])
        out.play(sound[2:])
        out.finish()
        out.play(sound[:1])
        out.drop()
    assert stream.written == sound.tobytes() + sound[:1].tobytes()
    assert stream.calls == ["start", "stop", "start", "abort", "close"]
    settings = {name: stream.settings[name] for name in ("samplerate", "channels", "dtype")}
    assert settings == {"samplerate": 48_000, "channels": 2, "dtype": "int16"}


def test_a_device_that_is_pulled_out_is_told(port_audio: SimpleNamespace) -> None:
    with Speaker(8000, 1) as out:
        out._stream.broken = True
        with pytest.raises(CloisterError, match="the sound output has stopped: device unavailable$"):
            out.play(np.zeros((1, 1), np.int16))


def test_a_device_that_does_not_take_the_sound_is_told(port_audio: SimpleNamespace) -> None:
    def refuse(**settings: object) -> None:
        raise PortAudioError("Error opening RawOutputStream: Invalid sample rate [PaErrorCode -9997]")

    port_audio.RawOutputStream = refuse
    with pytest.raises(CloisterError, match="does not take 8000 Hz mono: error opening"):
        Speaker(8000, 1)


def test_no_device_is_told(port_audio: SimpleNamespace) -> None:
    check_speaker()

    def none(kind: str) -> None:
        raise PortAudioError("Error querying device -1")

    port_audio.query_devices = none
    with pytest.raises(CloisterError, match="no sound output") as refused:
        check_speaker()
    assert "cloister export" in refused.value.hint


def test_without_portaudio_it_says_what_to_install(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(CloisterError, match="PortAudio.* is not installed here") as refused:
        check_speaker()
    assert "libportaudio2" in refused.value.hint and "cloister export" in refused.value.hint
