"""Several containers examined together, as on a card: who vouches for whom, and which numbers are missing.

A first pass reads each header and the first segment, so that what a later container says of an earlier
one is known before the earlier one is judged. Only sealed headers and authentic segments have a say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from host_tools.container import layout, report
from host_tools.container.body import Body
from host_tools.container.findings import examine, hold_against, open_body, read_header
from host_tools.container.header import Header, KeyDoesNotOpen, NotAContainer, seal_is_right
from host_tools.container.records import Session
from host_tools.container.report import Finding
from host_tools.container.source import BlockReader, Source, SourceUnreadable
from host_tools.container.view import KeyRecord, View, Vouch
from host_tools.container.wholes import numbers_from

# Where a number is that is not among the containers looked at.
MISSING, IN_THE_VAULT, DESTROYED_EARLIER = "is missing", "is in the vault", "was destroyed"
GIVEN_UP = "was given up"


class CardView(View, Protocol):
    """What has to be known, beyond `View`, to say which numbers are missing."""

    def lowest_number(self, recorder_id: bytes) -> int | None:
        """The lowest number known of this recorder."""

    def last_named(self, recorder_id: bytes) -> int | None:
        """The highest number that the recorder's own status, or a container imported before, names."""

    def settled_numbers(self, recorder_id: bytes) -> frozenset[int]:
        """The numbers that are, or ever were, in the vault, or were destroyed, or given up."""

    def recorder_ids(self) -> list[bytes]:
        """Every recorder that is known."""

    def was_struck(self, recorder_id: bytes, number: int) -> bool:
        """Whether the recorder says that it destroyed this number, and it never was in the vault."""

    def outlives(self, recorder_id: bytes, number: int) -> bool:
        """Whether the vault has this number, which was destroyed on the recorder: sealed anew there."""

    def fate(self, recorder_id: bytes, number: int) -> str:
        """Where a number is that is not looked at: one of the words above."""

    def gone_since(self, recorder_id: bytes, number: int) -> str | None:
        """The day (ISO) on which the vault destroyed the key of this number."""


@dataclass(frozen=True)
class Member:
    """One container of a collection: what it is called, where its bytes are, and what is known to be in it.

    `expected` is what was found there before, if this is a copy that was once verified, and `place` whose
    it is: the recorder's id in hex, and the number.
    """

    file: str
    source: Source
    expected: Vouch | None = None
    place: tuple[str, int] | None = None


