"""Scans of forms: small files that are what their bytes say."""

import io
import zlib

from pypdf import PdfWriter


def pdf() -> bytes:
    """A PDF of one empty sheet, made by somebody else's writer."""
    writer, file = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(file)
    return file.getvalue()


def png() -> bytes:
    """One white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes((8, 0, 0, 0, 0))
    pixels = zlib.compress(b"\x00\xff")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpg() -> bytes:
    """The outline of a JPEG, with a little behind its end as some scanners leave it."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500) + b"\xff\xd9" + bytes(16)


SCANS = {"pdf": pdf(), "png": png(), "jpg": jpg()}
