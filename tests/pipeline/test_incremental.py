"""Work follows change: a run rebuilds what depends on what changed, and nothing else."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.extract.object_store import ObjectStore
from orchestration.extract.pull import pull
from orchestration.extract.source import load_sources
from orchestration.land.asking import pull_context
from orchestration.land.catalogue import write_warehouse_inputs
from tests.pipeline.conftest import SMALL_SOURCES, TODAY, Installation, small_installation
from tests.pipeline.contents import (
    PeriodKey,
    assert_same_content,
    changed,
    content,
    leftovers,
    period_files,
    period_keys,
    written,
)
from tests.pipeline.projects import copied_project, project_at

AWS_CONFORM = (
    "int_charges_conformed_aws_cur_legacy",
    "int_token_usage_aws_cur_legacy",
    "int_charge_totals",
)
FOCUS_CONFORM = ("int_charges_conformed_focus", "int_token_usage_focus")
ALLOCATE = (
    "int_usage_days",
    "int_charge_groups",
    "int_charge_profiles",
    "int_profile_rules",
    "int_charge_splits",
    "int_charge_sums",
    "int_profile_costs",
    "int_split_steps",
    "int_fx_rates",
    "int_split_shares",
    "int_usage_splits",
    "int_gpu_resource_windows",
    "int_gpu_resource_use_cases",
)
AWS_MONTHS = ("2026-09", "2026-10")
# What a line of a run begins with that tells of work.
DOORS = ("extract ", "land ", "conform ", "allocate ", "marts ")
# Marts by month of a source that hang on who owns a charge.
ALLOCATED_MARTS = (
    "allocation.charge_split",
    "allocation.split_share",
    "allocation.fct_allocated_cost",
    "allocation.fct_allocation_trace",
    "governance.fct_model_register_compliance",
    "governance.fct_tag_compliance_monthly",
    "planning.fct_budget_actual_monthly",
    "planning.fct_monthly_fee_monthly",
    "showback.fct_showback_daily",
    "showback.fct_statement_line_monthly",
    "trust.rpt_control_totals",
    "trust.rpt_source_exceptions",
    "unit_economics.fct_cost_per_inference_daily",
    "unit_economics.fct_token_usage_daily",
    "unit_economics.fct_unit_cost_monthly",
    "unit_economics.fct_token_economics_monthly",
)
# Those among them that hold no amount in the reporting currency.
IN_NO_CURRENCY = ("allocation.split_share", "allocation.fct_allocation_trace")
# Marts by month over all sources that compare tokens of bills with those of meters.
USAGE_MARTS = ("trust.rpt_usage_coverage", "trust.rpt_usage_reconciliation")
# Marts over all months that hang on what machines cost, and on what use cases carry of it.
GPU_MARTS = (
    "trust.rpt_exceptions",
    "trust.rpt_training_run",
    "unit_economics.fct_training_efficiency",
    "unit_economics.fct_hosted_model_monthly",
)
# Marts by month over all sources, of which a month is made of itself and of those before it.
MONTHLY_MARTS = (
    "unit_economics.fct_price_volume_mix_monthly",
    "unit_economics.fct_cost_change_monthly",
    "unit_economics.fct_cost_per_inference_monthly",
)
# Marts that compare use cases and teams with each other, and so are small and made whole.
COMPARED_MARTS = (
    "unit_economics.fct_use_case_economics_monthly",
    "unit_economics.fct_return_on_model_investment",
    "unit_economics.fct_model_return_monthly",
    "unit_economics.fct_time_to_first_prompt",
    "unit_economics.fct_benchmark_monthly",
)
# Marts over all months that hang on what months cost.
OWNER_LISTS = (
    "showback.fct_cost_by_owners_now_monthly",
    "showback.fct_true_up",
    "showback.fct_stated_cost_monthly",
    "showback.fct_owner_statement_monthly",
)
# Marts over all months that hang on which snapshots there are.
FOCUS_MARTS = (
    "focus.cost_and_usage",
    "focus.invoice_detail",
    "trust.rpt_commitment_balance",
    "trust.rpt_focus_conformance",
    "trust.rpt_invoice_charges",
    "trust.rpt_focus_delivery",
)
# Lists over all months, made of the marts above.
FOCUS_LISTS = (
    "focus.billing_period",
    "focus.contract_commitment",
    "planning.fct_commitment_status",
    "trust.rpt_focus_list_conformance",
    "trust.rpt_invoice_reconciliation",
    "trust.rpt_accepted_difference",
)
# What is made of all sources' lines, over all months.
STATEMENTS = (
    "governance.fct_allocation_kpi_monthly",
    "governance.fct_maturity_scorecard",
    "planning.fct_budget_status",
    "showback.fct_chargeback_journal",
    "showback.fct_statement_known_monthly",
    "showback.fct_statement_monthly",
)
SNAPSHOT_MARTS = (
    "reference.dim_billing_period",
    "reference.dim_day",
    "trust.rpt_freshness",
    "trust.rpt_held_period",
    "trust.rpt_native_column",
    "trust.rpt_restatements",
)


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a text file, and see that it changed."""
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Return a change of the one place in which a text has ``old``."""

    def change(text: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    return change


def without_line(start: str) -> Callable[[str], str]:
    """Return a change that takes out the one line with this start."""

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(start)]
        assert len(kept) == len(lines) - 1
        return "".join(kept)

    return change


def models(*, door: str, names: tuple[str, ...], source: str, period: str) -> set[PeriodKey]:
    return {(f"{door}.{name}", source, period) for name in names}


def of_month(names: tuple[str, ...], source: str, period: str) -> set[PeriodKey]:
    return {(name, source, period) for name in names}


def whole(*names: str) -> set[PeriodKey]:
    return {(name, "*", "*") for name in names}


class State:
    """An installation as it is at one moment."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.keys = period_keys(installation)
        self.files = period_files(installation)
        self.content = content(installation)
        self.published = _identity(installation.published_path)

    def changed_keys(self) -> set[PeriodKey]:
        return changed(self.keys, period_keys(self.installation))

    def written_files(self) -> set[tuple[str, str, str]]:
        return written(self.files, period_files(self.installation))

    def is_published_file_untouched(self) -> bool:
        return _identity(self.installation.published_path) == self.published


