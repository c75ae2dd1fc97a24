"""The body read through once: its sound as it comes, and everything else about it when it has been read.

Verifying and exporting go through this same code, so what was verified is what is heard. Only authentic
segments come in here. A record that is not as it must be is noted in `faults` and left out; the sound
of the other records still comes, at its own place.
"""

from collections.abc import Iterator

from host_tools.container import layout, records
from host_tools.container.records import BadRecord, End, Event, Session
from host_tools.container.stream import Segment, Stream

FAULTS_KEPT = 20
EVENTS_KEPT = 10_000
EVENT_BYTES_KEPT = 1024 * 1024  # of JSON, which takes thirty times the room once it is parsed
GAPS_KEPT = 10_000


class Body:
    """One container's plaintext. All counts are in samples, that is frames of all channels.

    `start` is the index where this container begins, `samples` the index after its last sample,
    `lost` how many of those between are not there, `gaps` where: (first, after the last) index each.
    """

    def __init__(self, stream: Stream):
        self._stream = stream
        self.session: Session | None = None
        self.end: End | None = None
        self.events: list[Event] = []
        self.faults: list[str] = []
        self.gaps: list[tuple[int, int]] = []
        self.segments = 0
        self.flagged_last = False
        self.start = 0
        self.samples = 0
        self.lost = 0
        self._start_known = False
        self._event_bytes = 0

    def sound(self) -> Iterator[tuple[int, memoryview]]:
        """(index of the first sample, PCM bytes) of each AUDIO record, in order; drives everything else."""
        for segment in self._stream.segments():
            self.segments += 1
            self.flagged_last = segment.last
            yield from self._segment_sound(segment)
        self._settle()

    def read_through(self) -> "Body":
        """Read to the end without using the sound; returns itself."""
        for _ in self.sound():
            pass
        return self

    def later_authentic(self) -> tuple[int, int] | None:
        """(first, last) index of authentic segments behind the bad one that ended the sound, or None."""
        return self._stream.later_authentic(self.segments)

    def _segment_sound(self, segment: Segment) -> Iterator[tuple[int, memoryview]]:
        """The sound of one segment; a fault ends it only where the records cannot be told apart."""
        payload = records.lone_audio(segment.plaintext) if segment.index and self.end is None else None
        try:
            if payload is not None:
                yield self._take_audio(payload)
                return
            for position, record in enumerate(records.records(segment.plaintext)):
                try:
                    yield from self._take(record, segment, first=segment.index == 0 and position == 0)
                except BadRecord as fault:
                    self._note(segment, str(fault))
        except BadRecord as fault:
            self._note(segment, str(fault))

    def _take(
        self, record: records.Record, segment: Segment, first: bool
    ) -> Iterator[tuple[int, memoryview]]:
        """Take one record in. Raises BadRecord."""
        if first != (record.type == layout.SESSION):
            raise BadRecord("SESSION is not the first record" if first else "SESSION comes twice")
        if self.end is not None:
            raise BadRecord("a record follows END")
        if record.type == layout.SESSION:
            self._take_session(records.parse_session(record.payload))
        elif record.type == layout.AUDIO:
            yield self._take_audio(record.payload)
        elif record.type == layout.EVENT:
            self._take_event(record.payload)
        elif record.type == layout.END:
            if not segment.last:
                raise BadRecord("END stands before the last segment")
            self.end = records.parse_end(record.payload)

    def _take_session(self, session: Session) -> None:
        """Know the form of the sound, and where it begins if the part before says so."""
        self.session = session
        before = session.previous.samples if session.part and session.previous else None
        if session.part == 0 or before is not None:
            self._begin(before or 0)

    def _begin(self, index: int) -> None:
        self.start = self.samples = index
        self._start_known = True

    def _take_event(self, payload: memoryview) -> None:
        """Keep an event; more than any recording has are left out."""
        self._event_bytes += len(payload)
        if len(self.events) < EVENTS_KEPT and self._event_bytes <= EVENT_BYTES_KEPT:
            self.events.append(records.parse_event(payload))

    def _take_audio(self, payload: memoryview) -> tuple[int, memoryview]:
        """Place a run of samples; what is missing before it was lost."""
        if self.session is None:
            raise BadRecord("there is sound without a SESSION that tells its form")
        index, pcm = records.audio(payload, self.session.channels)
        if not self._start_known:
            self._begin(index)
        if index < self.samples:
            raise BadRecord(f"sample index {index} goes backwards")
        if self.lost + index - self.samples > layout.LONGEST_GAP_S * self.session.rate_hz:
            raise BadRecord(f"sample index {index} leaps ahead: more than a day would be lost")
        self._lose_until(index)
        self.samples = index + len(pcm) // (layout.SAMPLE_BYTES * self.session.channels)
        return index, pcm

    def _lose_until(self, index: int) -> None:
        """Count what is missing between the last sample and `index`."""
        self.lost += index - self.samples
        if index > self.samples and len(self.gaps) < GAPS_KEPT:
            self.gaps.append((self.samples, index))

    def _settle(self) -> None:
        """Let END have its say on what was lost after the last sound."""
        if self.segments and self.session is None and not self.faults:
            self.faults.append("block 1: there is no SESSION")
        if self.end is None or self.session is None:
            return
        if self.end.samples < self.samples:
            self.faults.append(f"END counts {self.end.samples} samples, and there are {self.samples}")
            return
        if not self._start_known:
            self._begin(self.end.samples)
        if self.lost + self.end.samples - self.samples > layout.LONGEST_GAP_S * self.session.rate_hz:
            self.faults.append(f"END counts {self.end.samples} samples, and there are only {self.samples}")
            return
        self._lose_until(self.end.samples)
        self.samples = self.end.samples
        self.lost = max(self.lost, self.end.lost)

    def _note(self, segment: Segment, fault: str) -> None:
        """Keep the first faults, each with its block."""
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(f"block {segment.index + 1}: {fault}")
        elif len(self.faults) == FAULTS_KEPT:
            self.faults.append("more blocks have such faults")
