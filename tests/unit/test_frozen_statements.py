"""Frozen statements: whole or not there, verified to the byte, read back as they were frozen."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest

from orchestration.publish import statements
from orchestration.publish.dbt_manifest import load_manifest
from orchestration.publish.statements import (
    closed_shapes,
    closed_versions,
    freeze,
    kept_keys,
    reopen,
    verify_statements,
    write_closed_inputs,
)
from orchestration.settings import DBT_PROJECT_DIR

LINES = "fct_stated_cost_monthly"
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
SHAPES = closed_shapes(load_manifest(DBT_PROJECT_DIR))
LINE_COLUMNS = SHAPES["closed_statement"]
FACTS = {"closed_at": "2026-10-05T08:00:00+00:00", "code_version": "code"}
THIRD = Decimal("33.333333333300000000000001")


class Books:
    """A published file with a few statement lines, and the folder of frozen statements."""

    def __init__(self, root: Path) -> None:
        self.published = root / "published" / "warehouse.duckdb"
        self.statements = root / "published" / "statements"
        self.warehouse = root / "warehouse"
        self.published.parent.mkdir()
        columns = ", ".join(f"{name} {kind}" for name, kind in LINE_COLUMNS.items())
        with duckdb.connect(str(self.published)) as connection:
            connection.execute(
                f"""
                create schema showback; create schema trust; create schema tollgate;
                create schema allocation;
                create table showback.fct_stated_cost_monthly ({columns});
                create table trust.rpt_closed_period (
                    billing_period date, statement_version integer, manifest_sha256 varchar,
                    reopened_at timestamp
                );
                create table tollgate.period_key (
                    relation varchar, source varchar, billing_period date, key varchar
                );
                insert into tollgate.period_key values
                    ('land.aws__lines', 'aws', '2026-09-01', 'snapshot-1'),
                    ('conform.charges', 'aws', '2026-09-01', 'key-9'),
                    ('conform.charges', 'aws', '2026-10-01', 'key-10'),
                    ('org.owner', '*', '2026-09-01', 'owners'),
                    ('seed.ai_price', '*', null, 'prices');
                create table allocation.fct_allocation_trace (
                    billing_period date, rule_id varchar, rule_version integer
                );
                insert into allocation.fct_allocation_trace values
                    ('2026-09-01', 'tax', 1), ('2026-10-01', 'tax', 2), ('2026-09-01', null, null);
                """
            )
        self.line(SEPTEMBER, "search", Decimal("100.5"))
        self.line(SEPTEMBER, "ads", THIRD)
        self.line(OCTOBER, "search", Decimal(7))

    def line(self, period: date, owner: str, billed: Decimal, **changed: Any) -> None:
        given = {
            "billing_period": period,
            "line_kind": "cost",
            "statement_state": "open",
            "source": "aws",
            "outcome": "owned",
            "owner_id": owner,
            "x_basis": "billed",
            "billing_currency": "USD",
            "billed_cost": billed,
        } | changed
        with duckdb.connect(str(self.published)) as connection:
            connection.execute(
                f"insert into showback.fct_stated_cost_monthly ({', '.join(given)}) "
                f"values ({', '.join('?' for _ in given)})",
                [*given.values()],
            )

    def freeze(self, period: date = SEPTEMBER, version: int = 1) -> statements.ClosedVersion:
        return freeze(self.statements, self.published, period, version, FACTS)

    def record(self) -> None:
        """Let the published file say what is closed, as the next run does."""
        with duckdb.connect(str(self.published)) as connection:
            connection.execute("delete from trust.rpt_closed_period")
            for closed in closed_versions(self.statements):
                connection.execute(
                    "insert into trust.rpt_closed_period values (?, ?, ?, ?)",
                    [
                        closed.period,
                        closed.version,
                        closed.manifest_sha256,
                        None if closed.is_in_force else "2026-10-09 10:00:00",
                    ],
                )

    def wrong(self) -> list[str]:
        return [str(found) for found in verify_statements(self.statements, self.published)]

    def read_back(self, name: str) -> list[tuple[Any, ...]]:
        write_closed_inputs(closed_versions(self.statements), self.warehouse, SHAPES)
        path = self.warehouse / "inputs" / f"{name}.parquet"
        return duckdb.sql(f"select * from read_parquet('{path}') order by all").fetchall()


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


def test_a_manifest_says_what_was_frozen_and_from_what(books: Books) -> None:
    closed = books.freeze()
    manifest = closed.manifest
    assert (manifest["period"], manifest["version"]) == ("2026-09", 1)
    parquet, csv = manifest["files"]
    assert (parquet["path"], csv["path"]) == (
        "fct_stated_cost_monthly.parquet",
        "fct_stated_cost_monthly.csv",
    )
    assert parquet["rows"] == 2
    assert parquet["totals"]["USD"]["billed_cost"] == "133.833333333300000000000001"
    assert parquet["totals"]["USD"]["list_cost"] is None
    assert manifest["snapshots"] == [
        {"relation": "land.aws__lines", "source": "aws", "snapshot_id": "snapshot-1"}
    ]
    assert manifest["rules"] == [{"rule_id": "tax", "rule_version": 1}]
    assert manifest["organisation_tables"] == {"owner": "owners"}
    assert manifest["price_book"] == {"ai_price": "prices"}
    assert manifest["code_version"] == "code"
    assert kept_keys([closed]) == {"key-9"}
    assert "33.333333333300000000000001" in (closed.folder / csv["path"]).read_text()


def test_frozen_files_are_read_only(books: Books) -> None:
    folder = books.freeze().folder
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


def test_frozen_lines_are_read_back_to_the_last_digit_under_their_version(books: Books) -> None:
    books.freeze()
    names = list(LINE_COLUMNS)
    rows = [dict(zip(names, row, strict=True)) for row in books.read_back("closed_statement")]
    assert [(row["owner_id"], row["billed_cost"]) for row in rows] == [
        ("ads", THIRD),
        ("search", Decimal("100.5")),
    ]
    assert {(row["statement_state"], row["statement_version"]) for row in rows} == {("closed", 1)}


def test_what_dbt_reads_does_not_change_when_nothing_happened(books: Books) -> None:
    books.freeze()
    books.read_back("closed_statement")
    first = [path.read_bytes() for path in sorted((books.warehouse / "inputs").iterdir())]
    books.read_back("closed_statement")
    assert [path.read_bytes() for path in sorted((books.warehouse / "inputs").iterdir())] == first


def test_a_column_that_an_older_statement_lacks_is_unknown_and_one_more_is_left_out(
    books: Books,
) -> None:
    with duckdb.connect(str(books.published)) as connection:
        connection.execute(f"alter table showback.{LINES} drop column use_case")
        connection.execute(f"alter table showback.{LINES} add column persona varchar")
    books.freeze()
    rows = books.read_back("closed_statement")
    assert {row[list(LINE_COLUMNS).index("use_case")] for row in rows} == {None}


def test_a_reopened_month_has_no_frozen_lines_until_it_is_closed_again(books: Books) -> None:
    first = books.freeze()
    reopen(first, "wrong owner", "2026-10-09T10:00:00+00:00")
    assert books.read_back("closed_statement") == []
    assert [row[1:3] for row in books.read_back("closed_period")] == [(1, False)]
    books.line(SEPTEMBER, "shop", Decimal(3))
    books.freeze(version=2)
    assert len(books.read_back("closed_statement")) == 3
    assert [row[1:3] for row in books.read_back("closed_period")] == [(1, False), (2, True)]
    assert first.folder.is_dir() and books.wrong() == []


class Killed(BaseException):
    """The process is gone: nothing after it is done, nothing cleans up."""


def dying_after(steps: int) -> Iterator[None]:
    """Count what writes to the disk, and die before the step after so many."""
    done = 0

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal done
            if done == steps:
                raise Killed
            done += 1
            return original(*arguments, **named)

        return call

    with (
        mock.patch.object(os, "fsync", counted(os.fsync)),
        mock.patch.object(os, "chmod", counted(os.chmod)),
        mock.patch.object(os, "rename", counted(os.rename)),
        mock.patch.object(Path, "write_text", counted(Path.write_text)),
        mock.patch.object(Path, "mkdir", counted(Path.mkdir)),
        mock.patch.object(statements, "_hash", counted(statements._hash)),
    ):
        yield


def test_a_closing_that_is_killed_leaves_no_version_or_the_whole_one(tmp_path: Path) -> None:
    template = Books(tmp_path)
    outcomes = []
    for steps in range(100):
        root = tmp_path / str(steps)
        root.mkdir()
        shutil.copytree(template.published.parent, root / "published")
        books = Books.__new__(Books)
        books.published = root / "published" / "warehouse.duckdb"
        books.statements, books.warehouse = root / "published" / "statements", root / "warehouse"
        killed = dying_after(steps)
        next(killed)
        try:
            books.freeze()
            survived = True
        except Killed:
            survived = False
        finally:
            killed.close()
        assert books.wrong() == []
        outcomes.append((survived, len(closed_versions(books.statements))))
        if survived:
            break
        if not closed_versions(books.statements):
            books.freeze()
        (closed,) = closed_versions(books.statements)
        assert closed.manifest["files"][0]["rows"] == 2
        assert books.wrong() == []
        assert [path.name for path in closed.folder.parent.iterdir()] == ["v001"]
    # killed before the rename, killed after it, not killed
    assert set(outcomes) == {(False, 0), (False, 1), (True, 1)}


def rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (
            lambda v: rewrite(v / "fct_stated_cost_monthly.csv", b"x"),
            "v001/fct_stated_cost_monthly.csv was c",
        ),
        (lambda v: (v / f"{LINES}.csv").unlink(), f"v001/{LINES}.csv was removed"),
        (lambda v: (v / "more.csv").write_text("x"), "v001/more.csv was added"),
        (lambda v: (v / "sub").mkdir(), "v001/sub was added"),
        (lambda v: (v / "manifest.json").unlink(), "v001/manifest.json was changed or"),
        (
            lambda v: rewrite(v / "manifest.json", b"[]"),
            "v001/manifest.json was changed or",
        ),
        (lambda v: (v.parent / "note.txt").write_text("x"), "note.txt was added"),
        (lambda v: shutil.rmtree(v), "v001/manifest.json is not there"),
    ],
)
def test_what_was_changed_removed_or_added_is_named(
    books: Books, tamper: Callable[[Path], Any], named: str
) -> None:
    folder = books.freeze().folder
    books.record()
    assert books.wrong() == []
    tamper(folder)
    (sentence, *_) = books.wrong()
    assert sentence.startswith(f"statements 2026-09: {named}"), sentence
    assert "from a backup" in sentence


def test_a_manifest_that_was_made_to_fit_is_named_by_the_one_closed_after_it(books: Books) -> None:
    first = books.freeze().folder
    books.freeze(OCTOBER)
    content = json.loads((first / "manifest.json").read_text())
    content["code_version"] = "other"
    rewrite(first / "manifest.json", json.dumps(content).encode())
    (sentence,) = books.wrong()
    assert "2026-09: v001/manifest.json is another than the one recorded when 2026-10" in sentence


def test_a_manifest_that_was_made_to_fit_is_named_by_the_published_file(books: Books) -> None:
    folder = books.freeze().folder
    books.record()
    content = json.loads((folder / "manifest.json").read_text())
    rewrite(folder / "manifest.json", json.dumps(content | {"code_version": "o"}).encode())
    (sentence,) = books.wrong()
    assert "is another than the one recorded in the published file" in sentence


def test_a_marker_that_was_removed_or_changed_is_named(books: Books) -> None:
    marker = reopen(books.freeze(), "wrong owner", "2026-10-09T10:00:00+00:00")
    books.record()
    assert books.wrong() == []
    content = json.loads(marker.read_text())
    rewrite(marker, json.dumps(content | {"manifest_sha256": "other"}).encode())
    assert "v001.reopened.json was changed" in books.wrong()[0]
    marker.unlink()
    assert "v001.reopened.json was removed" in books.wrong()[0]


def test_a_version_between_others_that_was_removed_is_named(books: Books) -> None:
    first = books.freeze()
    reopen(first, "wrong owner", "2026-10-09T10:00:00+00:00")
    books.freeze(version=2)
    shutil.rmtree(first.folder)
    assert any("2026-09: v001 was removed" in sentence for sentence in books.wrong())


def test_a_statement_line_that_is_not_the_frozen_one_is_a_finding(books: Books) -> None:
    closed = books.freeze()
    with duckdb.connect(str(books.published)) as connection:
        assert statements.differing_totals(connection, [closed]) == []
        connection.execute(
            f"update showback.{LINES} set billed_cost = 100 where owner_id = 'search'"
        )
        (finding,) = statements.differing_totals(connection, [closed])
    assert str(finding) == (
        "statements 2026-09: billed_cost: v001 froze 133.833333333300000000000001 USD, "
        "showback.fct_stated_cost_monthly shows 133.333333333300000000000001 USD"
    )
