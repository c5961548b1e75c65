"""Answers to ``make metric``: the semantic layer's metrics, asked of the published file."""

import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.dimension_words import MONTH, WORDS, said_as
from orchestration.publish.open_months import published_months
from orchestration.publish.semantic_layer import (
    CURRENCY,
    Metric,
    MetricError,
    MetricQuestion,
    MetricSql,
    SemanticLayer,
)

_SHOWN_VALUES = 10
_NONE = "(none)"
_CENT = Decimal("0.01")
_CENT_DIGITS, _DIGITS = 2, 6
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class MetricAnswer:
    """What the published file answers.

    Attributes:
        columns: Names: dimensions first, metrics after them.
        units: Unit of each column, empty for dimensions.
        rows: Cells as texts: decimals with all their digits but the zeros at their end, days as
            ISO; None is unknown.
        relations: The marts that say why something is unknown.
        added: The dimensions among the columns that nobody asked for.
        hints: A sentence for each value of a condition that no row has, with the nearest there are,
            and for each month that was asked for and is not there.
        beside: Name and sentence of each metric among the columns that nobody asked for.
        mixtures: A sentence for each column that says of a row that it mixes what is not one.
    """

    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    relations: tuple[str, ...]
    added: tuple[str, ...]
    hints: tuple[str, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    mixtures: tuple[str, ...] = ()


def question_of(
    metrics: str, by: str = "", where: str = "", first: str = "", last: str = ""
) -> MetricQuestion:
    """Read a question as a person types it.

    Args:
        metrics: Names with a comma between them.
        by: Dimensions with a comma between them.
        where: ``dimension=value`` with a semicolon between them; no value is what has none.
        first: First month, such as 2026-09.
        last: Last month.

    Raises:
        MetricError: A condition has no equals sign, a month is none, or the last month is before
            the first.
    """
    first_month, last_month = _month(first), _month(last)
    if first_month and last_month and last_month < first_month:
        raise MetricError(f"There is no month from {first} to {last}: the first is the later one.")
    return MetricQuestion(
        _names(metrics), _names(by), tuple(_conditions(where)), first_month, last_month
    )


def of_whole_months(
    published_path: Path, question: MetricQuestion
) -> tuple[MetricQuestion, tuple[str, ...]]:
    """Leave months that are not over out of a question that does not name them.

    A part of a month beside whole ones would read as a fall. Where no month is over, or the first
    one asked for is open itself, the question stays as it is.

    Returns:
        The question, and a sentence for each open month that is left out or counted.

    Raises:
        MetricError: Nothing is published, or the published file was made by other code.
    """
    with _opened(published_path) as connection:
        months = published_months(connection)
    whole = [one.month for one in months if one.is_over]
    left = [one for one in months if not one.is_over]
    named = {value for name, value in question.where if said_as(name, (MONTH,)) == MONTH}
    first, last = question.first_month or date.min, question.last_month or date.max
    if whole and not named and question.last_month is None and first <= whole[-1]:
        said = [
            f"{one.sentence} It is left out; TO={one.month:%Y-%m} counts it."
            for one in left
            if one.month > whole[-1]
        ]
        return replace(question, last_whole_month=whole[-1]), tuple(said)
    said = [
        f"{one.sentence} These are counted."
        for one in left
        if first <= one.month <= last and (not named or one.month.isoformat() in named)
    ]
    return question, tuple(said)


def months_together(
    published_path: Path, question: MetricQuestion, running: Sequence[str]
) -> tuple[str, ...]:
    """Say which months a row holds together where nobody chose them all.

    Args:
        published_path: The published file.
        question: The question as ``of_whole_months`` leaves it.
        running: Those of its metrics of which each month holds everything up to it.
    """
    grown = " and ".join(running)
    if any(said_as(name, (MONTH,)) == MONTH for name in question.by):
        return (f"Of {grown} each month holds everything up to it.",) if running else ()
    is_chosen = question.first_month is not None and question.last_month is not None
    if is_chosen or any(said_as(name, (MONTH,)) == MONTH for name, _ in question.where):
        return ()
    first = question.first_month or date.min
    last = question.last_month or question.last_whole_month or date.max
    with _opened(published_path) as connection:
        months = {one.month for one in published_months(connection) if first <= one.month <= last}
    if len(months) < 2:
        return ()
    said = []
    if set(question.metrics) - set(running):
        said.append(
            f"{min(months):%B %Y} to {max(months):%B %Y} together; BY=month parts them, FROM and "
            "TO choose others."
        )
    if running:
        said.append(
            f"{grown}: everything up to {max(months):%B %Y}. Each month holds everything up to it; "
            "BY=month shows them, TO ends at another."
        )
    return tuple(said)


def ask(published_path: Path, layer: SemanticLayer, question: MetricQuestion) -> MetricAnswer:
    """Ask the published file.

    Raises:
        MetricError: Nothing is published, the published file was made by other code, or there is
            no such metric or dimension.
    """
    asked = layer.sql(question)
    rows = _read(published_path, asked.sql, asked.parameters)
    if not asked.dimensions and not any(value is not None for row in rows for value in row):
        # A sum over no row is a row: whether there are any is told by their months.
        months = layer.sql(replace(question, by=(MONTH,)))
        rows = rows if _read(published_path, months.sql, months.parameters) else []
    hints = (
        *_month_hints(published_path, layer, question),
        *_value_hints(published_path, layer, question),
    )
    if not rows and not hints:
        hints = ("No row of the published file has all that is asked for.",)
    return MetricAnswer(
        (*asked.dimensions, *(metric.name for metric in asked.metrics)),
        (*("" for _ in asked.dimensions), *(metric.unit for metric in asked.metrics)),
        tuple(tuple(_text(value) for value in row) for row in rows),
        tuple(dict.fromkeys(metric.relation for metric in asked.metrics)),
        asked.added,
        hints,
        tuple((metric.name, metric.description) for metric in asked.beside),
        tuple(
            metric.if_mixed
            for place, metric in enumerate(asked.metrics, len(asked.dimensions))
            if metric.if_mixed and any(row[place] and 0 < row[place] < 100 for row in rows)
        ),
    )


@contextmanager
def _opened(published_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not published_path.exists():
        raise MetricError(f"{published_path}: nothing is published yet; make run does it.")
    try:
        with duckdb.connect(str(published_path), read_only=True) as connection:
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            yield connection
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise MetricError(
            f"{published_path} has not what the metrics read; make run makes it anew. {error}"
        ) from error


def _read(
    published_path: Path, sql: str, parameters: dict[str, str | date]
) -> list[tuple[Any, ...]]:
    with _opened(published_path) as connection:
        return connection.execute(sql, parameters).fetchall()


def _month_hints(
    published_path: Path, layer: SemanticLayer, question: MetricQuestion
) -> Iterator[str]:
    """Yield which months there are where the first or last month asked for is none of them."""
    if not (question.first_month or question.last_month):
        return
    asked = layer.sql(MetricQuestion(question.metrics, (MONTH,)))
    place = asked.dimensions.index(MONTH)
    rows = _read(published_path, asked.sql, asked.parameters)
    months = sorted({row[place].date() for row in rows if row[place] is not None})
    if not months:
        return
    there = f"There are months from {months[0]:%Y-%m} to {months[-1]:%Y-%m}."
    if question.first_month and question.first_month > months[-1]:
        yield f"Nothing is known of {question.first_month:%Y-%m} or later. {there}"
    if question.last_month and question.last_month < months[0]:
        yield f"Nothing is known of {question.last_month:%Y-%m} or earlier. {there}"


def _value_hints(
    published_path: Path, layer: SemanticLayer, question: MetricQuestion
) -> Iterator[str]:
    """Yield what is there instead of each value of a condition that no row has."""
    for word in dict.fromkeys(name for name, _ in question.where):
        asked = layer.sql(MetricQuestion(question.metrics, (word,)))
        name = said_as(word, asked.dimensions)
        place = asked.dimensions.index(name)
        values = {_text(row[place]) for row in _read(published_path, asked.sql, asked.parameters)}
        known = sorted(value for value in values if value is not None)
        for value in (value for other, value in question.where if other == word):
            if value in values:
                continue
            if value is None:
                yield f"{name} has a value in every row."
                continue
            yield f"No row has the {name} {value!r}. {_instead(value, known)}."


def _instead(wanted: str, known: Sequence[str]) -> str:
    """Say which values there are: the same in other letters, like it, or all of them."""
    same = [value for value in known if value.casefold() == wanted.casefold()]
    if same:
        return f"It is written {' or '.join(repr(value) for value in same)}"
    nearest = _nearest(wanted, known)
    return f"Near: {', '.join(nearest)}" if nearest else _listed(known)


def _nearest(wanted: str, known: Sequence[str]) -> list[str]:
    """Return the known values that are like the wanted one, or have a word that is."""
    spelled: dict[str, dict[str, None]] = {}
    for value in known:
        for spelling in (value.casefold(), *value.casefold().split()):
            spelled.setdefault(spelling, {})[value] = None
    found = difflib.get_close_matches(wanted.casefold(), spelled, 3)
    return list(dict.fromkeys(value for spelling in found for value in spelled[spelling]))


def _listed(known: Sequence[str]) -> str:
    if not known:
        return "There is none at all"
    hidden = len(known) - _SHOWN_VALUES
    more = f" and {hidden} more" if hidden > 0 else ""
    return f"There are: {', '.join(known[:_SHOWN_VALUES])}{more}"


def as_table(answer: MetricAnswer) -> str:
    """Return an answer for people: units under the names, what is unknown as a dash.

    What has no value of a dimension, such as no team, is no unknown: it is said to have none.
    Money is rounded to hundredths, what is less than one of them and other numbers to a few
    digits; those before the point are all there.
    """
    is_number = [bool(unit) for unit in answer.units]
    rows = [
        tuple(
            (_readable(cell, unit) if unit else cell)
            if cell is not None
            else ("–" if unit else _NONE)
            for cell, unit in zip(row, answer.units, strict=True)
        )
        for row in answer.rows
    ]
    lines = [answer.columns, _units(answer), *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(answer.columns))]
    said = [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    ]
    if answer.added:
        said.append(f"Always by {', '.join(answer.added)}: rows that differ there never add up.")
    said += [f"Always with {name}: {sentence}" for name, sentence in answer.beside]
    without = [
        column
        for place, (column, unit) in enumerate(zip(answer.columns, answer.units, strict=True))
        if not unit and any(row[place] is None for row in answer.rows)
    ]
    if without:
        said.append(f"{_NONE} has no {' or no '.join(without)}, and is in the whole all the same.")
    if any(None in row[-is_number.count(True) :] for row in answer.rows):
        said.append(f"– is unknown; {' and '.join(answer.relations)} may say why.")
    if any(
        unit and cell is not None and Decimal(cell) != Decimal(shown)
        for row, told in zip(answer.rows, rows, strict=True)
        for cell, shown, unit in zip(row, told, answer.units, strict=True)
    ):
        said.append("Rounded to be read; FORMAT=csv has every digit.")
    return "\n".join(said)


def _readable(number: str, unit: str) -> str:
    """Return a number with the digits that a person reads."""
    value = Decimal(number)
    is_money = CURRENCY.fullmatch(unit) is not None
    if is_money and (value == 0 or abs(value) >= _CENT):
        return f"{value.quantize(_CENT, context=_EXACT):f}"
    digits = _CENT_DIGITS if is_money else _DIGITS
    decimals = max(digits - 1 - value.adjusted(), 0)
    return _text(value.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)) or ""


