"""Every landed column of a bill is carried by a column of FOCUS, or left out for a reason.

Of columns that are not landed the seed says why; what a delivery has beyond them is told by
``trust.rpt_native_column``.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from orchestration.settings import DBT_PROJECT_DIR

# What landing adds to a row.
OWN = {"source", "billing_period", "snapshot_id", "landed_row"}
BILLS = {
    "aws_cur2": "aws_cur2__line_items",
    "aws_cur_legacy": "aws_cur_legacy__line_items",
    "openai": "openai__costs",
    "anthropic": "anthropic__cost_report",
    "focus": "focus__charges",
}
# Types whose values are money, quantities or prices: none of them may be left out.
NUMBERS = ("decimal", "double", "bigint", "integer")


def mapped() -> list[dict[str, str]]:
    """Return the rows of the seed."""
    with (DBT_PROJECT_DIR / "seeds" / "focus_native_column.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def landed(kind: str) -> dict[str, str]:
    """Return the vendor's columns that a kind of bill lands, with their types."""
    path = DBT_PROJECT_DIR / "models" / "land" / kind / f"_{kind}__sources.yml"
    tables = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]["tables"]
    (columns,) = (table["columns"] for table in tables if table["name"] == BILLS[kind])
    return {c["name"]: c["data_type"] for c in columns if c["name"] not in OWN}


def published() -> set[str]:
    """Return the columns of the published Cost and Usage."""
    path = DBT_PROJECT_DIR / "models" / "marts" / "focus" / "cost_and_usage.yml"
    model: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    return {column["name"] for column in model["columns"]}


def code_of(kind: str) -> Iterator[str]:
    """Yield the SQL that reads what a kind of bill landed."""
    for path in (DBT_PROJECT_DIR / "models" / "land" / kind).glob("*.sql"):
        yield path.read_text(encoding="utf-8")
    if kind.startswith("aws"):
        yield (DBT_PROJECT_DIR / "macros" / "aws_charges.sql").read_text(encoding="utf-8")


def test_every_kind_of_bill_has_its_columns_mapped() -> None:
    conformed = {
        path.name
        for path in (DBT_PROJECT_DIR / "models" / "conform").iterdir()
        if (path / f"int_charges_conformed_{path.name}.sql").exists()
    }
    assert set(BILLS) == conformed == {row["kind"] for row in mapped()}


@pytest.mark.parametrize("kind", BILLS)
def test_a_landed_column_is_carried_or_left_out_for_a_reason(kind: str) -> None:
    rows = [row["native_column"] for row in mapped() if row["kind"] == kind]
    assert Counter(row for row in rows if row in landed(kind)) == Counter([*landed(kind)])


@pytest.mark.parametrize("kind", BILLS)
def test_a_column_that_is_not_landed_is_left_out_once_and_carried_by_nothing(kind: str) -> None:
    rows = [
        row for row in mapped() if row["kind"] == kind and row["native_column"] not in landed(kind)
    ]
    assert [row for row in rows if row["carried_by"] or not row["exclusion_reason"]] == []
    assert max(Counter(row["native_column"] for row in rows).values(), default=1) == 1
    # Of two entries that fit a column the first would count.
    prefixes = [n[:-1] for row in rows if (n := row["native_column"]).endswith("*")]
    assert [p for p in prefixes if any(o != p and p.startswith(o) for o in prefixes)] == []


def test_what_carries_a_column_is_published() -> None:
    columns = published()
    unknown = [
        (row["kind"], row["native_column"], name)
        for row in mapped()
        for name in filter(None, row["carried_by"].split("|"))
        if name not in columns
    ]
    assert unknown == []


def test_a_column_is_either_carried_or_left_out() -> None:
    unclear = [
        (row["kind"], row["native_column"])
        for row in mapped()
        if bool(row["carried_by"]) == bool(row["exclusion_reason"])
    ]
    assert unclear == []


@pytest.mark.parametrize("kind", BILLS)
def test_no_number_of_a_bill_is_left_out(kind: str) -> None:
    """But for one that another column holds in another unit: its reason names that column."""
    types = landed(kind)
    left_out = [
        row["native_column"]
        for row in mapped()
        if row["kind"] == kind
        and row["exclusion_reason"]
        and types.get(row["native_column"], "").startswith(NUMBERS)
        and not any(name in row["exclusion_reason"].split() for name in types)
    ]
    assert left_out == []


@pytest.mark.parametrize("kind", BILLS)
def test_a_column_that_is_carried_is_read(kind: str) -> None:
    code = "\n".join(code_of(kind))
    unread = [
        row["native_column"]
        for row in mapped()
        if row["kind"] == kind and row["carried_by"] and row["native_column"] not in code
    ]
    assert unread == []
