"""The published file as an analyst or a BI tool finds it."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.publish.flip import PUBLIC_SCHEMAS
from orchestration.settings import PROJECT_DIR
from tests.pipeline.conftest import Installation

OLDEST_DUCKDB = PROJECT_DIR / ".oldest-duckdb"

# Door 3 and 4 have no schema here: analysts read marts.
DOMAINS = {
    "focus",
    "allocation",
    "showback",
    "unit_economics",
    "planning",
    "governance",
    "trust",
    "reference",
}


def test_every_schema_is_public_and_described(published: Installation) -> None:
    found = {
        row[0]
        for row in published.query(
            "select distinct schema_name from duckdb_tables() union "
            "select distinct schema_name from duckdb_views() where not internal"
        )
    }
    assert found == set(PUBLIC_SCHEMAS) == DOMAINS | {"tollgate"}
    described = dict(published.query("select * from tollgate.public_schema"))
    assert set(described) == found
    assert all(len(words) > 30 for words in described.values())


def test_every_table_and_column_is_described(published: Installation) -> None:
    tables = published.query(
        "select schema_name, table_name, comment from duckdb_tables() union all "
        "select schema_name, view_name, comment from duckdb_views() where not internal"
    )
    assert len(tables) > 15
    assert [row for row in tables if not row[2]] == []
    columns = published.query(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where not internal"
    )
    assert len(columns) > 300
    assert [row for row in columns if not row[3]] == []


def test_columns_are_flat_and_no_number_is_a_float(published: Installation) -> None:
    types = {
        row[0]
        for row in published.query(
            "select distinct data_type from duckdb_columns() where not internal"
        )
    }
    unknown_to_bi = [name for name in types if re.search(r"MAP|STRUCT|\[\]|UNION|JSON", name)]
    assert unknown_to_bi == []
    assert types & {"DOUBLE", "FLOAT", "REAL"} == set()


def test_the_file_is_read_only_and_whole_without_a_log(published: Installation) -> None:
    mode = stat.S_IMODE(published.published_path.stat().st_mode)
    assert mode == 0o444
    assert list(published.published_path.parent.glob("*.wal")) == []


def test_clients_from_1_0_on_can_open_the_storage_format(published: Installation) -> None:
    """Storage version 64 is what DuckDB 1.0 reads; it stands after the magic bytes."""
    header = published.published_path.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64


@pytest.mark.skipif(
    not OLDEST_DUCKDB.exists(), reason="no oldest DuckDB here (make oldest-duckdb installs it)"
)
def test_the_oldest_client_reads_every_table_as_the_newest_does(published: Installation) -> None:
    """The header may promise what blocks, written by a newer DuckDB, do not keep."""
    asked = """
        select schema_name, table_name as name from duckdb_tables() union all
        select schema_name, view_name from duckdb_views() where not internal order by all
    """
    read = f"""
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    found = {{"version": duckdb.__version__}}
    for schema, name in connection.execute({asked!r}).fetchall():
        table = f'"{{schema}}"."{{name}}"'
        columns = connection.execute(f"describe {{table}}").fetchall()
        # Every value is read: each column's count and its greatest text.
        values = ", ".join(f'count("{{c[0]}}"), max(cast("{{c[0]}}" as varchar))' for c in columns)
        row = connection.execute(f"select {{values}} from {{table}}").fetchone()
        found[table] = [str(value) for value in row]
    print(json.dumps(found))
"""

    def said(paths: Path | None) -> dict[str, object]:
        environment = os.environ | ({"PYTHONPATH": str(paths)} if paths else {})
        answer = subprocess.run(
            [sys.executable, "-c", read, str(published.published_path)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        found: dict[str, object] = json.loads(answer.stdout)
        return found

    oldest, newest = said(OLDEST_DUCKDB), said(None)
    assert str(oldest.pop("version")) < "1.2" and newest.pop("version") == duckdb.__version__
    assert len(newest) > 50
    assert oldest == newest


def test_views_name_no_database_and_no_file(published: Installation, tmp_path: object) -> None:
    views = published.query("select sql from duckdb_views() where not internal")
    assert views
    for (sql,) in views:
        assert "build" not in sql and "read_parquet" not in sql
    # Under any other name, as a BI tool attaches it, everything can be read.
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published.published_path}' as finance (read_only)")
        connection.execute("use finance")
        for schema, name in published.query(
            "select schema_name, view_name from duckdb_views() where not internal"
        ):
            connection.execute(f'select * from "{schema}"."{name}" limit 1').fetchall()


def test_the_readme_s_questions_can_be_asked(published: Installation) -> None:
    readme = (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
    questions = re.findall(r"```sql\n(.*?)```", readme, flags=re.DOTALL)
    assert len(questions) >= 5
    for question in questions:
        published.query(question)
