"""The invoices that the demo company received for its closed months, made from the bills.

An invoice asks for cents: its lines are the bill's sums of a month and category, rounded once. The
month that still runs has no invoice yet. Two things stand on invoices alone, as they do in life:
OpenAI's sales tax since October 2026, and in that month an onboarding fee of Anthropic that its
cost report does not show. The company's finance accepted the fee (``accepted_difference.csv``).
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import polars as pl

from orchestration.settings import DBT_PROJECT_DIR

LINE_ITEM_TYPE_SEED = DBT_PROJECT_DIR / "seeds" / "aws_line_item_type.csv"

_CENT = Decimal("0.01")
_OCTOBER = date(2026, 10, 1)
_SALES_TAX = Decimal("0.0825")
_ONBOARDING_FEE = Decimal("48.00")
_COLUMNS = (
    "invoice_number",
    "source",
    "invoice_issuer",
    "billing_period",
    "billing_currency",
    "charge_category",
    "billed_amount",
    "issued_on",
    "due_on",
    "payment_terms",
    "purchase_order",
    "corrects_invoice_number",
)
_Line = Mapping[str, object]


def write_received_invoices(
    path: Path, vendor_costs: Mapping[str, pl.DataFrame], aws_dir: Path, today: date
) -> None:
    """Write the organisation's table of received invoices.

    Args:
        path: The CSV file; it is replaced.
        vendor_costs: Each AI vendor's daily costs, by its short name.
        aws_dir: Folder of the AWS export.
        today: First day that has not happened yet.
    """
    lines = [*_aws_lines(aws_dir, today)]
    for name, costs in vendor_costs.items():
        lines += _vendor_lines(name, costs, today)
    temporary = path.with_name(f".{path.name}")
    with temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    temporary.replace(path)


def _vendor_lines(name: str, costs: pl.DataFrame, today: date) -> Iterator[_Line]:
    issuer = {"openai": "OpenAI", "anthropic": "Anthropic"}[name]
    by_month = (
        costs.group_by(pl.col("usage_date").dt.truncate("1mo").alias("month"))
        .agg(pl.col("billed_cost").sum())
        .sort("month")
    )
    for month, billed in by_month.iter_rows():
        if month >= today.replace(day=1):
            continue
        of_month = {"Usage": billed}
        if name == "openai" and month >= _OCTOBER:
            of_month["Tax"] = billed * _SALES_TAX
        if name == "anthropic" and month == _OCTOBER:
            of_month["Usage"] += _ONBOARDING_FEE
        for category, amount in of_month.items():
            yield _line(
                f"{issuer.upper()[:4]}-{month:%Y%m}-0417",
                f"{name}_org",
                issuer,
                month,
                category,
                amount,
                f"PO-2026-{issuer.upper()[:4]}",
            )


def _aws_lines(aws_dir: Path, today: date) -> Iterator[_Line]:
    """Lines with the numbers that the AWS bill carries: they add the dates and terms."""
    files = [str(file) for file in sorted(aws_dir.rglob("*.parquet"))]
    if not files:
        return
    rows = duckdb.execute(
        """
        select
            bill_invoice_id,
            bill_invoicing_entity,
            cast(bill_billing_period_start_date as date) as month,
            charge_category,
            sum(cast(cast(line_item_unblended_cost as varchar) as decimal(38, 12))) as billed_cost
        from read_parquet($1, union_by_name = true) as lines
        inner join read_csv($2, all_varchar = true) as types
            on lines.line_item_line_item_type = types.line_item_type
        where bill_invoice_id is not null
        group by all
        order by all
        """,
        [files, str(LINE_ITEM_TYPE_SEED)],
    ).fetchall()
    for number, issuer, month, category, billed in rows:
        yield _line(number, "aws_main", issuer, month, category, billed, "PO-2025-AWS")


def _line(
    number: str,
    source: str,
    issuer: str,
    month: date,
    category: str,
    billed: Decimal,
    purchase_order: str,
) -> _Line:
    issued_on = (month + timedelta(days=31)).replace(day=3)
    return {
        "invoice_number": number,
        "source": source,
        "invoice_issuer": issuer,
        "billing_period": month.isoformat(),
        "billing_currency": "USD",
        "charge_category": category,
        "billed_amount": billed.quantize(_CENT, ROUND_HALF_UP),
        "issued_on": issued_on.isoformat(),
        "due_on": (issued_on + timedelta(days=30)).isoformat(),
        "payment_terms": "Net 30",
        "purchase_order": purchase_order,
        "corrects_invoice_number": None,
    }
