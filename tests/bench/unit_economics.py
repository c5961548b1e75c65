"""The unit-economics marts over thirteen months of which one changed and is large.

What they read is made by DuckDB in the shape in which allocation leaves it: tokens by day, split,
model, class, tier and band of context, their charges, the owners of each split, what meters saw,
and machines. Only the last month is large: that no other month is made anew is measured as well.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.land.catalogue import write_warehouse_inputs
from orchestration.land.org_tables import TABLES, land_org_tables
from orchestration.publish.build import write_settings_input
from orchestration.publish.dbt_manifest import load_manifest
from orchestration.publish.statements import closed_shapes, write_closed_inputs
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR
from tests.bench.inputs import MONTH, day_after_delivery, months_before
from tests.bench.installation import MEMORY_LIMIT, Installation
from tests.bench.measure import Measured, run_command

SOURCE = "bench"
MONTHS = 13
_MARTS = "path:models/marts/unit_economics"
# What one of the marts reads besides, and no door before the marts makes.
_BESIDES = "fct_showback_daily"
_OWNERS, _USE_CASES, _MACHINES, _MODELS = 200, 1_000, 400, 12
# Of each day and split: models, classes with their requests, tiers and bands of context.
_CLASSES = ("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "output")
_MODELS_OF_A_SPLIT, _TIERS, _BANDS = 4, 2, 3
_ROWS_OF_A_SPLIT_AND_DAY = _MODELS_OF_A_SPLIT * len(_CLASSES) * _TIERS * _BANDS
_DAYS = 30

_SPLITS = f"""
    select
        cast('{SOURCE}' as varchar) as source,
        $month as billing_period,
        concat('split ', s) as split_id,
        'project' as rule_id,
        1 as rule_version,
        case when parts = 1 then 'direct' else 'even' end as method,
        'owned' as outcome,
        concat('owner-', (s + part) % {_OWNERS}) as owner_id,
        concat('Team ', (s + part) % {_OWNERS}) as team,
        concat('Department ', (s + part) % 20) as department,
        concat('CC-', (s + part) % {_OWNERS}) as cost_centre,
        'engineering' as persona,
        concat('use-case-', (s + part) % {_USE_CASES}) as use_case_id,
        concat('Use case ', (s + part) % {_USE_CASES}) as use_case,
        cast(case when parts = 1 then 1 when part = 0 then 0.5 else 0.25 end as decimal(18, 12))
            as share
    from (
        select s, case when s % 10 = 0 then 3 else 1 end as parts
        from range($splits) as splits(s)
    )
    cross join range(3) as several(part)
    where part < parts
"""
# One row a day, split, model, class, tier and band: each of them once.
_CELLS = f"""
    select
        $month + cast(d as integer) as usage_date,
        concat('split ', s) as split_id,
        $models[cast((s % {_USE_CASES} * 7 + m) % {_MODELS} as integer) + 1] as x_model,
        {list(_CLASSES)}[cast(c as integer) + 1] as x_token_class,
        ['standard', 'batch'][cast(t as integer) + 1] as x_service_tier,
        ['0-200k', 'above-200k', null][cast(b as integer) + 1] as x_context_window,
        hash(d, s, m, c, t, b) as chance
    from range($days) as days(d), range($splits) as splits(s),
        range({_MODELS_OF_A_SPLIT}) as models(m), range({len(_CLASSES)}) as classes(c),
        range({_TIERS}) as tiers(t), range({_BANDS}) as bands(b)
"""
_USAGE = f"""
    select
        cast('{SOURCE}' as varchar) as source, $month as billing_period, split_id, usage_date,
        'usage_api' as usage_source, 'OpenAI API' as service_name, x_model, x_token_class,
        x_service_tier, x_context_window, cast(null as varchar) as x_region_scope,
        cast(null as varchar) as billing_currency,
        cast(1000 + chance % 1000000 as decimal(38, 6)) as tokens,
        cast(null as decimal(38, 0)) as requests
    from ({_CELLS})
    union all
    select
        '{SOURCE}', $month, split_id, usage_date, 'usage_api', 'OpenAI API', x_model, 'request',
        'standard', null, null, null, null, cast(1 + chance % 1000 as decimal(38, 0))
    from ({_CELLS})
    where x_token_class = 'output' and x_service_tier = 'standard' and x_context_window = '0-200k'
