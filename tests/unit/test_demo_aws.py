"""The demo company's AWS bill is a delivery that AWS could have made, exact to the last digit."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from orchestration.demo.aws_bedrock import product_name
from orchestration.demo.aws_bill import (
    BUCKET,
    EXPORT_NAME,
    PREFIX,
    AwsTruth,
    write_aws_export,
)
from orchestration.demo.aws_commitments import RESERVATION_ARN
from orchestration.demo.cur2_writer import COLUMNS, write_cur_month
from orchestration.demo.world import TOKEN_CLASSES, World

WORLD = World(seed=7, scale=Decimal("0.2"), today=date(2026, 11, 16))
OPEN_MONTH = date(2026, 11, 1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AwsTruth]:
    target = tmp_path_factory.mktemp("aws")
    return target / "export", write_aws_export(WORLD, target)


@pytest.fixture(scope="module")
def export_dir(written: tuple[Path, AwsTruth]) -> Path:
    return written[0]


@pytest.fixture(scope="module")
def truth(written: tuple[Path, AwsTruth]) -> pl.DataFrame:
    return written[1].by_day


@pytest.fixture(scope="module")
def caused(written: tuple[Path, AwsTruth]) -> pl.DataFrame:
    return written[1].by_place


@pytest.fixture(scope="module")
def lines(export_dir: Path) -> duckdb.DuckDBPyConnection:
    """The lines as they are read back: every double as the shortest decimal that it stands for."""
    connection = duckdb.connect()
    exact = ", ".join(
        f"{name}::varchar::decimal(38, 12) as {name}"
        for name, kind in COLUMNS.items()
        if kind == "double"
    )
    connection.execute(
        f"""
        create table lines as
        select
            *,
            bill_billing_period_start_date::date as month,
            case line_item_line_item_type
                when 'SavingsPlanCoveredUsage' then savings_plan_savings_plan_effective_cost
                when 'SavingsPlanRecurringFee'
                    then savings_plan_total_commitment_to_date - savings_plan_used_commitment
                when 'SavingsPlanNegation' then 0
                when 'DiscountedUsage' then reservation_effective_cost
                when 'RIFee'
                    then reservation_unused_amortized_upfront_fee_for_billing_period
                        + reservation_unused_recurring_fee
                when 'Fee'
                    then case when reservation_reservation_a_r_n is null
                        then line_item_unblended_cost else 0 end
                else line_item_unblended_cost
            end as amortised_cost
        from (
            select * replace ({exact})
            from read_parquet('{export_dir}/**/*.parquet', hive_partitioning = false)
        )
        """
    )
    return connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_each_manifest_lists_exactly_the_files_of_its_month(export_dir: Path) -> None:
    root = export_dir / PREFIX / EXPORT_NAME
    manifests = sorted(root.glob("metadata/BILLING_PERIOD=*/*-Manifest.json"))
    assert len(manifests) == 13
    file_counts = set()
    for path in manifests:
        manifest = json.loads(path.read_text())
        month = path.parent.name
        there = {
            f"s3://{BUCKET}/{file.relative_to(export_dir)}"
            for file in (root / "data" / month).iterdir()
        }
        assert set(manifest["dataFiles"]) == there
        assert len(manifest["dataFiles"]) == len(there)
        assert manifest["billingPeriod"]["start"].startswith(month.removeprefix("BILLING_PERIOD="))
        assert {column["name"]: column["type"] for column in manifest["columns"]} == dict(COLUMNS)
        file_counts.add(len(there))
    assert file_counts == {1, 2, 3}


def test_files_have_the_columns_and_types_that_aws_writes(export_dir: Path) -> None:
    file = next(export_dir.glob("**/*.snappy.parquet"))
    connection = duckdb.connect()
    found = {
        name: kind
        for name, kind, *_ in rows(connection, f"describe select * from read_parquet('{file}',"
                                   " hive_partitioning = false)")
    }  # fmt: skip
    assert list(found) == list(COLUMNS)
    assert found["line_item_unblended_cost"] == "DOUBLE"
    assert found["line_item_unblended_rate"] == "VARCHAR"
    assert found["line_item_usage_start_date"] == "TIMESTAMP"
    assert found["resource_tags"] == "MAP(VARCHAR, VARCHAR)"
    units = rows(
        connection,
        f"select distinct logical_type from parquet_schema('{file}')"
        " where name like 'line_item_usage_%_date'",
    )
    assert len(units) == 1
    assert "MILLIS" in units[0][0]


def test_both_channels_bill_every_token_once(lines: duckdb.DuckDBPyConnection) -> None:
    billed = rows(
        lines,
        """
        select
            bill_billing_entity,
            sum(line_item_usage_amount * case pricing_unit
                when '1K tokens' then 1000 when '1M tokens' then 1000000 when 'Units' then 1000000
            end)
        from lines
        where line_item_line_item_type = 'Usage' and product['product_name'] like '%Bedrock%'
        group by all
        """,
    )
    used = WORLD.inference.filter(pl.col("vendor") == "aws_bedrock").with_columns(
        pl.when(pl.col("model").str.starts_with("anthropic."))
        .then(pl.lit("AWS Marketplace"))
        .otherwise(pl.lit("AWS"))
        .alias("entity"),
        pl.sum_horizontal(f"{name}_tokens" for name in TOKEN_CLASSES).alias("tokens"),
    )
    expected = dict(used.group_by("entity").agg(pl.col("tokens").sum()).rows())
    assert set(expected) == {"AWS", "AWS Marketplace"}
    assert {entity: int(tokens) for entity, tokens in billed} == expected


def test_a_token_costs_what_the_price_list_says(lines: duckdb.DuckDBPyConnection) -> None:
    day, model = date(2026, 5, 6), "anthropic.claude-sonnet-4-6"
    prices = WORLD.prices("aws_bedrock", model, day)
    worldwide = WORLD.prices("aws_bedrock", model, day, "standard", "global")
    assert prices is not None
    assert worldwide is not None
    found = rows(
        lines,
        f"""
        select distinct line_item_usage_type, line_item_unblended_rate::decimal(18, 10)
        from lines
        where line_item_usage_start_date = date '{day}' and line_item_line_item_type = 'Usage'
            and product['product_name'] = '{product_name("claude-sonnet-4-6")}'
            and line_item_usage_type like '%\\_OutputTokenCount%' escape '\\'
        """,
    )
    assert dict(found) == {
        "USE1-MP:USE1_OutputTokenCount-Units": prices["output"],
        "USE1-MP:USE1_OutputTokenCount_Global-Units": worldwide["output"],
    }


def test_a_model_without_a_curated_name_is_refused() -> None:
    assert product_name("claude-sonnet-4-6") == "Claude Sonnet 4.6 (Amazon Bedrock Edition)"
    with pytest.raises(ValueError, match="claude-4x"):
        product_name("claude-4x")


def test_metered_cost_is_amount_times_rate(lines: duckdb.DuckDBPyConnection) -> None:
    wrong = rows(
        lines,
        """
        select line_item_usage_type, line_item_usage_amount, line_item_unblended_rate
        from lines
        where line_item_line_item_type in ('Usage', 'SavingsPlanCoveredUsage', 'RIFee')
            and abs(
                line_item_unblended_cost - (
                    line_item_usage_amount::decimal(28, 6)
                    * line_item_unblended_rate::decimal(18, 10)
                )::decimal(38, 16)
            ) > 0.00000000005
        """,
    )
    assert wrong == []


def test_savings_plan_adds_up_every_day(lines: duckdb.DuckDBPyConnection) -> None:
    days = rows(
        lines,
        """
        select
            line_item_usage_start_date,
            sum(amortised_cost)
                filter (line_item_line_item_type = 'SavingsPlanCoveredUsage') as covered,
            sum(amortised_cost)
                filter (line_item_line_item_type = 'SavingsPlanRecurringFee') as unused,
            sum(savings_plan_total_commitment_to_date) as commitment,
            sum(savings_plan_used_commitment) as used,
            sum(line_item_unblended_cost)
                filter (line_item_line_item_type = 'SavingsPlanRecurringFee') as billed,
            sum(line_item_unblended_cost)
                filter (line_item_line_item_type <> 'SavingsPlanRecurringFee') as cancelled
        from lines
        where savings_plan_savings_plan_a_r_n is not null
        group by 1
        """,
    )
    assert len(days) == (date(2026, 11, 16) - date(2026, 1, 1)).days
    for _, covered, unused, commitment, used, billed, cancelled in days:
        assert covered + unused == commitment == billed
        assert covered == used
        assert cancelled == 0
        assert unused >= 0
    assert any(unused > 1 for _, _, unused, *_ in days)


def test_reserved_instance_adds_up_every_month(lines: duckdb.DuckDBPyConnection) -> None:
    months = rows(
        lines,
        f"""
        select
            month,
            sum(amortised_cost) as amortised,
            sum(line_item_unblended_cost) filter (line_item_line_item_type = 'RIFee') as recurring,
            sum(reservation_amortized_upfront_fee_for_billing_period) as upfront,
            sum(reservation_unused_recurring_fee) as unused
        from lines
        where reservation_reservation_a_r_n = '{RESERVATION_ARN}'
        group by month
        order by month
        """,
    )
    assert len(months) == 12
    for month, amortised, recurring, upfront, unused in months:
        assert unused > 0
        if month < OPEN_MONTH:
            assert amortised == recurring + upfront
        else:
            assert amortised < recurring + upfront
    fees = rows(
        lines,
        "select bill_bill_type, line_item_unblended_cost, amortised_cost from lines"
        " where line_item_line_item_type = 'Fee' and reservation_reservation_a_r_n is not null",
    )
    assert fees == [("Purchase", Decimal(2628), Decimal(0))]


def test_held_capacity_is_used_or_unused(lines: duckdb.DuckDBPyConnection) -> None:
    days = rows(
        lines,
        """
        select
            line_item_usage_start_date,
            sum(line_item_usage_amount)
                filter (capacity_reservation_capacity_reservation_status = 'Reserved') as held,
            sum(line_item_usage_amount)
                filter (capacity_reservation_capacity_reservation_status = 'Used') as used,
            sum(line_item_usage_amount)
                filter (capacity_reservation_capacity_reservation_status = 'Unused') as unused,
            sum(line_item_unblended_cost)
                filter (capacity_reservation_capacity_reservation_status = 'Reserved') as cost
        from lines
        where capacity_reservation_capacity_reservation_arn is not null
        group by 1
        """,
    )
    assert len(days) == (date(2026, 11, 16) - date(2026, 3, 1)).days
    for _, held, used, unused, cost in days:
        assert held == used + unused
        assert unused > 0
        assert cost == 0
    assert rows(
        lines,
        "select distinct regexp_extract(line_item_usage_type, '-(.*):', 1) as meter from lines"
        " where capacity_reservation_capacity_reservation_arn is not null order by meter",
    ) == [("BoxUsage",), ("Reservation",), ("UnusedBox",)]


def test_a_refund_comes_on_a_later_bill(lines: duckdb.DuckDBPyConnection) -> None:
    refunds = rows(
        lines,
        "select month, line_item_usage_start_date, line_item_unblended_cost, line_item_resource_id"
        " from lines where line_item_line_item_type = 'Refund'",
    )
    assert len(refunds) == 2
    for month, used_at, refunded, resource_id in refunds:
        assert used_at < datetime.combine(month, datetime.min.time())
        charged = rows(
            lines,
            "select line_item_unblended_cost, month from lines"
            f" where line_item_line_item_type = 'Usage' and line_item_resource_id = '{resource_id}'"
            f" and line_item_usage_start_date = timestamp '{used_at}'",
        )
        assert len(charged) == 1
        assert charged[0][1] < month
        assert -charged[0][0] < refunded < 0


def test_only_the_open_month_has_no_invoice(lines: duckdb.DuckDBPyConnection) -> None:
    months = rows(
        lines,
        "select month, count(*), count(bill_invoice_id), count(distinct bill_invoice_id)"
        " from lines group by month order by month",
    )
    assert [month for month, *_ in months] == sorted({day.replace(day=1) for day in WORLD.days})
    for month, line_count, with_invoice, invoices in months:
        if month == OPEN_MONTH:
            assert with_invoice == 0
        else:
            assert (with_invoice, invoices) == (line_count, 2)


def test_every_kind_of_line_is_there(lines: duckdb.DuckDBPyConnection) -> None:
    kinds = {kind for (kind,) in rows(lines, "select line_item_line_item_type from lines")}
    assert kinds == {
        "Usage", "Tax", "Fee", "Credit", "Refund", "EdpDiscount", "SavingsPlanCoveredUsage",
        "SavingsPlanRecurringFee", "SavingsPlanNegation", "DiscountedUsage", "RIFee",
    }  # fmt: skip
    negative = {
        kind
        for (kind,) in rows(
            lines,
            "select line_item_line_item_type from lines group by 1"
            " having max(line_item_unblended_cost) < 0",
        )
    }
    assert negative == {"Credit", "Refund", "EdpDiscount", "SavingsPlanNegation"}
    untagged = rows(
        lines,
        "select count(*) filter (cardinality(resource_tags) = 0), count(*) from lines"
        " where line_item_line_item_type = 'Usage'",
    )[0]
    assert 0 < untagged[0] < untagged[1] / 2


def test_every_cost_is_the_shortest_text_of_its_double(
    export_dir: Path, lines: duckdb.DuckDBPyConnection
) -> None:
    doubles = [
        value
        for (value,) in rows(
            duckdb.connect(),
            "select line_item_unblended_cost from"
            f" read_parquet('{export_dir}/**/*.parquet', hive_partitioning = false)",
        )
    ]
    # repr gives the shortest text; Decimal arithmetic then knows nothing of the database's casts
    exact = sum((Decimal(repr(value)) for value in doubles), Decimal(0))
    assert rows(lines, "select sum(line_item_unblended_cost) from lines")[0][0] == exact
    assert all(Decimal(repr(value)).as_tuple().exponent >= -10 for value in doubles)  # type: ignore[operator]


def test_truth_adds_up_to_the_bill_by_month(
    lines: duckdb.DuckDBPyConnection, truth: pl.DataFrame
) -> None:
    by_month = dict(truth.group_by("billing_period").agg(pl.col("effective_cost").sum()).rows())
    assert by_month == dict(
        rows(lines, "select month, sum(amortised_cost)::decimal(38, 12) from lines group by month")
    )
    assert truth.schema["effective_cost"] == pl.Decimal(38, 12)
    assert set(truth["outcome"]) == {"owned", "idle", "unallocated", "shared"}
    assert truth.filter((pl.col("outcome") != "shared") & pl.col("owner_id").is_null()).is_empty()
    idle = truth.filter(pl.col("outcome") == "idle")["effective_cost"]
    assert min(idle) > 0


def test_every_dollar_of_the_bill_has_who_caused_it(
    truth: pl.DataFrame, caused: pl.DataFrame
) -> None:
    by_month = [
        frame.group_by("billing_period").agg(pl.sum("effective_cost")).sort("billing_period")
        for frame in (truth, caused)
    ]
    assert by_month[0].equals(by_month[1])
    # what has one owner in the bill keeps it
    kept = ("owned", "unallocated", "idle")
    owners = truth.filter(pl.col("outcome").is_in(kept))["effective_cost"].sum()
    computed = ("EdpDiscount", "Credit", "Tax")
    plain = caused.filter(
        ~pl.col("line_item_type").is_in(computed)
        & (pl.col("product_code") != "AWSSupportBusiness")
        & (pl.col("outcome") != "shared")
    )
    assert plain["effective_cost"].sum() == owners


def test_a_discount_is_caused_by_who_used_what_it_is_granted_on(caused: pl.DataFrame) -> None:
    """Three percent of an owner's use of a service in an account, whatever the others used."""
    here = (
        (pl.col("account_id") == "444444444444")
        & (pl.col("product_code") == "AmazonSageMaker")
        & (pl.col("billing_period") == OPEN_MONTH)
    )
    of_kind = {
        kind: dict(
            caused.filter(here & (pl.col("line_item_type") == kind))
            .group_by("owner_id")
            .agg(pl.sum("effective_cost"))
            .rows()
        )
        for kind in ("Usage", "EdpDiscount")
    }
    assert len(of_kind["Usage"]) == 2 and of_kind["EdpDiscount"].keys() == of_kind["Usage"].keys()
    for owner, used in of_kind["Usage"].items():
        assert abs(of_kind["EdpDiscount"][owner] + used * Decimal("0.03")) < Decimal("0.0000001")


