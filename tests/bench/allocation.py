"""Allocation of one large month: the project's own SQL over many charges, rules, owners and tiers.

Four fifths of the charges carry the tag of a team. The others are shared by all owners, each by one
of a hundred rules, even ones and proportional ones. Five owners pass on what they hold, one in each
tier. Each model is written as its own Parquet file or table, as a run writes it.
"""

from __future__ import annotations

import os
import re
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from dbt.cli.main import dbtRunner

from orchestration.land.org_tables import TABLES, polars_type
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR
from tests.bench.measure import Measured, run_command

MONTH = date(2026, 10, 1)
# Of four gigabytes; the rest is the process's own.
MEMORY_LIMIT = "3GB"
RULES, OWNERS, TIERS, SHARED_RULES = 200, 500, 5, 100
# In the order in which they read each other.
MODELS = (
    "int_charge_totals",
    "int_usage_days",
    "int_usage_hours",
    "int_virtual_tags",
    "int_charge_groups",
    "int_charge_profiles",
    "int_profile_rules",
    "int_fx_rates",
    "int_charge_splits",
    "int_charge_sums",
    "int_bill_tokens_hourly",
    "int_usage_splits",
    "int_profile_costs",
    "int_profile_costs_hourly",
    "int_usage_metered_hourly",
    "int_basis_quantities",
    "int_basis_shares",
    "int_split_steps",
    "int_split_shares",
)
# There are no name rules here, and no rule works by the hour: then a run makes no such rows.
NOT_NEEDED = (
    "int_usage_hours",
    "int_virtual_tags",
    "int_bill_tokens_hourly",
    "int_profile_costs_hourly",
    "int_usage_metered_hourly",
)
_TYPE = (
    r"(money|quantity|tokens|requests|seconds|'(?:string|date|timestamp|boolean|int|decimal[^']*)')"
)
_COLUMN = re.compile(rf"\('(\w+)', {_TYPE}\)")
_SQL_TYPES = {
    "money": "decimal(38, 12)",
    "quantity": "decimal(38, 15)",
    **dict.fromkeys(("tokens", "requests", "seconds"), "decimal(38, 6)"),
}


def ledger_types(macro_file: str, part: int = 0) -> dict[str, str]:
    """Return the columns of a ledger with DuckDB's types, as the project's macros list them."""
    text = (DBT_PROJECT_DIR / "macros" / macro_file).read_text(encoding="utf-8")
    listed = text.split("macro usage_columns")[part].partition("{% endmacro")[0]
    return {
        name: _SQL_TYPES.get(kind, kind.strip("'").replace("string", "varchar"))
        for name, kind in _COLUMN.findall(listed)
    }


def make_file(charges: int, target: Path) -> Path:
    """Write a ledger of that many charges in fifty thousand combinations of what rules look at."""
    own = {
        "source": "'bill'",
        "billing_period": f"date '{MONTH}'",
        "x_charge_id": "md5(n::varchar)",
        "charge_period_start": f"(date '{MONTH}' + (n % 31)::integer)::timestamp",
        "billing_account_id": "'payer'",
        "sub_account_id": "printf('%012d', c % 250)",
        "service_name": "'service ' || c // 250 % 25",
        "service_category": "'Compute'",
        "charge_category": "'Usage'",
        "region_id": "'region ' || c % 4",
        "x_product_code": "'product ' || c // 250 % 25",
        # which of the shared rules takes the charge, where it has no team
        "x_operation": f"'run ' || c // 250 % {SHARED_RULES}",
        "x_line_item_type": "'Usage'",
        "tags": f"case when c % 5 > 0 then '{{\"team\":\"' || c % {OWNERS} || '\"}}' end",
        "x_classification": "'classified'",
        "x_basis": "'billed'",
        "billing_currency": "'USD'",
        **dict.fromkeys(
            ("billed_cost", "effective_cost", "list_cost", "contracted_cost"),
            "((n * 7919 % 1000003 - 1000) * 0.000001::decimal(18, 6))::decimal(38, 12)",
        ),
    }
    types = ledger_types("ledger_columns.sql")
    columns = ", ".join(
        f"({own.get(name, 'null')})::{kind} as {name}" for name, kind in types.items()
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {columns} from (select n, n % 50000 as c from range({charges}) t(n))) "
            f"to '{target}' (format parquet, compression zstd, row_group_size 40960)"
        )
    return target


