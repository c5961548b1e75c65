"""The report: the machine, and a table of what was measured, the target, and whether it is met."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Attributes:
        what: What was measured.
        measured: The figure, with its unit.
        target: What it should be, None where it is only told.
        ratio: Measured over target where less is better, target over measured where more is; at
            most 1 when the target is met. None where there is no target.
    """

    what: str
    measured: str
    target: str | None = None
    ratio: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.ratio is None else 0 <= self.ratio <= 1


def at_most(what: str, value: float, target: float, unit: str, note: str = "") -> Result:
    """Return the line of a figure that should be small."""
    shown = f"{_number(value)} {unit}{_in_brackets(note)}"
    return Result(what, shown, f"at most {_number(target)} {unit}", value / target)


def at_least(what: str, value: float, target: float, unit: str, note: str = "") -> Result:
    """Return the line of a figure that should be large."""
    shown = f"{_number(value)} {unit}{_in_brackets(note)}"
    return Result(what, shown, f"at least {_number(target)} {unit}", target / value)


def told(what: str, measured: str) -> Result:
    """Return the line of a figure without a target."""
    return Result(what, measured)


@dataclass
class Report:
    """All results of one run of the bench.

    Attributes:
        day: The day.
        quick: Whether only the small sizes were measured.
        machine: The machine in words, by property.
        results: The table's lines.
        details: Figures behind the lines, by name.
    """

    day: date
    quick: bool
    machine: dict[str, str]
    results: list[Result] = field(default_factory=list)
    details: dict[str, object] = field(default_factory=dict)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write the report as JSON and as Markdown and return both files."""
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.day}-quick" if self.quick else f"{self.day}"
        as_json, as_markdown = folder / f"{name}.json", folder / f"{name}.md"
        content = {
            "day": self.day.isoformat(),
            "quick": self.quick,
            "machine": self.machine,
            "results": [asdict(result) | {"is_met": result.is_met} for result in self.results],
            "details": self.details,
        }
        as_json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        as_markdown.write_text(self.markdown(), encoding="utf-8")
        return as_json, as_markdown

    def markdown(self) -> str:
        """Return the report for readers."""
        lines = [f"# Speed of Tollgate, {self.day}{' (quick)' if self.quick else ''}", ""]
        lines += [f"- {name}: {value}" for name, value in self.machine.items()]
        lines += ["", *table(self.results), ""]
        return "\n".join(lines)


def table(results: Sequence[Result]) -> list[str]:
    """Return the results as a Markdown table."""
    met = {None: "", True: "yes", False: "no"}
    rows = [("What", "Measured", "Target", "Ratio to target", "Met")]
    rows += [
        (
            result.what,
            result.measured,
            result.target or "",
            "" if result.ratio is None else f"{result.ratio:.2f}",
            met[result.is_met],
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def machine(threads: int) -> dict[str, str]:
    """Describe the machine in the words that a comparison needs."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, {threads} used",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB",
        "system": platform.platform(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "load before the first measurement (1, 5, 15 minutes)": load,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _in_brackets(note: str) -> str:
    return f" ({note})" if note else ""
