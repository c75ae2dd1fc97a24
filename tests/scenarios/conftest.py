"""A provisioned recorder of each test's own: made once for each word size, and copied with its vault."""

import shutil

import pytest

from tests.simulated_recorder import Recorder, make_recorder


@pytest.fixture(scope="session")
def provisioned(micropython, tmp_path_factory, fsck_vfat) -> Recorder:
    """A recorder with 20 one-time keys; used only to be copied."""
    folder = tmp_path_factory.mktemp(f"recorder{micropython.bits}")
    return make_recorder(folder, list(micropython.command), fsck_vfat)


@pytest.fixture
def recorder(provisioned, tmp_path) -> Recorder:
    """A provisioned recorder of the test's own."""
    folder = tmp_path / "recorder"
    shutil.copytree(provisioned.folder, folder)
    return Recorder(folder, provisioned.interpreter, provisioned.fsck)
