"""Meters that leave files: each file's calls become a Parquet part, and a call counts once.

A file is read once, from where it lies and without a copy of it: it may hold what people wrote.
Its calls go to ``data/extracted/<source>/.parts-<fingerprint>/<name>/<month>.parquet``, typed and
by the allow-list of ``metered_calls``; a month's snapshot takes those parts over without copying
them. Exports overlap and repeat calls that changed meanwhile, so of the records of one call the
one that changed last counts, and of equals the one of the later file.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.extract.delivered_files import (
    column_names,
    count_rows,
    in_memory,
    raw_rows,
    unique_names,
)
from orchestration.extract.landed_rows import path_list, path_literal
from orchestration.extract.metered_calls import (
    CALL_FILE,
    CallFormat,
    allow_pseudonyms,
    calls_sql,
    from_objects,
    json_lines,
    reading_fingerprint,
    tag_keys,
)
from orchestration.extract.object_store import ObjectStore, StoredFile
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, PullContext, SourceConfig, SourceError

_PARQUET = (".parquet",)
_TEXT = (".csv", ".csv.gz")
_JSON = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", ".json.gz")
_CHUNK_BYTES = 1 << 20
# Files that are read in one statement: to plan it takes longer than to read a small file.
_BYTES_TOGETHER = 16 << 20
_FILES_TOGETHER = 64
_MONTHS = "months.json"
_FILE = "tollgate_file"
# Before this day nobody metered calls; a clock that says so is not set.
_FIRST_CLOCK = date(2020, 1, 1)


@dataclass(frozen=True)
class FileGroup:
    """Files that are read together and become one part a month.

    Attributes:
        name: Path of the group; groups come in its order.
        files: The files.
    """

    name: str
    files: tuple[StoredFile, ...]

    @property
    def tag(self) -> str:
        """What changes when the content of any of the files does."""
        said = "\n".join(f"{file.path} {file.tag}" for file in self.files)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class MeterFiles:
    """An open set of a meter's files.

    Args:
        source: The source.
        context: What a pull may know of the installation.
        form: How the meter writes a call.
        group: Returns the name of a file's group from its path; each file alone by default.
        objects: SQL of a JSON file's calls in place of its own objects, for formats that nest them;
            takes the path as a literal.
        is_calls: Says whether a file holds calls, by its path.
    """

    def __init__(
        self,
        source: SourceConfig,
        context: PullContext,
        form: CallFormat,
        *,
        group: Callable[[str], str] = lambda path: path,
        objects: Callable[[str], str] = json_lines,
        is_calls: Callable[[str], bool] = lambda path: True,
    ) -> None:
        self._source = source
        self._context = context
        self._form = form
        self._group, self._objects, self._is_calls = group, objects, is_calls
        self._tags = tag_keys(source)
        self._store = ObjectStore(source)
        self._fingerprint = reading_fingerprint(source, context.pseudonym_key)
        self._parts_dir = context.extracted_dir / source.name / f".parts-{self._fingerprint}"
        self._months: dict[FileGroup, list[BillingPeriod]] | None = None

    def periods(self) -> list[BillingPeriod]:
        """Return the months of which the files hold calls."""
        return sorted({period for months in self._sorted().values() for period in months})

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Take over the month's parts, each call once."""
        groups = [group for group, months in self._sorted().items() if period in months]
        draft.origin = self._source.url
        tags = [f"{group.tag} {self._fingerprint}" for group in groups]
        draft.stop_if_unchanged(tags)
        parts = [self._part_dir(group) / f"{period.key}.parquet" for group in groups]
        names = [f"{name}.parquet" for name in unique_names([group.name for group in groups])]
        take_over_parts(draft, list(zip(names, parts, tags, strict=True)))
        count_rows(dataset, draft, self._source.name)

    def _sorted(self) -> dict[FileGroup, list[BillingPeriod]]:
        if self._months is None:
            groups = self._groups()
            unread = [group for group in groups if not (self._part_dir(group) / _MONTHS).exists()]
            for together in self._read_together(unread):
                self._read(together)
            self._months = {group: self._months_of(group) for group in groups}
            if not any(self._months.values()):
                raise SourceError(
                    self._source.name,
                    f"the {len(groups)} file(s) of {self._source.url} hold no call.",
                    "look at what the meter exported; no calls at all are never taken for no use.",
                )
            self._forget_other_parts(groups)
        return self._months

    def _groups(self) -> list[FileGroup]:
        by_name: dict[str, list[StoredFile]] = {}
        for file in self._store.files():
            if file.path.lower().endswith((*_PARQUET, *_TEXT, *_JSON)) and self._is_calls(
                file.path
            ):
                by_name.setdefault(self._group(file.path), []).append(file)
        if not by_name:
            raise SourceError(
                self._source.name,
                f"{self._source.url} holds no Parquet, CSV or JSON file of this meter.",
                "point the url at the folder that the meter exports to.",
            )
        return [FileGroup(name, tuple(files)) for name, files in sorted(by_name.items())]

    def _part_dir(self, group: FileGroup) -> Path:
        name = hashlib.sha256(f"{group.name} {group.tag}".encode()).hexdigest()[:24]
        return self._parts_dir / name

    def _months_of(self, group: FileGroup) -> list[BillingPeriod]:
        keys = json.loads((self._part_dir(group) / _MONTHS).read_bytes())
        return [BillingPeriod.parse(key) for key in keys]

    def _read_together(self, groups: Sequence[FileGroup]) -> Iterator[list[FileGroup]]:
        """Yield the groups in order, as many together as are small enough."""
        together: list[FileGroup] = []
        bytes_count = files_count = 0
        for group in groups:
            size = sum(file.size for file in group.files)
            is_small = size <= _BYTES_TOGETHER and all(map(self._may_be_together, group.files))
            bytes_count += size
            files_count += len(group.files)
            is_full = bytes_count > _BYTES_TOGETHER or files_count > _FILES_TOGETHER
            if together and (is_full or not is_small):
                yield together
                together, bytes_count, files_count = [], size, len(group.files)
            together.append(group)
            if not is_small:
                yield together
                together, bytes_count, files_count = [], 0, 0
        if together:
            yield together

    def _may_be_together(self, file: StoredFile) -> bool:
        """Say whether a file's columns are known and it need not be fetched first."""
        return file.path.lower().endswith(_JSON) and self._store.local_path(file.path) is not None

    def _read(self, groups: Sequence[FileGroup]) -> None:
        """Write the parts of groups of files."""
        try:
            with reading_calls(self._source.name, self._context.pseudonym_key) as connection:
                calls_in_hand = self._calls_in_hand(connection, groups) if len(groups) > 1 else {}
                for group in groups:
                    with self._part_of(group) as folder:
                        self._write_parts(connection, group, calls_in_hand, folder)
        except (duckdb.Error, SourceError):
            if len(groups) == 1:
                raise
            # Which of them cannot be read is said when each is read alone.
            for group in groups:
                self._read([group])

    @contextmanager
    def _part_of(self, group: FileGroup) -> Iterator[Path]:
        """Yield the folder for a group's parts; it takes its place when all are written."""
        place = self._part_dir(group)
        unfinished = place.with_name(f".{place.name}")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            yield unfinished
            os.replace(unfinished, place)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _write_parts(
        self,
        connection: duckdb.DuckDBPyConnection,
        group: FileGroup,
        calls_in_hand: Mapping[StoredFile, str],
        folder: Path,
    ) -> None:
        written = []
        for number, file in enumerate(group.files):
            with self._in_words(file), self._calls(connection, file, calls_in_hand) as calls:
                part = folder / f"file-{number}.parquet"
                connection.execute(f"copy ({calls}) to {path_literal(part)} {CALL_FILE}")
                written.append(part)
        months = split_by_month(connection, written, folder, self._context.today)
        (folder / _MONTHS).write_text(json.dumps([month.key for month in months]))

    def _calls_in_hand(
        self, connection: duckdb.DuckDBPyConnection, groups: Sequence[FileGroup]
    ) -> dict[StoredFile, str]:
        """Read the calls of small JSON files in one statement; return SQL of those of each."""
        files = [file for group in groups for file in group.files]
        objects = []
        for number, file in enumerate(files):
            with self._readable(connection, file) as path:
                objects.append(f"select json, {number} as {_FILE} from {self._objects(path)}")
        relation, present = from_objects(
            f"({' union all '.join(objects)})", self._form.columns(), [_FILE]
        )
        # Apart from the files: each of them would take the memory of the whole statement.
        connection.execute(f"create temp table records_in_hand as select * from {relation}")
        calls = calls_sql(
            "records_in_hand", present, self._form, self._tags, self._context.today, [_FILE]
        )
        connection.execute(f"create temp table calls_in_hand as {calls}")
        connection.execute("drop table records_in_hand")
        return {
            file: f"select * exclude ({_FILE}) from calls_in_hand where {_FILE} = {number}"
            for number, file in enumerate(files)
        }

    @contextmanager
    def _calls(
        self,
        connection: duckdb.DuckDBPyConnection,
        file: StoredFile,
        calls_in_hand: Mapping[StoredFile, str],
    ) -> Iterator[str]:
        """Yield SQL of a file's landed calls."""
        if file in calls_in_hand:
            yield calls_in_hand[file]
            return
        with self._readable(connection, file) as path:
            relation, present = self._records(connection, file, path)
            self._check_columns(file, present)
            yield calls_sql(relation, present, self._form, self._tags, self._context.today)

    def _records(
        self, connection: duckdb.DuckDBPyConnection, file: StoredFile, path: str
    ) -> tuple[str, Mapping[str, str]]:
        """Return SQL of a file's records, and their columns."""
        if file.path.lower().endswith(_JSON):
            return from_objects(self._objects(path), self._form.columns())
        sql = f"({raw_rows([path])})"
        return sql, column_names(connection, f"select * from {sql}")

    def _check_columns(self, file: StoredFile, present: Mapping[str, str]) -> None:
        if file.path.lower().endswith(_JSON):
            return  # an object leaves out what it does not know; the defects tell
        held = {name.lower() for name in present}
        for ours, names in self._form.required.items():
            if not held & {name.lower() for name in names}:
                raise SourceError(
                    self._source.name,
                    f"{file.path} has no column {' or '.join(names)} ({ours}).",
                    "export it as the meter names it; without it nothing can be counted.",
                )

    @contextmanager
    def _readable(self, connection: duckdb.DuckDBPyConnection, file: StoredFile) -> Iterator[str]:
        """Yield where DuckDB reads a file from: its own place, or memory; never a copy on disk."""
        is_packed = file.path.lower().endswith(".gz")
        local = self._store.local_path(file.path)
        if local is not None:
            if is_packed:
                with local.open("rb") as handle:
                    self._check_packed(file, gzip.GzipFile(fileobj=handle))
            yield str(local)
            return
        with self._store.in_memory(file.path) as memory:
            if is_packed:
                with memory.open() as handle:
                    self._check_packed(file, gzip.GzipFile(fileobj=handle))
            connection.register_filesystem(memory.filesystem)
            try:
                yield memory.url
            finally:
                connection.unregister_filesystem("memory")

    def _check_packed(self, file: StoredFile, unpacked: gzip.GzipFile) -> None:
        """Unpack to the end; DuckDB reads a part of a file without a word."""
        try:
            while unpacked.read(_CHUNK_BYTES):
                pass
        except (EOFError, OSError, zlib.error) as error:
            raise SourceError(
                self._source.name,
                f"{file.path} is cut off or damaged: {error}.",
                "have the meter export it again; one that is being written is read by the next "
                "run.",
            ) from None

    @contextmanager
    def _in_words(self, file: StoredFile) -> Iterator[None]:
        """Say where a file cannot be read without repeating what stands there."""
        try:
            yield
        except duckdb.Error as error:
            line = re.search(r"in line (\d+)|on Line: (\d+)", str(error))
            where = f", near line {line[1] or line[2]}" if line else ""
            raise SourceError(
                self._source.name,
                f"{file.path}{where}: it is no valid {Path(file.path).suffixes[0][1:]} file "
                f"({type(error).__name__}).",
                "have the meter export it again; one that is being written is read by the next "
                "run.",
            ) from None

    def _forget_other_parts(self, groups: Sequence[FileGroup]) -> None:
        """Remove parts of files that are gone, and of other ways of reading."""
        wanted = {self._part_dir(group) for group in groups}
        for folder in self._parts_dir.parent.glob(".parts-*/*"):
            if folder not in wanted:
                shutil.rmtree(folder)


