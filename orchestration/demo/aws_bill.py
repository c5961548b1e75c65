"""The demo company's AWS bill as a CUR 2.0 data export, and the truth that it is made from."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import polars as pl

from orchestration.demo.aws_bedrock import add_bedrock
from orchestration.demo.aws_causes import caused_costs
from orchestration.demo.aws_commitments import SAVINGS_PLAN_MONTH, add_commitments
from orchestration.demo.aws_compute import add_compute
from orchestration.demo.aws_lines import REGION, Bill, months, new_bill
from orchestration.demo.aws_other import add_other
from orchestration.demo.cur2_writer import (
    ACCOUNT_NAMES,
    PAYER_ACCOUNT_ID,
    ExportTarget,
    as_double,
    next_month,
    select_list,
    write_month,
)
from orchestration.demo.machines import billed_machines
from orchestration.demo.world import World

BUCKET = "demo-company-billing"
PREFIX = "exports/cur2"
EXPORT_NAME = "demo-cur2"

# AWS fills the columns of capacity reservations from this month on.
_CAPACITY_COLUMNS_FROM = date(2025, 11, 1)

# What a line costs when fees and commitments are spread over the use they were bought for.
_EFFECTIVE_COST = """
    case line_item_type
        when 'SavingsPlanCoveredUsage' then savings_plan_effective_cost
        when 'SavingsPlanRecurringFee' then savings_plan_commitment - savings_plan_used
        when 'SavingsPlanNegation' then 0
        when 'DiscountedUsage' then reservation_effective_cost
        when 'RIFee' then reservation_unused_upfront + reservation_unused_recurring
        when 'Fee' then case when reservation_arn is null then unblended_cost else 0 end
        else unblended_cost
    end
