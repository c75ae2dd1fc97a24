"""Containers of suite 2, X-Wing: opened, their recipients judged, and told plainly where they cannot be."""

import hashlib
import importlib.util
import json
import os
import sys
from types import SimpleNamespace

import cryptography_vectors
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import primitives
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from host_tools.container import suites
from host_tools.container.findings import examine
from host_tools.container.header import KeyDoesNotOpen, open_file_key, parse
from host_tools.container.layout import SUITES
from host_tools.container.report import Finding
from host_tools.container.source import MemorySource
from host_tools.container.view import ONE_TIME, RECOVERY, KeyRecord
from host_tools.errors import CloisterError
from tests.reference_writer import BLOCK, Writer, header, key_id, make_pair, seal
from tests.small_view import SmallView

PCM = os.urandom(2 * 8000)
ENTRY_BYTES = 8 + 1120 + 48


def add_key(view: SmallView, recorder_id: bytes | None, role: str = ONE_TIME) -> bytes:
    """A key pair of suite 2 that the view knows; its public key."""
    private, public = make_pair(2)
    known = KeyRecord(key_id(public), role, recorder_id, 2, len(view.keys), public, private, False)
    view.keys[known.key_id] = known
    return public


@pytest.fixture
def known() -> tuple[SmallView, Writer]:
    """A view, and a recorder that it knows with one one-time key of suite 2."""
    view, writer = SmallView(), Writer(public=b"", suite=2)
    writer.public = add_key(view, writer.recorder_id)
    view.secrets[writer.recorder_id] = writer.secret
    return view, writer


def judge(container: bytes, view: SmallView) -> Finding:
    return examine(MemorySource(container), view)


@pytest.mark.parametrize("suite", SUITES)
def test_the_sizes_of_a_suite_are_those_of_its_keys(suite: int) -> None:
    private = suites.make_private_key(suite)
    public = suites.public_key_of(suite, private)
    sealed = suites.seal(suite, bytes(32), public, b"info")
    row = SUITES[suite]
    assert (len(private), len(public)) == (row.private_key_bytes, row.public_key_bytes)
    assert len(sealed) == row.enc_bytes + 48
    assert suites.unseal(suite, sealed, private, b"info") == bytes(32)
    assert suites.make_private_key(suite) != private


@pytest.mark.parametrize("suite", SUITES)
def test_what_is_sealed_with_cryptography_alone_opens(suite: int) -> None:
    private, public = make_pair(suite)
    assert suites.public_key_of(suite, private) == public
    assert suites.unseal(suite, seal(suite, b"secret", public, b"info"), private, b"info") == b"secret"


def test_a_public_key_is_that_of_the_published_vectors() -> None:
    """Their private keys are seeds of 32 bytes, which X-Wing expands with SHAKE256."""
    with cryptography_vectors.open_vector_file("HPKE/hpke-pq-test-vectors.json", "r") as file:
        cases = [case for case in json.load(file) if case["kem_id"] == 0x647A]
    assert cases
    for case in cases:
        private = hashlib.shake_256(bytes.fromhex(case["skRm"])).digest(96)
        assert suites.public_key_of(2, private).hex() == case["pkRm"]


@pytest.mark.parametrize("with_recovery", [False, True])
def test_a_container_of_suite_2_is_read(known, with_recovery: bool) -> None:
    view, writer = known
    publics = [writer.public, *([add_key(view, None, RECOVERY)] if with_recovery else [])]
    finding = judge(writer.container(1, pcm=PCM, publics=publics), view)
    assert (finding.word, finding.samples, finding.notes) == ("complete", 8000, [])
    assert finding.header.suite == 2
    assert [len(entry.enc) for entry in finding.header.recipients] == [1120] * len(publics)


def test_the_recovery_key_alone_opens_it(known) -> None:
    view, writer = known
    recovery = add_key(view, None, RECOVERY)
    container = writer.container(1, pcm=PCM, publics=[writer.public, recovery])
    del view.keys[key_id(writer.public)]
    assert judge(container, view).word == "complete"


def test_recipients_that_are_not_ours_are_named(known) -> None:
    view, writer = known
    for publics, words in (
        ([add_key(view, None, RECOVERY)], "recipient 1"),
        ([writer.public, make_pair(2)[1]], "no recovery key"),
        ([add_key(view, os.urandom(8))], "another recorder"),
    ):
        finding = judge(writer.container(1, pcm=PCM, publics=publics), view)
        assert words in finding.message