@contextmanager
def reading_calls(source: str, pseudonym_key: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB for reading a meter's records; it may not put anything aside on disk."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set temp_directory = ''")
        allow_pseudonyms(connection, pseudonym_key)
        yield connection


def split_by_month(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], folder: Path, today: date
) -> list[BillingPeriod]:
    """Make one part a month of files of landed calls, and return the months.

    A call whose clock is missing or impossible is not counted anyway; it is put beside the others.
    """
    listed = path_list(files)
    plausible = f"started_at >= timestamp '{_FIRST_CLOCK}' and started_at < timestamp '{today}'"
    row = connection.execute(
        f"select count(*), max(started_at) filter (where {plausible}), "
        f"count(*) filter (where ({plausible}) is not true) from read_parquet({listed})"
    ).fetchone()
    assert row is not None
    calls_count, latest, misplaced_count = row
    if not calls_count:
        return []
    placed = f"select * from read_parquet({listed})"
    if misplaced_count:
        # "the clock is wrong" is said of those whose clock could be read
        beside = "timestamp '" + str(latest or f"{today.replace(day=1)} 00:00:00") + "'"
        placed = (
            f"select * replace (case when {plausible} then started_at else {beside} end as "
            "started_at, case when "
            f"({plausible}) is not true then concat_ws('; ', defects, 'its time is not known') "
            f"else defects end as defects) from read_parquet({listed})"
        )
    months = [
        BillingPeriod.of(found[0])
        for found in connection.execute(
            f"select distinct cast(date_trunc('month', started_at) as date) from ({placed}) "
            "order by 1"
        ).fetchall()
    ]
    for month in months:
        target = folder / f"{month.key}.parquet"
        if len(months) == 1 and len(files) == 1 and not misplaced_count:
            os.replace(files[0], target)
            return months
        connection.execute(
            f"copy (select * from ({placed}) where started_at >= timestamp '{month.start}' "
            f"and started_at < timestamp '{month.end}') "
            f"to {path_literal(target)} {CALL_FILE}"
        )
    for file in files:
        file.unlink()
    return months


