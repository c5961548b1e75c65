"""PostgreSQL: the only module that opens a connection to a database.

The password comes from the environment variable that the source names (or from where PostgreSQL's
own tools find it); it is never in the sources file, in an error or in a log.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv

from orchestration.extract.source import PullContext, SourceConfig, SourceError

_BATCH_BYTES = 32 * 1024 * 1024
_CONNECT_SECONDS = 20
_CHECK = "check the url, that the database is up and what this user may read; then run again."


class Database:
    """An open connection that only reads."""

    def __init__(self, source: str, connection: psycopg.Connection[Any]) -> None:
        self._source = source
        self._connection = connection

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, none when there is no such table."""
        found = self.rows(
            "select attname from pg_attribute where attrelid = to_regclass(%s) "
            "and attnum > 0 and not attisdropped order by attnum",
            [table],
        )
        return [row[0] for row in found]

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a small answer."""
        with in_words(self._source), self._connection.cursor() as cursor:
            return cursor.execute(query.encode(), parameters).fetchall()

    def batches(
        self, query: str, parameters: Sequence[Any], names: Sequence[str]
    ) -> Iterator[pa.Table]:
        """Yield a large answer in tables of texts, as it comes; nothing is kept on the way.

        Args:
            query: A SELECT.
            parameters: Its parameters.
            names: The columns of the answer.
        """
        with in_words(self._source), self._connection.cursor() as cursor:
            copy_query = b"copy (" + query.encode() + b") to stdout (format csv)"
            with cursor.copy(copy_query, parameters) as copy:
                pending = io.BytesIO()
                for block in copy:
                    pending.write(block)
                    if pending.tell() >= _BATCH_BYTES:
                        yield _table(pending, names)
                        pending = io.BytesIO()
                if pending.tell():
                    yield _table(pending, names)


def _table(content: io.BytesIO, names: Sequence[str]) -> pa.Table:
    # PostgreSQL sends a row as one block, so that no row is cut in two here.
    content.seek(0)
    return pa_csv.read_csv(
        content,
        read_options=pa_csv.ReadOptions(column_names=list(names)),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )


@contextmanager
def open_database(source: SourceConfig, context: PullContext) -> Iterator[Database]:
    """Open a source's database for reading, in one consistent view of it.

    Raises:
        SourceError: It cannot be reached, or the password's variable is not set.
    """
    variable = source.options.get("password_env")
    password = context.secret(str(variable)) if variable else None
    if variable and not password:
        raise SourceError(
            source.name,
            f"the environment variable {variable} is not set.",
            "set it to the password of the database's user.",
        )
    with in_words(source.name):
        connection = psycopg.connect(
            source.url,
            password=password,
            connect_timeout=_CONNECT_SECONDS,
            application_name="tollgate",
            options="-c timezone=UTC -c default_transaction_read_only=on -c datestyle=ISO",
        )
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield Database(source.name, connection)
    finally:
        connection.close()


@contextmanager
def in_words(source: str) -> Iterator[None]:
    """Put the database's errors in our words; its own may quote a row or a password.

    Raises:
        SourceError: Something failed.
    """
    try:
        yield
    except psycopg.Error as error:
        state = f", SQLSTATE {error.sqlstate}" if error.sqlstate else ""
        said = error.diag.message_primary if error.sqlstate else None
        shown = f": {said}" if said and error.sqlstate in _HARMLESS else ""
        raise SourceError(
            source, f"the database failed ({type(error).__name__}{state}){shown}.", _CHECK
        ) from None


# Messages that name a user, a database or a table, and no value of a row.
_HARMLESS = frozenset({"28P01", "28000", "3D000", "42501", "42P01", "57P03", "53300"})
