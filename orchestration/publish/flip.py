"""Freeze and flip: the build file becomes the published file in one step."""

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

# Only these schemas are public. DuckDB keeps comments on tables and columns but not on schemas, so
# theirs are rows of the published table tollgate.public_schema.
PUBLIC_SCHEMAS = {
    "focus": "What the vendors billed, in the words of FOCUS 1.4: one row per charge.",
    "allocation": "Who carries each charge: splits, shares, the way from a charge to its owners.",
    "showback": "What each team and use case cost by day; statements and the journal of a month.",
    "unit_economics": "What one token, request or inference costs.",
    "planning": "What was planned: budgets against what was spent.",
    "governance": "Whether rules are kept: required tags, the register of models, FinOps KPIs.",
    "trust": "Whether the numbers hold: control totals, exceptions, restatements, freshness.",
    "reference": "The organisation's tables and the price book, with their dates.",
    "tollgate": "How this file was made: what every relation and period was made from.",
}

# The tables of the schema `tollgate`: what a row is, and what each column means.
_LINEAGE = {
    "period_key": (
        "One row per relation, source and billing period: the hash that names what was made, and "
        "what it was made from. The lineage that an auditor asks for.",
        {
            "relation": "Schema and name of the relation, published or not.",
            "source": "Name of the source; * where the relation spans all of them.",
            "billing_period": "First day of the month; NULL where the relation spans all of them.",
            "key": "Hash of relation, source, period, compiled SQL and the keys of the inputs.",
            "row_count": "Rows of a period file; NULL for tables of this file.",
            "inputs": "Relation, source, period and key of every input; a hash where it spans all.",
        },
    ),
    "made_from": (
        "One row: what this whole file was made from.",
        {"inputs_fingerprint": "Hash of the snapshots, the organisation's tables and the code."},
    ),
    "public_schema": (
        "One row per schema of this file.",
        {
            "schema_name": "The schema.",
            "description": "What its tables are about.",
        },
    ),
}


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
        # Tables that did not change would keep the metadata of the last checkpoint, in a way that
        # clients before 1.4 cannot read; so it is all written anew.
        connection.execute("set experimental_metadata_reuse = false")
        _drop_internal(connection)
        _describe_lineage(connection)
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


def _describe_lineage(connection: duckdb.DuckDBPyConnection) -> None:
    """Describe what dbt does not: the schemas, and the tables of the lineage."""
    connection.execute("create table tollgate.public_schema (schema_name text, description text)")
    connection.executemany(
        "insert into tollgate.public_schema values (?, ?)", list(PUBLIC_SCHEMAS.items())
    )
    for table, (description, columns) in _LINEAGE.items():
        connection.execute(f"comment on table tollgate.{table} is {_text(description)}")
        for column, meaning in columns.items():
            connection.execute(f"comment on column tollgate.{table}.{column} is {_text(meaning)}")


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
