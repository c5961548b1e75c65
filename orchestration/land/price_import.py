"""An imported price list becomes dated rows of the organisation's price.csv, once a person agrees.

An import compares a list with the book as it is on the list's day. What is new or changed is shown
row by row; only when accepted are rows added to the end of the file. Nothing that stands in the
book is edited, so that what was priced yesterday has the same price tomorrow. A price that jumps is
refused until somebody says why.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.extract.price_list.listed import ListedPrice, PriceList, Sold
from orchestration.land.org_tables import TABLES, faults_of_table

_UNIT, _CURRENCY = "1000000 Tokens", "USD"
_DECIMALS = Decimal("0.000000001")
# Ten times up or down is no change of a price; the two others are what confused units look like.
_JUMP = 10
_CONFUSED = {1000: "thousands", 1000000: "single tokens"}
# A new price outside of what tokens have ever cost (in dollars for a million) is looked at as well.
_CHEAPEST, _DEAREST = Decimal("0.001"), Decimal(1000)
_SHOWN = 60


class PriceImportError(ValueError):
    """The import is refused; the message says what to do, and nothing was changed."""


@dataclass(frozen=True)
class Change:
    """What an import would add to the book.

    Attributes:
        sold: What the price is of.
        old: Price in force before, None when the book has none.
        new: Price from ``valid_from`` on, US dollars for a million tokens.
        valid_from: First day of the new price.
        place: Where in the list it stands.
        jump: Why it is refused until confirmed, None when it is an ordinary change.
    """

    sold: Sold
    old: Decimal | None
    new: Decimal
    valid_from: date
    place: str
    jump: str | None

    @property
    def name(self) -> str:
        """Return the name by which the row is confirmed."""
        return self.sold.name


@dataclass(frozen=True)
class Difference:
    """A list against the book: what would be added, and what stays as it is.

    Attributes:
        changes: New and changed prices, in order of their names.
        same_count: Prices of the list that the book has already.
        not_listed: Things of the book, in services that the list has, of which it says nothing.
        other_services: Services of the list that were not asked for, with their prices' number.
        other_scopes: Things that the list prices by scope and the book does not, or the reverse.
    """

    changes: tuple[Change, ...]
    same_count: int
    not_listed: tuple[Sold, ...]
    other_services: Mapping[str, int]
    other_scopes: tuple[Sold, ...] = ()


@dataclass(frozen=True)
class _InBook:
    price: Decimal | None
    valid_from: date
    valid_to: date


_Book = dict[Sold, list[_InBook]]


def compare(
    listed: PriceList,
    seed: Path,
    org_dir: Path,
    as_of: date,
    since: date,
    services: Collection[str] = (),
) -> Difference:
    """Compare a list with the book.

    Args:
        listed: The list.
        seed: The shipped price book.
        org_dir: The organisation's tables; price.csv may be missing.
        as_of: Day on which the list was fetched: from then on its undated prices hold.
        since: Day from which prices of things that the book does not have at all hold.
        services: Services that are taken in; empty for those that the book has.

    Raises:
        PriceImportError: price.csv has faults, or it has prices that are newer than the list.
    """
    book = _book(seed, org_dir)
    wanted = set(services) or {sold.service_name for sold in book}
    others: dict[str, int] = {}
    by_thing: dict[Sold, list[ListedPrice]] = {}
    for each in listed.prices:
        if each.sold.service_name in wanted:
            by_thing.setdefault(each.sold, []).append(each)
        else:
            others[each.sold.service_name] = others.get(each.sold.service_name, 0) + 1
    # beside a price for every scope one for a single scope would be a second price
    book_scopes = _scopes(book)
    other_scopes = [
        sold
        for sold in by_thing
        if (sold.region_scope is None)
        not in book_scopes.get(_unscoped(sold), {sold.region_scope is None})
    ]
    for sold in other_scopes:
        del by_thing[sold]
    for ended in _bands_without_price(by_thing, book, as_of):
        by_thing[ended.sold] = [ended]
    changes: list[Change] = []
    same = 0
    for sold, prices in by_thing.items():
        found = list(_changes(sold, prices, book.get(sold, []), as_of, since))
        same += not found
        changes += found
    listed_services = {sold.service_name for sold in by_thing}
    missing = sorted(
        (
            sold
            for sold, rows in book.items()
            if sold.service_name in listed_services
            and sold not in by_thing
            and _in_force(rows, as_of) is not None
        ),
        key=lambda sold: sold.name,
    )
    changes.sort(key=lambda change: (change.name, change.valid_from))
    return Difference(
        tuple(changes), same, tuple(missing), dict(sorted(others.items())), tuple(other_scopes)
    )


def accept(
    difference: Difference,
    list_name: str,
    org_dir: Path,
    as_of: date,
    confirmed: Mapping[str, str],
) -> int:
    """Add the changes to price.csv and return how many rows were added.

    Args:
        difference: What ``compare`` found.
        list_name: The list, as it stands in price_source.
        org_dir: The organisation's tables.
        as_of: Day on which the list was fetched.
        confirmed: Reason by the name of a row that jumps.

    Raises:
        PriceImportError: A price jumps and nobody confirmed it, a confirmation fits nothing, or the
            rows would not be valid. The file is as it was.
    """
    jumping = {change.name: change for change in difference.changes if change.jump}
    unknown = sorted(set(confirmed) - set(jumping))
    if unknown:
        raise PriceImportError(
            f"Nothing of that name jumps: {', '.join(unknown)}. Write the name as it is shown."
        )
    silent = sorted(name for name in confirmed if not confirmed[name].strip())
    if silent:
        raise PriceImportError(f"Say why: {', '.join(silent)} is confirmed without a reason.")
    open_jumps = [change for name, change in sorted(jumping.items()) if name not in confirmed]
    if open_jumps:
        lines = "\n".join(f"  {each.name}: {each.jump}" for each in open_jumps[:_SHOWN])
        raise PriceImportError(
            f"{len(open_jumps)} price(s) jump; nothing was taken in. Look at the list, then "
            f"confirm each with CONFIRM='name=reason' (several with ; between them).\n{lines}"
        )
    if not difference.changes:
        return 0
    path = org_dir / "price.csv"
    header = list(TABLES["price"].columns)
    before = path.read_text(encoding="utf-8-sig") if path.exists() else ",".join(header) + "\n"
    if not before.endswith("\n"):
        before += "\n"
    rows = io.StringIO(newline="")
    writer = csv.DictWriter(rows, header, lineterminator="\n")
    for change in difference.changes:
        writer.writerow(_row(change, list_name, as_of, confirmed.get(change.name)))
    temporary = path.with_name(f".{path.name}")
    with temporary.open("w", encoding="utf-8", newline="") as handle:
        handle.write(before + rows.getvalue())
        handle.flush()
        os.fsync(handle.fileno())
    faults = faults_of_table("price", temporary)
    if faults:
        temporary.unlink()
        raise PriceImportError("The rows cannot be added:\n" + "\n".join(faults))
    os.replace(temporary, path)
    return len(difference.changes)


def show(
    difference: Difference, listed: PriceList, as_of: date, say: Callable[[str], None]
) -> None:
    """Say what an import would change, as a table, and what it leaves alone."""
    changes = difference.changes
    jumps = [change for change in changes if change.jump]
    say(
        f"{listed.name} of {as_of}: {len(changes)} price(s) to add, {difference.same_count} as in "
        f"the book, {len(jumps)} of them jump."
    )
    # what must be looked at stands first, then what has another price than before
    shown = sorted(changes, key=lambda each: (not each.jump, each.old is None))[:_SHOWN]
    table = [("what", "from", "old", "new", "times", "")]
    for each in shown:
        table.append(
            (
                each.name,
                str(each.valid_from),
                "-" if each.old is None else _text(each.old),
                _text(each.new),
                _times(each),
                f"JUMP: {each.jump}" if each.jump else "",
            )
        )
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table if shown else []:
        cells = (
            cell.ljust(width) if column in (0, 1, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        say("  " + "  ".join(cells).rstrip())
    if len(changes) > len(shown):
        say(f"  ... and {len(changes) - len(shown)} more")
    if difference.not_listed:
        say(
            f"The list says nothing of {len(difference.not_listed)} price(s) of the book, "
            "which stay: " + _some(sold.name for sold in difference.not_listed)
        )
    if difference.other_scopes:
        say(
            f"{len(difference.other_scopes)} price(s) are by region scope where the book's are "
            "not, or the reverse, and were left out: "
            + _some(sold.name for sold in difference.other_scopes)
        )
    if difference.other_services:
        count = sum(difference.other_services.values())
        say(
            f"{count} price(s) of other services were not asked for (SERVICES=...): "
            + _some(difference.other_services)
        )
    if listed.left_out:
        say(
            f"{len(listed.left_out)} part(s) of the list were left out, such as: "
            + _some((f"{each.place} ({each.why})" for each in listed.left_out), 3)
        )


def _some(words: Iterable[str], limit: int = 8) -> str:
    found = list(words)
    return ", ".join(found[:limit]) + (", ..." if len(found) > limit else "")


def _text(price: Decimal) -> str:
    return format(price.normalize(), "f")


def _times(change: Change) -> str:
    if change.old is None or change.old == 0:
        return "-"
    return f"{change.new / change.old:.3g}"


def _row(change: Change, list_name: str, as_of: date, reason: str | None) -> dict[str, str]:
    sold = change.sold
    return {
        "vendor": sold.vendor,
        "service_name": sold.service_name,
        "model": sold.model,
        "token_class": sold.token_class,
        "service_tier": sold.service_tier,
        "context_window": _band_word(sold.above_tokens),
        "region_scope": sold.region_scope or "",
        "unit": _UNIT,
        "list_price": _text(change.new),
        "currency": _CURRENCY,
        "valid_from": change.valid_from.isoformat(),
        "price_source": list_name,
        "price_source_date": as_of.isoformat(),
        "note": reason or "",
    }


def _band_word(above_tokens: int) -> str:
    if above_tokens == 0:
        return ""
    if above_tokens % 1000 == 0:
        return f"above-{above_tokens // 1000}k"
    return f"above-{above_tokens}"


def _above_tokens(word: str) -> int:
    """Return the number that a band's word means, as the macro context_above_tokens does."""
    known = {"": 0, "0-200k": 0, "200k-1M": 200000, "long": 272000}
    if word in known:
        return known[word]
    number = word.removeprefix("above-")
    return 1000 * int(number[:-1]) if number.endswith("k") else int(number)


