"""`cloister unlock` and `cloister lock`: the key is in the key store until then, and nowhere else."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import pytest

from host_tools.cli import main
from host_tools.unlocking import key_store, session
from host_tools.vault import open_vault
from tests.cli import key_store_double
from tests.cli.key_store_double import KeyStoreDouble
from tests.quick_vault import PASSPHRASE
from tests.typed_command import Cloister
from tests.vault.raw import all_bytes

OTHER = "another twelve characters"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> KeyStoreDouble:
    return key_store_double.use(monkeypatch)


@pytest.fixture
def without(cloister: Cloister, capsys: pytest.CaptureFixture[str]):
    """The command without a passphrase file and without a terminal: the vault must be unlocked for it."""

    def run(*arguments: object) -> tuple[int, str]:
        status = main(["--vault", str(cloister.made.folder), *map(str, arguments)])
        return status, "".join(capsys.readouterr())

    return run


NEEDED = "cloister: error: the vault's passphrase is needed, and there is no terminal to ask on"


def test_an_unlocked_vault_asks_for_no_passphrase_until_it_is_locked(
    cloister: Cloister, store: KeyStoreDouble, without
) -> None:
    assert NEEDED in without("list")[1]
    assert cloister("unlock", "--for", "10m") == 0
    assert cloister.out.startswith("Unlocked until ")
    assert without("list")[0] == 0
    assert without("audit")[0] == 0
    assert cloister("lock") == 0
    assert cloister.out == "Locked.\n"
    assert store.kept == {}
    assert NEEDED in without("list")[1]
    assert cloister("lock") == 0
    assert cloister.out == "It was locked already.\n"
    with cloister.made.open() as vault:
        assert [(entry.action, entry.detail) for entry in vault.audit.entries()] == [
            ("unlock", {"minutes": 10})
        ]


def test_the_key_lies_in_the_key_store_and_in_no_file(
    cloister: Cloister, store: KeyStoreDouble, tmp_path: Path
) -> None:
    assert cloister("unlock", "--for", "1h30m") == 0
    (kept,) = store.kept.values()
    with cloister.made.open() as vault:
        key = vault.session_key()
    assert json.loads(kept)["key"] == base64.b64encode(key).decode()
    assert json.loads(kept)["until"] - json.loads(kept)["since"] == 5400
    stored = all_bytes(tmp_path).replace(PASSPHRASE.encode(), b"", 1)  # the test's own passphrase file
    for secret in (key, key.hex().encode(), base64.b64encode(key), PASSPHRASE.encode()):
        assert secret not in stored


def test_what_is_done_is_done_by_whoever_unlocked_it(
    cloister: Cloister, store: KeyStoreDouble, without, tmp_path: Path
) -> None:
    with cloister.made.open() as vault:
        vault.add_person("Anna", OTHER)
    (tmp_path / "anna").write_text(OTHER + "\n")
    assert cloister("unlock", "--for", "10m", passphrase_file=tmp_path / "anna") == 0
    assert without("people")[1].splitlines()[2].endswith("you")
    assert cloister("people") == 0  # a passphrase that is given counts
    assert cloister.out.splitlines()[1].endswith("you")


def test_an_expired_key_is_deleted_when_it_is_seen(
    cloister: Cloister, store: KeyStoreDouble, without, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cloister("unlock", "--for", "1m") == 0
    later = datetime.now(UTC) + timedelta(minutes=1)
    session.opened(cloister.made.folder, later - timedelta(seconds=2)).close()
    assert session.opened(cloister.made.folder, later) is None
    assert store.kept == {}
    assert not (cloister.made.folder / session.MARKER).exists()


def test_a_clock_that_was_set_back_does_not_make_it_last(cloister: Cloister, store: KeyStoreDouble) -> None:
    assert cloister("unlock", "--for", "8h") == 0
    assert session.opened(cloister.made.folder, datetime.now(UTC) - timedelta(minutes=2)) is None
    assert store.kept == {}


def test_a_key_that_a_command_replaces_is_deleted_by_that_command(
    cloister: Cloister, store: KeyStoreDouble, tmp_path: Path
) -> None:
    (tmp_path / "new").write_text(OTHER + "\n")
    assert cloister("unlock", "--for", "8h") == 0
    assert cloister("people", "passphrase", "--new-passphrase-file", tmp_path / "new") == 0
    assert store.kept == {}
    assert not (cloister.made.folder / session.MARKER).exists()


def test_a_key_that_the_vault_has_outgrown_is_deleted(
    cloister: Cloister, store: KeyStoreDouble, without
) -> None:
    assert cloister("unlock", "--for", "10m") == 0
    with cloister.made.open() as vault:
        vault.destroy_key_ids([])
    assert NEEDED in without("list")[1]
    assert store.kept == {}
    assert not (cloister.made.folder / session.MARKER).exists()


def test_another_error_of_the_vault_keeps_the_key(cloister: Cloister, store: KeyStoreDouble, without) -> None:
    assert cloister("unlock", "--for", "10m") == 0
    path = cloister.made.folder / "vault.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:5000])
    assert "cannot be used" in without("list")[1]
    path.write_bytes(whole)
    assert without("list")[0] == 0


@pytest.mark.parametrize(
    "kept",
    ["", "no JSON", "[]", '{"key": 5}', '{"key": "AA==", "person": 1, "since": 0, "until": 99999999999}'],
)
def test_what_somebody_put_into_the_key_store_opens_nothing(
    cloister: Cloister, store: KeyStoreDouble, without, kept: str
) -> None:
    assert cloister("unlock", "--for", "10m") == 0
    store.kept = dict.fromkeys(store.kept, kept)
    assert NEEDED in without("list")[1]
    assert store.kept == {}


@pytest.mark.parametrize("marker", [b"", b"[]", b"{}", b"\xff" * 3000, b'{"name": "x", "until": "later"}'])
def test_a_marker_that_was_altered_opens_nothing(
    cloister: Cloister, store: KeyStoreDouble, without, marker: bytes
) -> None:
    assert cloister("unlock", "--for", "10m") == 0
    (cloister.made.folder / session.MARKER).write_bytes(marker)
    assert NEEDED in without("list")[1]
    assert not (cloister.made.folder / session.MARKER).exists()


def test_the_key_store_is_asked_only_while_the_vault_is_unlocked(
    cloister: Cloister, store: KeyStoreDouble, without
) -> None:
    without("list")
    assert store.asked == 0


def test_changing_people_asks_for_the_passphrase_all_the_same(
    cloister: Cloister, store: KeyStoreDouble, without, tmp_path: Path
) -> None:
    (tmp_path / "new").write_text(OTHER + "\n")
    assert cloister("unlock", "--for", "10m") == 0
    for arguments in (
        ("add", "Anna", "--new-passphrase-file", tmp_path / "new"),
        ("remove", "owner", "--yes"),
        ("rename", "owner", "Ruth"),
        ("passphrase", "--new-passphrase-file", tmp_path / "new"),
    ):
        assert NEEDED in without("people", *arguments)[1]
    assert NEEDED in without("unlock", "--for", "8h")[1]


@pytest.mark.parametrize(
    "backend", [keyring.backends.fail.Keyring(), keyring.backends.null.Keyring(), KeyStoreDouble()]
)
def test_a_key_store_that_is_not_the_platforms_own_gets_no_key(
    cloister: Cloister, monkeypatch: pytest.MonkeyPatch, backend: object
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    assert "has no key store of its own" in cloister.refused("unlock", "--for", "10m")
    assert not (cloister.made.folder / session.MARKER).exists()
    with cloister.made.open() as vault:
        assert vault.audit.entries() == []


def test_of_a_chain_only_the_platforms_own_is_used(
    cloister: Cloister, store: KeyStoreDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Plain(KeyStoreDouble):
        """One that keeps keys in a plain file, say."""

    Plain.__module__ = "keyrings.alt.file"
    plain = Plain()

    class Chain(keyring.backends.chainer.ChainerBackend):
        backends = [plain, store]

    Chain.__module__ = key_store.CHAINER
    monkeypatch.setattr(keyring, "get_keyring", Chain)
    assert cloister("unlock", "--for", "10m") == 0
    assert len(store.kept) == 1 and plain.asked == 0
    Chain.backends = [plain]
    assert "has no key store of its own" in cloister.refused("unlock", "--for", "10m")


def test_a_key_store_that_fails_is_said_and_leaves_nothing(
    cloister: Cloister, store: KeyStoreDouble, without
) -> None:
    store.failing = RuntimeError("the collection is locked\nsecond line")
    cloister.refused("unlock", "--for", "10m")
    assert "this computer's key store does not work: the collection is locked\n" in cloister.err
    assert not (cloister.made.folder / session.MARKER).exists()
    store.failing = None
    assert cloister("unlock", "--for", "10m") == 0
    store.failing = RuntimeError("gone")
    assert NEEDED in without("list")[1]
    assert "does not work" in cloister.refused("lock")
    store.failing = None
    assert without("list")[0] == 0  # nothing was lost by a key store that was away for a while


def test_a_store_that_forgets_is_noticed(
    cloister: Cloister, store: KeyStoreDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeyStoreDouble, "get_password", lambda *_: None)
    assert "does not give back" in cloister.refused("unlock", "--for", "10m")
    assert not (cloister.made.folder / session.MARKER).exists()


def test_unlocking_again_leaves_one_key(cloister: Cloister, store: KeyStoreDouble) -> None:
    for span in ("10m", "2h"):
        assert cloister("unlock", "--for", span) == 0
    assert len(store.kept) == 1


@pytest.mark.parametrize("span", ["0m", "30s", "10", "9h", "8h1m", "", "m", "-5m", "1.5h", "481m", "١m"])
def test_a_span_that_is_none_is_refused(cloister: Cloister, store: KeyStoreDouble, span: str) -> None:
    assert "between 1m and 8h" in cloister.refused("unlock", "--for", span, status=2)


@pytest.mark.parametrize("span", ["1m", "480m", "8h", "1h1m"])
def test_spans_from_a_minute_to_eight_hours(cloister: Cloister, store: KeyStoreDouble, span: str) -> None:
    assert cloister("unlock", "--for", span) == 0


def test_an_unlocked_vaults_copy_is_not_open_to_others(cloister: Cloister, store: KeyStoreDouble) -> None:
    assert cloister("unlock", "--for", "10m") == 0
    store.kept.clear()
    assert session.opened(cloister.made.folder) is None
    open_vault(cloister.made.folder, PASSPHRASE).close()