"""
_CHARGE_COLUMNS = """
    cast('bench' as varchar) as source, $month as billing_period, charge_id as x_charge_id,
    'profile' as charge_profile_id, split_id, usage_date, service_name, 'Usage' as charge_category,
    'Standard' as pricing_category, x_classification, x_model, x_token_class, x_service_tier,
    x_context_window, cast(null as varchar) as x_region_scope, 'billed' as x_basis,
    'USD' as billing_currency, cost as billed_cost, cost as effective_cost, cost as list_cost,
    cost as contracted_cost, 'USD' as reporting_currency, cost as billed_cost_reporting,
    cost as effective_cost_reporting, cost as list_cost_reporting, cost as contracted_cost_reporting
"""
_CHARGES = f"""
    select {_CHARGE_COLUMNS}
    from (
        select
            concat_ws('|', usage_date, split_id, x_model, x_token_class) as charge_id,
            usage_date, split_id, x_model, x_token_class, x_service_tier, x_context_window,
            'OpenAI API' as service_name, 'ai_model' as x_classification,
            cast((1000 + chance % 1000000) * 0.000002 as decimal(38, 12)) as cost
        from ({_CELLS})
        where x_service_tier = 'standard' and x_context_window = '0-200k'
        union all
        select
            concat_ws('|', d, r), $month + cast(d as integer), concat('split ', r % $splits),
            null, null, null, null, 'Amazon EC2', 'gpu',
            cast(10 + hash(d, r) % 100 as decimal(38, 12))
        from range($days) as days(d), range({_MACHINES}) as machines(r)
    )
"""
_CHARGE_SUMS = f"""
    select
        * exclude (x_charge_id), concat('profile of ', split_id) as charge_profile_id,
        false as is_billed_nothing, cast(1 as bigint) as charges_count
    from ({_CHARGES})
"""
_METERED = """
    select
        cast('gateway' as varchar) as source, $month as billing_period,
        $month + cast(d as integer) as usage_date, 'counted' as standing, null as standing_reason,
        'gateway' as meter_kind, 'openai' as x_provider,
        $models[cast(m as integer) + 1] as x_model, null as x_service_tier,
        0 as context_above_tokens, 'acompletion' as x_operation,
        concat('key ', u % 2000) as x_credential_id, concat('u_', u) as x_user_id,
        concat('owner-', u % 200) as x_team, concat('use-case-', u % 1000) as x_use_case,
        'prod' as x_environment, cast(20 as decimal(38, 0)) as records_count,
        cast(20 as decimal(38, 0)) as requests,
        cast(1 as decimal(38, 0)) as failed_requests,
        cast(1000 + hash(d, m, u) % 100000 as decimal(38, 0)) as input_uncached_tokens,
        cast(hash(u, m, d) % 10000 as decimal(38, 0)) as output_tokens,
        cast(20 as decimal(38, 0)) as estimated_requests,
        cast(1.25 as decimal(38, 12)) as estimated_cost_usd, 'api_equivalent' as x_basis
    from range($days) as days(d), range(3) as models(m), range($users) as users(u)
"""
_WINDOWS = f"""
    select
        cast('{SOURCE}' as varchar) as source, $month as billing_period,
        concat('i-', r) as resource_id,
        cast($month + cast(d as integer) as timestamp) as charge_period_start,
        cast($month + cast(d + 1 as integer) as timestamp) as charge_period_end,
        'USD' as reporting_currency, cast(24.5 as decimal(38, 12)) as effective_cost_reporting,
        cast(null as decimal(38, 12)) as spot_cost_reporting,
        cast(null as decimal(38, 12)) as spot_saving_reporting,
        cast(null as decimal(38, 12)) as listed_spot_cost_reporting,
        cast(24 as decimal(38, 12)) as billed_hours, cast(0 as bigint) as unknown_charges_count
    from range($days) as days(d), range({_MACHINES}) as machines(r)
"""
_USE_CASE_WINDOWS = f"""
    select
        source, billing_period, resource_id, charge_period_start, charge_period_end,
        'use-case-1' as use_case_id, reporting_currency,
        cast(effective_cost_reporting as decimal(38, 24)) as effective_cost_reporting
    from ({_WINDOWS})
"""
_INPUTS: Mapping[str, str] = {
    "int_split_shares": _SPLITS,
    "int_usage_splits": _USAGE,
    "int_charge_splits": _CHARGES,
    "int_charge_sums": _CHARGE_SUMS,
    "int_usage_metered_daily": _METERED,
    "int_gpu_resource_windows": _WINDOWS,
    "int_gpu_resource_use_cases": _USE_CASE_WINDOWS,
}
# Reads the large month once and adds its tokens up to the grain of the daily mart.
_FLOOR = """
    create or replace temp table added_up as
    select
        usage.usage_date, usage.x_model, usage.x_token_class, usage.x_service_tier,
        usage.x_context_window, shares.owner_id, shares.use_case_id,
        sum(usage.tokens * shares.share) as tokens
    from '{usage}' as usage
    inner join '{shares}' as shares on usage.split_id = shares.split_id
    group by all
