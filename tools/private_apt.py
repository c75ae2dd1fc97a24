"""Unpacks Debian packages with apt's own signature checks, without installing anything.

apt runs with a configuration, a package database and a cache of its own inside one folder, so it needs
no root and changes nothing else. Where to download from, and whose signatures count, is taken from
this machine's own sources: only the name of the release is replaced. Of the machine's other apt
settings, those for the network (a proxy, say) are kept.
"""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCES_DIR = Path("/etc/apt")

# Names under which a machine's sources may list its release, besides the release's own name.
_RELEASE_ALIASES = {"stable", "oldstable", "testing", "unstable", "sid"}
_REPLACED_FIELDS = {"types", "suites", "components", "architectures", "enabled", "arch", "lang", "languages"}
_NETWORK_SETTING = re.compile(r"Acquire::(https?|Proxy|Retries|ForceIPv[46])", re.IGNORECASE)
_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>[^#]+)")


class AptError(Exception):
    """apt could not do its work; the message says what it answered."""


@dataclass(frozen=True)
class Release:
    """A release to take packages from: its suite, components, and the architectures it is used for."""

    suite: str
    components: str
    architectures: tuple[str, ...]


# Ubuntu builds no i386 MicroPython. Its row is untested.
RELEASES = {
    "debian": Release("trixie", "main", ("i386", "amd64")),
    "ubuntu": Release("resolute", "main universe", ("amd64",)),
}


def this_release() -> Release | None:
    """The release to use on this machine; None where there is no apt, or not for this processor."""
    if not (shutil.which("apt-get") and shutil.which("dpkg") and Path("/etc/os-release").exists()):
        return None
    if platform.machine() != "x86_64":
        return None
    names = _os_release()
    families = [names.get("ID", ""), *names.get("ID_LIKE", "").split()]
    return next((RELEASES[family] for family in families if family in RELEASES), None)


def _os_release() -> dict[str, str]:
    return platform.freedesktop_os_release()


def parse_deb822(text: str) -> list[dict[str, str]]:
    """The stanzas of a .sources file, field names in lower case, continuation lines kept as they are."""
    stanzas: list[dict[str, str]] = [{}]
    field = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            stanzas.append({})
        elif line[0].isspace():
            stanzas[-1][field] += "\n" + line
        else:
            name, _, value = line.partition(":")
            field = name.strip().lower()
            stanzas[-1][field] = value.strip()
    return [stanza for stanza in stanzas if stanza]


def parse_one_line(text: str) -> list[dict[str, str]]:
    """The lines of a .list file, as stanzas like those of a .sources file."""
    stanzas = []
    for line in text.splitlines():
        found = _ONE_LINE.match(line.strip())
        if not found:
            continue
        options = dict(option.split("=", 1) for option in (found["options"] or "").split() if "=" in option)
        fields = {"types": "deb", "uris": found["uri"], "suites": found["suite"], "components": found["rest"]}
        stanzas.append({name.lower(): value for name, value in options.items()} | fields)
    return stanzas


def machine_stanzas(sources_dir: Path = SOURCES_DIR) -> list[dict[str, str]]:
    """Every source that this machine's apt is set up with, in either notation."""
    parts = sources_dir / "sources.list.d"
    stanzas = []
    for path in [sources_dir / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            stanzas += parse_one_line(path.read_text(encoding="utf-8"))
    for path in sorted(parts.glob("*.sources")):
        stanzas += parse_deb822(path.read_text(encoding="utf-8"))
    return stanzas


def sources_for(release: Release, stanzas: list[dict[str, str]], own_suites: set[str]) -> str:
    """The text of a .sources file: this machine's own distribution, with the release replaced.

    Security and update suites, other vendors' sources and disabled ones are left out.
    Raises AptError if nothing is left.
    """
    chosen = []
    for stanza in stanzas:
        suites = set(stanza.get("suites", "").split())
        own = suites & own_suites and "main" in stanza.get("components", "").split()
        if not own or "deb" not in stanza.get("types", "").split() or stanza.get("enabled", "yes") == "no":
            continue
        kept = {name: value for name, value in stanza.items() if name not in _REPLACED_FIELDS}
        fields = {"types": "deb", "suites": release.suite, "components": release.components} | kept
        text = "".join(f"{name}: {value}\n" for name, value in fields.items())
        if text not in chosen:
            chosen.append(text)
    if not chosen:
        raise AptError(f"the apt sources of this machine do not list its own release ({sorted(own_suites)})")
    return "\n".join(chosen)


class PrivateApt:
    """apt for one architecture of a release, with all of its files under `folder`."""

    def __init__(self, folder: Path, release: Release, architecture: str):
        self.folder = folder.resolve() / architecture
        self.architecture = architecture
        for name in ("state/lists/partial", "cache/archives/partial", "sources", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        names = _os_release()
        own_suites = _RELEASE_ALIASES | {
            names.get(key, "") for key in ("VERSION_CODENAME", "UBUNTU_CODENAME")
        }
        text = sources_for(release, machine_stanzas(), own_suites - {""})
        (self.folder / "sources" / "own.sources").write_text(text, encoding="utf-8")
        (self.folder / "apt.conf").write_text(self._settings(), encoding="utf-8")

    def unpack(self, packages: list[str], root: Path) -> None:
        """Downloads the packages with all they depend on, and unpacks them into the new folder `root`.

        Raises AptError with apt's own words. `root` appears only when it is whole.
        """
        archives = self.folder / "cache" / "archives"
        for old in archives.glob("*.deb"):
            old.unlink()
        # A source that cannot be reached is only fatal if a package is missing for it.
        updated = self._run("apt-get", "update", check=False)
        try:
            self._run("apt-get", "install", "--yes", "--download-only", "--no-install-recommends", *packages)
        except AptError as failed:
            raise AptError(f"{updated}{failed}") from None
        partial = root.with_name(root.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for archive in sorted(archives.glob("*.deb")):
            self._run("dpkg", "--extract", str(archive), str(partial))
        shutil.rmtree(root, ignore_errors=True)
        partial.rename(root)

    def _settings(self) -> str:
        """apt.conf: the machine's own files are not read, but for its network settings."""
        nothing = dict.fromkeys(
            ("main", "parts", "sourcelist", "preferences", "preferencesparts"), os.devnull
        )
        etc = nothing | {"sourceparts": self.folder / "sources"}
        own = {f"Dir::Etc::{name}": value for name, value in etc.items()} | {
            "Dir::State": self.folder / "state",
            "Dir::State::status": os.devnull,
            "Dir::Cache": self.folder / "cache",
            "Dir::Log": self.folder / "log",
            "APT::Architecture": self.architecture,
            "APT::Sandbox::User": "root",  # the folder need not be readable for apt's own user
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Debug::NoLocking": "true",
        }
        lines = [f'{name} "{value}";' for name, value in own.items()]
        lines.append(f'APT::Architectures {{ "{self.architecture}"; }};')
        dumped = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
        network = [line for line in dumped.splitlines() if _NETWORK_SETTING.match(line)]
        return "\n".join(lines + network) + "\n"

    def _run(self, *command: str, check: bool = True) -> str:
        environment = os.environ | {"APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if check and done.returncode:
            raise AptError(f"{' '.join(command[:2])} failed:\n{done.stdout}{done.stderr}")
        return done.stderr
