"""A recording written as an audio file: wav and flac sample for sample, ogg as Vorbis.

The file is written under a temporary name in the same folder, readable by its owner alone, and gets its
name only after the last byte was authenticated; a failure leaves nothing behind. What is written is no
longer encrypted: whoever asks for it is told.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import soundfile

from host_tools.audio.pcm import Sound, Span, grouped, steady
from host_tools.errors import CloisterError
from host_tools.vault.database import create_file

FORMATS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
STANDARD_SUFFIX = ".flac"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def neutral_name(recording_id: int, started: str | None, suffix: str = STANDARD_SUFFIX) -> str:
    """A file name that says no more than which and which month: Session17_July2025.flac."""
    if started is None:
        return f"Session{recording_id}{suffix}"
    moment = datetime.fromisoformat(started)
    return f"Session{recording_id}_{MONTHS[moment.month - 1]}{moment.year}{suffix}"


def destination(wanted: Path | None, name: str, force: bool) -> Path:
    """Where to write: the file as given, or the neutral name in the folder given (or here).

    Raises CloisterError if it is there already (without force) or its folder is not.
    """
    path = Path(name) if wanted is None else wanted / name if wanted.is_dir() else wanted
    if not path.parent.is_dir():
        raise CloisterError(f"there is no folder {path.parent}")
    if path.exists() and not force:
        raise CloisterError(f"{path} is there already", "--force replaces it")
    return path


def check_format(path: Path) -> tuple[str, str]:
    """libsndfile's format and subtype for the name's ending. Raises CloisterError."""
    if path.suffix.lower() not in FORMATS:
        raise CloisterError(
            f"{path.name} names no audio format that can be written", "end the name in " + ", ".join(FORMATS)
        )
    return FORMATS[path.suffix.lower()]


@contextmanager
def finished_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it becomes `path` at the end, or nothing does."""
    unfinished = path.with_name(f".cloister-{secrets.token_hex(8)}{path.suffix.lower()}")
    create_file(unfinished)
    try:
        yield unfinished
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_audio(body: Sound, span: Span, rate_hz: int, channels: int, path: Path) -> int:
    """Write the span to `path` in the format of its name; returns the number of samples written.

    Fewer than the span has mean that authentic sound ended early. Raises CloisterError.
    """
    kind, subtype = check_format(path)
    written = 0
    try:
        with (
            finished_file(path) as unfinished,
            soundfile.SoundFile(
                unfinished, "w", samplerate=rate_hz, channels=channels, format=kind, subtype=subtype
            ) as sound,
        ):
            for block in grouped(steady(body, span, channels)):
                sound.write(block)
                written += len(block)
    except soundfile.LibsndfileError as error:
        raise CloisterError(
            f"{path} cannot be written: {error.error_string.rstrip('.').lower()}", "the disk may be full"
        ) from None
    return written
