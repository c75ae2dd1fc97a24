"""Where set-up downloads packages from: this machine's own distribution, and nothing else it lists."""

import pytest

from tools import private_apt as apt

TRIXIE = apt.RELEASES["debian"]
RESOLUTE = apt.RELEASES["ubuntu"]

DEBIAN_SOURCES = """\
# main archive
Types: deb deb-src
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/own.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/own.gpg
"""

OTHER_VENDOR = """\
Types: deb
URIs: https://vendor.example/linux
Suites: bookworm
Components: stable
"""


def sources(text: str, release: apt.Release = TRIXIE, own: str = "bookworm") -> list[dict[str, str]]:
    return apt.parse_deb822(apt.sources_for(release, apt.parse_deb822(text), {own}))


def test_own_archive_is_kept_with_its_key_and_the_release_replaced():
    assert sources(DEBIAN_SOURCES + "\n" + OTHER_VENDOR) == [
        {
            "types": "deb",
            "suites": "trixie",
            "components": "main",
            "uris": "http://archive.example/debian",
            "signed-by": "/usr/share/keyrings/own.gpg",
        }
    ]


def test_ubuntu_takes_universe_too():
    text = DEBIAN_SOURCES.replace("bookworm", "noble").replace("main contrib", "main universe restricted")
    (only,) = sources(text, RESOLUTE, "noble")
    assert (only["suites"], only["components"]) == ("resolute", "main universe")


def test_a_disabled_source_is_not_used():
    with pytest.raises(apt.AptError, match="do not list"):
        sources(DEBIAN_SOURCES.replace("Types: deb deb-src", "Enabled: no\nTypes: deb"))


def test_a_machine_without_sources_of_its_own_is_an_error():
    with pytest.raises(apt.AptError, match="do not list"):
        sources(OTHER_VENDOR)


def test_a_key_written_into_the_source_itself_is_kept_whole():
    key = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEYCQjIxYJ\n -----END PGP PUBLIC KEY BLOCK-----"
    (only,) = sources(DEBIAN_SOURCES.replace(" /usr/share/keyrings/own.gpg", key, 1))
    assert only["signed-by"] == key


def test_one_line_sources_say_the_same():
    lines = """
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/own.gpg] http://archive.example/debian bookworm main # ours
deb-src http://archive.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
"""
    text = apt.sources_for(TRIXIE, apt.parse_one_line(lines), {"bookworm"})
    assert apt.parse_deb822(text) == sources(DEBIAN_SOURCES)


def test_both_notations_and_every_file_are_read(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/two.list").write_text("deb http://two.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/three.sources").write_text(DEBIAN_SOURCES)
    (tmp_path / "sources.list.d/off.sources.disabled").write_text(OTHER_VENDOR)
    found = [stanza["uris"] for stanza in apt.machine_stanzas(tmp_path)]
    assert found == [
        "http://one.example/debian",
        "http://two.example/debian",
        "http://archive.example/debian",
        "http://security.example/debian-security",
    ]
