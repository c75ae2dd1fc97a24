"""age files under a passphrase: others open ours, we open theirs, and nothing altered is handed out."""

import base64
import io
import os

import pyrage
import pytest

from host_tools import age_passphrase
from host_tools.age_passphrase import AgeRefused, WrongPassphrase, decrypt, encrypt

PASSPHRASE = "fünf zufällige Wörter"
QUICK = 4
# `age -p` of age 1.1.1, with its own work factor.
BY_AGE = (
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBsQVBybE02Z2p4MVprdGVIelJqb1lBIDE4CjR5M0tnWWlaU2xwcUVMUkdDS2FNWU1L"
    "TGlaakF2d0pJZ2RaOUdRZ0UvMG8KLS0tIGUvTTl2amdBYklvNHNGMnRwWVE2bExQNElucmJJMVJhTGIwUzBJd2o3QzgKUEqmTdq+LI2t/ypU"
    "jujg4JwSP1MkKrCXwAzJE+H1OtkcorCMofyiUJEEnGySuNbDT68="
)
CHUNK = age_passphrase.CHUNK_BYTES


def sealed(data: bytes) -> bytes:
    out = io.BytesIO()
    encrypt(io.BytesIO(data), out, PASSPHRASE, QUICK)
    return out.getvalue()


def opened(file: bytes, passphrase: str = PASSPHRASE) -> bytes:
    out = io.BytesIO()
    decrypt(io.BytesIO(file), out, passphrase)
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 7])
def test_pyrage_opens_what_is_written_and_so_do_we(size: int) -> None:
    data = os.urandom(size)
    file = sealed(data)
    assert pyrage.passphrase.decrypt(file, PASSPHRASE) == data
    assert opened(file) == data


def test_what_age_itself_made_is_opened() -> None:
    assert opened(base64.b64decode(BY_AGE), "five random words") == b"made by age itself"


def test_guessing_costs_64_megabytes() -> None:
    out = io.BytesIO()
    encrypt(io.BytesIO(b""), out, PASSPHRASE)
    assert out.getvalue().splitlines()[1].endswith(b" 16")


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(WrongPassphrase):
        opened(sealed(b"data"), "another one")


def test_every_altered_bit_is_noticed() -> None:
    file = sealed(b"some data")
    assert opened(file) == b"some data"
    for place in range(len(file)):
        for bit in (1, 8, 128):
            altered = bytearray(file)
            altered[place] ^= bit
            with pytest.raises(AgeRefused):
                opened(bytes(altered))


def test_a_file_that_was_cut_short_swapped_or_grew_is_refused() -> None:
    data = os.urandom(3 * CHUNK)
    file, piece = sealed(data), CHUNK + age_passphrase.TAG_BYTES
    start = len(file) - 3 * piece
    for altered in (
        file[:-1],
        file[:-piece],
        file[:start],
        file[:start] + file[start + piece : start + 2 * piece] + file[start : start + piece] + file[-piece:],
        file + b"x",
        file + file[-piece:],
        file[: start - 5],
        file[:20],
        b"",
    ):
        with pytest.raises(AgeRefused):
            opened(altered)


def test_an_empty_last_piece_behind_a_full_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = [(0, bytes(CHUNK), False), (1, b"", True)]
    with monkeypatch.context() as patch:
        patch.setattr(age_passphrase, "_chunks", lambda reader, size: iter(chunks))
        file = sealed(b"")
    with pytest.raises(AgeRefused, match="empty last piece"):
        opened(file)


def test_more_memory_than_is_allowed_is_not_taken() -> None:
    file = sealed(b"").replace(b" 4\n", b" 22\n", 1)
    with pytest.raises(AgeRefused, match="more memory than is allowed"):
        opened(file)


@pytest.mark.parametrize("factor", [b"04", b"+4", b"4 4", b"", b"-1", b"444", b"\xd9\xa4"])
def test_a_malformed_work_factor_is_refused(factor: bytes) -> None:
    with pytest.raises(AgeRefused):
        opened(sealed(b"").replace(b" 4\n", b" " + factor + b"\n", 1))


def test_what_a_file_is_sealed_with_is_told_from_its_start() -> None:
    assert age_passphrase.is_under_passphrase(sealed(b"")[:64])
    public = pyrage.x25519.Identity.generate().to_public()
    assert not age_passphrase.is_under_passphrase(pyrage.encrypt(b"", [public])[:64])
    with pytest.raises(AgeRefused):
        age_passphrase.is_under_passphrase(b"PK\3\4")


def test_errors_of_the_file_written_to_come_through() -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        encrypt(io.BytesIO(b"data"), Full(), PASSPHRASE, QUICK)
