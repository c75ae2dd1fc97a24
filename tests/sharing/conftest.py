"""The public `age`, run as a receiver runs it, and a vault with a recording to share."""

import os
import pty
import select
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyrage
import pytest
import soundfile

from host_tools.simulator.interpreter import CHECKOUT_DIR
from tests.quick_vault import make_quick_vault
from tests.typed_command import SOUND, Cloister

PLACES = os.pathsep.join([str(CHECKOUT_DIR / "build/tools/bin"), os.environ["PATH"]])
MARKS = [{"at": at, "event": "mark"} for at in (4000, 12_000)]
PATIENCE_S = 60


@dataclass(frozen=True)
class Opened:
    """What came out of a share: the names in the zip, the two pages, the sound."""

    names: list[str]
    text: str
    html: str
    samples: np.ndarray
    rate_hz: int


def opened(zip_bytes: bytes) -> Opened:
    """Take a zip apart, and see that every part of it is whole."""
    with zipfile.ZipFile(BytesIO(zip_bytes)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
        (sound,) = (name for name in names if name.endswith(".flac"))
        samples, rate_hz = soundfile.read(BytesIO(archive.read(sound)), dtype="int16")
        text, html = (archive.read(f"README.{kind}").decode() for kind in ("txt", "html"))
    return Opened(names, text, html, samples, rate_hz)


@dataclass(frozen=True)
class Age:
    """The program `age`, and a receiver: `public` is the public key of `folder`/key.txt."""

    program: str
    folder: Path
    public: str

    @property
    def key_file(self) -> Path:
        return self.folder / "key.txt"

    def open(self, path: Path, key_file: Path | None = None) -> bytes:
        """Decrypt with a key; the test fails with age's own words if it will not."""
        command = [self.program, "-d", "-i", str(key_file or self.key_file), str(path)]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def refuses(self, path: Path, key_file: Path) -> str:
        """What it says of a file that this key does not open."""
        command = [self.program, "-d", "-i", str(key_file), str(path)]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S)
        assert done.returncode != 0
        return done.stderr.decode()

    def open_with_passphrase(self, path: Path, passphrase: str) -> bytes:
        """Decrypt with a passphrase, typed on a terminal of its own: age takes it from nowhere else."""
        out = self.folder / "opened-with-passphrase"
        child, terminal = pty.fork()
        if child == 0:
            os.execv(self.program, [self.program, "-d", "-o", str(out), str(path)])  # noqa: S606
        said = _type(terminal, b"passphrase", passphrase.encode() + b"\n")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said.decode(errors="replace")
        return out.read_bytes()


def _type(terminal: int, awaited: bytes, answer: bytes) -> bytes:
    """Answer once the awaited words are there; everything that was said until the terminal closed."""
    said, answered = b"", False
    with os.fdopen(terminal, "r+b", buffering=0) as line:
        while select.select([line], [], [], PATIENCE_S)[0]:
            try:
                said += line.read(1024) or b""
            except OSError:  # the program has ended
                break
            if awaited in said and not answered:
                line.write(answer)
                answered = True
    return said


@pytest.fixture(scope="session")
def age(tmp_path_factory: pytest.TempPathFactory) -> Age:
    """The public tool; a test that needs it fails without it."""
    program = shutil.which("age", path=PLACES)
    assert program, "age is missing: run `make setup`, or install the package age"
    folder = tmp_path_factory.mktemp("age")
    return Age(program, folder, make_key(folder / "key.txt"))


def make_key(path: Path) -> str:
    """A new secret key in a file, as age-keygen makes it; the public key."""
    identity = pyrage.x25519.Identity.generate()
    path.write_text(f"# a receiver\n{identity}\n")
    return str(identity.to_public())


@pytest.fixture
def cloister(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cloister:
    """A vault with recording 1: SOUND with two marks."""
    cloister = Cloister(make_quick_vault(tmp_path), capsys)
    card = tmp_path / "card"
    card.mkdir()
    (card / "R0000001.DAT").write_bytes(cloister.container(1, events=MARKS))
    assert cloister("import", card) == 0
    shutil.rmtree(card)
    assert len(SOUND) == 20_000
    return cloister


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where shares go."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"
