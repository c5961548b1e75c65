"""All static FOCUS rules over one file: our judge, and the official validator beside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

from orchestration.publish.focus_conformance.facts import COST_AND_USAGE
from orchestration.publish.focus_conformance.judge import judge
from orchestration.settings import PROJECT_DIR
from tests.bench.measure import Measured, run_command
from tests.referee.cases import CASES, write
from tests.referee.validator import verdicts


def make_file(rows: int, target: Path) -> Path:
    """Write that many charges: the good ones repeated, with ids, days and tags of their own."""
    few = target.with_name("few.parquet")
    write(CASES["good_charges"], few)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select charge.* replace ("
            "  case when ResourceId is not null then concat('r-', n % 50000) end as ResourceId,"
            "  ChargePeriodStart + to_days(cast(n % 30 as integer)) as ChargePeriodStart,"
            "  case when Tags is not null then concat('{\"team\": \"', n % 4000, '\"}') end as Tags"
            f"), concat('c-', n) as x_ChargeId from range({rows}) as numbers(n) "
            f"inner join (select *, row_number() over () - 1 as place from '{few}') as charge "
            f"on numbers.n % 8 = charge.place) to '{target}' (format parquet)"
        )
    return target


def ours(file: Path, threads: int) -> Measured:
    """Judge a file in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.focus_rules", "ours", str(file), str(threads)]
    return run_command(command, os.environ, PROJECT_DIR, 1800)


def theirs(file: Path) -> Measured:
    """Let the official validator judge it, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.focus_rules", "theirs", str(file), "0"]
    return run_command(command, os.environ, PROJECT_DIR, 1800)


def main(who: str, file: Path, threads: int) -> None:
    """Judge one file and say how many rules are broken."""
    if who == "ours":
        with duckdb.connect(config={"threads": threads}) as connection:
            found = judge(connection, f"select * exclude (place) from '{file}'", "1.4")
        print(sum(verdict.verdict == "failed" for verdict in found), "rules broken")
    else:
        print(list(verdicts(file, COST_AND_USAGE).values()).count("failed"), "rules broken")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