def _identity(path: Path) -> tuple[int, int, bytes]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, path.read_bytes()


def test_a_shrunken_closed_month_is_held_back_until_it_is_accepted_and_rebuilt_alone(
    installation: Installation,
) -> None:
    before = State(installation)
    bill = installation.bills / "aws_legacy" / "2026-10.csv"
    edit(bill, without_line("line-10-05,"))
    edit(bill, replaced(",2.50,Tax", ",3.00,Tax"))
    # The publisher refuses what is stale; to dbt nothing is wrong with it.
    refused = installation.run_here(has_gates=False)
    assert refused.exit_code != 0
    assert before.is_published_file_untouched()
    assert "extract  aws_small 2026-10 line_items: 5 rows" in refused.text
    assert "the last complete snapshot had 6" in refused.text
    assert 'accept_shrink: ["2026-10"]' in refused.text
    assert "aws_small 2026-10: snapshot 0002-" in refused.text and " is held" in refused.text
    assert leftovers(installation) == []

    installation.write_sources(
        [
            source | {"accept_shrink": ["2026-10"]} if source["name"] == "aws_small" else source
            for source in SMALL_SOURCES
        ]
    )
    billed = "select sum(BilledCost) from focus.cost_and_usage where x_Source = 'aws_small'"
    with installation.open() as reader:
        old = reader.execute(billed).fetchall()
        run = installation.run_here(has_gates=False)
        assert run.exit_code == 0, run.text
        # Not even a reader in the process of the run itself blocks it, and it keeps its rows.
        assert reader.execute(billed).fetchall() == old
    assert installation.query(billed) == [(old[0][0] - Decimal("7.20"),)]
    place = {"source": "aws_small", "period": "2026-10"}
    assert before.written_files() == {
        (model, "aws_small", "2026-10") for model in AWS_CONFORM + ALLOCATE
    }
    # Every other file keeps its inode: it was not written again.
    kept = {path for path in before.files if "aws_small/billing_period=2026-10" not in path}
    after = period_files(installation)
    assert {path: after[path] for path in kept} == {path: before.files[path] for path in kept}
    inputs = ("aws_cur_legacy__line_items", "stg_aws_cur_legacy__line_items")
    united = ("int_charges_conformed", "int_token_usage")
    assert before.changed_keys() == (
        models(door="land", names=inputs, **place)
        | models(door="conform", names=AWS_CONFORM + united, **place)
        | models(door="allocate", names=ALLOCATE, **place)
        | of_month(
            (*FOCUS_MARTS, "tollgate.snapshot", "tollgate.native_column"), "aws_small", "2026-10"
        )
        | of_month(ALLOCATED_MARTS, "aws_small", "2026-10")
        | of_month((*USAGE_MARTS, *MONTHLY_MARTS, "trust.rpt_rule_coverage"), "*", "2026-10")
        | whole(*STATEMENTS)
        | whole(*SNAPSHOT_MARTS, *FOCUS_LISTS, *COMPARED_MARTS, *GPU_MARTS, *OWNER_LISTS)
    )
    assert installation.query(
        "select source, dataset, cast(billing_period as varchar), currency, previous_total, total, "
        "total_change, previous_row_count, row_count, row_count_change from trust.rpt_restatements"
    ) == [
        (
            "aws_small",
            "line_items",
            "2026-10-01",
            "USD",
            Decimal("26.700000000001"),
            Decimal("19.500000000001"),
            Decimal("-7.20"),
            6,
            5,
            -1,
        )
    ]
    # The withdrawn row is gone, the restated one has its new cost, the others are what they were.
    assert installation.query(
        "select BilledCost from focus.cost_and_usage where x_Source = 'aws_small' "
        "and x_BillingPeriod = date '2026-10-01' order by all"
    ) == [(Decimal(cost),) for cost in ("-10.00", "-1.50", "3.00", "8.00", "20.000000000001")]
    assert installation.scalar(
        "select sum(billed_cost) from allocation.charge_split "
        "where source = 'aws_small' and billing_period = date '2026-10-01'"
    ) == Decimal("19.500000000001")
    assert installation.query("select freshness from trust.rpt_freshness group by all") == [
        ("current",)
    ]