def take_over_parts(draft: Draft, parts: Sequence[tuple[str, Path, str]]) -> None:
    """Put parts into a draft, without the records of calls that a later record replaces.

    Args:
        draft: The draft.
        parts: Name in the snapshot, file and origin tag of each part, oldest first.
    """
    ordinals = {str(path): ordinal for ordinal, (_, path, _) in enumerate(parts)}
    listed = path_list([path for _, path, _ in parts])
    with in_memory() as connection:
        # By hashes, which are a third of the ids: two ids of one hash are told apart below.
        connection.execute(
            "create temp table repeated as select hash(call_id) as call_hash "
            f"from read_parquet({listed}) group by all having count(*) > 1"
        )
        connection.execute("create temp table part (filename varchar, ordinal integer)")
        connection.executemany("insert into part values (?, ?)", list(ordinals.items()))
        connection.execute(
            f"""
            create temp table replaced as
            select ordinal, file_row_number
            from (
                select
                    part.ordinal,
                    calls.file_row_number,
                    row_number() over (
                        partition by calls.call_id
                        order by
                            calls.changed_at desc nulls last,
                            part.ordinal desc,
                            calls.file_row_number desc
                    ) as place
                from read_parquet({listed}, filename = true, file_row_number = true) as calls
                inner join part using (filename)
                where hash(calls.call_id) in (select call_hash from repeated)
            )
            where place > 1
            """
        )
        losing = {
            row[0] for row in connection.execute("select distinct ordinal from replaced").fetchall()
        }
        for ordinal, (name, path, tag) in enumerate(parts):
            target = draft.path / name
            if ordinal in losing:
                connection.execute(
                    f"copy (select calls.* exclude (file_row_number) from read_parquet("
                    f"{path_list([path])}, file_row_number = true) as calls "
                    f"anti join (select file_row_number from replaced where ordinal = {ordinal}) "
                    f"as gone using (file_row_number)) "
                    f"to {path_literal(target)} {CALL_FILE}"
                )
            else:
                os.link(path, target)
            draft.add_file(target, tag)
