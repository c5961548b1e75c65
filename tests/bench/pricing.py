"""Pricing of usage by dated prices: the project's own SQL over many rows and a large book."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner

from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR
from tests.bench.measure import Measured, run_command

# Ten services, fifty models each, five classes, two tiers and two prices one after the other.
_PRICES = """
    create table prices as
    select
        concat('service ', s) as service_name,
        concat('model ', s, '-', m) as model,
        ['input_uncached', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output'][c + 1]
            as token_class,
        ['standard', 'batch'][t + 1] as service_tier,
        null::varchar as context_window,
        null::varchar as region_scope,
        cast(1 + m + c * 0.5 + t * 0.25 + p * 0.125 as decimal(18, 9)) as list_price,
        '1000000 Tokens' as unit,
        'USD' as currency,
        [date '2025-01-01', date '2026-07-01'][p + 1] as valid_from,
        [date '2026-07-01', null][p + 1] as valid_to
    from range(10) as services(s), range(50) as models(m), range(5) as classes(c),
        range(2) as tiers(t), range(2) as periods(p)
"""
_CONTRACTS = """
    create table contracts as
    select concat('contract ', s) as contract_id, concat('service ', s) as service_name,
        null::varchar as model, null::varchar as token_class, null::varchar as service_tier,
        null::varchar as context_window, null::varchar as region_scope,
        null::decimal(18, 12) as contract_price, null::varchar as currency,
        cast(0.1 as decimal(18, 12)) as discount_share,
        date '2026-01-01' as valid_from, null::date as valid_to
    from range(0, 10, 2) as services(s)
"""
_PRICING = """
    with usage as (select * from usage_rows),
    {{ prices_in_force('usage', 'prices', 'contracts') }}
    select
        usage.*,
        {{ cost_of_tokens('usage.tokens', 'prices_in_force.list_price') }} as estimated_list_cost,
        {{ cost_of_tokens('usage.tokens', 'prices_in_force.contracted_price') }}
            as estimated_contracted_cost
    from usage
    left join prices_in_force on {{ price_of('usage') }}
"""


def make_file(rows: int, target: Path) -> Path:
    """Write that many rows of usage: a year of days, and as many kinds as the book has."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    date '2026-01-01' + cast(hash(n) % 365 as integer) as usage_date,
                    concat('service ', n % 10) as service_name,
                    concat('model ', n % 10, '-', hash(n + 1) % 50) as x_model,
                    ['input_uncached', 'cache_read', 'cache_write_5m', 'cache_write_1h',
                        'output'][cast(hash(n + 2) % 5 as integer) + 1] as x_token_class,
                    case when n % 4 = 0 then 'batch' end as x_service_tier,
                    0 as context_above_tokens,
                    null::varchar as x_region_scope,
                    cast(1 + hash(n + 3) % 1000000 as decimal(20, 0)) as tokens
                from range({rows}) as numbers(n)
            ) to '{target}' (format parquet)
            """
        )
    return target


def price(file: Path, threads: int) -> tuple[Measured, float]:
    """Price a file in a process of its own; return that and the seconds of its statement."""
    command = [sys.executable, "-m", "tests.bench.pricing", str(file), str(threads)]
    measured = run_command(command, os.environ, PROJECT_DIR, 900)
    return measured, float(measured.output.split("priced in ")[1].split(" s")[0])


def compiled_pricing(target_dir: Path) -> str:
    """Return the SQL that prices usage, as the project's macros write it for DuckDB."""
    result = dbtRunner().invoke(
        [
            *("--quiet", "compile", "--inline", _PRICING, "--no-introspect"),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(target_dir), "--log-path", str(target_dir)),
        ]
    )
    if not result.success:
        raise RuntimeError(f"dbt compile failed: {result.exception}")
    return str(result.result.results[0].node.compiled_code)  # type: ignore[union-attr]


def main(file: Path, threads: int) -> None:
    """Price one file and say how long the statement took, and that nothing is unpriced."""
    sql = compiled_pricing(file.parent / "pricing_target")
    with duckdb.connect(
        str(file.with_suffix(".duckdb")), config={"threads": threads}
    ) as connection:
        connection.execute(_PRICES)
        connection.execute(_CONTRACTS)
        connection.execute(f"create view usage_rows as from read_parquet('{file}')")
        started = time.monotonic()
        connection.execute(f"create table priced as {sql}")
        seconds = time.monotonic() - started
        counts = connection.execute(
            "select count(*), count(*) filter (where estimated_list_cost is null), "
            "count(*) filter (where estimated_contracted_cost < estimated_list_cost), "
            "(select count(*) from prices) from priced"
        ).fetchone()
    file.with_suffix(".duckdb").unlink()
    print(f"{counts} rows, unpriced, discounted, prices; priced in {seconds:.2f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
