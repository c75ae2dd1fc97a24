"""A scan of a signed form: taken for what its bytes say that it is, never for what its name says.

Only that it is a PDF, PNG or JPEG from its first bytes to its last is checked; nothing of it is shown or run.
"""

from pathlib import Path

from host_tools.errors import CloisterError

MOST_BYTES = 32 * 1024 * 1024
TAIL_BYTES = 2048  # behind the end there may be a little more, as some scanners leave it


def read_scan(path: Path) -> tuple[bytes, str]:
    """The scan's bytes, and its kind: pdf, png or jpg. Raises CloisterError."""
    try:
        if path.exists() and not path.is_file():
            raise CloisterError(f"{path} is no file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CloisterError(f"the scan cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(data) > MOST_BYTES:
        raise CloisterError(
            f"the scan has more than {MOST_BYTES >> 20} MB", "scan it again in black and white, or at 200 dpi"
        )
    return data, kind_of(data)


def kind_of(data: bytes) -> str:
    """What the bytes are. Raises CloisterError for anything but a whole PDF, PNG or JPEG."""
    for kind, start, end in (
        ("pdf", b"%PDF-", b"%%EOF"),
        ("png", b"\x89PNG\r\n\x1a\n", b"IEND"),
        ("jpg", b"\xff\xd8\xff", b"\xff\xd9"),
    ):
        if data.startswith(start):
            if end not in data[-TAIL_BYTES:]:
                raise CloisterError(f"the scan is cut short: it begins as {kind.upper()} and does not end so")
            return kind
    raise CloisterError("the scan is neither PDF nor PNG nor JPEG", "its name does not matter, its bytes do")