def test_a_rule_that_changes_on_a_day_leaves_the_months_before_it_alone(
    installation: Installation,
) -> None:
    before = State(installation)
    rule = installation.org / "allocation_rule.csv"
    edit(
        rule,
        replaced(
            "shared-account,1,20,even,,owned,,,", "shared-account,1,20,even,,owned,,2026-10-01,"
        ),
    )
    edit(rule, lambda text: text + "shared-account,2,20,even,,owned,2026-10-01,,Two teams\n")
    edit(
        installation.org / "allocation_rule_condition.csv",
        lambda text: text + "shared-account,2,sub_account_id,equals,200000000002\n",
    )
    edit(
        installation.org / "allocation_rule_target.csv",
        lambda text: text + "shared-account,2,search,\nshared-account,2,vision,\n",
    )
    run = installation.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    october = [("aws_small", "2026-10"), ("focus_small", "2026-10")]
    assert before.written_files() == {
        (model, source, period) for model in ALLOCATE for source, period in october
    }
    org_inputs = ("allocation_rule", "allocation_rule_condition", "allocation_rule_target")
    expected = {(f"org.{name}", "*", "2026-10") for name in org_inputs}
    for source, period in october:
        expected |= models(door="allocate", names=ALLOCATE, source=source, period=period)
        expected |= of_month(ALLOCATED_MARTS, source, period)
    expected |= of_month((*USAGE_MARTS, *MONTHLY_MARTS, "trust.rpt_rule_coverage"), "*", "2026-10")
    expected |= whole(*STATEMENTS, *COMPARED_MARTS, *GPU_MARTS, *OWNER_LISTS)
    assert before.changed_keys() == expected
    # No October line is of that account: the same amounts have the same owners.
    table = "allocation.fct_allocated_cost"
    assert before.content[table] == content(installation)[table]