"""


@dataclass(frozen=True)
class Months:
    """What the marts read, and where.

    Attributes:
        place: The installation that is measured.
        files: Parquet files by model and month, the last month the large one.
        token_rows: Rows of tokens of the large month.
    """

    place: Installation
    files: Mapping[str, Sequence[Path]]
    token_rows: int


@dataclass(frozen=True)
class Remade:
    """What it took to make the marts anew after the large month had changed.

    Attributes:
        run: The whole command.
        seconds: Of each mart, as dbt tells them.
        periods: How many periods of each mart were written.
    """

    run: Measured
    seconds: Mapping[str, float]
    periods: Mapping[str, int]


def make_months(place: Installation, rows: int) -> Months:
    """Make an installation without bills, and the months that its marts will read.

    Args:
        place: Where it is.
        rows: Rows of tokens of the last month; the twelve before it have a thirtieth of them each.
    """
    splits = max(rows // (_DAYS * _ROWS_OF_A_SPLIT_AND_DAY), 1)
    months = months_before(MONTH, MONTHS)
    files: dict[str, list[Path]] = {name: [] for name in _INPUTS}
    models = _priced_models()
    with duckdb.connect(
        config={"threads": place.threads, "memory_limit": MEMORY_LIMIT}
    ) as connection:
        for month in months:
            known = {
                "month": month,
                "days": _DAYS if month == MONTH else 1,
                "splits": splits,
                "models": models,
                "users": max(splits // 2, 10),
            }
            for name, sql in _INPUTS.items():
                path = place.root / "made" / name / f"{month:%Y-%m}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                used = {key: value for key, value in known.items() if f"${key}" in sql}
                connection.execute(f"copy ({sql}) to '{path}' (format parquet)", used)
                files[name].append(path)
    _make_company(place, months)
    return Months(place, files, splits * _DAYS * _ROWS_OF_A_SPLIT_AND_DAY)


def build_all(months: Months) -> Measured:
    """Build every mart, over all months, from nothing."""
    _dbt(months.place, "build", "--select", f"+{_MARTS}", _BESIDES)
    _hand_over(months, "first")
    return _dbt(months.place, "run", "--select", _MARTS, _BESIDES)


def remake(months: Months) -> Remade:
    """Make the marts anew after the large month changed."""
    _hand_over(months, f"changed at {time.monotonic_ns()}")
    run = _dbt(months.place, "run", "--select", _MARTS, _BESIDES)
    found = json.loads((months.place.root / "target" / "run_results.json").read_text())["results"]
    names = {result["unique_id"].rpartition(".")[2]: result["execution_time"] for result in found}
    written = {
        words[1].rpartition(".")[2].rstrip(":"): int(words[2])
        for line in run.output.splitlines()
        if "period(s) written" in line and (words := line[line.index("marts ") :].split())
    }
    return Remade(run, {name: float(seconds) for name, seconds in names.items()}, written)


def floor_seconds(months: Months) -> float:
    """Return the seconds in which DuckDB reads the large month's tokens and adds them up once."""
    config = {"threads": months.place.threads, "memory_limit": MEMORY_LIMIT}
    with duckdb.connect(config=config) as connection:
        started = time.monotonic()
        connection.execute(
            _FLOOR.format(
                usage=months.files["int_usage_splits"][-1],
                shares=months.files["int_split_shares"][-1],
            )
        )
        return time.monotonic() - started


def _priced_models() -> list[str]:
    book = DBT_PROJECT_DIR / "seeds" / "ai_price.csv"
    with duckdb.connect() as connection:
        found = connection.execute(
            "select distinct model from read_csv($book, all_varchar = true) where service_name = "
            "'OpenAI API' and token_class = 'cache_read' order by model limit $most",
            {"book": str(book), "most": _MODELS},
        ).fetchall()
    return [str(model) for (model,) in found]