def _book(seed: Path, org_dir: Path) -> _Book:
    """Return every price of the book, as reference.dim_price has them."""
    added = org_dir / "price.csv"
    faults = faults_of_table("price", added) if added.exists() else []
    if faults:
        raise PriceImportError("Put price.csv right first:\n" + "\n".join(faults))
    book: _Book = {}
    for row in _rows(seed):
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
        start = date.fromisoformat(row["valid_from"])
        book.setdefault(_sold(row), []).append(_InBook(Decimal(row["list_price"]), start, until))
    own: dict[Sold, list[tuple[date, Decimal | None]]] = {}
    for row in _rows(added) if added.exists() else ():
        price = Decimal(row["list_price"]) if row["list_price"] else None
        own.setdefault(_sold(row), []).append((date.fromisoformat(row["valid_from"]), price))
    for sold, prices in own.items():
        prices.sort(key=lambda each: each[0])
        first = prices[0][0]
        shipped = [
            _InBook(each.price, each.valid_from, min(each.valid_to, first))
            for each in book.get(sold, [])
            if each.valid_from < first
        ]
        ends = [*(start for start, _ in prices[1:]), date.max]
        book[sold] = shipped + [
            _InBook(price, start, end) for (start, price), end in zip(prices, ends, strict=True)
        ]
    return book


