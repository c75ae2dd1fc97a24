"""One line of the benchmarks, and their table."""

from collections.abc import Iterable
from dataclasses import dataclass

_HEAD = ["| what | figure | unit | how |", "| --- | ---: | --- | --- |"]


@dataclass(frozen=True)
class Row:
    """A figure, what it is of, in what unit, and what was run to get it."""

    name: str
    figure: int
    unit: str
    command: str


def table(rows: Iterable[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [f"| {row.name} | {grouped(row.figure)} | {row.unit} | `{row.command}` |" for row in rows]
    return "\n".join(_HEAD + lines) + "\n"


def grouped(figure: int) -> str:
    """The number with a space between thousands."""
    return f"{figure:,}".replace(",", " ")
