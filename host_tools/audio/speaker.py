"""The computer's own sound output, through PortAudio.

`sounddevice` brings PortAudio with it on Windows and macOS; on Linux it is a package of the system. Without
it, or without a device, that is said in one line, before anything was decrypted where that can be told.
"""

from types import ModuleType, TracebackType
from typing import Self

import numpy as np

from host_tools.errors import CloisterError

INSTEAD = "cloister export writes a file that any player opens (in clear)"


def check_speaker() -> None:
    """Raises CloisterError unless there is something to play on."""
    sounddevice = _sounddevice()
    try:
        sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError):
        raise CloisterError("this computer has no sound output that can be used", INSTEAD) from None


class Speaker:
    """An open output for int16 samples, a context manager. `play` raises CloisterError without a device."""

    def __init__(self, rate_hz: int, channels: int):
        sounddevice = _sounddevice()
        self._error: type[Exception] = sounddevice.PortAudioError
        try:
            self._stream = sounddevice.RawOutputStream(
                samplerate=rate_hz, channels=channels, dtype="int16", latency="high"
            )
        except (sounddevice.PortAudioError, ValueError) as error:
            sort = "mono" if channels == 1 else "stereo"
            raise CloisterError(
                f"the sound output does not take {rate_hz} Hz {sort}: {_reason(error)}",
                INSTEAD,
            ) from None

    def play(self, piece: np.ndarray) -> None:
        """Take samples, and start the output if it is still."""
        try:
            if self._stream.stopped:
                self._stream.start()
            self._stream.write(np.ascontiguousarray(piece))
        except self._error as error:
            raise CloisterError(f"the sound output has stopped: {_reason(error)}", INSTEAD) from None

    def finish(self) -> None:
        """Let what was taken be heard to its end."""
        self._stream.stop()

    def drop(self) -> None:
        """Be still at once."""
        self._stream.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def _sounddevice() -> ModuleType:
    """The library, which looks for PortAudio when it is imported."""
    try:
        import sounddevice
    except OSError:
        raise CloisterError(
            "PortAudio, through which sound is played, is not installed here",
            f"install it (libportaudio2 on Debian); or {INSTEAD}",
        ) from None
    return sounddevice


def _reason(error: Exception) -> str:
    """PortAudio's own words in our form."""
    words = str(error.args[0] if error.args else type(error).__name__)
    return (words[:1].lower() + words[1:]).rstrip(".")
