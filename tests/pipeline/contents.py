"""What an installation holds, in a form that two installations can be compared in."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.flip import PUBLIC_SCHEMAS
from tests.pipeline.conftest import Installation

# Columns that say when something happened, not what: they differ between two equal builds.
CLOCKS = frozenset(
    {
        "extracted_at",
        "failed_at",
        "BillingPeriodCreated",
        "BillingPeriodLastUpdated",
        "InvoiceDetailCreated",
        "InvoiceDetailLastUpdated",
    }
)

# Keys and what they were made from hold the order in which snapshots came (and absolute paths);
# which periods there are, and how many rows each has, is compared.
KEYS = frozenset({"key", "inputs"})

Content = Mapping[str, Counter[tuple[Any, ...]]]
PeriodKey = tuple[str, str, str]


def content(installation: Installation, *, without: Collection[str] = ()) -> Content:
    """Return the rows of every published table and view, and how often each is there.

    Left out are clocks and keys (above) and the fingerprint of the inputs, which names paths. Of a
    snapshot's id its sequence number is left out: it counts how often a vendor delivered. Paths
    lose the installation's own folder.

    Args:
        installation: The installation; something must be published.
        without: Tables to leave out, as ``schema.name``.
    """
    with installation.open() as connection:
        schemas = ", ".join(f"'{schema}'" for schema in PUBLIC_SCHEMAS)
        described = connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type, is_nullable, comment "
            f"from duckdb_columns() where schema_name in ({schemas}) order by all"
        ).fetchall()
        columns: dict[str, list[str]] = {}
        for table, column, *_ in described:
            if column not in CLOCKS | KEYS and table not in {"tollgate.made_from", *without}:
                columns.setdefault(table, []).append(column)
        found = {"columns and what they mean": Counter(described)}
        for table, names in columns.items():
            chosen = ", ".join(_comparable(table, name, installation) for name in names)
            found[table] = Counter(connection.execute(f"select {chosen} from {table}").fetchall())
    return found


def _comparable(table: str, column: str, installation: Installation) -> str:
    name = f'"{column}"'
    if column.lower().endswith("snapshot_id") or column.lower().endswith("snapshotid"):
        return f"regexp_replace({name}, '^[0-9]+-', '')"
    if column == "row_count" and table == "tollgate.period_key":
        # Of snapshots it counts the deliveries.
        return "case when relation <> 'tollgate.snapshot' then row_count end"
    if column == "origin":
        return f"replace({name}, '{installation.root}', '')"
    return name


def assert_same_content(one: Content, other: Content) -> None:
    """Compare table by table, as sorted multisets, and name the first row that differs."""
    assert sorted(one) == sorted(other)
    for table in one:
        only_one, only_other = one[table] - other[table], other[table] - one[table]
        assert not only_one and not only_other, (
            f"{table}: {sum(only_one.values())} row(s) only here, such as "
            f"{next(iter(only_one), None)}; {sum(only_other.values())} only there, such as "
            f"{next(iter(only_other), None)}"
        )


def period_files(installation: Installation) -> dict[str, tuple[int, int]]:
    """Return inode and modification time of every period file on disk, by its path."""
    warehouse = installation.settings.warehouse_dir
    return {
        str(path.relative_to(warehouse)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in warehouse.glob("*/*/*/*/*.parquet")
    }


def written(
    before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]
) -> set[tuple[str, str, str]]:
    """Return (model, source, period) of the files that are new or were written again."""
    found = set()
    for path in after:
        if after[path] != before.get(path):
            _, model, source, period, _ = path.split("/")
            found.add((model, source.split("=")[1], period.split("=")[1]))
    return found


def period_keys(installation: Installation) -> dict[PeriodKey, str]:
    """Return the published keys by relation, source and month (``*`` where there is none)."""
    rows = installation.query(
        "select relation, source, coalesce(strftime(billing_period, '%Y-%m'), '*'), key "
        "from tollgate.period_key"
    )
    keys = {(relation, source, period): key for relation, source, period, key in rows}
    assert len(keys) == len(rows)
    return keys


def changed(before: Mapping[PeriodKey, str], after: Mapping[PeriodKey, str]) -> set[PeriodKey]:
    """Return what came, went or is made from something else now."""
    return {place for place in {*before, *after} if before.get(place) != after.get(place)}


def leftovers(installation: Installation) -> list[str]:
    """Return what an interrupted run may leave on disk and a finished one must not."""
    data, warehouse = installation.data, installation.settings.warehouse_dir
    named = {key for (key,) in installation.query("select distinct key from tollgate.period_key")}
    left = [
        *data.rglob(".partial-*"),
        *warehouse.rglob("tmp_*"),
        *warehouse.glob("build.*"),
        *(warehouse / "dbt_target").glob("*"),
        *installation.published_path.parent.glob("*.wal"),
    ]
    assert named
    return sorted(str(path.relative_to(data)) for path in left)


def texts_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every file below a folder and all that can be read in it.

    Packed files are unpacked; of Parquet and DuckDB files the rows are read as well as the bytes.
    """
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = str(path.relative_to(folder))
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        yield name, f"{name}\n{content.decode('utf-8', 'replace')}"
        if path.suffix == ".parquet":
            with duckdb.connect() as connection:
                rows = connection.execute(f"select * from read_parquet('{path}')").fetchall()
            yield name, repr(rows)
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute(
                    "select table_schema, table_name from information_schema.tables"
                ).fetchall()
                for schema, table in tables:
                    rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
                    yield f"{name} {schema}.{table}", repr(rows)