def _unscoped(sold: Sold) -> Sold:
    return replace(sold, region_scope=None)


def _scopes(book: _Book) -> dict[Sold, set[bool]]:
    """Return of each thing whether the book has it for every scope, by scope, or both in turn."""
    found: dict[Sold, set[bool]] = {}
    for sold in book:
        found.setdefault(_unscoped(sold), set()).add(sold.region_scope is None)
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [
            {name: (value or "").strip() for name, value in row.items()}
            for row in csv.DictReader(handle)
            if any(row.values())
        ]


def _sold(row: Mapping[str, str]) -> Sold:
    return Sold(
        row["vendor"],
        row["service_name"],
        row["model"],
        row["token_class"],
        row["service_tier"],
        _above_tokens(row["context_window"]),
        row["region_scope"] or None,
    )


def _in_force(rows: Sequence[_InBook], day: date) -> Decimal | None:
    for row in rows:
        if row.valid_from <= day < row.valid_to:
            return row.price
    return None


def _bands_without_price(
    by_thing: Mapping[Sold, Sequence[ListedPrice]], book: _Book, as_of: date
) -> list[ListedPrice]:
    """Return prices for bands of the book that the list has no longer: those of short requests."""
    found = []
    for sold, rows in book.items():
        base = replace(sold, above_tokens=0)
        is_gone = sold.above_tokens > 0 and sold not in by_thing and base in by_thing
        if is_gone and _in_force(rows, as_of) is not None:
            last = by_thing[base][-1]
            found.append(
                ListedPrice(sold, last.price, None, f"{last.place} (the list has no such band)")
            )
    return found


