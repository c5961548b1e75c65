"""Rows on their way: from a vendor's answer to JSON lines, and from extracted files to SQL.

The first half reads the records of a vendor's daily report (exact numbers, allow-listed fields,
whole days) and puts them into a draft. The second half writes the SELECT that reads files back.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.extract.landed_columns import speaks_of_money
from orchestration.extract.snapshot import Draft, UnreadField
from orchestration.extract.source import Dataset, SourceError

_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}", re.ASCII)
_WHOLE_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)

# DECIMAL(38, 18) is what control totals are counted in; an amount must fit into it.
_TOTAL_DECIMALS = Decimal("1e-18")
_LEDGER_DECIMALS = Decimal("1e-12")
_TOO_LARGE = Decimal("1e18")
_MOST_DECIMALS = 60
# Python rounds sums to 28 digits unless told otherwise; totals must stay exact.
_EXACT_DIGITS = 120

_ROWS_FILE = "rows.ndjson.gz"
_MOST_OBJECT_BYTES = 16 * 1024 * 1024
_ASK_THE_VENDOR = (
    "pull again; if it stays, the vendor changed the report and this kind of source must follow it."
)


@dataclass(frozen=True)
class VendorRecord:
    """One JSON object of a vendor's answer; every complaint about a field names its place.

    Attributes:
        source: Name of the source.
        place: Where the record stands, such as ``bucket 2026-10-01``.
        fields: The object as parsed, with Decimal for numbers that have a fraction.
    """

    source: str
    place: str
    fields: Mapping[str, Any]

    def fault(self, reason: str) -> SourceError:
        """Return the error that says what is wrong here."""
        return SourceError(self.source, f"{self.place}: {reason}.", _ASK_THE_VENDOR)

    def at(self, place: str) -> VendorRecord:
        """Return the same record under a more exact place."""
        return VendorRecord(self.source, place, self.fields)

    def record(self, name: str) -> VendorRecord:
        """Return a nested object; one that is missing or null has no fields."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.fault(f"{name} is no object")
        return VendorRecord(self.source, self.place, value or {})

    def records(self, name: str) -> list[VendorRecord]:
        """Return a nested list of objects."""
        value = self.fields.get(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fault(f"{name} is no list of objects")
        return [VendorRecord(self.source, self.place, item) for item in value]

    def text(self, name: str) -> str | None:
        """Return a text as it was sent."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, str):
            raise self.fault(f"{name} is no text")
        return value

    def flag(self, name: str) -> bool | None:
        """Return a truth value."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.fault(f"{name} is neither true nor false")
        return value

    def whole_number(self, name: str) -> int | None:
        """Return a count."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not _WHOLE_NUMBER.fullmatch(str(value)):
            raise self.fault(f"{name} is no whole number: {shown(value)}")
        return int(value)

    def exact_number(self, name: str) -> Decimal | None:
        """Return a number, or a text that is a number, digit by digit as the vendor wrote it."""
        value = self.fields.get(name)
        if value is None:
            return None
        words = str(value)
        if isinstance(value, bool) or not _NUMBER.fullmatch(words):
            raise self.fault(f"{name} is no number: {shown(value)}")
        number = Decimal(words)
        if abs(number) >= _TOO_LARGE or int(number.as_tuple().exponent) < -_MOST_DECIMALS:
            raise self.fault(f"{name} is out of range: {shown(value)}")
        return number

    def required_number(self, name: str) -> Decimal:
        """Return a number that must be there: an amount that is missing is not zero."""
        number = self.exact_number(name)
        if number is None:
            raise self.fault(f"{name} is missing")
        return number

    def required_text(self, name: str) -> str:
        """Return a text that must be there."""
        value = self.text(name)
        if not value:
            raise self.fault(f"{name} is missing")
        return value


def shown(value: object) -> str:
    """Return a value from outside short and quoted, so that a message stays one line."""
    words = value if isinstance(value, str) else str(value)
    return ascii(words if len(words) <= 80 else words[:80] + "...")


def plain(number: Decimal | None) -> str | None:
    """Return a number without an exponent, as SQL and people read it."""
    return None if number is None else f"{number:f}"


def point_moved(number: Decimal, places: int) -> Decimal:
    """Return a number with its decimal point moved to the left; no digit is rounded away."""
    sign, digits, exponent = number.as_tuple()
    return Decimal((sign, digits, int(exponent) - places))


def pseudonym(key: str, user_id: str | None) -> str | None:
    """Return the pseudonym of a user; the same user has the same one while the key is the same.

    Sources spell an e-mail address in upper and lower case; it is one person's all the same.
    """
    if user_id is None or not user_id.strip(" "):
        return None
    same = user_id.strip(" ")
    if "@" in same:
        same = same.lower()
    return "u_" + hashlib.sha256(f"{key}:{same}".encode()).hexdigest()[:16]


def hashed_id(key: str, text: str) -> str:
    """Return a keyed hash in place of a text that may hold anything; it tells one from another."""
    return "h_" + hashlib.sha256(f"{key}:{text}".encode()).hexdigest()[:16]


def days_of(
    pages: Iterable[VendorRecord],
    window: tuple[date, date],
    start_and_end: Callable[[VendorRecord], tuple[datetime, datetime]],
) -> Iterator[tuple[date, VendorRecord]]:
    """Yield the results of a report with their days, which must be exactly the days asked for.

    Raises:
        SourceError: A bucket is no whole UTC day, came twice or was not asked for, or a day has no
            bucket: a day that is missing is not a day without cost.
    """
    seen: set[date] = set()
    page = None
    for page in pages:
        for bucket in page.records("data"):
            start, end = start_and_end(bucket)
            day = start.date()
            if start != _midnight(day) or end != start + timedelta(days=1):
                raise bucket.fault(f"the bucket {start:%FT%TZ} to {end:%FT%TZ} is no UTC day")
            if not window[0] <= day < window[1]:
                raise bucket.fault(f"the bucket of {day} lies outside the days asked for")
            if day in seen:
                raise bucket.fault(f"the bucket of {day} came twice")
            seen.add(day)
            for result in bucket.at(f"bucket {day}").records("results"):
                yield day, result
    days = (window[1] - window[0]).days
    missing = sorted({window[0] + timedelta(days=number) for number in range(days)} - seen)
    if missing and page is not None:
        raise page.fault(f"{len(missing)} of {days} days have no bucket, the first is {missing[0]}")


@lru_cache(maxsize=64)
def day_columns(day: date) -> Mapping[str, str]:
    """Return the columns that say which day a row is of."""
    following = day + timedelta(days=1)
    return {"bucket_start": f"{day} 00:00:00", "bucket_end": f"{following} 00:00:00"}


def add_report(
    draft: Draft,
    source: str,
    dataset: Dataset,
    keys: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Put the rows of a complete report into a draft, with their control totals.

    Rows are sorted, so that the pages' order leaves no trace in the bytes. No rows at all means
    that the API sent every day of the window without results: it said that there is nothing.

    Args:
        draft: The draft.
        source: Name of the source.
        dataset: What the rows are of.
        keys: The columns that tell rows apart: the day and the groups.
        rows: All rows of the draft's window.

    Raises:
        SourceError: A group came twice on a day; adding both up could count money twice.
    """
    ordered = _ordered(rows, keys)
    for before, after in zip(ordered, ordered[1:], strict=False):
        if all(before[name] == after[name] for name in keys):
            group = ", ".join(
                f"{name} {shown(after[name])}" for name in keys if after[name] is not None
            )
            raise SourceError(source, f"a group came twice: {group}.", _ASK_THE_VENDOR)
    draft.row_count = len(ordered)
    draft.declared_empty = not ordered
    draft.totals = _totals(dataset, ordered)
    if ordered:
        draft.add_rows(_ROWS_FILE, ordered)


def unread_fields(
    records: Iterable[tuple[VendorRecord, str]], read: Collection[str]
) -> tuple[UnreadField, ...]:
    """Return the fields of records that are not read, by name; no value of theirs is kept.

    Of nested objects those are looked into of which something is read: the keys of others may be
    anything, names of persons too. For the same reason a name that is no plain word is not told.

    Args:
        records: Each with its currency.
        read: Names of the fields that are read, as ``UnreadField`` has them.
    """
    counts: dict[str, int] = {}
    amounts: dict[str, dict[str, Decimal]] = {}
    opened = {name.partition(".")[0] for name in read if "." in name}
    with localcontext(prec=_EXACT_DIGITS):
        for record, currency in records:
            for name, value in _leaves(record.fields, opened):
                if value is None or name in read or not _FIELD_NAME.fullmatch(name):
                    continue
                counts[name] = counts.get(name, 0) + 1
                of_name = amounts.setdefault(name, {})
                amount = _ledger_amount(value) if speaks_of_money(name) else None
                if amount is not None:
                    of_name[currency] = of_name.get(currency, Decimal(0)) + amount
    return tuple(
        UnreadField(
            name, counts[name], {currency: f"{sum_:f}" for currency, sum_ in amounts[name].items()}
        )
        for name in sorted(counts)
    )


def _ledger_amount(value: object) -> Decimal | None:
    """Return a value as the ledger would keep it; None of what is no number, or none of money."""
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        return None
    amount = Decimal(str(value))
    if abs(amount) >= _TOO_LARGE:
        return None
    return amount.quantize(_LEDGER_DECIMALS, rounding=ROUND_HALF_UP)


def _leaves(fields: Mapping[str, Any], opened: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yield the fields and, in place of the objects that are looked into, theirs."""
    for name, value in fields.items():
        if name in opened and isinstance(value, dict):
            yield from ((f"{name}.{inner}", found) for inner, found in value.items())
        else:
            yield name, value


def path_list(paths: Sequence[Path | str]) -> str:
    """Return paths as an SQL list literal.

    DuckDB reads ``*``, ``?`` and ``[`` in a file name as a pattern, even where a file of that name
    exists; as a class of one character each stands for itself.

    Raises:
        ValueError: There are no paths.
    """
    if not paths:
        raise ValueError("there are no files to read")
    literals = (_literal(re.sub(r"[*?\[]", r"[\g<0>]", str(path))) for path in paths)
    return "[" + ", ".join(literals) + "]"


def path_literal(path: Path) -> str:
    """Return a path as an SQL literal, for a file to write: there nothing is read as a pattern."""
    return _literal(str(path))


def json_rows(paths: Sequence[Path], columns: Sequence[str]) -> str:
    """Return a SELECT of text columns from gzipped JSON lines, one flat object a line.

    Fields that are not named stay unread; a named field that a line lacks is NULL.
    """
    types = ", ".join(f"{_literal(name)}: 'varchar'" for name in columns)
    return (
        f"select * from read_json({path_list(paths)}, format = 'newline_delimited', "
        f"compression = 'gzip', maximum_object_size = {_MOST_OBJECT_BYTES}, columns = {{{types}}})"
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _ordered(rows: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return rows by the texts of their keys."""
    by_texts: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        values = [row[name] for name in keys]
        texts = tuple("" if value is None else str(value) for value in values)
        by_texts.setdefault(texts, []).append(row)
    ordered: list[Mapping[str, Any]] = []
    for texts in sorted(by_texts):
        alike = by_texts[texts]
        if len(alike) > 1:
            # The JSON text tells apart what looks the same as a text, such as NULL and "".
            alike.sort(key=lambda row: json.dumps(row, sort_keys=True))
        ordered += alike
    return ordered


def _totals(dataset: Dataset, rows: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Add up money by currency or tokens, as ``control_totals`` does with the landed rows."""
    totals: dict[str, Decimal] = {}
    with localcontext(prec=_EXACT_DIGITS):
        for row in rows:
            if dataset.money_column and dataset.currency_column:
                currency = str(row[dataset.currency_column]).upper()
                # The landed rows are counted at 18 decimals each; so is the receipt.
                amount = Decimal(row[dataset.money_column]).quantize(
                    _TOTAL_DECIMALS, rounding=ROUND_HALF_UP
                )
            else:
                currency = ""
                amount = Decimal(sum(row[name] or 0 for name in dataset.token_columns))
            totals[currency] = totals.get(currency, Decimal(0)) + amount
    return totals


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