def test_an_owner_who_moves_is_seen_in_statements_from_that_month_on(
    installation: Installation,
) -> None:
    before = State(installation)
    owner = installation.org / "owner.csv"
    edit(
        owner,
        replaced(
            "search,Search,Product,CC-10,engineering,,",
            "search,Search,Product,CC-10,engineering,,2026-10-01",
        ),
    )
    edit(owner, lambda text: text + "search,Search,Data and AI,CC-11,engineering,2026-10-01,\n")
    run = installation.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    october = [("aws_small", "2026-10"), ("focus_small", "2026-10")]
    assert before.written_files() == {
        (model, source, period)
        for model in ("int_split_shares", "int_gpu_resource_use_cases")
        for source, period in october
    }
    moved = installation.query(
        "select distinct billing_period::varchar, department, cost_centre "
        "from showback.fct_showback_daily where team = 'Search' order by all"
    )
    assert moved == [("2026-09-01", "Product", "CC-10"), ("2026-10-01", "Data and AI", "CC-11")]
    assert {(relation, period) for relation, _, period in before.changed_keys()} == {
        ("org.owner", "2026-10"),
        ("reference.dim_owner", "*"),
        ("allocate.int_split_shares", "2026-10"),
        ("allocate.int_gpu_resource_use_cases", "2026-10"),
        *((mart, "2026-10") for mart in ALLOCATED_MARTS if mart != "allocation.charge_split"),
        *((mart, "*") for mart in STATEMENTS),
        *((mart, "2026-10") for mart in (*USAGE_MARTS, *MONTHLY_MARTS)),
        *((mart, "*") for mart in OWNER_LISTS),
        *((mart, "*") for mart in (*COMPARED_MARTS, *GPU_MARTS)),
    }


BASES = "select x_InvoiceBasis, count(*) from focus.cost_and_usage group by all order by all"
INVOICE = (
    "invoice_number,source,invoice_issuer,billing_period,billing_currency,charge_category,"
    "billed_amount,issued_on,due_on,payment_terms,purchase_order,corrects_invoice_number\n"
    "I-10,focus_small,Microsoft,2026-10-01,EUR,Usage,109.30,2026-11-03,,Net 30,,\n"
)
LEDGER_SHAPE = """
    select table_name, column_name, data_type from duckdb_columns()
    where table_name in ('charge_split', 'cost_and_usage') order by table_name, column_index
"""


