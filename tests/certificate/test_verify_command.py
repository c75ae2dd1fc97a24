"""`cloister certificate --verify`: checking a certificate with nothing but the file and a public key."""

import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from host_tools.certificate.signature import FIELDS, signed
from host_tools.cli import main
from tests.certificate.test_command import EARLY, destroyed
from tests.retention.conftest import Practice


def check(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """`cloister certificate --verify` somewhere without any vault."""
    status = main(["--vault", "/nowhere", "certificate", "--verify", *map(str, arguments)])
    return (status, *capsys.readouterr())


def test_it_is_checked_with_the_public_key_alone(
    practice: Practice, tmp_path: Path, capsys, monkeypatch
) -> None:
    assert practice("expire", 1, *EARLY, "-o", tmp_path / "c.json") == 0
    assert practice("certificate", "--public-key") == 0
    key = practice.out.strip()
    (tmp_path / "key").write_text(practice.out)
    (tmp_path / "cafe").write_text(practice.out)
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(practice.made.folder)
    for given in ((), ("--key", key), ("--key", key.upper()), ("--key", tmp_path / "key"), ("--key", "cafe")):
        status, out, err = check(tmp_path / "c.json", *given, capsys=capsys)
        assert (
            status == 0
            and out.startswith("Genuine: certificate ")
            and out.endswith(", recording 1, Purge.\n")
        )
        assert ("compare that with the one that the vault's owner gives" in err) == (not given)
    status, out, _ = check(tmp_path / "c.json", "--json", capsys=capsys)
    assert json.loads(out) == {"genuine": True, "key": key, "key_given": False, "altered": []}


def test_an_altered_one_is_told_by_what_differs(practice: Practice, tmp_path: Path, capsys) -> None:
    assert practice("expire", 1, *EARLY, "-o", tmp_path / "c.json") == 0
    text = (tmp_path / "c.json").read_text()
    for old, new, differs in (
        ('"number": 1', '"number": 2', "recordings"),
        ('"level": "Purge"', '"level": "Destroy"', "method"),
        ('"person": "owner"', '"person": "somebody"', "person"),
        ("Spare blocks of", "No spare blocks of", "not_achieved"),
    ):
        assert old in text
        (tmp_path / "altered.json").write_text(text.replace(old, new))
        status, out, err = check(tmp_path / "altered.json", capsys=capsys)
        assert (status, out) == (3, "")
        assert f"is not genuine: altered since it was signed: {differs}" in err
    status, _, err = check(tmp_path / "c.json", "--key", "ab" * 32, capsys=capsys)
    assert status == 3 and "c.json is not genuine: the key that it names is not the one given" in err


def test_what_is_no_certificate_or_no_key_is_said(practice: Practice, tmp_path: Path, capsys) -> None:
    destroyed(practice)
    practice("certificate", 1, "-o", tmp_path / "c.pdf")
    practice("certificate", 1, "-o", tmp_path / "c.json")
    (tmp_path / "large").write_bytes(bytes(17 * 1024 * 1024))
    for name, words in (("c.pdf", "no certificate"), ("none", "cannot be read"), ("large", "too large")):
        status, out, err = check(tmp_path / name, capsys=capsys)
        assert (status, out) == (1, "") and words in err
    status, _, err = check(tmp_path / "c.json", "--key", "ab" * 500, capsys=capsys)
    assert status == 1 and "64 hex digits" in err
    status, _, err = check(tmp_path / "c.json", "--key", "abc", capsys=capsys)
    assert status == 1 and "64 hex digits" in err


def test_what_somebody_signed_that_says_nonsense_is_refused(tmp_path: Path, capsys) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw().hex()
    parts = {name: kind() for name, kind in FIELDS.items() if name != "signature"}
    parts |= {"certificate": 1, "vault_key": public}
    for recordings in ([1], [{}], [{"id": {}}], ["x"], [{"id": "1"}, {"id": 1}]):
        made = signed(parts | {"recordings": recordings}, key.sign)
        (tmp_path / "c.json").write_text(json.dumps(made))
        status, out, err = check(tmp_path / "c.json", capsys=capsys)
        assert (status, out) == (1, "") and "error: this is no certificate, or a damaged one" in err
