"""The organisation's own tables: CSV files, checked whole before any of them counts.

Every fault is named by file, row and column. A table is landed under the hash of its content, so an
unchanged file is never written again.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from orchestration.land.currencies import ISO_4217

_DAY_ZERO, _DAY_NEVER = date.min, date.max

# Python's own parsers also take 20261001, 1_000 and the digits of other scripts.
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,9}", re.ASCII)
_RATE = re.compile(r"\d{1,16}(\.\d{1,12})?", re.ASCII)

# What a rule or a mapping may look at; the macro profile_attributes gives dbt the same names.
CHARGE_ATTRIBUTES = (
    "source",
    "billing_account_id",
    "sub_account_id",
    "service_name",
    "service_category",
    "charge_category",
    "charge_class",
    "region_id",
    "commitment_discount_status",
    "capacity_reservation_status",
    "capacity_reservation_id",
    "x_model",
    "x_credential_id",
    "x_principal_id",
    "x_profile_id",
    "x_product_code",
    "x_operation",
    "x_line_item_type",
)
_TAG = "tag:"


class OrgTableError(ValueError):
    """The organisation's tables have faults; the message lists them all."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        shown = "\n".join(f"  - {fault}" for fault in faults[:50])
        more = f"\n  ... and {len(faults) - 50} more" if len(faults) > 50 else ""
        super().__init__(
            f"The organisation's tables have {len(faults)} fault(s); nothing of them was taken "
            f"in, the tables of the last run stay in use.\n{shown}{more}"
        )


@dataclass(frozen=True)
class Column:
    """A column of an organisation table.

    Attributes:
        kind: ``text``, ``date``, ``integer``, ``rate`` (a positive decimal) or ``attribute`` (a
            column of a charge, or ``tag:`` and the key of a tag).
        required: Whether every row must have a value.
        values: The values allowed, empty when any is.
        refers_to: Table whose first column must hold the value, None when none.
    """

    kind: str = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    refers_to: str | None = None