def _units(answer: MetricAnswer) -> tuple[str, ...]:
    """Return the units, with the currency itself where all rows are of one."""
    said = list(answer.units)
    for place, column in enumerate(answer.columns):
        currencies = {row[place] for row in answer.rows}
        if CURRENCY.fullmatch(column) and len(currencies) == 1:
            currency = currencies.pop()
            said = [re.sub(rf"\b{column}\b", currency or column, unit) for unit in said]
    return tuple(said)


def as_csv(answer: MetricAnswer) -> str:
    """Return an answer as CSV; what is unknown is empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.rows)
    return written.getvalue().rstrip("\n")


def as_sql(asked: MetricSql) -> str:
    """Return the SQL of a question for any client of the published file, values written out."""
    return re.sub(
        r"\$(first_month|last_month|last_whole_month|value_\d+)\b",
        lambda name: "'" + str(asked.parameters[name[1]]).replace("'", "''") + "'",
        asked.sql,
    )


def catalogue(metrics: Sequence[Metric]) -> str:
    """Return what there is: every metric with its unit, what it is and what it is asked by."""
    said: list[str] = []
    group = ""
    for metric in metrics:
        if metric.group != group:
            group = metric.group
            said += ["", f"{group}, by {', '.join((*metric.dimensions, *metric.names))}"]
        always = f" Always by {', '.join(metric.always_by)}." if metric.always_by else ""
        said.append(f"  {metric.name} [{metric.unit}]")
        beside = f" Shown with {', '.join(metric.shown_with)}." if metric.shown_with else ""
        said.append(f"      {metric.description}{always}{beside}")
    words = [f"  {word} for {' or '.join(names)}" for word, names in WORDS.items()]
    return "\n".join(
        [
            "make metric M=cost_per_inference BY=use_case,month "
            'WHERE="team=Search and Discovery" FROM=2026-09',
            *said,
            "",
            "other words",
            *words,
        ]
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _conditions(text: str) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for condition in text.split(";"):
        if not condition.strip():
            continue
        name, equals, value = condition.partition("=")
        if not equals:
            raise MetricError(
                f"{condition.strip()!r} is no condition: write dimension=value, ; between several."
            )
        name, value = name.strip(), value.strip()
        if said_as(name, (MONTH,)) == MONTH and _MONTH.fullmatch(value):
            value = f"{value}-01"
        found.append((name, value or None))
    return found


def _month(text: str) -> date | None:
    if not text:
        return None
    if not _MONTH.fullmatch(text):
        raise MetricError(f"{text!r} is no month: write it as 2026-09.")
    return date.fromisoformat(f"{text}-01")


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        raise TypeError(f"{value}: a metric is an exact decimal")
    return str(value)
