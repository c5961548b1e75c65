"""Rows of the organisation's tables as they stand in their files, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

DAY_ZERO, DAY_NEVER = date.min, date.max


@dataclass(frozen=True)
class Row:
    """A parsed row and its number in the file, as a spreadsheet counts: the header is row 1."""

    line: int
    values: dict[str, object]

    @property
    def validity(self) -> tuple[date, date]:
        """The days of ``valid_from`` and ``valid_to`` (exclusive); open ends are far away."""
        start, end = self.values["valid_from"], self.values["valid_to"]
        return (
            start if isinstance(start, date) else DAY_ZERO,
            end if isinstance(end, date) else DAY_NEVER,
        )


@dataclass
class Faults:
    """Collects faults in words, and beside each the table that it is in."""

    found: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    def add(self, path: Path, line: int | None, column: str | None, what: str) -> None:
        """Add a fault: its file, row, column and what to do about it."""
        place = "".join(
            [
                path.name,
                f", row {line}" if line is not None else "",
                f", column {column}" if column else "",
            ]
        )
        self.found.append(f"{place}: {what}")
        self.tables.append(path.stem)
