"""``make focus-referee``: the official validator over what is published, or over the cases.

It judges all four datasets, of Cost and Usage a sample: a few rows of each source, charge category,
commitment case, kind of line and basis of prices. What the demo company has none of is published
by the company of ``company`` and judged as well, so that every kind of bill, charge category and
commitment case is there; what is not is named (``coverage``). Every rule that it finds broken is
told. It ends with exit code 1 where a case is missing or a rule is broken, unless the published
file says that nobody here can mend it (``known_gap`` of ``trust.rpt_focus_conformance``).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.extract.source import load_sources
from orchestration.publish.focus_conformance.dbt_code import MARTS
from orchestration.publish.focus_conformance.facts import COST_AND_USAGE, rule_book
from orchestration.settings import PROJECT_DIR, Settings
from tests.referee import cases, company
from tests.referee.company import NoCompanyError
from tests.referee.coverage import BILLS, CASES, kinds_of, not_covered
from tests.referee.validator import (
    FAILED,
    OF_UNSEEN,
    PASSED,
    SKIPPED,
    NoRefereeError,
    unseen_columns,
    verdicts,
)

STORED = PROJECT_DIR / "tests" / "fixtures" / "focus_referee" / "verdicts.json"
_ALIKE = (
    "x_Source, ChargeCategory, ChargeClass, CommitmentDiscountCategory, CommitmentDiscountStatus, "
    "CapacityReservationStatus, PricingCategory, x_LineItemType, x_Classification, "
    "x_UnitPriceBasis, x_ListPriceBasis"
)
_ROWS_OF_A_KIND = 5


@dataclass(frozen=True)
class Judged:
    """What the referee said of one published file.

    Attributes:
        samples: The files that it was given, by dataset.
        broken_count: Rules that it finds broken.
        unexpected_count: Those of them that are no known gap.
    """

    samples: Mapping[str, Path]
    broken_count: int
    unexpected_count: int


def main() -> int:
    """Run the referee and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.referee")
    parser.add_argument("--store", action="store_true", help="judge the cases, keep the verdicts")
    parser.add_argument("--published", type=Path, help="judge this published file, and it alone")
    arguments = parser.parse_args()
    try:
        return _store() if arguments.store else _judge_published(arguments.published)
    except (NoRefereeError, NoCompanyError) as error:
        print(error)
        return 2


def _store() -> int:
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, case in cases.CASES.items():
            file = Path(scratch) / f"{name}.parquet"
            cases.write(case, file)
            by_rule = verdicts(file, case.dataset)
            found[name] = {
                outcome: sorted(rule for rule, said in by_rule.items() if said == outcome)
                for outcome in (PASSED, FAILED, SKIPPED)
            }
            print(f"{name}: {len(found[name][FAILED])} rules broken")
    # Most verdicts are those of the dataset's good file: the others are told by their difference.
    good = {case.dataset: name for name, case in cases.CASES.items() if name.startswith("good_")}
    for name, case in cases.CASES.items():
        if name != good[case.dataset]:
            base = found[good[case.dataset]]
            found[name] = {
                outcome: sorted(set(found[name][outcome]) - set(base[outcome]))
                for outcome in (PASSED, FAILED, SKIPPED)
            }
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
    return 0


def _judge_published(given: Path | None) -> int:
    settings = Settings()
    published = given or settings.published_path
    if not published.exists():
        print(f"nothing is published at {published}: make run")
        return 2
    # Of bills of one's own only what is there can be judged; the demo's sample has to be complete.
    is_complete = given is None and settings.is_demo
    with tempfile.TemporaryDirectory() as scratch:
        files = [published]
        if is_complete:
            print("Publishing what the demo company has none of: a minute or two")
            (Path(scratch) / "company").mkdir()
            files.append(company.publish(Path(scratch) / "company", settings))
        judged = []
        for number, file in enumerate(files):
            print(f"{'the company of the referee' if number else file}:")
            (Path(scratch) / str(number)).mkdir()
            judged.append(_judge(file, Path(scratch) / str(number)))
        missing = []
        if is_complete:
            kinds = kinds_of(load_sources(settings.sources))
            kinds |= {source["name"]: source["kind"] for source in company.SOURCES}
            missing = not_covered(
                [each.samples[COST_AND_USAGE] for each in judged],
                [each.samples["ContractCommitment"] for each in judged],
                kinds,
            )
            for case in missing:
                print(f"NOT IN THE SAMPLE  {case}")
            print(
                f"{len(BILLS) + len(CASES) - len(missing)} of {len(BILLS) + len(CASES)} cases "
                "are in the sample: kinds of bill, charge categories and commitments"
            )
    unexpected = sum(each.unexpected_count for each in judged)
    broken = sum(each.broken_count for each in judged)
    print(f"{broken} rules broken, {unexpected} of them no known gap")
    return 1 if unexpected or missing else 0


def _judge(published: Path, folder: Path) -> Judged:
    """Let the referee judge samples of one published file, which are left in a folder."""
    broken_count = unexpected = 0
    samples: dict[str, Path] = {}
    rules = rule_book("1.4").rules
    with duckdb.connect(str(published), read_only=True) as connection:
        gaps = _known_gaps(connection)
        for dataset, mart in MARTS.items():
            samples[dataset] = file = folder / f"{mart}.parquet"
            rows = _sample(connection, dataset, mart, file)
            found = verdicts(file, dataset)
            unseen = unseen_columns(file, dataset)
            leaves = [
                rules[rule_id]
                for rule_id, said in found.items()
                if said == FAILED and rule_id in rules and not rules[rule_id].is_composite
            ]
            print(f"{dataset}: {rows} rows, {dict(Counter(found.values()))}")
            for column in sorted(unseen & {str(rule.column) for rule in leaves}):
                print(f"  not seen by the referee: {column}, which has no value")
            for rule in leaves:
                if rule.column in unseen and rule.kind in OF_UNSEEN:
                    continue
                known = rule.rule_id in gaps
                broken_count += 1
                unexpected += not known
                print(f"  {'known gap' if known else 'BROKEN'}  {rule.level} {rule.rule_id}")
    return Judged(samples, broken_count, unexpected)


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


def _known_gaps(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute(
        "select rule_id from trust.rpt_focus_conformance where known_gap is not null "
        "union select rule_id from trust.rpt_focus_list_conformance where known_gap is not null"
    ).fetchall()
    return {rule_id for (rule_id,) in found}


if __name__ == "__main__":
    sys.exit(main())
