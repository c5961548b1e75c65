"""Units of work: a mart whose unit changes, and landed months that are made together.

A project of a few lines, with the macros of the real one: for each way in which a unit can change
there is a mart of its own, built before and after the change, after which no row of the old unit
stands beside the new ones. One more mart reads landed files of which one has money as doubles.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt_nodes import DbtProject

from orchestration.settings import DBT_PROJECT_DIR

UNITS = {
    "source_period": "where {{ this_period('charges') }}",
    "period": "where {{ this_month('charges') }}",
    "whole": "",
}
CHANGES = [*itertools.permutations(UNITS, 2), *((unit, unit) for unit in UNITS)]
MODEL = """
{{{{ config(
    work_unit='{before}' if var('is_before') else '{after}',
    keeps_periods_apart={keeps_apart}
) }}}}
select charges.source, charges.billing_period, charges.cost
from {{{{ source('bills', 'charges') }}}} as charges
{{% if var('is_before') %}}{before_rows}{{% else %}}{after_rows}{{% endif %}}
"""
LANDED_MODEL = """
{{ config(keeps_periods_apart=true) }}
select source, billing_period, amount as cost from {{ source('land', 'amounts') }}
"""
# The same month of two sources and the next of one: a double, and decimals that are none.
LANDED = {
    ("cloud", "2026-09-01"): "cast(0.1 as double)",
    ("vendor", "2026-09-01"): "cast('12345678901234567.123456789012' as decimal(38, 12))",
    ("vendor", "2026-10-01"): "cast('0.000000000001' as decimal(38, 12))",
}
# One process, because loading dbt takes longer than both builds.
BUILD = """
import duckdb, json
from dbt.cli.main import dbtRunner
for is_before in (True, False):
    done = dbtRunner().invoke(
        ["--quiet", "run", "--project-dir", ".", "--profiles-dir", ".",
         "--vars", json.dumps({"is_before": is_before})]
    )
    assert done.success, done.exception or [one.message for one in done.result]
    if is_before:
        with duckdb.connect("build.duckdb") as connection:
            connection.execute(open("news.sql").read())
"""
BEFORE = """
create schema bills;
create table bills.charges (source varchar, billing_period date, cost decimal(38, 12));
insert into bills.charges values
    ('cloud', '2026-08-01', 1), ('cloud', '2026-09-01', 2), ('vendor', '2026-09-01', 4),
    ('vendor', '2026-10-01', 8);
create schema tollgate;
create table tollgate.period_key (
    relation varchar, source varchar, billing_period date, key varchar, row_count bigint,
    inputs varchar
);
insert into tollgate.period_key
select 'bills.charges', source, billing_period, 'first', 1, null from bills.charges;
"""
# A bill of August is withdrawn, one of September is restated, one of October comes in.
NEWS = """
delete from bills.charges where billing_period = '2026-08-01';
update bills.charges set cost = 16 where source = 'cloud';
insert into bills.charges values ('cloud', '2026-10-01', 32);
delete from tollgate.period_key where relation = 'bills.charges';
insert into tollgate.period_key
select
    'bills.charges', source, billing_period, if(source = 'cloud', 'second', 'first'), 1, null
from bills.charges;
"""


def land(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the landed files and say of each whose month it has."""
    connection.execute(
        "create schema land;"
        "create table tollgate.landed_file (relation varchar, source varchar, billing_period date, "
        "file_ordinal integer, file_path varchar, snapshot_id varchar)"
    )
    for (source, month), amount in LANDED.items():
        path = str(folder / f"{source}-{month}.parquet")
        connection.execute(f"copy (select {amount} as amount) to '{path}' (format parquet)")
        connection.execute(
            "insert into tollgate.landed_file values ('amounts', $1, $2, 1, $3, 'first')",
            [source, month, path],
        )
        connection.execute(
            "insert into tollgate.period_key values ('land.amounts', $1, $2, 'first', 1, null)",
            [source, month],
        )


def name_of(before: str, after: str) -> str:
    return f"{before}_then_{after}"