def _make_company(place: Installation, months: Sequence[date]) -> None:
    """Land the tables of a company with those owners and use cases, and what it states."""
    org = place.root / "org"
    shutil.copytree(PROJECT_DIR / "tests" / "fixtures" / "org", org)
    for table, rows in _stated(months):
        columns = list(TABLES[table].columns)
        is_new = not (org / f"{table}.csv").exists()
        with (org / f"{table}.csv").open("a", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
            if is_new:
                writer.writeheader()
            writer.writerows(rows)
    today = day_after_delivery()
    land_org_tables(org, place.data, today)
    write_settings_input(place.warehouse, "USD", today)
    write_warehouse_inputs(place.data, [])
    write_closed_inputs([], place.warehouse, closed_shapes(load_manifest(DBT_PROJECT_DIR)))


def _stated(months: Sequence[date]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    yield (
        "owner",
        [
            {
                "owner_id": f"owner-{n}",
                "team": f"Team {n}",
                "department": f"Department {n % 20}",
                "cost_centre": f"CC-{n}",
                "persona": "engineering",
            }
            for n in range(_OWNERS)
        ],
    )
    yield (
        "use_case",
        [
            {
                "use_case_id": f"use-case-{n}",
                "use_case": f"Use case {n}",
                "owner_id": f"owner-{n % _OWNERS}",
                "stage": "production",
                "started_on": "2025-06-01",
                "first_production_on": "2025-12-01",
                "data_classification": "internal",
            }
            for n in range(_USE_CASES)
        ],
    )
    said = {"stated_by": "head of product", "stated_on": months[-1].isoformat()}
    yield (
        "outcome",
        [
            {
                "use_case_id": f"use-case-{n}",
                "outcome_name": "answer",
                "outcome_quantity": "1000",
                "outcome_state": "measured",
                "valid_from": month.isoformat(),
                "valid_to": (month + timedelta(days=32)).replace(day=1).isoformat(),
                **said,
            }
            for month in months
            for n in range(_USE_CASES)
        ],
    )
    yield (
        "business_value",
        [
            {
                "use_case_id": f"use-case-{n}",
                "benefit_kind": "saving",
                "benefit_basis": "per outcome",
                "benefit_currency": "USD",
                "benefit_amount": "2",
                "benefit_low": "1",
                "benefit_high": "3",
                "benefit_state": "measured",
                **said,
            }
            for n in range(_USE_CASES)
        ],
    )
    yield (
        "training_run",
        [
            {
                "run_id": f"run-{month:%Y-%m}-{n}",
                "use_case_id": f"use-case-{n}",
                "trained_model": f"ranker-{n % 20}",
                "resource_id": f"i-{n}",
                "started_at": f"{month}T06:00:00Z",
                "ended_at": f"{month}T18:00:00Z",
                "run_state": "finished",
                "gpu_count": "8",
                "metric_name": "accuracy",
                "metric_value": "80",
            }
            for month in months
            for n in range(_MACHINES)
        ],
    )


def _hand_over(months: Months, version: str) -> None:
    """Put the files before the marts as allocation would, the large month in a new version."""
    with duckdb.connect(str(months.place.warehouse / "build.duckdb")) as connection:
        for name, paths in months.files.items():
            shape = connection.execute(
                "select column_name, data_type from duckdb_columns() "
                "where schema_name = 'allocate' and table_name = $name order by column_index",
                {"name": name},
            ).fetchall()
            listed = ", ".join(f"'{path}'" for path in paths)
            made = {
                row[0]
                for row in connection.execute(f"describe select * from '{paths[0]}'").fetchall()
            }
            columns = ", ".join(
                f"cast({column if column in made else 'null'} as {kind}) as {column}"
                for column, kind in shape
            )
            connection.execute(
                f"create or replace view allocate.{name} as "
                f"select {columns} from read_parquet([{listed}], hive_partitioning = false)"
            )
            connection.execute(
                "delete from tollgate.period_key where relation = $relation",
                {"relation": f"allocate.{name}"},
            )
            connection.executemany(
                "insert into tollgate.period_key values ($1, $2, $3, $4, $5, null)",
                [
                    (
                        f"allocate.{name}",
                        *_whose(connection, path),
                        version if path == paths[-1] else "as it was",
                        1_000_000,
                    )
                    for path in paths
                ],
            )


def _whose(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, date]:
    found = connection.execute(f"select source, billing_period from '{path}' limit 1").fetchone()
    assert found is not None
    is_of_all = path.parent.name == "int_usage_metered_daily"
    return ("*" if is_of_all else str(found[0])), found[1]


def _dbt(place: Installation, command: str, *selection: str) -> Measured:
    dbt = str(Path(sys.executable).with_name("dbt"))
    target = str(place.root / "target")
    without = ("test", "unit_test") if command == "build" else ()
    return run_command(
        [
            *(dbt, command, *selection),
            *(word for kind in without for word in ("--exclude-resource-type", kind)),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", target, "--log-path", target),
        ],
        place.environment(
            TOLLGATE_BUILD_PATH=str(place.warehouse / "build.duckdb"),
            TOLLGATE_WAREHOUSE_DIR=str(place.warehouse),
            TOLLGATE_JUDGE_ALL="false",
            DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            PYTHONPATH=str(PROJECT_DIR),
        ),
        DBT_PROJECT_DIR,
        3600,
    )