@pytest.mark.parametrize("offset", [8, 8 + 1087, 8 + 1088, 8 + 1119, 8 + 1120, ENTRY_BYTES - 1])
def test_a_changed_enc_or_sealed_key_does_not_open(known, offset: int) -> None:
    view, writer = known
    block = bytearray(header(writer.recorder_id, writer.secret, 1, [writer.public], bytes(32), suite=2))
    private = view.keys[key_id(writer.public)].private
    whole = parse(bytes(block))
    assert open_file_key(whole, whole.recipients[0], private) == bytes(32)
    block[32 + offset] ^= 1
    changed = parse(bytes(block))
    with pytest.raises(KeyDoesNotOpen):
        open_file_key(changed, changed.recipients[0], private)


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("change", [lambda key: b"", lambda key: key[:-1], lambda key: key + b"\0"])
def test_a_key_of_a_wrong_length_is_none(suite: int, change) -> None:
    private, public = make_pair(suite)
    block = parse(header(bytes(8), bytes(32), 1, [public], bytes(32), suite=suite))
    with pytest.raises(KeyDoesNotOpen):
        open_file_key(block, block.recipients[0], change(private))
    with pytest.raises(ValueError, match=f"private key of suite {suite} has"):
        suites.public_key_of(suite, change(private))
    with pytest.raises(ValueError, match=f"public key of suite {suite} has"):
        suites.seal(suite, bytes(32), change(public), b"")


def test_a_public_key_that_is_not_reduced_is_refused() -> None:
    """FIPS 203 section 7.2: a coefficient of 4095 is above the modulus."""
    _, public = make_pair(2)
    with pytest.raises(ValueError):
        suites.seal(2, bytes(32), b"\xff\xff\xff" + public[3:], b"")


def test_a_key_of_the_other_suite_opens_nothing_and_is_named(known) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM)
    of_suite_1 = SmallView()
    of_suite_1.secrets = view.secrets
    public = of_suite_1.make_key(writer.recorder_id)
    of_suite_1.keys[key_id(writer.public)] = of_suite_1.keys[key_id(public)]
    finding = judge(container, of_suite_1)
    assert finding.word == "damaged" and "is a key of suite 1" in finding.message


def test_an_unknown_suite_is_refused_by_its_number(known) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM)
    finding = judge(container[:9] + b"\x07" + container[10:], view)
    assert finding.word == "not a container"
    assert "it has suite 7, and this program knows suite 1, 2" in finding.message
    for act in (suites.check_known, suites.make_private_key):
        with pytest.raises(CloisterError, match="suite 7 is not known to this program"):
            act(7)


def without_x_wing(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """An older `cryptography`, or one that was built on a library without ML-KEM."""
    if what == "no KEM":
        monkeypatch.setattr(hpke, "KEM", SimpleNamespace(X25519=hpke.KEM.X25519))
    elif what == "no keys":
        monkeypatch.delattr(hpke, "MLKEM768X25519PrivateKey")
    else:

        def unsupported(*arguments: object) -> None:
            raise UnsupportedAlgorithm("ML-KEM-768 is not supported by this version of OpenSSL")

        for name in ("generate", "from_seed_bytes"):
            monkeypatch.setattr(MLKEM768PrivateKey, name, unsupported)


@pytest.mark.parametrize("what", ["no KEM", "no keys", "no ML-KEM"])
def test_where_cryptography_lacks_it_one_line_says_so_and_suite_1_is_read(known, monkeypatch, what) -> None:
    view, writer = known
    container = writer.container(1, pcm=PCM)
    old = Writer(view.make_key(writer.recorder_id), writer.recorder_id, writer.secret)
    of_suite_1 = old.container(2, pcm=PCM)
    without_x_wing(monkeypatch, what)
    words = r"suite 2, X-Wing \(X25519 and ML-KEM-768\), needs version 48 or newer of cryptography"
    for act in (lambda: suites.make_private_key(2), lambda: judge(container, view)):
        with pytest.raises(CloisterError, match=words) as refused:
            act()
        assert "\n" not in refused.value.message
        assert "every vault needs it" in refused.value.hint
    assert judge(of_suite_1, view).word == "complete"
    assert len(suites.make_private_key(1)) == 32


def test_a_cryptography_without_hpke_is_told_in_the_same_line(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.hpke", None)
    monkeypatch.delattr(primitives, "hpke")
    spec = importlib.util.spec_from_file_location("old_suites", suites.__file__)
    old = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(old)
    for suite in (1, 2):
        with pytest.raises(CloisterError, match=f"suite {suite}, .* needs version 48 or newer of crypto"):
            old.make_private_key(suite)


def test_every_block_of_a_header_is_laid_out_as_the_format_says(known) -> None:
    view, writer = known
    block = header(writer.recorder_id, writer.secret, 1, [writer.public] * 2, bytes(32), suite=2)
    assert len(block) == BLOCK
    first, second = parse(block).recipients
    assert (first.key_id, second.key_id) == (key_id(writer.public),) * 2
    assert first.enc == block[40 : 40 + 1120] and second.key_id == block[32 + ENTRY_BYTES :][:8]
    assert not any(block[32 + 2 * ENTRY_BYTES : 4064])
