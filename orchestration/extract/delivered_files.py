"""What the file kinds share: taking files into a draft, and sorting plain files by month."""

from __future__ import annotations

import gzip
import json
import os
import re
import threading
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.extract.control_totals import control_totals, exact_amount, quoted
from orchestration.extract.landed_columns import is_number, landed_columns
from orchestration.extract.landed_rows import path_list, path_literal
from orchestration.extract.object_store import ObjectStore, StoredFile
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, SourceConfig, SourceError

PARQUET = ".parquet"

# File systems count bytes, at most 255: a letter of any script and the suffix of a part fit in.
_LONGEST_NAME = 50

# The number changes when months are read from files in another way.
_MONTHS_MEMORY = ".months-1.json"
# In the part of a file that holds one of its months: the row's number in the file, from 1.
_DELIVERED_ROW = "tollgate_delivered_row"
_PART_SUFFIX = re.compile(r"\.\d{4}-\d{2}\.parquet$")
_CSV = (".csv", ".csv.gz", ".txt", ".txt.gz")
_CHUNK_BYTES = 1 << 20


def is_parquet(path: Path | str) -> bool:
    """Say whether a file is Parquet by its name."""
    return str(path).lower().endswith(PARQUET)


def is_csv(path: Path | str) -> bool:
    """Say whether a file is delimited text by its name."""
    return str(path).lower().endswith(_CSV)


def raw_rows(paths: Sequence[Path | str]) -> str:
    """Return SQL for the rows of Parquet or CSV files; every CSV value stays a text.

    Columns are matched by name, because the order (and the set) differs from file to file. A byte
    order mark is skipped, quotes may hold line breaks, and a line with too many or too few fields
    is an error that DuckDB reports with its number. No line is a comment: left to itself DuckDB
    would take those that begin with ``#`` for comments and read past their money.
    """
    parquet = [path for path in paths if is_parquet(path)]
    texts = [path for path in paths if not is_parquet(path)]
    selects = []
    if parquet or not texts:
        selects.append(
            f"select * from read_parquet({path_list(parquet)}, union_by_name = true, "
            "hive_partitioning = false)"
        )
    if texts:
        selects.append(_csv_rows(texts, header=True))
    return " union all by name ".join(selects)


def _csv_rows(paths: Sequence[Path | str], *, header: bool) -> str:
    # Left to guess, DuckDB takes a first line that does not fit the second for none of the table's:
    # that would lose money without a word.
    return (
        f"select * from read_csv({path_list(paths)}, all_varchar = true, header = {header}, "
        "union_by_name = true, hive_partitioning = false, quote = '\"', escape = '\"', "
        "delim = ',', comment = '', skip = 0, strict_mode = true, max_line_size = 16777216, "
        "sample_size = 20480)"
    )


@dataclass(frozen=True)
class FileColumn:
    """A column of a file.

    Attributes:
        name: Its name in the SELECT of ``raw_rows``.
        header: Its name in the file.
        type: Its type in the SELECT; of CSV always VARCHAR.
    """

    name: str
    header: str
    type: str


def alike_files(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]
) -> list[tuple[tuple[FileColumn, ...], list[Path]]]:
    """Return the files in groups that have the same columns in the same order, of the same types.

    Only those are read together: DuckDB takes columns of the same name for one whatever their case,
    and gives a column one type over all files.
    """
    groups: dict[tuple[bool, tuple[FileColumn, ...]], list[Path]] = {}
    for path in paths:
        groups.setdefault((is_parquet(path), _columns(connection, path)), []).append(path)
    return [(columns, alike) for (_, columns), alike in groups.items()]


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[FileColumn, ...]:
    columns = column_names(connection, raw_rows([path]))
    columns.pop(_DELIVERED_ROW, None)
    headers = list(columns)
    if is_csv(path) and any(re.search(r"_\d+$", name) for name in headers):
        # DuckDB numbers a header that differs from an earlier one only in case; tags do.
        first_line = connection.execute(_csv_rows([path], header=False) + " limit 1").fetchone()
        if first_line is not None and len(set(first_line)) == len(headers):
            headers = [str(header) for header in first_line]
    return tuple(
        FileColumn(name, header, kind)
        for (name, kind), header in zip(columns.items(), headers, strict=True)
    )