class Collection:
    """Containers that are judged together. It is itself the view with which each one is examined."""

    def __init__(self, members: Iterable[Member], view: CardView):
        self.members = list(members)
        self._view = view
        self._vouches: dict[tuple[bytes, int], Vouch] = {}
        self._uses: dict[tuple[bytes, bytes], set[int]] = {}
        self._numbers: dict[bytes, set[int]] = {}
        self._named: dict[bytes, set[int]] = {}
        self._parts: dict[bytes, dict[int, int]] = {}
        for member in self.members:
            self._learn(member.source)

    def findings(self) -> Iterator[Finding]:
        """One finding for each member, in order."""
        for member in self.members:
            yield self.examine(member)

    def examine(self, member: Member) -> Finding:
        """The finding on one member."""
        finding = examine(member.source, self, member.file)
        finding.expected_place = member.place
        if member.expected is not None:
            hold_against(finding, member.expected)
        header = finding.header
        if header is None or finding.word not in (report.UNREADABLE, *report.HOLDS_SOUND):
            return finding
        opens = "" if finding.word == report.UNREADABLE else ", and this copy of it can still be opened"
        if self._view.was_struck(header.recorder_id, header.number):
            finding.notes.append(f"number {header.number} was destroyed on the recorder{opens}")
        self._say_when_it_went(finding, header, opens)
        if finding.end_reason == report.CONTINUED:
            self._named.setdefault(header.recorder_id, set()).add(header.number + 1)
        return finding

    def _say_when_it_went(self, finding: Finding, header: Header, opens: str) -> None:
        """Say of what the vault has destroyed that it has, and when."""
        finding.gone_since = self._view.gone_since(header.recorder_id, header.number)
        if finding.gone_since is None:
            return
        words = f"its key was destroyed on {finding.gone_since}"
        if opens:
            finding.notes.append(words + opens)
        else:
            finding.reason = words

    def missing(self) -> list[int]:
        """The numbers of `missing_of_recorders`, ascending."""
        return sorted(number for numbers in self.missing_of_recorders().values() for number in numbers)

    def missing_of_recorders(self, all_known: bool = False) -> dict[bytes, list[int]]:
        """The numbers that should be here, in the vault or destroyed, and are not, by recorder; ascending.

        Of the recorders that sealed something here; of all that are known, if nothing here is sealed.
        """
        recorders = [] if all_known else self.recorder_ids()
        found = {recorder: self._missing_of(recorder) for recorder in recorders or self._view.recorder_ids()}
        return {recorder: sorted(numbers) for recorder, numbers in found.items() if numbers}

    def recorder_ids(self) -> list[bytes]:
        """The recorders that are known and sealed something here."""
        return list(self._numbers)

    def whereabouts(self, recorder: str, number: int) -> str:
        """Where a number is that is not here, of the recorder with this id in hex."""
        return self._view.fate(bytes.fromhex(recorder), number)

    def _missing_of(self, recorder_id: bytes) -> set[int]:
        here = self._numbers.get(recorder_id, set())
        lowest, named = self._view.lowest_number(recorder_id), self._view.last_named(recorder_id)
        used = here | self._named.get(recorder_id, set()) | ({named} if named is not None else set())
        if not used:
            return set()  # the lowest number that is known may be one that was never used
        known = sorted(used if lowest is None else used | {lowest})
        return set(numbers_from(known)) - here - self._view.settled_numbers(recorder_id)

    def _learn(self, source: Source) -> None:
        """Take in what a sealed header, and the SESSION behind it, say. Anything else is ignored here."""
        try:
            header = read_header(source)
        except (NotAContainer, SourceUnreadable):
            return
        secret = self._view.recorder_secret(header.recorder_id)
        if secret is None or not seal_is_right(header, secret):
            return
        self._numbers.setdefault(header.recorder_id, set()).add(header.number)
        for key_id in [entry.key_id for entry in header.recipients[:1]] or [header.destroyed_key_id]:
            self._uses.setdefault((header.recorder_id, key_id), set()).add(header.number)
        session = self._session(source, header)
        if session is None:
            return
        self._parts.setdefault(header.recorder_id, {})[header.number] = session.part
        previous = session.previous
        if previous is not None and previous.number < header.number:
            self._named.setdefault(header.recorder_id, set()).add(previous.number)
            self._vouches[header.recorder_id, previous.number] = Vouch(
                previous.seal, previous.samples, f"number {header.number}"
            )

    def _session(self, source: Source, header: Header) -> Session | None:
        """What the first segment says of the recording, and of the container before this one."""
        try:
            body: Body = open_body(FirstSegment(source), header, self._view).read_through()
        except KeyDoesNotOpen:
            return None
        return body.session

    def recorder_secret(self, recorder_id: bytes) -> bytes | None:
        """As the view underneath says."""
        return self._view.recorder_secret(recorder_id)

    def private_key_for(self, key_id: bytes) -> KeyRecord | None:
        """As the view underneath says."""
        return self._view.private_key_for(key_id)

    def kept_file_key(self, seal: bytes) -> bytes | None:
        """As the view underneath says."""
        return self._view.kept_file_key(seal)

    def vouch(self, recorder_id: bytes, number: int) -> Vouch | None:
        """A later container here comes first; then whatever the view underneath knows.

        Nobody vouches for what the vault has and the recorder has destroyed: they name the new seal.
        """
        if self._view.outlives(recorder_id, number):
            return None
        return self._vouches.get((recorder_id, number)) or self._view.vouch(recorder_id, number)

    def numbers_sealed_to(self, recorder_id: bytes, key_id: bytes) -> frozenset[int]:
        """The numbers here, and those that the view underneath knows."""
        here = self._uses.get((recorder_id, key_id), set())
        return self._view.numbers_sealed_to(recorder_id, key_id) | here

    def parts(self, recorder_id: bytes) -> dict[int, int]:
        """The parts here, and those that the view underneath knows."""
        return self._view.parts(recorder_id) | self._parts.get(recorder_id, {})


class FirstSegment(BlockReader):
    """A reader that ends after the header and the first segment."""

    def __init__(self, source: Source):
        super().__init__(source)
        self.block_count = min(self.block_count, 2)
        self.size_bytes = self.block_count * layout.BLOCK_BYTES