def write_project(folder: Path) -> None:
    project = {
        "name": "units",
        "version": "1.0.0",
        "config-version": 2,
        "profile": "units",
        "macro-paths": [str(DBT_PROJECT_DIR / "macros")],
        "on-run-start": [
            f"{{% if execute %}}{{% do create_land_views('{folder}') %}}{{% endif %}}"
        ],
        "models": {
            "units": {
                "+schema": "marts",
                "+materialized": "period_table",
                "+contract": {"enforced": True},
            }
        },
        "flags": {
            "send_anonymous_usage_stats": False,
            "require_explicit_package_overrides_for_builtin_materializations": True,
        },
    }
    profile = {
        "target": "duckdb",
        "outputs": {"duckdb": {"type": "duckdb", "path": "build.duckdb", "threads": 1}},
    }
    columns = [
        {"name": "source", "data_type": "varchar"},
        {"name": "billing_period", "data_type": "date"},
        {"name": "cost", "data_type": "decimal(38, 12)"},
    ]
    landed = [{"name": "amount", "data_type": "decimal(38, 12)"}]
    described: dict[str, Any] = {
        "version": 2,
        "sources": [
            {"name": "bills", "tables": [{"name": "charges"}]},
            {"name": "land", "tables": [{"name": "amounts", "columns": landed}]},
        ],
        "models": [
            {"name": name, "columns": columns}
            for name in [*(name_of(*change) for change in CHANGES), "landed_amounts"]
        ],
    }
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
    (folder / "profiles.yml").write_text(yaml.safe_dump({"units": profile}))
    (folder / "models" / "units.yml").write_text(yaml.safe_dump(described))
    for before, after in CHANGES:
        sql = MODEL.format(
            before=before,
            after=after,
            before_rows=UNITS[before],
            after_rows=UNITS[after],
            keeps_apart=f"(('{before}' if var('is_before') else '{after}') != 'whole')",
        )
        (folder / "models" / f"{name_of(before, after)}.sql").write_text(sql)
    (folder / "models" / "landed_amounts.sql").write_text(LANDED_MODEL)
    (folder / "news.sql").write_text(NEWS)
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute(BEFORE)
        land(connection, folder)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("units")
    write_project(folder)
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build.duckdb"


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_only_rows_of_the_new_unit_are_left(built: Path, before: str, after: str) -> None:
    with duckdb.connect(str(built), read_only=True) as connection:
        mart = f"marts.{name_of(before, after)}"
        rows = connection.execute(f"select * from {mart} order by all").fetchall()
        assert rows == connection.execute("from bills.charges order by all").fetchall()
        assert len(rows) == 4
        keyed = connection.execute(
            "select source, strftime(billing_period, '%Y-%m') from tollgate.period_key "
            "where relation = $1 order by all",
            [mart],
        ).fetchall()
    assert (
        keyed
        == {
            "source_period": [
                ("cloud", "2026-09"),
                ("cloud", "2026-10"),
                ("vendor", "2026-09"),
                ("vendor", "2026-10"),
            ],
            "period": [("*", "2026-09"), ("*", "2026-10")],
            "whole": [("*", None)],
        }[after]
    )


def test_money_of_months_that_are_made_together_keeps_its_digits(built: Path) -> None:
    """Of a double beside a decimal DuckDB makes doubles, which have no 29 digits."""
    with duckdb.connect(str(built), read_only=True) as connection:
        rows = connection.execute(
            "select source, cast(billing_period as varchar), cast(cost as varchar) "
            "from marts.landed_amounts order by all"
        ).fetchall()
    assert rows == [
        ("cloud", "2026-09-01", "0.100000000000"),
        ("vendor", "2026-09-01", "12345678901234567.123456789012"),
        ("vendor", "2026-10-01", "0.000000000001"),
    ]


def test_a_model_reads_by_the_unit_that_is_put_in_hand(project: DbtProject) -> None:
    """Of a month over all sources no source is in hand: ``this_period`` would find no row."""
    units: dict[str, set[str]] = {}
    for model in project.models:
        code = re.sub(r"{#.*?#}", "", model["raw_code"], flags=re.DOTALL)
        read = set(re.findall(r"\b(this_period|this_month|up_to_this_month)\(", code))
        units.setdefault(model["config"].get("work_unit", "source_period"), set()).update(read)
    assert units["source_period"] == {"this_period"}
    assert units["period"] == {"this_month", "up_to_this_month"}
    assert units["whole"] == set()
