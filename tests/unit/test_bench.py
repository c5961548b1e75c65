"""The bench's parts at toy size: what they measure, and the ratios that they make of it.

No test here says how fast anything is.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.extract.aws_cur2 import KIND as CUR2
from orchestration.extract.source import SourceConfig
from tests.bench import allocation, metering
from tests.bench.__main__ import Bench, Sizes
from tests.bench.inputs import MONTH, deliver_cur2, legacy_header, months_before, write_legacy_csv
from tests.bench.installation import Installation, conformed, steps
from tests.bench.measure import CommandFailedError, median_ratio, run_command
from tests.bench.report import Report, at_least, at_most, table, told
from tests.bench.unit_economics import MONTHS, floor_seconds, make_months

# Without these focus-converter raises in a thread and waits for ever.
CONVERTER_NEEDS = {
    *("bill/BillType", "bill/BillingPeriodEndDate", "bill/BillingPeriodStartDate"),
    *("bill/InvoicingEntity", "bill/PayerAccountId", "lineItem/AvailabilityZone"),
    *("lineItem/CurrencyCode", "lineItem/LegalEntity", "lineItem/LineItemDescription"),
    *("lineItem/LineItemType", "lineItem/ProductCode", "lineItem/ResourceId"),
    *("lineItem/UnblendedCost", "lineItem/UsageAccountId", "lineItem/UsageAmount"),
    *("lineItem/UsageEndDate", "lineItem/UsageStartDate", "pricing/RateId", "pricing/unit"),
    *("pricing/publicOnDemandCost", "pricing/publicOnDemandRate", "product/region"),
    *("reservation/EffectiveCost", "reservation/ReservationARN", "savingsPlan/SavingsPlanARN"),
    *("savingsPlan/SavingsPlanEffectiveCost", "savingsPlan/UsedCommitment"),
}


def python(code: str, tmp_path: Path, limit_seconds: float = 60):  # type: ignore[no-untyped-def]
    return run_command([sys.executable, "-c", code], os.environ, tmp_path, limit_seconds)


def test_a_command_is_measured_with_all_that_it_starts(tmp_path: Path) -> None:
    child = "import time; held = b'x' * 150_000_000; time.sleep(0.7); print('child')"
    measured = python(
        f"import subprocess, sys; held = b'x' * 150_000_000\n"
        f"subprocess.run([sys.executable, '-c', {child!r}], check=True)",
        tmp_path,
    )
    assert measured.output == "child\n"
    assert measured.peak_bytes > 300_000_000
    assert measured.seconds > 0.7
    assert measured.cpu_seconds > 0


def test_what_outlives_a_command_for_a_moment_is_measured_with_it(tmp_path: Path) -> None:
    forked = "import time\nwhile time.process_time() < 0.8: pass"
    measured = python(
        "from multiprocessing import get_context\n"
        f"child = get_context('forkserver').Process(target=exec, args=({forked!r},))\n"
        "child.start()\nchild.join()",
        tmp_path,
    )
    assert measured.cpu_seconds > 0.8


def test_a_command_that_fails_says_what_it_printed_last(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="no such bill"):
        python("raise SystemExit('no such bill')", tmp_path)


def test_a_command_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="stopped after 1 s"):
        python("import time; time.sleep(60)", tmp_path, limit_seconds=1)


def test_ratios_are_taken_pair_by_pair() -> None:
    # one slow minute slows both of a pair; the ratio of the medians would be 20 / 5
    assert median_ratio([(20, 10), (30, 5), (4, 2)]) == 2


@pytest.mark.parametrize(
    ("result", "ratio", "is_met"),
    [
        (at_most("seconds", 45, 60, "s"), 0.75, True),
        (at_most("seconds", 90, 60, "s"), 1.5, False),
        (at_least("rows", 20, 10, "times"), 0.5, True),
        (at_least("rows", 4, 10, "times"), 2.5, False),
        (told("memory", "2 GiB"), None, None),
    ],
)
def test_a_target_is_met_up_to_a_ratio_of_one(result, ratio, is_met) -> None:  # type: ignore[no-untyped-def]
    assert (result.ratio, result.is_met) == (ratio, is_met)


def test_the_report_is_a_table_and_a_file_for_machines(tmp_path: Path) -> None:
    results = [at_most("conform", 3, 2, "times", "6 s against 2 s"), told("memory", "2 GiB")]
    report = Report(date(2026, 11, 16), False, {"processor": "two cores"}, results)
    as_json, as_markdown = report.write(tmp_path)
    assert as_json.name == "2026-11-16.json"
    assert [row["is_met"] for row in json.loads(as_json.read_text())["results"]] == [False, None]
    assert "- processor: two cores" in as_markdown.read_text()
    assert [cell.strip() for cell in table(results)[2].split("|")[1:-1]] == [
        "conform",
        "3 times (6 s against 2 s)",
        "at most 2 times",
        "1.50",
        "no",
    ]


def test_months_go_back_over_the_turn_of_the_year() -> None:
    months = months_before(date(2026, 2, 1), 3)
    assert months == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]


def test_an_export_is_delivered_as_the_extraction_reads_it(tmp_path: Path) -> None:
    export = deliver_cur2(tmp_path, lines=200, months=2)
    context = None  # the kind does not look at it
    with CUR2.open(SourceConfig("aws", "aws_cur2", str(export), {}), context) as reader:  # type: ignore[arg-type]
        assert [period.key for period in reader.periods()] == ["2026-09", "2026-10"]
    files = sorted(tmp_path.rglob("*.parquet"))
    counted = duckdb.sql(
        "select count(*), count(distinct line_item_unblended_cost) "
        f"from read_parquet({[str(file) for file in files]})"
    ).fetchone()
    assert counted is not None and counted[0] == 400
    assert counted[1] > 200  # the second month is no copy of the first


def test_legacy_lines_are_those_of_the_export(tmp_path: Path) -> None:
    export = deliver_cur2(tmp_path / "export", lines=300, months=1)
    path = write_legacy_csv(tmp_path / "legacy" / "cur.csv", lines=300)
    with path.open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    (parquet,) = export.rglob("*.parquet")
    total = duckdb.sql(
        "select sum(cast(cast(line_item_unblended_cost as varchar) as decimal(38, 12))) "
        f"from '{parquet}'"
    ).fetchone()
    assert total is not None
    assert len(lines) == 300
    assert set(lines[0]) >= CONVERTER_NEEDS
    assert sum(Decimal(line["lineItem/UnblendedCost"]) for line in lines) == total[0]
    assert {line["bill/BillingPeriodStartDate"] for line in lines} == {f"{MONTH}T00:00:00Z"}


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("line_item_usage_type", "lineItem/UsageType"),
        ("pricing_public_on_demand_cost", "pricing/publicOnDemandCost"),
        ("savings_plan_savings_plan_a_r_n", "savingsPlan/SavingsPlanARN"),
        ("tags", None),
    ],
)
def test_columns_have_the_headers_of_the_legacy_report(name: str, header: str | None) -> None:
    assert legacy_header(name) == header


def test_seconds_are_read_from_what_a_run_prints() -> None:
    said = (
        "conform  aws 2026-09 int_charges_conformed_aws_cur2: 1,000 rows, 1.5 s\n"
        "conform  aws 2026-09 int_token_usage_aws_cur2: 10 rows, 9.0 s\n"
        "Time: extract 5.2 s, land__org 0.0 s, warehouse 20.1 s, in all 40.0 s\n"
    )
    assert conformed(said) == [(1_000, 1.5)]
    assert steps(said) == {"extract": 5.2, "land__org": 0.0, "warehouse": 20.1, "all": 40.0}


def test_a_month_goes_from_file_to_published_and_is_compared_with_the_floor(tmp_path: Path) -> None:
    said: list[str] = []
    sizes = Sizes(
        lines=(400,),
        rounds=(1,),
        months=2,
        month_lines=200,
        legacy_lines=200,
        metered_calls=200,
        priced_rows=1000,
        allocated_charges=200,
        token_rows=3600,
        judged_charges=(200,),
        referee_charges=200,
    )
    bench = Bench(sizes, 2, tmp_path, said.append)
    bench.one_month(lines=400, rounds=1)
    (row,) = bench.report.details["conform_400"]["rounds"]  # type: ignore[index]
    compared = bench.report.results[-1]
    assert compared.what == "conform over the floor, 0.0004 M lines"
    assert compared.ratio == pytest.approx(row["conform"] / row["floor"] / 2)
    taken = bench.report.details["month_400_steps"]
    assert {"extract", "land", "warehouse", "all"} <= set(taken)  # type: ignore[call-overload]
    assert list(tmp_path.iterdir()) == []  # nothing large is left behind


def test_metered_calls_are_as_many_as_asked_and_each_says_something_of_its_own(
    tmp_path: Path,
) -> None:
    place = Installation(tmp_path / "metering", 1)
    metering.make_calls(place, 60_000)
    (file,) = (place.root / "export").iterdir()
    with duckdb.connect() as connection:
        counts = connection.execute(
            "select count(*), count(distinct request_id), count(distinct metadata), "
            "count(distinct user), count(*) filter (where not json_valid(metadata)) "
            "from read_parquet($file)",
            {"file": str(file)},
        ).fetchone()
    assert counts is not None
    rows, ids, details, users, broken = counts
    assert (rows, ids, broken) == (60_000, 60_000, 0)
    assert details > 50_000
    assert users > 3


def test_the_allocated_month_has_the_rules_owners_and_tiers_that_it_is_named_for() -> None:
    tables = allocation.organisation()
    rules = tables["allocation_rule"]
    assert len(rules) == len({rule["rule_id"] for rule in rules}) == allocation.RULES
    assert len(tables["owner"]) == allocation.OWNERS
    assert {rule["tier"] for rule in rules if "tier" in rule} == {1, 2, 3, 4, 5}
    shared = [rule for rule in rules if rule["rule_id"].startswith("shared-")]
    assert len(shared) == allocation.SHARED_RULES
    assert {rule["method"] for rule in shared} == {"even", "proportional"}


def test_a_fifth_of_the_allocated_charges_is_shared(tmp_path: Path) -> None:
    file = allocation.make_file(5000, tmp_path / "ledger.parquet")
    with duckdb.connect() as connection:
        ((charges, shared, places),) = connection.execute(
            "select count(*), count(*) filter (where tags is null), count(distinct x_operation) "
            f"from read_parquet('{file}')"
        ).fetchall()
    assert (charges, shared) == (5000, 1000)
    assert places == 20


def test_the_last_of_thirteen_months_of_tokens_is_the_large_one(tmp_path: Path) -> None:
    months = make_months(Installation(tmp_path / "place", 1), rows=7_200)
    assert {len(files) for files in months.files.values()} == {MONTHS}
    grain = (
        "count(*), count(distinct (usage_date, split_id, x_model, x_token_class, x_service_tier, "
        "x_context_window)), count(distinct usage_date)"
    )
    counts = [
        duckdb.sql(f"select {grain} from '{file}' where x_token_class <> 'request'").fetchone()
        for file in months.files["int_usage_splits"]
    ]
    assert counts == [(240, 240, 1)] * (MONTHS - 1) + [(7_200, 7_200, 30)]
    assert months.token_rows == 7_200
    shares = months.files["int_split_shares"][-1]
    assert duckdb.sql(
        f"select distinct total from (select sum(share) as total from '{shares}' group by split_id)"
    ).fetchall() == [(1,)]
    assert floor_seconds(months) > 0
