"""The journal's CSV is what a general ledger takes, or nothing is written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.publish.journal import COLUMNS, JournalError, export_journal

HEADER = ",".join(COLUMNS)
LINES = [
    ("2026-09-01", "clearing", "CC-F", "1990", "Clearing", "Invoices", "USD", "0", "1234.5"),
    ("2026-09-01", "expense", "CC-A", "6100", 'Models, "large"', "Cost", "USD", "1234.51", "0"),
    ("2026-09-01", "prepaid", "CC-F", "1280", "Prepaid", "Ahead", "USD", "0", "0"),
    ("2026-09-01", "rounding", "CC-F", "6590", "Rundung €", "Cent", "USD", "0", "0.01"),
    ("2026-09-01", "clearing", "CC-F", "1990", "Clearing", "Invoices", "JPY", "0", "13"),
    ("2026-09-01", "expense", "CC-A", "6100", "Models", "Cost", "JPY", "13", "0"),
    ("2026-08-01", "clearing", "CC-F", "1990", "Clearing", "Invoices", "KWD", "0", "1.235"),
    ("2026-08-01", "expense", "CC-A", "6100", "Models", "Cost", "KWD", "1.235", "0"),
]


def publish(folder: Path, lines: list[tuple[str, ...]]) -> Path:
    """Make a published file with these journal lines and return its path."""
    path = folder / "published" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema showback")
        connection.execute(
            "create table showback.fct_chargeback_journal ("
            "billing_period date, journal_id varchar, line_number integer, posting_date date, "
            "line_role varchar, cost_centre varchar, gl_account varchar, "
            "gl_account_name varchar, line_text varchar, billing_currency varchar, "
            "debit_amount decimal(38, 4), credit_amount decimal(38, 4))"
        )
        for number, (period, role, *rest) in enumerate(lines, start=1):
            connection.execute(
                "insert into showback.fct_chargeback_journal values "
                "($1, concat('tollgate-', left($1, 7), '-', $8), $2, last_day(cast($1 as date)), "
                "$3, $4, $5, $6, $7, $8, $9, $10)",
                [period, number, role, *rest],
            )
    return path


def test_a_journal_is_one_file_a_currency_whatever_the_locale(tmp_path: Path) -> None:
    published = publish(tmp_path, LINES)
    yen, dollars = export_journal(published, "2026-09")
    folder = tmp_path / "published" / "journal" / "2026-09"
    assert [yen.path, dollars.path] == [
        folder / "tollgate-2026-09-JPY.csv",
        folder / "tollgate-2026-09-USD.csv",
    ]
    assert dollars.path.read_bytes().decode().split("\r\n") == [
        HEADER,
        "tollgate-2026-09-USD,1,2026-09-30,CC-F,1990,Clearing,Invoices,USD,0.00,1234.50",
        'tollgate-2026-09-USD,2,2026-09-30,CC-A,6100,"Models, ""large""",Cost,USD,1234.51,0.00',
        "tollgate-2026-09-USD,4,2026-09-30,CC-F,6590,Rundung €,Cent,USD,0.00,0.01",
        "",
    ]
    assert yen.path.read_bytes().decode().split("\r\n")[1:3] == [
        "tollgate-2026-09-JPY,5,2026-09-30,CC-F,1990,Clearing,Invoices,JPY,0,13",
        "tollgate-2026-09-JPY,6,2026-09-30,CC-A,6100,Models,Cost,JPY,13,0",
    ]
    assert (dollars.lines, dollars.total) == (3, Decimal("1234.51"))


def test_dinars_keep_their_three_decimals(tmp_path: Path) -> None:
    (dinars,) = export_journal(publish(tmp_path, LINES), "2026-08")
    assert ",KWD,1.235,0.000\r\n" in dinars.path.read_bytes().decode()


def test_writing_again_gives_the_same_bytes_and_leaves_nothing_else(tmp_path: Path) -> None:
    published = publish(tmp_path, LINES)
    first = {file.path: file.path.read_bytes() for file in export_journal(published, "2026-09")}
    again = {file.path: file.path.read_bytes() for file in export_journal(published, "2026-09")}
    assert first == again
    assert set((tmp_path / "published" / "journal" / "2026-09").iterdir()) == set(first)


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("", "PERIOD must be a month such as 2026-09, not ''."),
        ("2026-13", "PERIOD must be a month such as 2026-09, not '2026-13'."),
        ("2026-09-01", "PERIOD must be a month such as 2026-09, not '2026-09-01'."),
        ("2026-07", "There is no journal of 2026-07. Months that have one: 2026-08, 2026-09."),
    ],
)
def test_a_month_without_a_journal_is_refused(tmp_path: Path, period: str, said: str) -> None:
    published = publish(tmp_path, LINES)
    with pytest.raises(JournalError) as refused:
        export_journal(published, period)
    assert str(refused.value).startswith(said)
    assert not (tmp_path / "published" / "journal").exists()


def test_a_journal_that_does_not_balance_is_not_written(tmp_path: Path) -> None:
    off = [*LINES[:4], (*LINES[4][:-1], "14"), *LINES[5:]]
    published = publish(tmp_path, off)
    with pytest.raises(JournalError, match="2026-09 in JPY does not balance: debits 13.0000, cred"):
        export_journal(published, "2026-09")
    # Not the dollars either: a ledger that takes half of a month has to be mended by hand.
    assert not (tmp_path / "published" / "journal").exists()


def test_nothing_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="Nothing is published yet"):
        export_journal(tmp_path / "published" / "warehouse.duckdb", "2026-09")