def _changes(
    sold: Sold,
    listed: Sequence[ListedPrice],
    in_book: Sequence[_InBook],
    as_of: date,
    since: date,
) -> Iterable[Change]:
    """Yield what one thing's prices in a list add to those of the book, in order of their days."""
    old = in_book[-1].price if in_book else None
    last_start = in_book[-1].valid_from if in_book else None
    starts = (
        _starts_of_new(listed, since)
        if last_start is None
        else (_starts_of_known(listed, last_start, as_of))
    )
    for day, each in starts:
        price = each.price.quantize(_DECIMALS)
        if last_start is not None and price == old:
            continue
        if last_start is not None and day <= last_start:
            raise PriceImportError(
                f"{sold.name}: the book has a price from {last_start} on, and the list is of "
                f"{as_of}. A correction begins on a later day: history is not priced again."
            )
        yield Change(sold, old, price, day, each.place, _jump(old, price))
        old, last_start = price, day


def _starts_of_new(listed: Sequence[ListedPrice], since: date) -> list[tuple[date, ListedPrice]]:
    """Return the days of prices of a thing that the book does not have: the list's own."""
    dated = sorted(
        ((each.valid_from, each) for each in listed if each.valid_from is not None),
        key=lambda pair: pair[0],
    )
    first = dated[0][0] if dated else date.max
    undated = [(since, each) for each in listed if each.valid_from is None and since < first]
    return [*undated, *dated]


def _starts_of_known(
    listed: Sequence[ListedPrice], last_start: date, as_of: date
) -> list[tuple[date, ListedPrice]]:
    """Return the days of prices that come after what the book has.

    Of the past the book's word stays. A price that the list has now and the book has not begins on
    the list's day, unless the list says when it began.
    """
    dated = sorted(
        (
            (each.valid_from, each)
            for each in listed
            if each.valid_from is not None and each.valid_from > last_start
        ),
        key=lambda pair: pair[0],
    )
    if any(start <= as_of for start, _ in dated):
        return dated
    past = [each for each in listed if each.valid_from is None or each.valid_from <= last_start]
    current = sorted(past, key=lambda each: each.valid_from or date.min)[-1:]
    return [*((as_of, each) for each in current), *dated]


def _jump(old: Decimal | None, new: Decimal) -> str | None:
    """Return why a change is refused until somebody confirms it, None for an ordinary one."""
    if old is None:
        if new != 0 and not _CHEAPEST <= new <= _DEAREST:
            return f"tokens have never cost {_text(new)} dollars a million: is the unit another?"
        return None
    if old == new:
        return None
    if old == 0 or new == 0:
        return "it was free before" if old == 0 else "it would be free"
    factor = max(old, new) / min(old, new)
    for confused, unit in _CONFUSED.items():
        if abs(factor - confused) * 100 <= confused:
            return f"{confused} times {'more' if new > old else 'less'}: a price of {unit}?"
    if factor >= _JUMP:
        return f"{factor:.0f} times {'more' if new > old else 'less'}"
    return None
