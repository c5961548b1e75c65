"""Asks the published file what the report wants to know, and keeps the answers as exact texts."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.flip import PUBLIC_SCHEMAS
from orchestration.publish.report.columns import column

SQL_DIR = Path(__file__).with_name("sql")
_TABLE = re.compile(rf"\b(?:from|join)\s+((?:{'|'.join(PUBLIC_SCHEMAS)})\.[a-z_]+)\b")

Cell = str | None


@dataclass(frozen=True)
class Answer:
    """What the published file answered to one SQL file.

    Attributes:
        sql: The question, word for word.
        columns: Names in the order of the answer.
        rows: Cells as texts: decimals with all their digits, dates as ISO; None is unknown.
        tables: The published tables that were read.
        rows_count: Their rows that are behind the answer.
    """

    sql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    tables: tuple[str, ...]
    rows_count: int

    def as_json(self) -> dict[str, Any]:
        """Return the answer as the page's script reads it."""
        return {
            "sql": self.sql,
            "columns": self.columns,
            "rows": self.rows,
            "tables": self.tables,
            "rows_count": self.rows_count,
        }


def ask(connection: duckdb.DuckDBPyConnection, key: str) -> Answer:
    """Ask one SQL file.

    Args:
        connection: The published file, opened to be read.
        key: Name of the file in ``sql/``, without its suffix.

    Raises:
        duckdb.Error: The published file has not what is asked for.
        UnknownColumnError: A column has no description.
    """
    sql = (SQL_DIR / f"{key}.sql").read_text(encoding="utf-8").strip()
    done = connection.execute(sql)
    names = tuple(str(described[0]) for described in done.description or ())
    for name in names:
        column(name)
    rows = tuple(tuple(_text(value) for value in row) for row in done.fetchall())
    count = names.index("rows_count")
    return Answer(
        sql,
        names,
        rows,
        tuple(sorted(set(_TABLE.findall(sql)))),
        sum(int(row[count] or 0) for row in rows),
    )


def _text(value: Any) -> Cell:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        raise TypeError(f"{value}: the report shows exact decimals; cast it in its SQL")
    return str(value)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