"""


@dataclass(frozen=True)
class AwsTruth:
    """Who really caused the bill's effective cost.

    Attributes:
        by_day: billing_period, usage_date, owner_id, use_case_id, outcome and effective_cost.
            Outcomes: ``owned`` (tags or the caller's own role name the owner), ``unallocated``
            (nothing on the bill names the owner, who is given all the same), ``idle`` (bought
            ahead and unused, with the team that holds it), ``shared`` (for everybody).
            ``billing_period`` is the month whose bill has the line, which for a refund is later
            than the day of use.
        by_place: The same by account, product, kind of line and resource, where what AWS computes
            from other lines is with those who caused them (``aws_causes``).
        by_machine: The GPU machines of EC2 by day, with whose they were (``machines``).
    """

    by_day: pl.DataFrame
    by_place: pl.DataFrame
    by_machine: pl.DataFrame


def write_aws_export(world: World, target: Path) -> AwsTruth:
    """Write the bill of every month as AWS Data Exports delivers it, under ``target/export``.

    Returns:
        Who really caused the bill's effective cost.
    """
    export = ExportTarget(target / "export", BUCKET, PREFIX, EXPORT_NAME)
    bill = _made(world)
    with bill.connection as connection:
        for number, month in enumerate(months(world)):
            is_open = month == world.today.replace(day=1)
            # a closed month is delivered last some days after its end, the open one every night
            delivered_on = world.today if is_open else next_month(month) + timedelta(days=8)
            files = 1 + number % 3
            write_month(
                connection,
                export,
                month,
                [_file_query(bill, month, part, files, is_open=is_open) for part in range(files)],
                datetime.combine(delivered_on, time(4, 30), UTC),
            )
        return AwsTruth(
            _truth(connection),
            caused_costs(connection, _EFFECTIVE_COST),
            billed_machines(connection),
        )


def _truth(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return connection.execute(
        f"""
        select
            month as billing_period,
            started_on as usage_date,
            owner_id,
            use_case_id,
            outcome,
            sum({_EFFECTIVE_COST})::decimal(38, 12) as effective_cost
        from lines
        group by all
        having sum({_EFFECTIVE_COST}) <> 0
        order by all
        """
    ).pl()


def _made(world: World) -> Bill:
    """Return the bill with all its lines, numbered in the order of the export's files."""
    bill = new_bill(world)
    add_bedrock(bill)
    add_compute(bill)
    add_commitments(bill)
    add_other(bill)
    # a total order, so that the same world gives the same files
    bill.connection.execute(
        f"""
        create table numbered as
        select
            lines.*,
            {_EFFECTIVE_COST} as effective_cost,
            row_number() over (
                partition by month
                order by
                    started_on, account_id, product_code, usage_type, line_item_type, resource_id,
                    iam_principal, operation, description, usage_amount, unblended_cost, tag_team
            ) - 1 as line_number,
            count(*) over (partition by month) as month_lines
        from lines
        """
    )
    return bill


def _file_query(bill: Bill, month: date, part: int, files: int, *, is_open: bool) -> str:
    """Return the query of one of a month's files, in CUR 2.0's columns."""
    invoice = f"'{month:%Y%m}' || case billing_entity when 'AWS' then '8801' else '8802' end"
    names = " ".join(f"when '{number}' then '{name}'" for number, name in ACCOUNT_NAMES.items())
    plan_starts = bill.month(SAVINGS_PLAN_MONTH)
    plan_ends = plan_starts.replace(year=plan_starts.year + 1)
    has_capacity = month >= _CAPACITY_COLUMNS_FROM
    meter = "concat_ws('|', product_code, usage_type, operation)"
    sku = f"upper(substr(md5({meter}), 1, 16))"
    tag_map = (
        "map_from_entries(list_filter(["
        "{'k': '%steam', 'v': tag_team}, {'k': '%suse_case', 'v': tag_use_case}],"
        " lambda tag: tag.v is not null))"
    )
    if_reserved = "case when reservation_arn is not null then "
    if_planned = "case when savings_plan_arn is not null then "
    if_metered = "case when usage_amount is not null then "
    expressions = {
        "identity_line_item_id": f"md5('{month}' || '/' || line_number)",
        "identity_time_interval": ("started_on || 'T00:00:00Z/' || ended_on || 'T00:00:00Z'"),
        "bill_bill_type": "bill_type",
        "bill_billing_entity": "billing_entity",
        "bill_billing_period_start_date": f"timestamp '{month}'",
        "bill_billing_period_end_date": f"timestamp '{next_month(month)}'",
        "bill_invoice_id": "null" if is_open else invoice,
        "bill_invoicing_entity": "'Amazon Web Services, Inc.'",
        "bill_payer_account_id": f"'{PAYER_ACCOUNT_ID}'",
        "bill_payer_account_name": f"'{ACCOUNT_NAMES[PAYER_ACCOUNT_ID]}'",
        "capacity_reservation_capacity_reservation_arn": (
            "capacity_reservation_arn" if has_capacity else "null"
        ),
        "capacity_reservation_capacity_reservation_status": (
            "capacity_reservation_status" if has_capacity else "null"
        ),
        "capacity_reservation_capacity_reservation_type": (
            "case when capacity_reservation_arn is not null then 'ODCR' end"
            if has_capacity
            else "null"
        ),
        "discount": "map([], [])",
        "line_item_availability_zone": "availability_zone",
        "line_item_blended_cost": as_double("unblended_cost"),
        "line_item_blended_rate": "unblended_rate",
        "line_item_currency_code": "'USD'",
        "line_item_iam_principal": "iam_principal",
        "line_item_legal_entity": "legal_entity",
        "line_item_line_item_description": "description",
        "line_item_line_item_type": "line_item_type",
        "line_item_operation": "operation",
        "line_item_product_code": "product_code",
        "line_item_resource_id": "resource_id",
        "line_item_tax_type": "tax_type",
        "line_item_unblended_cost": as_double("unblended_cost"),
        "line_item_unblended_rate": "unblended_rate",
        "line_item_usage_account_id": "account_id",
        "line_item_usage_account_name": f"case account_id {names} end",
        "line_item_usage_amount": as_double("usage_amount"),
        "line_item_usage_start_date": "started_on",
        "line_item_usage_end_date": "ended_on",
        "line_item_usage_type": "usage_type",
        "pricing_currency": "'USD'",
        "pricing_lease_contract_length": f"{if_reserved} '1yr' end",
        "pricing_offering_class": f"{if_reserved} 'standard' end",
        "pricing_public_on_demand_cost": as_double("public_cost"),
        "pricing_public_on_demand_rate": "public_rate",
        "pricing_purchase_option": "purchase_option",
        # what is paid once has another price than what is paid by the hour
        "pricing_rate_code": (
            f"{if_metered} {sku} || case when line_item_type = 'Fee' then '.JRTCKXETXF.2TG2D8R56U'"
            " else '.JRTCKXETXF.6YS6EN2CT7' end end"
        ),
        "pricing_rate_id": (
            f"{if_metered} ('0x' || substr(md5({meter}), 1, 10))::bigint::varchar end"
        ),
        "pricing_term": "term",
        "pricing_unit": "pricing_unit",
        "product": (
            "map_from_entries(list_filter(["
            "{'k': 'product_name', 'v': product_name},"
            f" {{'k': 'region', 'v': case when usage_type like 'USE1-%' then '{REGION}' end}}],"
            " lambda entry: entry.v is not null))"
        ),
        "product_instance_family": (
            "case when instance_type like 'm7i%' then 'General purpose'"
            " when instance_type is not null then 'GPU instance' end"
        ),
        "product_instance_type": "instance_type",
        "product_location": "case when usage_type like 'USE1-%' then 'US East (N. Virginia)' end",
        "product_location_type": "case when usage_type like 'USE1-%' then 'AWS Region' end",
        "product_operation": "operation",
        "product_product_family": "product_family",
        "product_region_code": f"case when usage_type like 'USE1-%' then '{REGION}' end",
        "product_servicecode": "product_code",
        "product_sku": f"{if_metered} {sku} end",
        "product_usagetype": "usage_type",
        "reservation_reservation_a_r_n": "reservation_arn",
        "reservation_effective_cost": as_double("reservation_effective_cost"),
        "reservation_recurring_fee_for_usage": as_double("reservation_recurring_for_usage"),
        "reservation_amortized_upfront_cost_for_usage": as_double("reservation_upfront_for_usage"),
        "reservation_amortized_upfront_fee_for_billing_period": as_double(
            "reservation_upfront_of_period"
        ),
        "reservation_unused_amortized_upfront_fee_for_billing_period": as_double(
            "reservation_unused_upfront"
        ),
        "reservation_unused_recurring_fee": as_double("reservation_unused_recurring"),
        "reservation_unused_quantity": as_double("reservation_unused_units"),
        "reservation_total_reserved_units": "reservation_units",
        "resource_tags": tag_map.replace("%s", "user_"),
        "tags": tag_map.replace("%s", "resourceTags/user:"),
        "savings_plan_savings_plan_a_r_n": "savings_plan_arn",
        "savings_plan_savings_plan_rate": as_double("savings_plan_rate"),
        "savings_plan_savings_plan_effective_cost": as_double("savings_plan_effective_cost"),
        "savings_plan_total_commitment_to_date": as_double("savings_plan_commitment"),
        "savings_plan_recurring_commitment_for_billing_period": as_double(
            "savings_plan_commitment"
        ),
        "savings_plan_used_commitment": as_double("savings_plan_used"),
        "savings_plan_offering_type": f"{if_planned} 'ComputeSavingsPlans' end",
        "savings_plan_payment_option": f"{if_planned} 'No Upfront' end",
        "savings_plan_purchase_term": f"{if_planned} '1yr' end",
        "savings_plan_region": f"{if_planned} 'Any' end",
        "savings_plan_start_time": f"{if_planned} '{plan_starts}T00:00:00.000Z' end",
        "savings_plan_end_time": f"{if_planned} '{plan_ends}T00:00:00.000Z' end",
    }
    return f"""
        select {select_list(expressions)}
        from numbered
        where month = date '{month}' and line_number * {files} // month_lines = {part}
        order by line_number
    """
