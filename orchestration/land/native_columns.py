"""What becomes of each column of a bill: landed, left out for a reason, or unknown.

Of a bill that comes as records the columns are those that its fields are read into, and the fields
that are not read, which extraction has counted. Only of unknown columns the values are counted and,
where a name speaks of money, added up: a vendor that adds a cost to its bill must not go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.extract.control_totals import ledger_amount, quoted
from orchestration.extract.delivered_files import FileColumn, alike_files, raw_rows
from orchestration.extract.landed_columns import (
    landed_columns,
    left_out_columns,
    speaks_of_money,
)
from orchestration.extract.snapshot import UnreadField
from orchestration.extract.source import Dataset

_NESTED = ("MAP", "STRUCT", "JSON")


@dataclass(frozen=True)
class NativeColumn:
    """A column of delivered files, or a field of records.

    Attributes:
        native_column: Its name there.
        landed_column: What it is landed as; None where it is not landed.
        left_out_as: The entry of the seed ``focus_native_column`` that says why it is not landed;
            None where it is landed or unknown.
        values_count: Of an unknown one, the rows that have a value in it; None of others.
        amounts: Of an unknown one whose name speaks of money, the sum of its values by the
            currency of their rows, each rounded to 12 decimals, as texts. Values that are no
            numbers are not in it.
    """

    native_column: str
    landed_column: str | None
    left_out_as: str | None
    values_count: int | None = None
    amounts: dict[str, str] = field(default_factory=dict)

    @property
    def is_unknown(self) -> bool:
        """Whether nobody has said what becomes of it."""
        return self.landed_column is None and self.left_out_as is None


def native_columns(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    dataset: Dataset,
    paths: Sequence[Path],
    unread: Sequence[UnreadField] | None = None,
) -> tuple[NativeColumn, ...]:
    """Return the columns of a delivery, by name.

    Args:
        connection: Where files with unknown columns are read, once.
        kind: Kind of source.
        dataset: What the files hold.
        paths: The delivered files.
        unread: Of a bill that comes as records, the fields that no column is made of. Of what comes
            neither as files nor with these nothing is returned.
    """
    declared = landed_columns(kind, dataset.name)
    if dataset.native_names is None:
        return () if unread is None else _of_records(kind, declared, unread)
    found: dict[str, NativeColumn] = {}
    for columns, alike in alike_files(connection, paths):
        names = dataset.native_names([column.header for column in columns])
        named = list(zip(columns, names, strict=True))
        currency = next((c for c, name in named if name == dataset.currency_column), None)
        unknown = []
        for column, name in named:
            is_landed = name in declared
            left_out_as = _left_out_as(kind, name, column.header)
            known = NativeColumn(
                column.header,
                name if is_landed else None,
                None if is_landed else left_out_as,
            )
            if known.is_unknown:
                unknown.append(column)
            found.setdefault(column.header, known)
        for counted in _counted(connection, unknown, currency, alike):
            found[counted.native_column] = _added(found[counted.native_column], counted)
    return tuple(found[name] for name in sorted(found))


def _of_records(
    kind: str, declared: Iterable[str], unread: Sequence[UnreadField]
) -> tuple[NativeColumn, ...]:
    known = [NativeColumn(name, name, None) for name in declared if name != "landed_row"]
    for found in unread:
        left_out_as = _left_out_as(kind, found.name)
        if left_out_as is not None:
            known.append(NativeColumn(found.name, None, left_out_as))
        else:
            known.append(NativeColumn(found.name, None, None, found.values_count, found.amounts))
    return tuple(sorted(known, key=lambda column: column.native_column))


def _left_out_as(kind: str, *names: str) -> str | None:
    """Return the first of a column's names that is left out for a stated reason."""
    left_out = left_out_columns(kind)
    return next((name for name in names if name in left_out), None)


def _counted(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[FileColumn],
    currency: FileColumn | None,
    alike: Sequence[Path],
) -> list[NativeColumn]:
    """Count the values of columns and add up those of money, in one scan."""
    if not columns:
        return []
    asked = []
    for column in columns:
        text = f"cast({quoted(column.name)} as varchar)"
        asked.append(f"count(nullif(trim({text}), ''))")
        is_money = speaks_of_money(column.header) and not column.type.startswith(_NESTED)
        asked.append(f"sum({ledger_amount(column.name)})" if is_money else "null")
    code = f"upper(cast({quoted(currency.name)} as varchar))" if currency else "null"
    rows = connection.execute(
        f"select coalesce({code}, 'NULL'), {', '.join(asked)} from ({raw_rows(alike)}) "
        "group by 1 order by 1"
    ).fetchall()
    return [
        NativeColumn(
            column.header,
            None,
            None,
            sum(row[2 * place + 1] for row in rows),
            {row[0]: f"{row[2 * place + 2]:f}" for row in rows if row[2 * place + 2] is not None},
        )
        for place, column in enumerate(columns)
    ]


def _added(known: NativeColumn, more: NativeColumn) -> NativeColumn:
    """Return a column of several groups of files with the values of one more."""
    amounts = {currency: Decimal(amount) for currency, amount in known.amounts.items()}
    for currency, amount in more.amounts.items():
        amounts[currency] = amounts.get(currency, Decimal(0)) + Decimal(amount)
    return NativeColumn(
        known.native_column,
        None,
        None,
        (known.values_count or 0) + (more.values_count or 0),
        {currency: f"{amount:f}" for currency, amount in sorted(amounts.items())},
    )
