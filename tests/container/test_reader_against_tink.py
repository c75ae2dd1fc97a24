"""Our reader and Tink's own agree on the body, byte for byte, and on what is refused."""

import hashlib
import io
import os

import pytest

from host_tools.container.source import BlockReader, MemorySource
from host_tools.container.stream import Stream
from tests.reference_writer import BLOCK, body
from tests.tink_reader import tink_primitive


def ours(blocks: list[bytes], file_key: bytes, header: bytes) -> tuple[bytes, bool]:
    """The plaintext by our reader, and whether the last segment was reached."""
    stream = Stream(BlockReader(MemorySource(header + b"".join(blocks))), file_key, header)
    found = list(stream.segments())
    return b"".join(bytes(segment.plaintext) for segment in found), bool(found and found[-1].last)


@pytest.mark.parametrize("segments", [1, 2, 255, 256, 257, 600])
def test_what_the_reference_writer_wrote_reads_the_same_in_both(segments) -> None:
    file_key, header = os.urandom(32), os.urandom(BLOCK)
    plaintexts = [os.urandom(4064 if index else 4024) for index in range(segments)]
    blocks = body(file_key, header, plaintexts)
    reader = tink_primitive(file_key).new_decrypting_stream(
        io.BytesIO(b"".join(blocks)), hashlib.sha256(header).digest()
    )
    theirs = reader.read()
    assert theirs == b"".join(plaintexts)
    assert ours(blocks, file_key, header) == (theirs, True)


@pytest.mark.parametrize("full_segments", [1, 3, 300])
def test_what_tink_wrote_is_read_here(full_segments) -> None:
    file_key, header = os.urandom(32), os.urandom(BLOCK)
    plaintext = os.urandom(4024 + 4064 * (full_segments - 1))

    class Kept(io.BytesIO):
        def close(self) -> None:
            self.kept = self.getvalue()
            super().close()

    sink = Kept()
    with tink_primitive(file_key).new_encrypting_stream(sink, hashlib.sha256(header).digest()) as writer:
        writer.write(plaintext)
    blocks = [sink.kept[offset : offset + BLOCK] for offset in range(0, len(sink.kept), BLOCK)]
    assert ours(blocks, file_key, header) == (plaintext, True)


def test_another_header_opens_nothing() -> None:
    file_key, header = os.urandom(32), os.urandom(BLOCK)
    blocks = body(file_key, header, [os.urandom(4024)])
    assert ours(blocks, file_key, bytes(BLOCK)) == (b"", False)


@pytest.mark.parametrize("segments", [3, 256])
def test_nothing_behind_the_last_segment_is_read(segments) -> None:
    file_key, header, salt, prefix = os.urandom(32), os.urandom(BLOCK), os.urandom(32), os.urandom(7)
    plaintexts = [os.urandom(4064 if index else 4024) for index in range(segments + 1)]
    blocks = body(file_key, header, plaintexts[:-1], salt=salt, prefix=prefix)
    longer = body(file_key, header, plaintexts, salt=salt, prefix=prefix)
    assert ours([*blocks, longer[-1]], file_key, header) == (b"".join(plaintexts[:-1]), True)
