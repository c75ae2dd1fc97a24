"""Session after session: none refused, no number lost, whatever the laptop does in between."""

from host_tools.card import format_fat32
from host_tools.recorder.provision import provision
from host_tools.vault import open_vault
from tests.quick_vault import PASSPHRASE

SESSIONS = 12


def sessions(count: int, first_s: int = 3, every_s: int = 10) -> str:
    return "".join(
        f"{first_s + every_s * i} press both 0.2\n{first_s + 4 + every_s * i} press p1 2.5\n"
        for i in range(count)
    )


def test_many_sessions_in_a_row_are_all_recorded(recorder):
    recorder.run(sessions(SESSIONS) + f"{5 + 10 * SESSIONS} end\n")
    assert not recorder.faults()
    words = [finding.word for finding in recorder.findings()]
    assert words == ["complete"] * SESSIONS + ["empty"]


def test_a_recorder_without_one_time_keys_goes_on_with_the_last_resort_key_and_changes_back(recorder):
    recorder.card.unlink()
    format_fat32(recorder.card, 1024 * 1024 * 1024)
    recorder.run(sessions(21) + "220 end\n")
    assert not recorder.faults()
    used = [finding.header.recipients[0].key_id for finding in recorder.findings() if finding.samples]
    assert len(set(used)) == 21
    recorder.run(sessions(2) + "30 end\n")
    last_resort = [finding.header.recipients[0].key_id for finding in recorder.findings()][21:]
    assert len(set(last_resort)) == 1  # two recordings and the container that waits

    def top_up(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            provision(client, vault, 5, {})

    recorder.converse(top_up)
    assert recorder.findings()[-1].word == "empty"
    assert recorder.findings()[-1].header.recipients[0].key_id not in [*used, *last_resort]


def test_sessions_go_on_after_the_laptop_has_loaded_many_keys(recorder):
    def load(client) -> None:
        with open_vault(recorder.folder / "vault", PASSPHRASE) as vault:
            provision(client, vault, 30, {})  # five times two more, before anybody consents

    recorder.converse(load, sessions(2, first_s=12, every_s=7), for_ms=27_000)
    assert not recorder.faults()
    assert [finding.word for finding in recorder.findings()] == ["complete", "complete", "empty"]