def organisation() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the organisation's tables that are not empty."""
    owners = [f"owner-{number:03}" for number in range(OWNERS)]
    tables: dict[str, list[dict[str, Any]]] = {
        "owner": [
            {
                "owner_id": owner,
                "team": owner,
                "department": "all",
                "cost_centre": owner,
                "persona": "finance",
            }
            for owner in owners
        ],
        "owner_mapping": [
            {"evidence": "tag:team", "value": str(number), "owner_id": owner}
            for number, owner in enumerate(owners)
        ],
        "allocation_rule": [],
        "allocation_rule_condition": [],
        "allocation_rule_target": [],
        "allocation_rule_basis": [],
    }

    def rule(name: str, order: int, method: str, **more: Any) -> dict[str, Any]:
        version = {"rule_id": name, "rule_version": 1}
        row = {"rule_order": order, "method": method, "outcome": "owned"}
        tables["allocation_rule"].append(version | row | more)
        return version

    def by_cost(version: dict[str, Any]) -> None:
        tables["allocation_rule_basis"].append(
            version
            | {
                "metric": "effective_cost",
                "basis_within": "all",
                "basis_window": "month",
                "when_zero": "hold",
            }
        )

    rule("team", 1, "direct", evidence="tag:team")
    for number in range(SHARED_RULES):
        method = "even" if number % 2 else "proportional"
        version = rule(f"shared-{number}", 10 + number, method)
        tables["allocation_rule_condition"].append(
            version | {"attribute": "x_operation", "operator": "equals", "value": f"run {number}"}
        )
        if method == "even":
            tables["allocation_rule_target"] += [version | {"owner_id": owner} for owner in owners]
        else:
            by_cost(version)
    for tier in range(1, TIERS + 1):
        by_cost(
            rule(f"on-{tier}", tier, "proportional", passes_on_owner_id=owners[tier], tier=tier)
        )
    for number in range(RULES - len(tables["allocation_rule"])):
        version = rule(f"other-{number}", 200 + number, "even")
        tables["allocation_rule_condition"].append(
            version | {"attribute": "sub_account_id", "operator": "starts_with", "value": "x"}
        )
        tables["allocation_rule_target"].append(version | {"owner_id": owners[0]})
    return tables


def compiled_models(target_dir: Path) -> dict[str, str]:
    """Return the SQL of the models that allocate, as dbt writes it for DuckDB."""
    result = dbtRunner().invoke(
        [
            *("--quiet", "compile", "--no-introspect", "--select", *MODELS, "fct_showback_daily"),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(target_dir), "--log-path", str(target_dir)),
        ]
    )
    if not result.success:
        raise RuntimeError(f"dbt compile failed: {result.exception}")
    return {
        found.node.name: str(found.node.compiled_code)
        for found in result.result.results  # type: ignore[union-attr]
        if found.node.name in (*MODELS, "fct_showback_daily")
    }