def test_new_settings_and_a_new_register_touch_only_what_shows_them(
    installation: Installation,
) -> None:
    before = State(installation)
    shape = installation.query(LEDGER_SHAPE)
    edit(
        installation.org / "ai_model.csv",
        replaced("gpt-4o,OpenAI,GPT-4o,approved", "gpt-4o,OpenAI,GPT-4o,retired"),
    )
    changes = {
        "TOLLGATE_TODAY": (TODAY + timedelta(days=1)).isoformat(),
        "TOLLGATE_REPORTING_CURRENCY": "EUR",
        "TOLLGATE_LEDGER_TABLE_ROWS": "0",
    }
    refused = installation.run_here(**changes)
    assert refused.exit_code != 0
    assert before.is_published_file_untouched()
    # Which pair, from which day on, and where it is to be written; October refunds 5 September.
    for month, first_day in zip(AWS_MONTHS, ("2026-09-01", "2026-09-05"), strict=True):
        assert f"aws_small {month}: no rate from USD to EUR for {first_day} and" in refused.text
    assert "; add it to fx_rate.csv" in refused.text
    assert "focus_small 2026-10: no rate" not in refused.text

    edit(installation.org / "fx_rate.csv", lambda text: text + "USD,EUR,0.9,,\n")
    run = installation.run_here(has_gates=False, **changes)
    assert run.exit_code == 0, run.text
    months = [("aws_small", "2026-09"), ("aws_small", "2026-10"), ("focus_small", "2026-10")]
    costs = (
        "int_charge_splits",
        "int_charge_sums",
        "int_usage_splits",
        "int_fx_rates",
        "int_profile_costs",
        "int_gpu_resource_windows",
        "int_gpu_resource_use_cases",
    )
    assert before.written_files() == {(model, *month) for model in costs for month in months}
    in_currency = tuple(mart for mart in ALLOCATED_MARTS if mart not in IN_NO_CURRENCY)
    expected = whole("tollgate.setting", "tollgate.clock", "org.ai_model", "reference.dim_fx_rate")
    expected |= {("org.fx_rate", "*", month) for month in AWS_MONTHS} | whole(*STATEMENTS)
    # The day, and the register.
    expected |= whole("reference.dim_billing_period", "reference.dim_day", "reference.dim_ai_model")
    expected |= whole(
        "trust.rpt_meter_coverage", *FOCUS_LISTS, *COMPARED_MARTS, *GPU_MARTS, *OWNER_LISTS
    )
    for source, period in months:
        expected |= models(door="allocate", names=costs, source=source, period=period)
        expected |= of_month((*USAGE_MARTS, *MONTHLY_MARTS, "trust.rpt_rule_coverage"), "*", period)
        # The limit: what was a table is a view over the period files, and so is new to its readers.
        expected |= of_month(FOCUS_MARTS, source, period)
        expected |= of_month(in_currency, source, period)
    assert before.changed_keys() == expected
    assert installation.query(
        "select view_name from duckdb_views() where schema_name in ('focus', 'allocation') "
        "and sql like '%.parquet%' order by all"
    ) == [("charge_split",), ("cost_and_usage",)]
    assert installation.query(LEDGER_SHAPE) == shape
    assert installation.query(
        "select billing_currency, reporting_currency, sum(billed_cost_reporting) = sum(cast("
        "billed_cost * case billing_currency when 'USD' then 0.9 else 1 end as decimal(38, 12))) "
        "from allocation.charge_split group by billing_currency, reporting_currency order by all"
    ) == [("EUR", "EUR", True), ("USD", "EUR", True)]

    # A view that had no invoice line to join follows the one that comes.
    assert installation.query(BASES) == [("bill", 14), ("provisional", 8)]
    (installation.org / "invoice.csv").write_text(INVOICE)
    run = installation.run_here(has_gates=False, **changes)
    assert run.exit_code == 0, run.text
    assert installation.query(BASES) == [("bill", 14), ("organisation", 5), ("provisional", 3)]


def test_a_changed_line_of_sql_and_a_changed_seed_rebuild_what_reads_them(
    installation: Installation, tmp_path: Path
) -> None:
    before = State(installation)
    project = copied_project(tmp_path)
    mart = project / "models" / "marts" / "unit_economics" / "fct_token_usage_daily.sql"
    edit(mart, lambda text: text + "-- another line\n")
    # Read by one kind of source only, so that the other one's months must stay.
    edit(project / "seeds" / "focus_own_publisher.csv", lambda text: text + "example%,example%\n")
    with project_at(project):
        run = installation.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    assert {place for place in before.written_files() if place[1] == "aws_small"} == set()
    assert {place[0] for place in before.written_files()} >= {FOCUS_CONFORM[0], *ALLOCATE}
    by_aws = {place for place in before.changed_keys() if place[1] == "aws_small"}
    # Of what reads the changed one these are made by month of a source.
    marts = (
        "unit_economics.fct_token_usage_daily",
        "unit_economics.fct_token_economics_monthly",
        "governance.fct_model_register_compliance",
        "trust.rpt_source_exceptions",
    )
    assert by_aws == {(mart, "aws_small", month) for mart in marts for month in AWS_MONTHS}
    # The same numbers come out.
    assert_same_content(before.content, content(installation))