def united(connection: duckdb.DuckDBPyConnection, selects: Sequence[str]) -> str:
    """Return SQL for the rows of several SELECTs, columns by name.

    Where they differ in a column's type it becomes a text: DuckDB would make a DOUBLE of a DECIMAL
    that meets one.
    """
    if len(selects) == 1:
        return selects[0]
    types = [column_names(connection, select) for select in selects]
    names = dict.fromkeys(name for columns in types for name in columns)
    mixed = {
        name for name in names if len({columns[name] for columns in types if name in columns}) > 1
    }
    parts = []
    for select, columns in zip(selects, types, strict=True):
        texts = [
            f"cast({quoted(name)} as varchar) as {quoted(name)}"
            for name in columns
            if name in mixed
        ]
        parts.append(f"select * replace ({', '.join(texts)}) from ({select})" if texts else select)
    return " union all by name ".join(parts)


def column_names(connection: duckdb.DuckDBPyConnection, rows_sql: str) -> dict[str, str]:
    """Return column names and types of a SELECT."""
    return {
        row[0]: row[1]
        for row in connection.execute(f"describe select * from ({rows_sql})").fetchall()
    }


def delivered_file(path: Path) -> str:
    """Return the name of the file that an extracted file, or its part of a month, is of."""
    return _PART_SUFFIX.sub("", path.name)


def delivered_place(connection: duckdb.DuckDBPyConnection, path: Path, row: int) -> tuple[str, int]:
    """Return the name of the file that a row was delivered in, and its number there.

    Args:
        connection: Where the file is read.
        path: The extracted file; of a file of several months it holds one month's rows.
        row: The row's number in it, from 1.
    """
    if _PART_SUFFIX.search(path.name) and _DELIVERED_ROW in column_names(
        connection, raw_rows([path])
    ):
        found = connection.execute(
            f"select {_DELIVERED_ROW} from read_parquet({path_literal(path)}, "
            "file_row_number = true) where file_row_number = $row - 1",
            {"row": row},
        ).fetchone()
        if found is not None:
            return delivered_file(path), int(found[0])
    return path.name, row


class _InMemory:
    """The one database of this process in which files are read; to make one takes long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._database is None:
                self._database = duckdb.connect()
            return self._database.cursor()

    def forget(self) -> None:
        """Have the next reader make another: after a fatal error a database answers nobody."""
        with self._lock:
            self._database = None


_in_memory = _InMemory()


@contextmanager
def in_memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB connection with temporary tables of its own; clocks are in UTC."""
    with _in_memory.cursor() as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            yield connection
        except (duckdb.FatalException, duckdb.InternalException):
            _in_memory.forget()
            raise


