"""A recording written as an audio file: wav and flac sample for sample, ogg as Vorbis.

Only the bytes of the file are made here. That it gets its name only after the last byte was authenticated,
and that the vault knows of it, is up to whoever opens it (host_tools/sharing/handing_out.py). What is written
is no longer encrypted.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile

from host_tools.errors import CloisterError
from host_tools.files import MONTHS

FORMATS = {".wav": ("WAV", "PCM_16"), ".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
STANDARD_SUFFIX = ".flac"


def neutral_name(recording_id: int, started: str | None, suffix: str = STANDARD_SUFFIX) -> str:
    """A file name that says no more than which and which month: Session17_July2025.flac."""
    if started is None:
        return f"Session{recording_id}{suffix}"
    moment = datetime.fromisoformat(started)
    return f"Session{recording_id}_{MONTHS[moment.month - 1]}{moment.year}{suffix}"


def check_format(path: Path) -> tuple[str, str]:
    """libsndfile's format and subtype for the name's ending. Raises CloisterError."""
    if path.suffix.lower() not in FORMATS:
        raise CloisterError(
            f"{path.name} names no audio format that can be written", "end the name in " + ", ".join(FORMATS)
        )
    return FORMATS[path.suffix.lower()]


def write_audio(
    blocks: Iterator[np.ndarray], rate_hz: int, channels: int, form: tuple[str, str], path: Path
) -> int:
    """Write blocks of int16[frames, channels] to `path`, which exists, in a form that `check_format` gave.

    Returns how many samples were written: fewer than the span has mean that authentic sound ended early.
    Raises CloisterError.
    """
    kind, subtype = form
    written = 0
    try:
        with soundfile.SoundFile(
            path, "w", samplerate=rate_hz, channels=channels, format=kind, subtype=subtype
        ) as sound:
            for block in blocks:
                sound.write(block)
                written += len(block)
    except soundfile.LibsndfileError as error:
        raise CloisterError(
            f"the sound cannot be written: {error.error_string.rstrip('.').lower()}", "the disk may be full"
        ) from None
    return written