def test_a_run_without_news_makes_again_what_was_lost_and_nothing_else(
    installation: Installation,
) -> None:
    before = State(installation)
    settings = installation.settings
    landed = sorted(settings.landed_dir.glob("aws_small/*/*/*.parquet"))
    lost_rows = landed[0]
    content_before = lost_rows.read_bytes()
    lost_rows.unlink()
    lost = next(path for path in sorted(before.files) if "conformed_aws_cur_legacy" in path)
    (settings.warehouse_dir / lost).unlink()
    run = installation.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    # The fixture was moved to another folder: dbt looks at all of it once.
    assert "nothing differs from the published file" in run.text
    said = [line.split()[:2] for line in run.lines if line.startswith(DOORS)]
    assert said == [["land", "aws_small"], ["conform", "aws_small"]]
    assert lost_rows.read_bytes() == content_before
    after = period_files(installation)
    assert {path for path in after if after[path] != before.files[path]} == {lost}
    assert set(after) == set(before.files)
    # The published rows do not depend on what was lost: they stay as they are.
    assert before.is_published_file_untouched()
    assert leftovers(installation) == []

    again = installation.run_here()
    assert again.exit_code == 0, again.text
    assert "nothing changed since the last publication" in again.text
    assert [line for line in again.lines if line.startswith(DOORS)] == []
    assert period_files(installation) == after
    assert before.is_published_file_untouched()
    assert leftovers(installation) == []

    for folder in (settings.landed_dir, settings.warehouse_dir):
        shutil.rmtree(folder)
    run = installation.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    assert sorted(settings.landed_dir.glob("aws_small/*/*/*.parquet")) == landed
    assert set(period_files(installation)) == set(before.files)
    assert before.is_published_file_untouched()
    for path in (settings.warehouse_dir / "conform").glob("*/*/*/*.parquet"):
        assert path.stat().st_size > 0


def tag_of_content(_store: ObjectStore, info: Mapping[str, Any]) -> str:
    """Stand for an object store's ETag: the same bytes have the same."""
    return hashlib.sha256(Path(info["name"]).read_bytes()).hexdigest()


@pytest.mark.parametrize("has_etags", [True, False])
def test_a_vendor_who_takes_a_shrunken_answer_back_is_current_again(
    tmp_path: Path, has_etags: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_etags:
        monkeypatch.setattr(ObjectStore, "_tag", tag_of_content)
    installation = small_installation(tmp_path / "installation")
    bill = installation.bills / "aws_legacy" / "2026-10.csv"
    original = bill.read_bytes()
    assert pulled_states(installation) == ["new", "new"]
    edit(bill, without_line("line-10-05,"))
    assert pulled_states(installation) == ["unchanged", "held"]
    assert snapshot_states(installation) == [(1, "refused"), (1, "refused"), (2, "held")]
    bill.write_bytes(original)
    assert pulled_states(installation) == ["unchanged", "unchanged"]
    assert snapshot_states(installation) == [(1, "refused"), (1, "refused")]
    # The record of what was sent stays.
    assert len(list(installation.settings.extracted_dir.glob("*/*/2026-10/.answered-0002-*"))) == 1
    # And the same mistake is met again.
    edit(bill, without_line("line-10-05,"))
    assert pulled_states(installation) == ["unchanged", "held"]
    bill.write_bytes(original)
    assert pulled_states(installation) == ["unchanged", "unchanged"]
    assert snapshot_states(installation) == [(1, "refused"), (1, "refused")]


def test_a_held_answer_that_another_one_follows_is_no_restatement(tmp_path: Path) -> None:
    installation = small_installation(tmp_path / "installation")
    bill = installation.bills / "aws_legacy" / "2026-10.csv"
    original = bill.read_text()
    pulled_states(installation)
    edit(bill, without_line("line-10-05,"))
    assert pulled_states(installation) == ["unchanged", "held"]
    bill.write_text(original.replace(",7.70,$", ",8.20,$"))
    assert pulled_states(installation) == ["unchanged", "new"]
    assert [number for number, _ in snapshot_states(installation)] == [1, 1, 3]


def pulled_states(installation: Installation) -> list[str]:
    """Pull the AWS bills and return what became of each month."""
    source, *_ = load_sources(installation.sources_file)
    return [result.state for result in pull(source, None, pull_context(installation.settings))]


def snapshot_states(installation: Installation) -> list[tuple[int, str]]:
    """Return number and state of the snapshots that dbt is told of; none is landed yet."""
    source, *_ = load_sources(installation.sources_file)
    write_warehouse_inputs(installation.data, [source])
    inputs = installation.settings.warehouse_dir / "inputs" / "snapshot.parquet"
    with duckdb.connect() as connection:
        return connection.execute(
            "select snapshot_seq, snapshot_state from read_parquet($path) order by all",
            {"path": str(inputs)},
        ).fetchall()
