"""An installation of Tollgate in a folder of its own, run as ``make run`` does."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR
from tests.bench.inputs import day_after_delivery
from tests.bench.measure import Measured, run_command

MEMORY_LIMIT = "6GB"
_STEP = re.compile(r"([a-z_]+) ([\d.]+) s")
_CONFORMED = re.compile(
    r"conform\s+\S+ \d{4}-\d{2} int_charges_conformed_\w+: ([\d,]+) rows, ([\d.]+) s"
)


@dataclass(frozen=True)
class Installation:
    """One installation: where it is and how many processors it may use."""

    root: Path
    threads: int
    is_demo: bool = False

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse"

    def write_sources(self, sources: Sequence[Mapping[str, str]]) -> None:
        """Write the sources file."""
        self.root.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump({"sources": [dict(source) for source in sources]})
        (self.root / "sources.yaml").write_text(text, encoding="utf-8")

    def environment(self, **changed: str) -> dict[str, str]:
        """Return the environment of a run, without any setting of the machine's own."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TOLLGATE_", "DAGSTER_", "DBT_"))
        }
        own = {
            "TOLLGATE_DATA_DIR": str(self.data),
            "TOLLGATE_THREADS": str(self.threads),
            "TOLLGATE_MEMORY_LIMIT": MEMORY_LIMIT,
            "DAGSTER_HOME": str(self.root / "dagster"),
            "GX_ANALYTICS_ENABLED": "false",
            "PYTHONWARNINGS": "ignore",
            "PYTHONUNBUFFERED": "1",
        }
        if not self.is_demo:
            own["TOLLGATE_SOURCES"] = str(self.root / "sources.yaml")
            own["TOLLGATE_TODAY"] = day_after_delivery().isoformat()
        return inherited | own | changed

    def run(self, limit_seconds: float = 1800) -> Measured:
        """Run the pipeline over every period that the sources hold."""
        command = [sys.executable, "-m", "orchestration", "run"]
        return run_command(command, self.environment(), PROJECT_DIR, limit_seconds)

    def conform_again(self, kind: str, scratch: Path, limit_seconds: float = 1800) -> float:
        """Conform all periods of a kind of source once more; return the seconds that dbt reports.

        It works in a warehouse of its own with the inputs of the last run, so that nothing else of
        the installation changes.
        """
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(self.warehouse / "inputs", scratch / "inputs")
        model = f"int_charges_conformed_{kind}"
        for folder in (self.warehouse / "conform" / model).glob("source=*/billing_period=*"):
            (scratch / folder.relative_to(self.warehouse)).mkdir(parents=True)
        # What dbt knows of the project's files from the run saves it from reading them again.
        (scratch / "target").mkdir()
        shutil.copy(DBT_PROJECT_DIR / "target" / "partial_parse.msgpack", scratch / "target")
        dbt = str(Path(sys.executable).with_name("dbt"))
        measured = run_command(
            [
                *(dbt, "build", "--select", f"+{model}", "--exclude-resource-type", "test"),
                *("--exclude-resource-type", "unit_test", "--profiles-dir", str(DBT_PROJECT_DIR)),
                *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "target")),
            ],
            self.environment(
                TOLLGATE_BUILD_PATH=str(scratch / "build.duckdb"),
                TOLLGATE_WAREHOUSE_DIR=str(scratch),
                DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            ),
            DBT_PROJECT_DIR,
            limit_seconds,
        )
        return sum(seconds for _, seconds in conformed(measured.output))


def steps(output: str) -> dict[str, float]:
    """Return the seconds of each step that a run's last lines name."""
    line = next((line for line in output.splitlines() if line.startswith("Time: ")), "")
    return {name: float(seconds) for name, seconds in _STEP.findall(line)}


def conformed(output: str) -> list[tuple[int, float]]:
    """Return (rows, seconds) of each period of charges that a run conformed."""
    return [
        (int(rows.replace(",", "")), float(seconds)) for rows, seconds in _CONFORMED.findall(output)
    ]
