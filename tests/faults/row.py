"""One line of the table of faults."""

from dataclasses import dataclass, field


@dataclass
class Row:
    """What came of one kind of fault. worst_lost_ms: of sound. failed: what must not be, in words."""

    fault: str
    tried: int = 0
    survived: int = 0
    worst_lost_ms: int = 0
    loss: str = ""  # said instead of worst_lost_ms
    failed: list[str] = field(default_factory=list)

    def take(self, where: object, lost_ms: int, faults: list[str]) -> None:
        """Count one case."""
        self.tried += 1
        self.survived += not faults
        self.worst_lost_ms = max(self.worst_lost_ms, lost_ms)
        self.failed += [f"{self.fault}, {where}: {fault}" for fault in faults]

    def add(self, other: "Row") -> None:
        """Take in another part of the same."""
        self.tried += other.tried
        self.survived += other.survived
        self.worst_lost_ms = max(self.worst_lost_ms, other.worst_lost_ms)
        self.failed += other.failed

    @property
    def worst(self) -> str:
        """The worst loss in words."""
        return self.loss or (f"{self.worst_lost_ms} ms" if self.worst_lost_ms else "nothing")


def gather(rows: list[Row]) -> list[Row]:
    """One row for each fault, in order of their first."""
    found: dict[str, Row] = {}
    for row in rows:
        if row.fault in found:
            found[row.fault].add(row)
        else:
            found[row.fault] = row
    return list(found.values())