@contextmanager
def reading(source: str, files: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB connection for reading a source's files and put its errors in our words.

    Raises:
        SourceError: A file is no valid Parquet or CSV; the message has DuckDB's own detail.
    """
    with in_memory() as connection:
        try:
            yield connection
        except duckdb.Error as error:
            detail = " ".join(str(error).split())[:600]
            raise SourceError(
                source,
                f"{files} cannot be read: {detail}",
                "compare the file with what the vendor delivered; a delivery that is being written "
                "is read by the next run.",
            ) from None


def take_in(
    store: ObjectStore, files: Sequence[StoredFile], dataset: Dataset, draft: Draft, source: str
) -> None:
    """Copy delivered files into a draft and count what they hold.

    Args:
        store: Where they are.
        files: The files of the period, in order.
        dataset: Their dataset.
        draft: The snapshot being written.
        source: Name of the source, for errors.

    Raises:
        UnchangedOriginError: Their tags are those of the current snapshot.
        SourceError: A file cannot be read, is there twice, or there is none.
    """
    if not files:
        raise SourceError(
            source,
            "the manifest names no file.",
            "wait for the next delivery; a delivery of nothing is never taken for zero cost.",
        )
    draft.stop_if_unchanged([file.tag for file in files])
    paths = [file.path for file in files]
    for file, name in zip(files, unique_names(paths), strict=True):
        _copy(store, file, name, draft, source)
    count_rows(dataset, draft, source)
    stop_at_same_bytes(dataset, draft, source, paths)


def _copy(store: ObjectStore, file: StoredFile, name: str, draft: Draft, source: str) -> None:
    with store.open(file.path) as stream:
        path = draft.add_copy(name, stream, file.tag)
    check_packed(path, file.path, source)


def check_packed(path: Path, shown: str, source: str) -> None:
    """Unpack a gzipped file to its end; DuckDB reads a part of one without a word.

    Raises:
        SourceError: It is cut off or damaged.
    """
    if path.suffix.lower() != ".gz":
        return
    try:
        with gzip.open(path) as unpacked:
            while unpacked.read(_CHUNK_BYTES):
                pass
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(
            source,
            f"{shown} is cut off or damaged: {error}.",
            "have the vendor deliver it again; a delivery that is being written is read by the "
            "next run.",
        ) from None


def unique_names(paths: Sequence[str]) -> list[str]:
    """Return a plain file name for each path; equal names in different folders get a number."""
    names: list[str] = []
    taken: set[str] = set()
    for number, path in enumerate(paths):
        name = "".join(c if c.isalnum() or c in "._-" else "_" for c in path.rsplit("/", 1)[-1])
        name = name[-_LONGEST_NAME:].lstrip(".") or "file"
        # Some file systems take upper and lower case for the same name.
        while name.casefold() in taken:
            name = f"{number:04d}-{name}"
        taken.add(name.casefold())
        names.append(name)
    return names


def count_rows(dataset: Dataset, draft: Draft, source: str) -> None:
    """Put rows and control totals of a draft's files on it.

    Raises:
        SourceError: A file cannot be read, or there is no column of money or of currencies.
    """
    paths = [draft.path / file.name for file in draft.files]
    names = ", ".join(path.name for path in paths)
    with reading(source, names) as connection:
        rows = dataset.rows(connection, paths)
        present = column_names(connection, rows)
        for name in (dataset.money_column, dataset.currency_column):
            if name is not None and name not in present:
                raise SourceError(
                    source,
                    f"{names}: the delivery has no column {name}.",
                    "give the bill as the vendor exports it, with its header line.",
                )
        totals = control_totals(connection, rows, dataset)
    draft.row_count, draft.totals = totals.row_count, totals.exact


def stop_at_same_bytes(dataset: Dataset, draft: Draft, source: str, origins: Sequence[str]) -> None:
    """Refuse a draft that holds one file under two names: its cost would count twice.

    Args:
        dataset: The dataset of the draft.
        draft: The draft, with its files in the order of their origins.
        source: Name of the source, for errors.
        origins: The paths that the files came from.
    """
    first: dict[str, str] = {}
    for file, origin in zip(draft.files, origins, strict=True):
        twin = first.setdefault(file.sha256, origin)
        if twin is not origin:
            _refuse_twin(dataset, draft.path / file.name, source, origin, f"is {twin} once more")


def _refuse_twin(dataset: Dataset, path: Path, source: str, origin: str, what: str) -> None:
    with reading(source, origin) as connection:
        totals = control_totals(connection, dataset.rows(connection, [path]), dataset)
    if totals.row_count == 0:
        return  # parts without rows are alike and harmless
    money = ", ".join(f"{total:f} {currency}" for currency, total in totals.exact.items())
    raise SourceError(
        source,
        f"{origin} {what}: {totals.row_count:,} row(s) that bill {money}.",
        "take one of the two away, or have the vendor deliver again; what both hold would be "
        "counted twice.",
    )


@dataclass(frozen=True)
class FileMonths:
    """A plain file and the rows that it holds of each month."""

    file: StoredFile
    months: dict[BillingPeriod, int]


class MonthFiles:
    """Plain files without a manifest, sorted into billing periods by a column of theirs.

    A file of one month is taken as it is. Of a file of several months, each month's rows become a
    Parquet file with the texts of the original.

    Args:
        store: Where the files are.
        source: The source that they are of.
        month_column: Returns the column that tells a row's billing period, from the columns of a
            file, or None when the file is of another kind.
        identity: Landed columns that files with different columns must share for their lines to be
            compared by what they share; without them such files are never taken for repeats.
    """

    def __init__(
        self,
        store: ObjectStore,
        source: SourceConfig,
        month_column: Callable[[Sequence[str]], str | None],
        identity: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._source = source.name
        self._kind = source.kind
        self._month_column = month_column
        self._identity = identity
        self._months: list[FileMonths] | None = None

    def periods(self, files: Sequence[StoredFile], scratch: Path) -> list[BillingPeriod]:
        """Return the periods of which the files hold rows."""
        return sorted({period for file in self._sorted(files, scratch) for period in file.months})

    def fetch(
        self,
        files: Sequence[StoredFile],
        dataset: Dataset,
        period: BillingPeriod,
        draft: Draft,
    ) -> None:
        """Take the rows of one period into a draft.

        Raises:
            UnchangedOriginError: The files' tags are those of the current snapshot.
            SourceError: A file cannot be read, or another file repeats it.
        """
        holding = [file for file in self._sorted(files, draft.path) if period in file.months]
        draft.stop_if_unchanged([file.file.tag for file in holding])
        paths = [file.file.path for file in holding]
        for held, name in zip(holding, unique_names(paths), strict=True):
            if len(held.months) == 1:
                _copy(self._store, held.file, name, draft, self._source)
            else:
                self._split(held.file, period, draft, name)
        count_rows(dataset, draft, self._source)
        stop_at_same_bytes(dataset, draft, self._source, paths)
        self._stop_at_repeats(dataset, draft, paths)

    def _stop_at_repeats(self, dataset: Dataset, draft: Draft, origins: Sequence[str]) -> None:
        """Refuse a file whose every line stands in another file too.

        No manifest says which of plain files count: one that was exported again in another format,
        or a month to date beside the whole month, would double its money.
        """
        if len(origins) < 2:
            return
        with reading(self._source, ", ".join(origins)) as connection:
            rows = [dataset.rows(connection, [draft.path / file.name]) for file in draft.files]
            presents = [set(column_names(connection, of_file)) for of_file in rows]
            shared = set.intersection(*presents)
            compared = [set.union(*presents)]
            if shared != compared[0] and self._identity and shared.issuperset(self._identity):
                compared.append(shared)
            repeats = {}
            for columns in compared:
                lines = [
                    self._line_hashes(connection, dataset, of_file, number, columns)
                    for number, of_file in enumerate(rows)
                ]
                connection.execute(
                    f"create or replace temp table line as {' union all '.join(lines)}"
                )
                repeats.update(dict.fromkeys(connection.execute(_REPEATED_FILES).fetchall()))
        for repeated, other in repeats:
            path = draft.path / draft.files[repeated].name
            what = f"holds no line that {origins[other]} does not hold as well"
            _refuse_twin(dataset, path, self._source, origins[repeated], what)

    def _line_hashes(
        self,
        connection: duckdb.DuckDBPyConnection,
        dataset: Dataset,
        rows: str,
        number: int,
        columns: Collection[str],
    ) -> str:
        present = column_names(connection, rows)
        values = []
        for name, declared in landed_columns(self._kind, dataset.name).items():
            text = f"cast({quoted(name)} as varchar)"
            if name not in present or name not in columns:
                values.append("null")
            elif is_number(declared):
                values.append(exact_amount(name))
            elif declared == "timestamp":
                values.append(timestamp_text(text))
            else:
                values.append(f"nullif({text}, '')")
        return f"select {number} as file, hash({', '.join(values)}) as line from ({rows})"

    def _sorted(self, files: Sequence[StoredFile], scratch: Path) -> list[FileMonths]:
        if self._months is None:
            # What a file was found to hold is kept: one with the same tag is not read again.
            memory = scratch / _MONTHS_MEMORY
            known = remembered_months(memory)
            self._months = []
            for file in files:
                months = known.get((file.path, file.tag))
                if months is None:
                    months = self._months_of(file, scratch)
                self._months.append(FileMonths(file, months))
            found = {(held.file.path, held.file.tag): held.months for held in self._months}
            if found != known:
                remember_months(memory, found)
        return self._months

    def _months_of(self, file: StoredFile, scratch: Path) -> dict[BillingPeriod, int]:
        with self._readable(file, scratch) as path, reading(self._source, file.path) as connection:
            check_packed(path, file.path, self._source)
            rows = raw_rows([path])
            column = self._month_column(list(column_names(connection, rows)))
            if column is None:
                raise SourceError(
                    self._source,
                    f"{file.path} has no column that tells the billing period.",
                    "give the bill as the vendor exports it, with its header line.",
                )
            month = month_of(column)
            counted = connection.execute(
                f"select {month}, count(*), min({quoted(column)}) from ({rows}) "
                "group by 1 order by 1"
            ).fetchall()
            if not counted:
                raise SourceError(
                    self._source,
                    f"{file.path} has no rows.",
                    "look at what the vendor delivered, or take the file away; an empty file is "
                    "never taken for zero cost.",
                )
            broken = [row for row in counted if row[0] is None]
            if broken:
                raise SourceError(
                    self._source,
                    f"{file.path}: column {column}: {broken[0][1]:,} row(s) have no billing period"
                    f" (for example {broken[0][2]!r}).",
                    "correct the file; a date is written as 2026-10-01 or 2026-10-01T00:00:00Z.",
                )
            return {BillingPeriod.of(as_date(row[0])): row[1] for row in counted}

    def _split(self, file: StoredFile, period: BillingPeriod, draft: Draft, name: str) -> None:
        with (
            self._readable(file, draft.path) as path,
            reading(self._source, file.path) as connection,
        ):
            check_packed(path, file.path, self._source)
            rows = raw_rows([path])
            column = self._month_column(list(column_names(connection, rows)))
            assert column is not None
            target = draft.path / f"{name}.{period.key}.parquet"
            connection.execute(
                f"copy (select * from (select *, row_number() over () as {_DELIVERED_ROW} "
                f"from ({rows})) where {month_of(column)} = $month) "
                f"to {path_literal(target)} (format parquet, compression zstd)",
                {"month": period.start},
            )
        draft.add_file(target, file.tag)

    @contextmanager
    def _readable(self, file: StoredFile, scratch: Path) -> Iterator[Path]:
        local = self._store.local_path(file.path)
        if local is not None:
            yield local
            return
        copy = scratch / f".{unique_names([file.path])[0]}"
        with self._store.open(file.path) as stream, copy.open("wb") as handle:
            while chunk := stream.read(_CHUNK_BYTES):
                handle.write(chunk)
        try:
            yield copy
        finally:
            copy.unlink(missing_ok=True)


# Pairs of files of which the second holds every line of the first, as often. A file's smallest and
# largest hash say cheaply which pairs are worth the comparison of all lines.
_REPEATED_FILES = """
    with ends as (
        select file, min(line) as first_line, max(line) as last_line from line group by file
    ),
    suspects as (
        select distinct ends.file, line.file as other
        from ends
        inner join line on line.line = ends.first_line and line.file <> ends.file
        where exists (
            select 1 from line as last
            where last.file = line.file and last.line = ends.last_line
        )
    ),
    counted as (
        select file, line, count(*) as times
        from line
        where file in (select file from suspects union select other from suspects)
        group by file, line
    )
    select suspects.file, suspects.other
    from suspects
    inner join counted as own on own.file = suspects.file
    left join counted as others
        on others.file = suspects.other and others.line = own.line and others.times >= own.times
    group by suspects.file, suspects.other
    having count(*) = count(others.line)
    order by suspects.file desc, suspects.other
"""

KnownMonths = dict[tuple[str, str], dict[BillingPeriod, int]]


def remembered_months(memory: Path) -> KnownMonths:
    """Return the months of the files that an earlier pull sorted, by path and tag."""
    try:
        files = json.loads(memory.read_text(encoding="utf-8"))
        return {
            (file["path"], file["tag"]): {
                BillingPeriod.parse(key): rows for key, rows in file["rows"].items()
            }
            for file in files
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # it only saves time


def remember_months(memory: Path, found: KnownMonths) -> None:
    """Keep the months of files, by path and tag; it only saves time."""
    files = [
        {"path": path, "tag": tag, "rows": {period.key: rows for period, rows in months.items()}}
        for (path, tag), months in found.items()
    ]
    temporary = memory.with_name(f"{memory.name}.partial")
    temporary.write_text(json.dumps(files, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(temporary, memory)


# Two digits before four: the pattern for four would read 4/1/25 as a day of the year 25.
_OTHER_TIMESTAMPS = (
    "%Y-%m-%dT%H:%MZ",
    *(
        f"%m/%d/{year}{clock}"
        for year in ("%y", "%Y")
        for clock in ("", " %H:%M", " %H:%M:%S", " %I:%M:%S %p")
    ),
)


def timestamp_of(text: str) -> str:
    """Return SQL for the UTC timestamp that a text means; NULL where it is none.

    ISO 8601 with or without an offset (without one it is UTC; Azure leaves out the seconds), and
    the month-first dates of spreadsheets. Only what begins with a year of four digits is read as
    ISO 8601: DuckDB alone would read 1/2/26 as a day of the year 1.
    """
    formats = ", ".join(f"'{pattern}'" for pattern in _OTHER_TIMESTAMPS)
    return (
        f"coalesce(case when regexp_matches({text}, '^[0-9]{{4}}[-/]') "
        f"then try_cast({text} as timestamptz) at time zone 'UTC' end, "
        # DuckDB reads the words epoch and infinity as well.
        f"case when regexp_matches({text}, '^[0-9]') then try_strptime({text}, [{formats}]) end)"
    )


def timestamp_text(text: str) -> str:
    """Return SQL for a timestamp as ISO text; what is none stays as it was, for landing to name."""
    return f"coalesce(cast({timestamp_of(text)} as varchar), {text})"


def month_of(column: str) -> str:
    """Return SQL for the first day of the month that a column's timestamp or text lies in."""
    text = f"cast({quoted(column)} as varchar)"
    return f"cast(date_trunc('month', {timestamp_of(text)}) as date)"


def as_date(value: date | datetime) -> date:
    """Return the day of a value that DuckDB gives as a date or a timestamp."""
    return value.date() if isinstance(value, datetime) else value
