"""Answers to ``make metric``: the semantic layer's metrics, asked of the published file."""

import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.publish.semantic_layer import (
    MONTH,
    MONTH_OF_MARTS,
    Metric,
    MetricError,
    MetricQuestion,
    MetricSql,
    SemanticLayer,
)

_SHOWN_VALUES = 10
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
        hints: A sentence for each value of a condition that no row has, with the nearest there are.
    """

    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    relations: tuple[str, ...]
    hints: tuple[str, ...] = ()


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
        MetricError: A condition has no equals sign, or a month is none.
    """
    return MetricQuestion(
        _names(metrics), _names(by), tuple(_conditions(where)), _month(first), _month(last)
    )


def ask(published_path: Path, layer: SemanticLayer, question: MetricQuestion) -> MetricAnswer:
    """Ask the published file.

    Raises:
        MetricError: Nothing is published, the published file was made by other code, or there is
            no such metric or dimension.
    """
    asked = layer.sql(question)
    if not published_path.exists():
        raise MetricError(f"{published_path}: nothing is published yet; make run does it.")
    with duckdb.connect(str(published_path), read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        try:
            rows = connection.execute(asked.sql, asked.parameters).fetchall()
            hints = tuple(_hints(connection, layer, question))
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise MetricError(
                f"{published_path} has not what the metrics read; make run makes it anew. {error}"
            ) from error
    return MetricAnswer(
        (*asked.dimensions, *(metric.name for metric in asked.metrics)),
        (*("" for _ in asked.dimensions), *(metric.unit for metric in asked.metrics)),
        tuple(tuple(_text(value) for value in row) for row in rows),
        tuple(dict.fromkeys(metric.relation for metric in asked.metrics)),
        hints,
    )


def _hints(
    connection: duckdb.DuckDBPyConnection, layer: SemanticLayer, question: MetricQuestion
) -> Iterator[str]:
    """Yield what is there instead of each value of a condition that no row has."""
    for name in dict.fromkeys(name for name, _ in question.where):
        asked = layer.sql(MetricQuestion(question.metrics, (name,)))
        rows = connection.execute(asked.sql, asked.parameters).fetchall()
        place = asked.dimensions.index(MONTH if name == MONTH_OF_MARTS else name)
        values = {_text(row[place]) for row in rows}
        known = sorted(value for value in values if value is not None)
        for value in (value for other, value in question.where if other == name):
            if value in values:
                continue
            if value is None:
                yield f"{name} has a value in every row."
                continue
            nearest = _nearest(value, known)
            said = f"Near: {', '.join(nearest)}" if nearest else _listed(known)
            yield f"No row has the {name} {value!r}. {said}."


def _nearest(wanted: str, known: Sequence[str]) -> list[str]:
    """Return the known values that are like the wanted one, or have a word that is."""
    spelled: dict[str, dict[str, None]] = {}
    for value in known:
        for spelling in (value.casefold(), *value.casefold().split()):
            spelled.setdefault(spelling, {})[value] = None
    found = difflib.get_close_matches(wanted.casefold(), spelled, 3)
    return list(dict.fromkeys(value for spelling in found for value in spelled[spelling]))


def _listed(known: Sequence[str]) -> str:
    hidden = len(known) - _SHOWN_VALUES
    more = f" and {hidden} more" if hidden > 0 else ""
    return f"There are: {', '.join(known[:_SHOWN_VALUES])}{more}"


def as_table(answer: MetricAnswer, question: MetricQuestion) -> str:
    """Return an answer for people: units under the names, what is unknown as a dash."""
    is_number = [bool(unit) for unit in answer.units]
    lines = [answer.columns, answer.units]
    lines += [tuple("–" if cell is None else cell for cell in row) for row in answer.rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(answer.columns))]
    said = [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    ]
    added = [name for name in answer.columns if name in _added(answer, question)]
    if added:
        said.append(f"Always by {', '.join(added)}: rows that differ there never add up.")
    if any(None in row[-is_number.count(True) :] for row in answer.rows):
        said.append(f"– is unknown; {' and '.join(answer.relations)} may say why.")
    if not answer.rows:
        said.append("No row of the published file is asked for.")
    said += answer.hints
    return "\n".join(said)


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
        r"\$(first_month|last_month|value_\d+)\b",
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
            said += ["", f"{group}, by {', '.join(metric.dimensions)}"]
        always = f" Always by {', '.join(metric.always_by)}." if metric.always_by else ""
        said.append(f"  {metric.name} [{metric.unit}]")
        said.append(f"      {metric.description}{always}")
    return "\n".join(
        [
            "make metric M=cost_per_inference BY=use_case,month "
            'WHERE="team=Search and Discovery" FROM=2026-09',
            *said,
        ]
    )


def _added(answer: MetricAnswer, question: MetricQuestion) -> set[str]:
    asked = {*question.by, *("month" for name in question.by if name == "billing_period")}
    return {
        name
        for name, unit in zip(answer.columns, answer.units, strict=True)
        if not unit and name not in asked
    }


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
        found.append((name.strip(), value.strip() or None))
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
