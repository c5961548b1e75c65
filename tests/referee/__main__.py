"""``make focus-referee``: the official validator over what is published, or over the cases.

It judges all four datasets, of Cost and Usage a sample: a few rows of each source, charge category,
commitment case, kind of line and basis of prices. Every rule that it finds broken is told, and ends
with exit code 1, unless the published file says that nobody here can mend it (``known_gap`` of
``trust.rpt_focus_conformance``).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import duckdb

from orchestration.publish.focus_conformance.dbt_code import MARTS
from orchestration.publish.focus_conformance.facts import COST_AND_USAGE, rule_book
from orchestration.settings import PROJECT_DIR, Settings
from tests.referee.cases import CASES, write
from tests.referee.validator import FAILED, PASSED, SKIPPED, NoRefereeError, verdicts

STORED = PROJECT_DIR / "tests" / "fixtures" / "focus_referee" / "verdicts.json"
_ALIKE = (
    "x_Source, ChargeCategory, ChargeClass, CommitmentDiscountCategory, CommitmentDiscountStatus, "
    "CapacityReservationStatus, PricingCategory, x_LineItemType, x_Classification, "
    "x_UnitPriceBasis, x_ListPriceBasis"
)
_ROWS_OF_A_KIND = 5


def main() -> int:
    """Run the referee and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.referee")
    parser.add_argument("--store", action="store_true", help="judge the cases, keep the verdicts")
    parser.add_argument("--published", type=Path, default=Settings().published_path)
    arguments = parser.parse_args()
    try:
        return _store() if arguments.store else _judge_published(arguments.published)
    except NoRefereeError as error:
        print(error)
        return 2


def _store() -> int:
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, case in CASES.items():
            file = Path(scratch) / f"{name}.parquet"
            write(case, file)
            by_rule = verdicts(file, case.dataset)
            found[name] = {
                outcome: sorted(rule for rule, said in by_rule.items() if said == outcome)
                for outcome in (PASSED, FAILED, SKIPPED)
            }
            print(f"{name}: {len(found[name][FAILED])} rules broken")
    # Most verdicts are those of the dataset's good file: the others are told by their difference.
    good = {case.dataset: name for name, case in CASES.items() if name.startswith("good_")}
    for name, case in CASES.items():
        if name != good[case.dataset]:
            base = found[good[case.dataset]]
            found[name] = {
                FAILED: sorted(set(found[name][FAILED]) - set(base[FAILED])),
                SKIPPED: sorted(set(found[name][SKIPPED]) - set(base[SKIPPED])),
            }
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
    return 0


def _judge_published(published: Path) -> int:
    if not published.exists():
        print(f"nothing is published at {published}: make run")
        return 2
    broken_count = unexpected = 0
    with (
        duckdb.connect(str(published), read_only=True) as connection,
        tempfile.TemporaryDirectory() as scratch,
    ):
        gaps = _known_gaps(connection)
        for dataset, mart in MARTS.items():
            file = Path(scratch) / f"{mart}.parquet"
            rows = _sample(connection, dataset, mart, file)
            found = verdicts(file, dataset)
            rules = rule_book("1.4").rules
            broken = [r for r, said in found.items() if said == FAILED and r in rules]
            leaves = [rules[r] for r in broken if not rules[r].is_composite]
            print(f"{dataset}: {rows} rows, {dict(Counter(found.values()))}")
            if dataset == COST_AND_USAGE:
                print(f"  {_covered(connection, file)}")
            for rule in leaves:
                known = rule.rule_id in gaps
                broken_count += 1
                unexpected += not known
                print(f"  {'known gap' if known else 'BROKEN'}  {rule.level} {rule.rule_id}")
    print(f"{broken_count} rules broken, {unexpected} of them no known gap")
    return 1 if unexpected else 0


def _sample(connection: duckdb.DuckDBPyConnection, dataset: str, mart: str, file: Path) -> int:
    alike = f"qualify row_number() over (partition by {_ALIKE} order by x_ChargeId)"
    few = f"{alike} <= {_ROWS_OF_A_KIND}" if dataset == COST_AND_USAGE else ""
    # As FOCUS writes times: what the referee reads as times loses every column that has a NULL.
    described = connection.execute(f"describe focus.{mart}").fetchall()
    texts = ", ".join(
        f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') as {name}"
        for name, type_, *_ in described
        if type_ == "TIMESTAMP"
    )
    connection.execute(
        f"copy (select * replace ({texts}) from focus.{mart} {few}) to '{file}' (format parquet)"
    )
    counted = connection.execute(f"select count(*) from '{file}'").fetchone()
    return int(counted[0]) if counted else 0


def _covered(connection: duckdb.DuckDBPyConnection, file: Path) -> str:
    """Return what of the ledger the sample has: all sources, categories and commitment cases."""
    cases = {
        "sources": "x_Source",
        "charge categories": "ChargeCategory",
        "commitment cases": "concat_ws(' ', CommitmentDiscountCategory, CommitmentDiscountStatus, "
        "CapacityReservationStatus)",
    }
    counted = ", ".join(f"count(distinct {what})" for what in cases.values())
    sampled = connection.execute(f"select {counted} from '{file}'").fetchone()
    published = connection.execute(f"select {counted} from focus.cost_and_usage").fetchone()
    assert sampled is not None and sampled == published
    return ", ".join(f"{count} {what}" for count, what in zip(sampled, cases, strict=True))


def _known_gaps(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute(
        "select rule_id from trust.rpt_focus_conformance where known_gap is not null "
        "union select rule_id from trust.rpt_focus_list_conformance where known_gap is not null"
    ).fetchall()
    return {rule_id for (rule_id,) in found}


if __name__ == "__main__":
    sys.exit(main())