@dataclass(frozen=True)
class Table:
    """An organisation table: its columns in order, and what names a row.

    Attributes:
        columns: The header, exactly.
        key: Columns that name a row, validity apart. With validity dates the validities of a key
            must not overlap; without, the key is unique.
        optional: Whether an organisation may do without the file: then it has no rows.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    optional: bool = False


_FROM, _TO = Column("date"), Column("date")
_OWNER = Column(required=True, refers_to="owner")
_OPERATORS = ("equals", "not_equals", "in", "starts_with", "contains", "is_null", "is_not_null")

TABLES: dict[str, Table] = {
    "owner": Table(
        {
            "owner_id": Column(required=True),
            "team": Column(required=True),
            "department": Column(required=True),
            "cost_centre": Column(required=True),
            "persona": Column(),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("owner_id",),
    ),
    "use_case": Table(
        {
            "use_case_id": Column(required=True),
            "use_case": Column(required=True),
            "owner_id": _OWNER,
            "stage": Column(required=True),
            "started_on": Column("date"),
            "first_production_on": Column("date"),
            "data_classification": Column(),
            "legal_approval": Column(),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("use_case_id",),
    ),
    "owner_mapping": Table(
        {
            "evidence": Column("attribute", required=True),
            "value": Column(required=True),
            "owner_id": _OWNER,
            "use_case_id": Column(refers_to="use_case"),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("evidence", "value"),
    ),
    "allocation_rule": Table(
        {
            "rule_id": Column(required=True),
            "rule_version": Column("integer", required=True),
            "rule_order": Column("integer", required=True),
            "method": Column(required=True, values=("direct", "even")),
            "evidence": Column("attribute"),
            "outcome": Column(required=True, values=("owned", "idle")),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("rule_id",),
    ),
    "allocation_rule_condition": Table(
        {
            "rule_id": Column(required=True, refers_to="allocation_rule"),
            "rule_version": Column("integer", required=True),
            "attribute": Column("attribute", required=True),
            "operator": Column(required=True, values=_OPERATORS),
            "value": Column(),
        },
        ("rule_id", "rule_version", "attribute", "operator", "value"),
    ),
    "allocation_rule_target": Table(
        {
            "rule_id": Column(required=True, refers_to="allocation_rule"),
            "rule_version": Column("integer", required=True),
            "owner_id": _OWNER,
            "use_case_id": Column(refers_to="use_case"),
        },
        ("rule_id", "rule_version", "owner_id", "use_case_id"),
    ),
    "ai_model": Table(
        {
            "model": Column(required=True),
            "developer": Column(),
            "model_family": Column(),
            "register_status": Column(required=True),
            "approved_on": Column("date"),
            "owner_id": Column(refers_to="owner"),
            "note": Column(),
        },
        ("model",),
    ),
    "meter_precedence": Table(
        {
            "meter_scope": Column(required=True, values=("use_case", "key", "all")),
            "scope_value": Column(),
            "source": Column(required=True),
            "meter_order": Column("integer", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
            "note": Column(),
        },
        ("meter_scope", "scope_value", "source"),
        optional=True,
    ),
    "fx_rate": Table(
        {
            "from_currency": Column(required=True, values=tuple(sorted(ISO_4217))),
            "to_currency": Column(required=True, values=tuple(sorted(ISO_4217))),
            "fx_rate": Column("rate", required=True),
            "valid_from": _FROM,
            "valid_to": _TO,
        },
        ("from_currency", "to_currency"),
    ),
}

_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "attribute": pl.String,
    "date": pl.Date,
    "integer": pl.Int32,
    "rate": pl.Decimal(28, 12),
}


@dataclass(frozen=True)
class Row:
    """A parsed row and its number in the file, as a spreadsheet counts: the header is row 1."""

    line: int
    values: dict[str, object]


@dataclass(frozen=True)
class LandedOrgTables:
    """The landed tables: rows and content hash of each."""

    rows: dict[str, int]
    hashes: dict[str, str]

    def row_counts(self) -> dict[str, int]:
        """Return rows by table, for metadata."""
        return {f"{name}_rows_count": count for name, count in self.rows.items()}


@dataclass
class _Faults:
    """Collects faults in words."""

    found: list[str] = field(default_factory=list)

    def add(self, path: Path, line: int | None, column: str | None, what: str) -> None:
        place = "".join(
            [
                path.name,
                f", row {line}" if line is not None else "",
                f", column {column}" if column else "",
            ]
        )
        self.found.append(f"{place}: {what}")


def land_org_tables(org_dir: Path, data_dir: Path) -> LandedOrgTables:
    """Check the organisation's tables and land those that changed.

    Args:
        org_dir: Folder with one CSV file a table.
        data_dir: The installation's data folder.

    Raises:
        OrgTableError: Something is wrong; every fault is listed, nothing was changed.
    """
    faults = _Faults()
    tables = {name: _read(org_dir / f"{name}.csv", table, faults) for name, table in TABLES.items()}
    for name, rows in tables.items():
        path = org_dir / f"{name}.csv"
        _check_references(path, TABLES[name], rows, tables, faults)
        _check_validity(path, TABLES[name], rows, faults)
    _check_rules(org_dir, tables, faults)
    _check_meters(org_dir / "meter_precedence.csv", tables["meter_precedence"], faults)
    if faults.found:
        raise OrgTableError(faults.found)
    landed: list[dict[str, object]] = []
    for name, rows in tables.items():
        frame = pl.DataFrame(
            [row.values for row in rows],
            schema={column: _TYPES[spec.kind] for column, spec in TABLES[name].columns.items()},
            orient="row",
        )
        content = hashlib.sha256(frame.write_csv().encode()).hexdigest()[:12]
        path = data_dir / "landed" / "org" / name / f"{content}.parquet"
        _write_parquet(frame, path)
        landed.append(
            {
                "table_name": name,
                "file_path": str(path.resolve()),
                "content_hash": content,
                "row_count": frame.height,
            }
        )
    _write_parquet(
        pl.DataFrame(landed), data_dir / "warehouse" / "inputs" / "org_table.parquet", replace=True
    )
    return LandedOrgTables(
        {str(row["table_name"]): len(tables[str(row["table_name"])]) for row in landed},
        {str(row["table_name"]): str(row["content_hash"]) for row in landed},
    )


def _write_parquet(frame: pl.DataFrame, path: Path, *, replace: bool = False) -> None:
    if path.exists() and not replace:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    frame.write_parquet(temporary)
    os.replace(temporary, path)


def _read(path: Path, table: Table, faults: _Faults) -> list[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = list(csv.reader(handle, strict=True))
    except FileNotFoundError:
        if table.optional:
            return []
        faults.add(path, None, None, f"there is no such file in {path.parent}.")
        return []
    except (csv.Error, UnicodeDecodeError) as error:
        faults.add(path, None, None, f"it is not a UTF-8 CSV file: {error}.")
        return []
    expected = list(table.columns)
    if not lines or lines[0] != expected:
        faults.add(
            path,
            1,
            None,
            f"the header must be {','.join(expected)}, not {','.join(lines[0] if lines else [])}.",
        )
        return []
    rows = []
    for line, texts in enumerate(lines[1:], start=2):
        if not any(texts):
            continue
        if len(texts) != len(expected):
            faults.add(
                path, line, None, f"it has {len(texts)} fields, the header has {len(expected)}."
            )
            continue
        values: dict[str, object] = {}
        for (name, column), text in zip(table.columns.items(), texts, strict=True):
            values[name] = _value(path, line, name, column, text.strip(), faults)
        rows.append(Row(line, values))
    return rows


def _value(path: Path, line: int, name: str, column: Column, text: str, faults: _Faults) -> object:
    if text == "":
        if column.required:
            faults.add(path, line, name, "a value is missing.")
        return None
    if column.values and text not in column.values:
        allowed = ", ".join(column.values) if len(column.values) < 12 else "an ISO 4217 code"
        faults.add(path, line, name, f"{text!r} is not allowed; it must be {allowed}.")
        return None
    parse = _PARSERS[column.kind]
    try:
        return parse(text)
    except ValueError:
        faults.add(path, line, name, f"{text!r} is not {_IN_WORDS[column.kind]}.")
        return None


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def _rate(text: str) -> Decimal:
    if not _RATE.fullmatch(text) or Decimal(text) == 0:
        raise ValueError
    return Decimal(text)


def _attribute(text: str) -> str:
    if text not in CHARGE_ATTRIBUTES and not (text.startswith(_TAG) and text != _TAG):
        raise ValueError
    return text


_PARSERS: dict[str, Callable[[str], object]] = {
    "text": str,
    "date": _date,
    "integer": _integer,
    "rate": _rate,
    "attribute": _attribute,
}
_IN_WORDS = {
    "text": "a text",
    "date": "a date such as 2026-10-01",
    "integer": "a whole number of at most nine digits",
    "rate": "a positive number with at most 12 decimals",
    "attribute": f"a tag (tag:team) or one of {', '.join(CHARGE_ATTRIBUTES)}",
}


def _check_references(
    path: Path,
    table: Table,
    rows: Iterable[Row],
    tables: Mapping[str, Sequence[Row]],
    faults: _Faults,
) -> None:
    for name, column in table.columns.items():
        if column.refers_to is None:
            continue
        first = next(iter(TABLES[column.refers_to].columns))
        known = {row.values[first] for row in tables[column.refers_to]}
        for row in rows:
            value = row.values[name]
            if value is not None and value not in known:
                faults.add(path, row.line, name, f"{value!r} is not in {column.refers_to}.csv.")


def _check_validity(path: Path, table: Table, rows: Sequence[Row], faults: _Faults) -> None:
    """A key is unique, or the validities of its rows do not overlap."""
    has_validity = "valid_from" in table.columns
    by_key: dict[tuple[object, ...], list[tuple[date, date, int]]] = {}
    for row in rows:
        start, end = _validity(row) if has_validity else (_DAY_ZERO, _DAY_NEVER)
        if start >= end:
            faults.add(path, row.line, "valid_to", "it must lie after valid_from.")
        key = tuple(row.values[name] for name in table.key)
        if any(row.values[name] is None and table.columns[name].required for name in table.key):
            continue  # that is a fault of its own
        by_key.setdefault(key, []).append((start, end, row.line))
    for key, spans in by_key.items():
        spans.sort()
        for (_, end, line), (start, _, later_line) in zip(spans, spans[1:], strict=False):
            if start < end:
                named = ", ".join(
                    f"{name} {value!r}" for name, value in zip(table.key, key, strict=True)
                )
                what = f"{named} is in force twice: see row {line}."
                faults.add(path, later_line, "valid_from" if has_validity else table.key[0], what)


def _validity(row: Row) -> tuple[date, date]:
    start, end = row.values["valid_from"], row.values["valid_to"]
    return (
        start if isinstance(start, date) else _DAY_ZERO,
        end if isinstance(end, date) else _DAY_NEVER,
    )


def _check_rules(org_dir: Path, tables: Mapping[str, Sequence[Row]], faults: _Faults) -> None:
    """Each method has what it needs, and conditions and targets belong to a version that exists."""
    versions: dict[tuple[object, object], Row] = {}
    rule_path = org_dir / "allocation_rule.csv"
    for row in tables["allocation_rule"]:
        version = (row.values["rule_id"], row.values["rule_version"])
        if version in versions:
            faults.add(rule_path, row.line, "rule_version", f"{version} stands in the file twice.")
        versions[version] = row
    targeted = {
        (row.values["rule_id"], row.values["rule_version"])
        for row in tables["allocation_rule_target"]
    }
    for version, row in versions.items():
        method = row.values["method"]
        if method == "direct" and row.values["evidence"] is None:
            faults.add(rule_path, row.line, "evidence", "a direct rule must say by which evidence.")
        if method == "even" and version not in targeted:
            faults.add(
                rule_path,
                row.line,
                "method",
                "an even rule needs targets in allocation_rule_target.csv.",
            )
    for name in ("allocation_rule_condition", "allocation_rule_target"):
        path = org_dir / f"{name}.csv"
        for row in tables[name]:
            version = (row.values["rule_id"], row.values["rule_version"])
            if row.values["rule_id"] is not None and version not in versions:
                faults.add(
                    path, row.line, "rule_version", f"{version} is not in allocation_rule.csv."
                )
    for row in tables["allocation_rule_condition"]:
        needs_value = row.values["operator"] not in ("is_null", "is_not_null", None)
        if needs_value and row.values["value"] is None:
            faults.add(
                org_dir / "allocation_rule_condition.csv", row.line, "value", "a value is missing."
            )


def _check_meters(path: Path, rows: Sequence[Row], faults: _Faults) -> None:
    """A list of meters is of one thing, and no two meters have the same place in it."""
    places: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        scope, value = row.values["meter_scope"], row.values["scope_value"]
        if scope == "all" and value is not None:
            faults.add(path, row.line, "scope_value", "a list for all must leave it empty.")
        if scope in ("use_case", "key") and value is None:
            faults.add(path, row.line, "scope_value", f"say which {scope} the order is for.")
        places.setdefault((scope, value, row.values["meter_order"]), []).append(row)
    for (_, _, order), sharing in places.items():
        for number, row in enumerate(sharing):
            start, end = _validity(row)
            for other in sharing[:number]:
                other_start, other_end = _validity(other)
                if order is not None and start < other_end and other_start < end:
                    faults.add(
                        path,
                        row.line,
                        "meter_order",
                        f"place {order} of this list is taken in row {other.line}.",
                    )
