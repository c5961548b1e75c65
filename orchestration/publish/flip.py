"""Freeze and flip: the build file becomes the published file in one step."""

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

# Only these schemas are public; `tollgate` keeps the period keys, the lineage an auditor asks for.
PUBLIC_SCHEMAS = (
    "focus",
    "allocation",
    "showback",
    "unit_economics",
    "trust",
    "reference",
    "tollgate",
)


@dataclass(frozen=True)
class Published:
    """What was published."""

    path: Path
    byte_count: int
    tables: int


def freeze_and_flip(build_path: Path, published_path: Path) -> Published:
    """Strip the build file to its public schemas and put it in the published file's place.

    The file is checkpointed, closed, fsynced and made read-only; the write-ahead log of the file
    before it is removed, because DuckDB would replay a stale one into the new file. Readers that
    hold the old file open keep reading it.

    Args:
        build_path: The audited build file; it is gone afterwards.
        published_path: The file that people open.
    """
    with duckdb.connect(str(build_path)) as connection:
        _drop_internal(connection)
        connection.execute("checkpoint")
        row = connection.execute("select count(*) from duckdb_tables()").fetchone()
        tables = row[0] if row else 0
    published_path.parent.mkdir(parents=True, exist_ok=True)
    with build_path.open("rb") as handle:
        os.fsync(handle.fileno())
    os.chmod(build_path, 0o444)
    build_path.with_name(build_path.name + ".wal").unlink(missing_ok=True)
    published_path.with_name(published_path.name + ".wal").unlink(missing_ok=True)
    byte_count = build_path.stat().st_size
    os.replace(build_path, published_path)
    _fsync_folder(published_path.parent)
    return Published(published_path, byte_count, tables)


def _drop_internal(connection: duckdb.DuckDBPyConnection) -> None:
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where not internal and schema_name <> 'main'"
    ).fetchall()
    for (schema,) in schemas:
        if schema not in PUBLIC_SCHEMAS:
            connection.execute(f'drop schema "{schema}" cascade')
    inner = connection.execute(
        "select table_name from duckdb_tables() "
        "where schema_name = 'tollgate' and table_name not in ('period_key', 'made_from')"
    ).fetchall()
    for (table,) in inner:
        connection.execute(f'drop table tollgate."{table}"')


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
