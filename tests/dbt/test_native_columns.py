"""Every native column of a bill is carried in a documented column, as FOCUS asks for.

ATT-DatasetCompleteness-A-002-C to A-009-O and ATT-CustomColumnHandling-A-002-M to A-008-O. What is
known and not carried names persons, says again what a named column carries, is the same word on
every record, or is what an exported ledger made of its other columns. What a delivery has beyond
the known columns is told by ``trust.rpt_native_column``.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
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
# FOCUS wants no longer names, so that any database takes them.
LONGEST_NAME = 50


def mapped() -> list[dict[str, str]]:
    """Return the rows of the seed."""
    with (DBT_PROJECT_DIR / "seeds" / "focus_native_column.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def landed(kind: str) -> dict[str, str]:
    """Return the vendor's columns that a kind of bill lands, with their types."""
    path = DBT_PROJECT_DIR / "models" / "land" / kind / f"_{kind}__sources.yml"
    tables = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]["tables"]
    (columns,) = (table["columns"] for table in tables if table["name"] == BILLS[kind])
    return {c["name"]: c["data_type"] for c in columns if c["name"] not in OWN}


@cache
def published() -> list[dict[str, Any]]:
    """Return the columns of the published Cost and Usage, in order."""
    path = DBT_PROJECT_DIR / "models" / "marts" / "focus" / "cost_and_usage.yml"
    model: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
    return list(model["columns"])


def carriers(row: dict[str, str]) -> list[str]:
    """Return the published columns that carry a native one."""
    return row["carried_by"].split("|") if row["carried_by"] else []


def unexcused(rows: list[dict[str, str]], names: set[str]) -> list[tuple[str, str]]:
    """Return the native columns that are left out for a reason that does not count."""
    carried = {(row["kind"], row["native_column"]) for row in rows if row["carried_by"]}
    found = []
    for row in rows:
        reason = row["exclusion_reason"]
        same = re.match(r"the same as (\w+): ", reason)
        excused = (
            not reason
            or reason.startswith(("personal: ", "constant: "))
            or (same is not None and (row["kind"], same[1]) in carried)
            # what this ledger publishes and makes anew
            or (reason.startswith("made again: ") and row["native_column"] in names)
        )
        if not excused:
            found.append((row["kind"], row["native_column"]))
    return found


def unread(rows: list[dict[str, str]], kind: str, code: str) -> list[str]:
    """Return the native columns that the seed says are carried and no SQL reads."""
    return [
        row["native_column"]
        for row in rows
        if row["kind"] == kind
        and row["carried_by"]
        and not re.search(rf"\b{row['native_column']}\b", code)
    ]


def code_of(kind: str) -> str:
    """Return the code, without comments, that reads what a kind of bill landed."""
    paths = [*(DBT_PROJECT_DIR / "models" / "land" / kind).glob("*.sql")]
    carried = (DBT_PROJECT_DIR / "macros" / "native_columns.sql").read_text(encoding="utf-8")
    if kind.startswith("aws"):
        paths.append(DBT_PROJECT_DIR / "macros" / "aws_charges.sql")
    if kind == "focus":
        # as an export of this ledger has the native columns of AWS's reports
        carried = re.sub(r"'(\w+)(, \w+\)|[',\]])", r" x_\1 ", carried).replace(
            "_for_billing_period", ""
        )
    code = "\n".join([*(path.read_text(encoding="utf-8") for path in paths), carried])
    return re.sub(r"{#.*?#}|--[^\n]*", "", code, flags=re.DOTALL)


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
def test_a_column_that_is_not_landed_is_left_out_by_its_own_name(kind: str) -> None:
    rows = [
        row for row in mapped() if row["kind"] == kind and row["native_column"] not in landed(kind)
    ]
    assert [row for row in rows if row["carried_by"] or not row["exclusion_reason"]] == []
    # An entry for a whole family would excuse columns that nobody has seen yet.
    assert [row for row in rows if not row["native_column"].replace("_", "").isalnum()] == []


def test_what_is_left_out_is_personal_or_carried_by_another_column() -> None:
    assert unexcused(mapped(), {column["name"] for column in published()}) == []


def test_another_reason_does_not_count() -> None:
    """A column that is no longer carried, with what used to be said of such columns."""
    rows = mapped()
    (row,) = [r for r in rows if r["native_column"] == "pricing_term" and r["kind"] == "aws_cur2"]
    row["carried_by"], row["exclusion_reason"] = "", "a term of a commitment"
    names = {column["name"] for column in published()}
    assert unexcused(rows, names) == [("aws_cur2", "pricing_term")]


def test_what_carries_a_column_is_published() -> None:
    columns = {column["name"] for column in published()}
    unknown = [
        (row["kind"], row["native_column"], name)
        for row in mapped()
        for name in carriers(row)
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
def test_a_column_that_is_carried_is_read(kind: str) -> None:
    assert unread(mapped(), kind, code_of(kind)) == []


@pytest.mark.parametrize("kind", ["aws_cur2", "aws_cur_legacy"])
def test_a_column_that_the_models_lose_is_missed(kind: str) -> None:
    line = "        ('pricing_term', 'string'),\n"
    code = code_of(kind)
    assert code.count(line) == 1
    assert unread(mapped(), kind, code.replace(line, "")) == ["pricing_term"]


def test_columns_of_our_own_have_names_that_focus_allows_and_stand_last_by_the_alphabet() -> None:
    names = [column["name"] for column in published()]
    own = [name for name in names if name.startswith("x_")]
    assert names == [*names[: len(names) - len(own)], *own]
    assert own == sorted(own)
    odd = [name for name in own if not re.fullmatch(r"x_([A-Z][a-z]*)+", name)]
    assert odd == []
    assert [name for name in own if len(name) > LONGEST_NAME] == []


def test_columns_of_our_own_are_described() -> None:
    assert [c["name"] for c in published() if not c["description"].strip()] == []
