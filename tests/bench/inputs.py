"""What is measured: months of an AWS bill, as large as asked, as AWS delivers them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from orchestration.demo.cur2_writer import (
    ExportTarget,
    next_month,
    write_cur_export,
    write_cur_month,
)

SEED = 7
MONTH = date(2026, 10, 1)
# Groups of columns in a CUR, as a legacy header names them: lineItem/UsageType.
_GROUPS = {
    "identity": "identity",
    "bill": "bill",
    "line_item": "lineItem",
    "product": "product",
    "pricing": "pricing",
    "reservation": "reservation",
    "savings_plan": "savingsPlan",
}
_STARTING_SMALL = ("product", "pricing")
# Columns of a legacy report that the measuring month has nothing for.
_EMPTY_LEGACY_COLUMNS = (
    "lineItem/NetUnblendedCost",
    "product/PurchaseOption",
    "reservation/TotalReservedUnits",
)
_LEGACY_NAMES = {
    "pricing_rate_code": "pricing/RateCode",
    "pricing_rate_id": "pricing/RateId",
    "product_region_code": "product/region",
    "product_instance_type": "product/instanceType",
    "line_item_line_item_description": "lineItem/LineItemDescription",
    "line_item_line_item_type": "lineItem/LineItemType",
    "savings_plan_savings_plan_a_r_n": "savingsPlan/SavingsPlanARN",
    "savings_plan_savings_plan_effective_cost": "savingsPlan/SavingsPlanEffectiveCost",
    "reservation_reservation_a_r_n": "reservation/ReservationARN",
}


def months_before(last: date, count: int) -> list[date]:
    """Return the first days of ``count`` months, the last of them given, in order."""
    months = [last]
    while len(months) < count:
        year, month = divmod(months[0].year * 12 + months[0].month - 2, 12)
        months.insert(0, date(year, month + 1, 1))
    return months


def deliver_cur2(folder: Path, lines: int, months: int) -> Path:
    """Deliver months of ``lines`` line items each and return the folder of the export."""
    target = ExportTarget(folder, "bench-billing", "exports", "bench-cur2")
    for number, month in enumerate(months_before(MONTH, months)):
        write_cur_export(target, lines, SEED + number, month)
    return folder


def legacy_header(name: str) -> str | None:
    """Return a legacy report's header for a column of CUR 2.0, None where it has none."""
    if name in _LEGACY_NAMES:
        return _LEGACY_NAMES[name]
    group = next((group for group in _GROUPS if name.startswith(f"{group}_")), None)
    if group is None:
        return None
    words = name.removeprefix(f"{group}_").split("_")
    column = "".join(word.capitalize() for word in words)
    if group in _STARTING_SMALL:
        column = column[0].lower() + column[1:]
    return f"{_GROUPS[group]}/{column}"


def write_legacy_csv(path: Path, lines: int) -> Path:
    """Write a month's lines as one CSV of a legacy Cost and Usage Report and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet = path.with_suffix(".parquet")
    write_cur_month(parquet, lines, SEED, MONTH)
    with duckdb.connect() as connection:
        source = str(parquet).replace("'", "''")
        columns = connection.execute(f"describe select * from '{source}'").fetchall()
        selected = [
            f'{_csv_value(name, kind)} as "{header}"'
            for name, kind, *_ in columns
            if not kind.startswith("MAP") and (header := legacy_header(name)) is not None
        ]
        selected.append("product['product_name'] as \"product/ProductName\"")
        selected += [f'null as "{header}"' for header in _EMPTY_LEGACY_COLUMNS]
        target = str(path).replace("'", "''")
        connection.execute(
            f"copy (select {', '.join(selected)} from '{source}') "
            f"to '{target}' (format csv, header)"
        )
    parquet.unlink()
    return path


def _csv_value(name: str, kind: str) -> str:
    return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ')" if kind.startswith("TIMESTAMP") else name


def period_of(month: date) -> str:
    """Return a month as periods are written, such as ``2026-10``."""
    return f"{month:%Y-%m}"


def day_after_delivery() -> date:
    """Return a day on which the last measuring month is complete."""
    return next_month(MONTH).replace(day=16)
