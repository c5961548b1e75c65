"""The demo company through all six doors, held against the truth that only tests read.

A tenth of its size and its last four months; the bills come from its export and its vendors' APIs
on loopback, as in ``make run``.
"""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from orchestration.demo import make_demo
from orchestration.demo.gateway import GATEWAY_USE_CASES
from orchestration.demo.server import DEMO_ADMIN_KEY, serve
from orchestration.settings import DEMO_DIR, Settings
from tests.pipeline.conftest import Installation, Run

FIRST_PERIOD = "2026-08"
KEY = "TOLLGATE_DEMO_ADMIN_KEY"

# What each line of the truth says, under the names of the published file.
TRUTH = """
    with truth as (
        select 'aws_main' as source, billing_period, owner_id, outcome, effective_cost
        from '{folder}/aws_cost.parquet'
        union all
        select 'openai_org', cast(date_trunc('month', usage_date) as date), owner_id, 'owned',
            billed_cost
        from '{folder}/openai_cost.parquet'
        union all
        select 'anthropic_org', cast(date_trunc('month', usage_date) as date), owner_id, 'owned',
            billed_cost
        from '{folder}/anthropic_cost.parquet'
    )
    select source, {columns} sum(effective_cost) from truth
    where billing_period >= date '{first}-01' group by all order by all
"""


class Demo:
    """A published demo company, its truth and what its run said."""

    def __init__(self, installation: Installation, truth_dir: Path, run: Run) -> None:
        self.installation, self.truth_dir, self.run = installation, truth_dir, run

    def truth(self, *columns: str) -> dict[tuple[str, ...], Decimal]:
        """Return the effective cost in US dollars by source and the given columns."""
        with duckdb.connect() as connection:
            rows = connection.execute(
                TRUTH.format(
                    folder=self.truth_dir,
                    columns="".join(f"{name}, " for name in columns),
                    first=FIRST_PERIOD,
                )
            ).fetchall()
        return {row[:-1]: row[-1] for row in rows}

    def published(self, *columns: str) -> dict[tuple[str, ...], Decimal]:
        """Return the same from the published file."""
        names = ", ".join(("source", *columns))
        rows = self.installation.query(
            f"select {names}, sum(effective_cost) from showback.fct_showback_daily group by all"
        )
        return {row[:-1]: row[-1] for row in rows}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, parsed_project: None) -> Demo:
    """The demo company, made, served, run and published once."""
    root = tmp_path_factory.mktemp("demo")
    installation = Installation(root)
    settings = Settings()
    made = root / "demo"
    shutil.copytree(DEMO_DIR / "org", made / "org")
    make_demo(
        made,
        made / "org",
        settings.demo_seed,
        Decimal("0.1"),
        settings.demo_today,
        lambda _line: None,
    )
    # With the invoices that were made with the bills.
    shutil.copytree(made / "org", installation.org)
    export = {"name": "aws_main", "kind": "aws_cur2", "url": "demo/vendors/aws/export"}
    with serve(made / "vendors", 0) as api, mock.patch.dict(os.environ):
        installation.write_sources(
            [
                export,
                {"name": "openai_org", "kind": "openai", "url": f"{api}/v1", "admin_key_env": KEY},
                {"name": "anthropic_org", "kind": "anthropic", "url": api, "admin_key_env": KEY},
                {"name": "llm_gateway", "kind": "litellm", "url": "demo/vendors/gateway"},
            ]
        )
        run = installation.run_here(TOLLGATE_FIRST_PERIOD=FIRST_PERIOD, **{KEY: DEMO_ADMIN_KEY})
    assert run.exit_code == 0, run.text
    return Demo(installation, made / "truth", run)


def test_every_dollar_of_every_month_is_published(demo: Demo) -> None:
    published = demo.published("billing_period")
    assert published == demo.truth("billing_period")
    assert len(published) == 3 * 4


def test_idle_capacity_is_the_world_s_to_the_last_digit(demo: Demo) -> None:
    def idle(found: dict[tuple[str, ...], Decimal]) -> dict[tuple[str, ...], Decimal]:
        return {key: cost for key, cost in found.items() if key[-1] == "idle"}

    assert idle(demo.published("billing_period", "owner_id", "outcome")) == idle(
        demo.truth("billing_period", "owner_id", "outcome")
    )