def test_support_is_caused_by_everybody_and_network_by_nobody_alone(caused: pl.DataFrame) -> None:
    support = caused.filter(
        (pl.col("product_code") == "AWSSupportBusiness") & (pl.col("line_item_type") == "Fee")
    )
    assert support["owner_id"].n_unique() == 15 and set(support["outcome"]) == {"owned"}
    gateway = caused.filter(pl.col("resource_id").str.contains("natgateway"))
    assert set(gateway["outcome"]) == {"shared"}
    assert gateway["owner_id"].null_count() == len(gateway) > 0


def test_the_same_world_gives_the_same_bytes(export_dir: Path, tmp_path: Path) -> None:
    write_aws_export(WORLD, tmp_path)
    again = tmp_path / "export"
    files = sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert files == sorted(
        path.relative_to(export_dir) for path in export_dir.rglob("*") if path.is_file()
    )
    for file in files:
        assert (again / file).read_bytes() == (export_dir / file).read_bytes(), file


def test_another_seed_gives_another_bill(lines: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    other = write_aws_export(World(seed=8, scale=WORLD.scale, today=WORLD.today), tmp_path)
    total = rows(lines, "select sum(amortised_cost) from lines")[0][0]
    assert Decimal(other.by_day["effective_cost"].sum()) != total


def test_a_measuring_month_has_its_lines_and_its_known_total(tmp_path: Path) -> None:
    path = tmp_path / "month.parquet"
    write_cur_month(path, 10_000, 7, date(2026, 10, 1))
    found = rows(
        duckdb.connect(),
        "select line_item_usage_amount, line_item_unblended_rate, line_item_unblended_cost,"
        f" line_item_usage_start_date from '{path}'",
    )
    assert len(found) == 10_000
    costs = [Decimal(repr(cost)) for _, _, cost, _ in found]
    assert costs == [Decimal(repr(amount)) * Decimal(rate) for amount, rate, _, _ in found]
    # written down once: the values must not change with the machine or the database's version
    assert sum(costs, Decimal(0)) == Decimal("12597.637859345")
    assert {started.date().replace(day=1) for *_, started in found} == {date(2026, 10, 1)}
