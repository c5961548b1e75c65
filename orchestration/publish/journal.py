"""The chargeback journal of a month as CSV files that a general ledger takes in.

One file a currency below ``published/journal/<month>/``: UTF-8, commas, lines that end in CR LF,
amounts with a point and no thousands separator, dates as 2026-09-30, whatever the machine's locale.
Lines of amount 0 are left out; the published table keeps what is rounded to 0 for its exact amount.
"""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

COLUMNS = (
    "journal_id",
    "line_number",
    "posting_date",
    "cost_centre",
    "gl_account",
    "gl_account_name",
    "line_text",
    "billing_currency",
    "debit_amount",
    "credit_amount",
)
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
# How many decimals a currency can have (ISO 4217); a file shows the fewest that hold its amounts.
_DECIMALS = (0, 2, 3, 4)


class JournalError(ValueError):
    """The journal cannot be written; the message says why and what to do."""


@dataclass(frozen=True)
class JournalFile:
    """A written journal.

    Attributes:
        path: The CSV file.
        currency: ISO 4217 code.
        lines: Lines in the file, without its header.
        total: Sum of the debits, which is that of the credits, in the currency.
    """

    path: Path
    currency: str
    lines: int
    total: Decimal


def export_journal(published_path: Path, period: str) -> list[JournalFile]:
    """Write the journal of a published month, one file a currency, each whole or not at all.

    Args:
        published_path: The published file; ``journal/`` is made beside it.
        period: The month, such as 2026-09.

    Raises:
        JournalError: The month is none, is not published, has no journal, or does not balance.
    """
    if not _PERIOD.fullmatch(period):
        raise JournalError(f"PERIOD must be a month such as 2026-09, not {period!r}.")
    if not published_path.exists():
        raise JournalError("Nothing is published yet: make run first.")
    folder = published_path.parent / "journal" / period
    by_currency: dict[str, list[tuple[object, ...]]] = {}
    for row in _rows(published_path, date.fromisoformat(f"{period}-01")):
        by_currency.setdefault(str(row[COLUMNS.index("billing_currency")]), []).append(row)
    for currency, rows in by_currency.items():
        if not _CURRENCY.fullmatch(currency):
            raise JournalError(f"The journal of {period} has lines in no known currency.")
        _refuse_unless_balanced(period, currency, rows)
    return [_write(folder, currency, rows) for currency, rows in sorted(by_currency.items())]


def _rows(published_path: Path, first_day: date) -> list[tuple[object, ...]]:
    with duckdb.connect(str(published_path), read_only=True) as connection:
        rows = connection.execute(
            f"select {', '.join(COLUMNS)} from showback.fct_chargeback_journal "
            "where billing_period = $period order by billing_currency, line_number",
            {"period": first_day},
        ).fetchall()
        if rows:
            return rows
        held = connection.execute(
            "select distinct strftime(billing_period, '%Y-%m') "
            "from showback.fct_chargeback_journal order by 1"
        ).fetchall()
    known = ", ".join(month for (month,) in held) or "none"
    raise JournalError(
        f"There is no journal of {first_day:%Y-%m}. Months that have one: {known}. A month has a "
        "journal when it has charges that cost and gl_account.csv has a clearing account in force."
    )


def _refuse_unless_balanced(period: str, currency: str, rows: list[tuple[object, ...]]) -> None:
    debits, credits = _total(rows, "debit_amount"), _total(rows, "credit_amount")
    if debits != credits:
        raise JournalError(
            f"The journal of {period} in {currency} does not balance: debits {debits:f}, credits "
            f"{credits:f}. Nothing was written; make audit says where it comes from."
        )


def _total(rows: list[tuple[object, ...]], column: str) -> Decimal:
    place = COLUMNS.index(column)
    return sum((Decimal(str(row[place])) for row in rows), Decimal(0))


def _write(folder: Path, currency: str, rows: list[tuple[object, ...]]) -> JournalFile:
    amounts = [COLUMNS.index("debit_amount"), COLUMNS.index("credit_amount")]
    booked = [row for row in rows if any(Decimal(str(row[place])) for place in amounts)]
    used = max((_decimals(row[place]) for row in booked for place in amounts), default=0)
    shown = next(count for count in _DECIMALS if count >= used)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in booked:
        writer.writerow(
            f"{Decimal(str(value)):.{shown}f}" if place in amounts else value
            for place, value in enumerate(row)
        )
    path = folder / f"{rows[0][0]}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    temporary.write_bytes(text.getvalue().encode())
    os.replace(temporary, path)
    return JournalFile(path, currency, len(booked), _total(booked, "debit_amount"))


def _decimals(amount: object) -> int:
    exponent = Decimal(str(amount)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