def prepare(connection: duckdb.DuckDBPyConnection, ledger: Path) -> None:
    """Put in place what the models read."""
    for schema in ("conform", "allocate", "org", "seed", "tollgate", "showback"):
        connection.execute(f"create schema {schema}")
    connection.execute(
        "create table tollgate.setting as select 'reporting_currency' as setting_name, "
        "'USD' as setting_value"
    )
    connection.execute(
        f"create view conform.int_charges_conformed as from read_parquet('{ledger}')"
    )
    for table, macro, part in (
        ("conform.int_token_usage", "ledger_columns.sql", 1),
        ("conform.int_metered_usage", "metered_usage.sql", 0),
        ("allocate.int_usage_metered_daily", "metered_usage.sql", 0),
    ):
        columns = ", ".join(f"{name} {kind}" for name, kind in ledger_types(macro, part).items())
        connection.execute(f"create table {table} ({columns})")
    for seed, rows in (("ai_price", " where false"), ("no_machine_meter", "")):
        connection.execute(
            f"create table seed.{seed} as "
            f"from read_csv('{DBT_PROJECT_DIR / 'seeds' / f'{seed}.csv'}'){rows}"
        )
    rows = organisation()
    for table, spec in TABLES.items():
        schema = {name: polars_type(column) for name, column in spec.columns.items()}
        frame = pl.DataFrame(
            [{name: row.get(name) for name in schema} for row in rows.get(table, [])],
            schema=schema,
            orient="row",
        )
        connection.register("given", frame.to_arrow())
        connection.execute(f"create table org.{table} as from given")
        connection.unregister("given")
    connection.execute(
        f"set variable this_source = 'bill'; set variable this_period = date '{MONTH}'"
    )


def allocate(file: Path, threads: int) -> tuple[Measured, dict[str, float]]:
    """Allocate a file in a process of its own; return that and what it says of itself."""
    command = [sys.executable, "-m", "tests.bench.allocation", str(file), str(threads)]
    measured = run_command(command, os.environ, PROJECT_DIR, 1800)
    said = re.findall(r"^(\w+)=([-\d.]+)$", measured.output, re.MULTILINE)
    return measured, {name: float(value) for name, value in said}


def main(file: Path, threads: int) -> None:
    """Allocate one file and say how long each part took, and that nothing was lost."""
    sql = compiled_models(file.parent / "allocation_target")
    config = {
        "threads": threads,
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": False,
        "temp_directory": str(file.parent / "allocation_spill"),
    }
    database = file.with_suffix(".duckdb")
    with duckdb.connect(str(database), config=config) as connection:
        prepare(connection, file)

        def timed(statement: str) -> tuple[float, float]:
            started, cpu = time.monotonic(), time.process_time()
            connection.execute(statement)
            return time.monotonic() - started, time.process_time() - cpu

        seconds = cpu_seconds = 0.0
        for name in MODELS:
            if name == "int_charge_splits":
                target = file.with_name("splits.parquet")
                took = timed(
                    f"copy ({sql[name]}) to '{target}' "
                    "(format parquet, compression zstd, compression_level 1, row_group_size 40960)"
                )
                connection.execute(f"create view allocate.{name} as from read_parquet('{target}')")
            elif name in NOT_NEEDED:
                connection.execute(
                    f"create table allocate.{name} as from ({sql[name]}) where false"
                )
                continue
            else:
                schema = "conform" if name == "int_charge_totals" else "allocate"
                took = timed(f"create table {schema}.{name} as {sql[name]}")
            print(f"{name}_seconds={took[0]:.2f}")
            print(f"{name}_cpu_seconds={took[1]:.2f}")
            seconds, cpu_seconds = seconds + took[0], cpu_seconds + took[1]
        showback = timed(f"create table showback.fct_showback_daily as {sql['fct_showback_daily']}")
        floor = timed(
            "create temp table floor as select m.owner_id, sum(c.effective_cost) as effective_cost "
            "from conform.int_charges_conformed as c left join org.owner_mapping as m "
            "on json_extract_string(c.tags, '$.team') = m.value group by all"
        )
        lost = connection.execute(
            "select (select sum(effective_cost) from conform.int_charges_conformed) "
            "- (select sum(effective_cost) from showback.fct_showback_daily), "
            "(select count(*) from allocate.int_split_shares), "
            "(select count(distinct owner_id) from showback.fct_showback_daily)"
        ).fetchone()
    database.unlink()
    assert lost is not None
    figures = {
        "allocation_seconds": seconds,
        "allocation_cpu_seconds": cpu_seconds,
        "showback_seconds": showback[0],
        "showback_cpu_seconds": showback[1],
        "floor_seconds": floor[0],
        "floor_cpu_seconds": floor[1],
        "lost": lost[0],
        "shares": lost[1],
        "owners": lost[2],
    }
    for name, value in figures.items():
        print(f"{name}={value:f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