def test_few_dollars_have_a_wrong_owner_or_none(demo: Demo) -> None:
    """What the world's teams caused, and what they were shown; shared cost has no true owner."""
    truth, published = demo.truth("owner_id", "outcome"), demo.published("owner_id", "outcome")
    total = sum(published.values())
    unallocated = sum(cost for key, cost in published.items() if key[-1] == "unallocated")
    assert 0 < unallocated < total * Decimal("0.05")
    api_only = {key for key in {*truth, *published} if key[0] in ("openai_org", "anthropic_org")}
    owned = {key for key in api_only if key[-1] == "owned"}
    moved = sum(
        (abs(truth.get(key, Decimal(0)) - published.get(key, Decimal(0))) for key in owned),
        Decimal(0),
    )
    billed = sum(truth[key] for key in owned if key in truth)
    # A dollar that moves from one team to another counts at both.
    assert moved / 2 < billed * Decimal("0.02")


def test_tokens_at_list_price_are_what_the_vendors_billed(demo: Demo) -> None:
    """The price book is dated: each day's tokens meet the price of that day, or this differs."""
    rows = demo.installation.query(
        "select source, sum(billed_cost), sum(estimated_list_cost) "
        "from unit_economics.fct_token_usage_daily "
        "where billed_cost is not null and tokens is not null group by all"
    )
    assert {row[0] for row in rows} == {"aws_main", "openai_org", "anthropic_org"}
    for source, billed, estimated in rows:
        assert abs(billed - estimated) < billed * Decimal("0.001"), source


def test_the_gateway_saw_the_tokens_that_the_world_sent_through_it(demo: Demo) -> None:
    counted = demo.installation.query(
        """
        select
            usage_date, x_use_case,
            sum(requests - failed_requests), sum(input_uncached_tokens), sum(cache_read_tokens),
            sum(cache_write_5m_tokens), sum(cache_write_1h_tokens), sum(output_tokens)
        from unit_economics.fct_metered_usage_daily
        where standing = 'counted' group by all order by all
        """
    )
    with duckdb.connect() as connection:
        sent = connection.execute(
            f"""
            select
                usage_date, use_case_id, sum(requests), sum(input_uncached_tokens),
                sum(cache_read_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
                sum(output_tokens)
            from '{demo.truth_dir}/inference.parquet'
            where usage_date >= ? and list_contains(?, use_case_id)
            group by all order by all
            """,
            [counted[0][0], [*GATEWAY_USE_CASES]],
        ).fetchall()
    assert counted == sent


def test_what_nobody_understands_is_listed_with_its_money(demo: Demo) -> None:
    subjects = dict(
        demo.installation.query(
            "select subject, sum(billed_cost) from trust.rpt_exceptions "
            "where exception_kind = 'unclassified' group by all"
        )
    )
    assert subjects and all(cost > 0 for cost in subjects.values())
    unclassified = demo.installation.scalar(
        "select sum(BilledCost) from focus.cost_and_usage where x_Classification = 'unclassified'"
    )
    assert sum(subjects.values()) == unclassified


def test_requests_are_counted_where_a_vendor_counts_them_and_nowhere_else(demo: Demo) -> None:
    counted = dict(
        demo.installation.query(
            "select source, sum(requests) from unit_economics.fct_cost_per_inference_daily "
            "group by all"
        )
    )
    assert counted["openai_org"] > 0
    assert counted["anthropic_org"] is None and counted["aws_main"] is None
    assert demo.installation.query(
        "select distinct cost_per_request_unknown_reason "
        "from unit_economics.fct_cost_per_inference_daily where source = 'anthropic_org'"
    ) == [("the source reports no request counts",)]


def test_the_summary_tells_the_money_of_each_source_and_month(demo: Demo) -> None:
    text = demo.run.text
    for source in ("aws_main", "openai_org", "anthropic_org"):
        for month in ("2026-08", "2026-09", "2026-10", "2026-11"):
            assert any(line.startswith(source) and month in line for line in demo.run.lines), (
                f"{source} {month}"
            )
    assert "Every line adds up to the last digit" in text
    assert "Look at next:" in text
