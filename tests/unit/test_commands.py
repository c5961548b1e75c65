"""What the terminal says to somebody who asks for what cannot be: one sentence, and no success."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.__main__ import main
from orchestration.publish.journal import COLUMNS
from orchestration.publish.open_months import PublishedMonth, last_whole_month
from orchestration.publish.summary import answer
from orchestration.settings import PROJECT_DIR


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that has not run yet, apart from the settings of this machine."""
    for name in list(os.environ):
        if name.startswith(("TOLLGATE_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOLLGATE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    return tmp_path / "data"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must fail, and return the one line that it says."""
    try:
        exit_code = main(list(arguments))
    except SystemExit as left:
        exit_code = left.code  # type: ignore[assignment]
    assert exit_code in (1, 2)
    captured = capsys.readouterr()
    (line,) = (captured.out + captured.err).splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        # make hands on what nobody gave as an empty text
        (["close", ""], "argument month: PERIOD=2026-09 was not given."),
        (["reopen", "", "why"], "argument month: PERIOD=2026-09 was not given."),
        (["journal", ""], "argument period: PERIOD=2026-09 was not given."),
        (["allocate-preview", "", "2026-10"], "argument rules: RULES=folder was not given."),
        (["prices-import", "litellm", ""], "argument file: FILE=... was not given."),
        (["prices-import", "", "list.json"], "argument list: invalid choice: ''"),
        (["prices-import", "aws", "a.json", "--as-of", "soon"], "'soon' is no day such as"),
        (["run", "--scale", "big"], "argument --scale: 'big' is no size above 0, such as 0.1."),
        (["run", "--scale", "0"], "argument --scale: '0' is no size above 0"),
        (["run", "--scale", "nan"], "argument --scale: 'nan' is no size above 0"),
        (["query", "select 1", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["metric", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["query", " ; "], "Ask in SQL: make query SQL="),
        (["close", "september"], "'september' is no month such as 2026-09."),
        (["journal", "2026-9"], "PERIOD must be a month such as 2026-09, not '2026-9'."),
        (["allocate-preview", ".", "soon"], "'soon' is no billing period; write it as 2026-10"),
        (["reopen", "2026-09", ""], "A month is reopened for a reason"),
        (["reopen", "2026-09", "why"], "2026-09 is not closed; there is nothing to reopen."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert said in refused(capsys, *arguments)


READERS = {
    "query": ["query", "select 1"],
    "report": ["report"],
    "questions": ["questions"],
    "focus-export": ["focus-export"],
    "journal": ["journal", "2026-09"],
    "allocate-preview": ["allocate-preview", "."],
}


@pytest.mark.parametrize("command", READERS)
def test_before_the_first_run_there_is_nothing_to_read(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    line = refused(capsys, *READERS[command])
    assert "othing is published yet" in line and "run" in line


@pytest.mark.parametrize("command", READERS)
def test_a_published_file_that_is_none_is_said(
    capsys: pytest.CaptureFixture[str], data_dir: Path, command: str
) -> None:
    (data_dir / "published").mkdir(parents=True)
    (data_dir / "published" / "warehouse.duckdb").write_bytes(b"half a file" * 1000)
    assert "is not a valid DuckDB database file" in refused(capsys, *READERS[command])


def test_a_question_that_asks_nothing_or_of_no_table_is_said(
    capsys: pytest.CaptureFixture[str], data_dir: Path
) -> None:
    (data_dir / "published").mkdir(parents=True)
    duckdb.connect(str(data_dir / "published" / "warehouse.duckdb")).close()
    assert refused(capsys, "query", "-- costs?") == (
        "There is nothing to answer: that is no question."
    )
    assert main(["query", "from showbak.costs", "--format", "csv"]) == 1
    captured = capsys.readouterr()
    # a file for other tools gets no words
    assert captured.out == "" and "showbak" in captured.err
    assert captured.err.endswith(
        'make query SQL="from tollgate.public_schema" lists the schemas.\n'
    )


def test_a_setting_that_cannot_be_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_TODAY", "soon")
    assert refused(capsys, "report").startswith("TOLLGATE_TODAY cannot be 'soon': ")
    monkeypatch.delenv("TOLLGATE_TODAY")
    monkeypatch.setenv("TOLLGATE_DEMO_SCALE", "big")
    assert refused(capsys, "report").startswith("TOLLGATE_DEMO_SCALE cannot be 'big': ")


def test_the_demo_does_not_begin_without_its_tables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TOLLGATE_ORG_DIR", str(tmp_path / "nowhere"))
    for command in ("run", "audit"):
        assert "nowhere: the organisation's tables are missing." in refused(capsys, command)


def test_the_journal_of_a_month_that_is_open_says_so(
    capsys: pytest.CaptureFixture[str], data_dir: Path
) -> None:
    (data_dir / "published").mkdir(parents=True)
    with duckdb.connect(str(data_dir / "published" / "warehouse.duckdb")) as connection:
        connection.execute("create schema reference")
        connection.execute("create schema showback")
        connection.execute(
            "create table reference.dim_billing_period as select * from (values "
            "(date '2026-09-01', 'complete', date '2026-10-01'), "
            "(date '2026-10-01', 'open', date '2026-10-10')) "
            "as periods (billing_period, period_status, window_end_date)"
        )
        texts = ", ".join(f"'J1' as {name}" for name in COLUMNS if not name.endswith("_amount"))
        connection.execute(
            "create table showback.fct_chargeback_journal as select billing_period, "
            f"{texts}, cast(side = 'debit' as integer) as debit_amount, "
            "cast(side = 'credit' as integer) as credit_amount "
            "from reference.dim_billing_period "
            "cross join (values ('debit'), ('credit')) as sides (side)"
        )
        connection.execute("update showback.fct_chargeback_journal set billing_currency = 'USD'")
    assert main(["journal", "2026-10"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "October 2026 is open: it has 9 days so far. Its amounts still change: post it when it is "
        "over."
    ]
    assert main(["journal", "2026-09"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_preview_is_of_the_last_month_that_is_over() -> None:
    september = PublishedMonth(date(2026, 9, 1), True, 30, 30)
    october = PublishedMonth(date(2026, 10, 1), False, 9, 9)
    assert last_whole_month([september, october]) == september.month
    assert last_whole_month([october]) == october.month
    assert last_whole_month([]) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["metric", "FROMM=2026-01"], "make metric is not told FROMM; it is told M BY WHERE FROM"),
        (["query", "SQL=select 1", "LIMIT=5"], "make query is not told LIMIT; it is told SQL"),
        (["metric", "m=romi_pct"], "make metric is not told m; it is told M "),
        (["test", "SCALE=0.1"], "make test is not told SCALE."),
    ],
)
def test_a_slip_in_what_make_is_told_is_refused(arguments: list[str], said: str) -> None:
    """make takes any name=value, and what no goal reads would change nothing in silence."""
    run = subprocess.run(
        ["make", "--no-print-directory", "-n", *arguments],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert said in run.stderr and run.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["metric", "M=romi_pct", "BY=use_case", "FORMAT=csv"],
        ["query", "SQL=select 'a  b', 1 = 1"],
        # what has an underscore may be meant for the environment
        ["run", "SCALE=0.1", "TOLLGATE_THREADS=2"],
        ["prices-import", "FROM=aws", "FILE=list.json", "AS_OF=2026-10-01"],
        ["close", "reopen", "PERIOD=2026-09", "REASON=why"],
        ["test", "PYTHON=python3"],
    ],
)
def test_what_a_goal_is_told_is_let_pass(arguments: list[str]) -> None:
    run = subprocess.run(
        ["make", "--no-print-directory", "-n", *arguments],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("goal", "name", "more"),
    [
        ("query", "SQL", ()),
        ("metric", "M", ()),
        ("metric", "BY", ()),
        ("metric", "WHERE", ()),
        ("reopen", "REASON", ("PERIOD=2026-09",)),
    ],
)
def test_make_hands_on_what_is_typed_as_it_is_typed(
    tmp_path: Path, goal: str, name: str, more: tuple[str, ...]
) -> None:
    """To make a $ begins a name: $100 would become 00 and a value that nobody asked for."""
    typed = "select '$100', $$it's$$ -- $(HOME) 100% \"of\" #1"
    python = tmp_path / "python"
    python.write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    made = [f"PYTHON={python}", "-o", ".venv/.installed"]
    run = subprocess.run(
        ["make", "--no-print-directory", "-s", *made, goal, f"{name}={typed}", *more],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert typed in run.stdout.splitlines(), run.stderr


def test_of_several_questions_none_is_answered_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data" / "published" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    duckdb.connect(str(path)).close()
    for form in ("table", "csv"):
        assert refused(capsys, "query", "select 1; select 2", "--format", form) == (
            "Ask one question at a time: only the last would be answered."
        )
    # one question with a remark, and one that DuckDB makes of several statements
    assert "│     1 │" in answer(path, "select 1; -- select 2")
    assert "│      1 │" in answer(path, "pivot (select 1 as a, 'x' as b) on b using sum(a);")


def test_a_question_is_answered_with_all_its_rows_counted(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table many as select * from range(12345)")
    for is_cut in (True, False):
        foot = answer(path, "from many", is_cut=is_cut).rpartition("┘")[2]
        assert "12345 rows" in foot and "?" not in foot and ">" not in foot
    assert "? rows (>9999 rows, " in answer(path, "select '? rows (>9999 rows, ' as words")


def test_show_tables_shows_those_of_all_schemas(
    capsys: pytest.CaptureFixture[str], data_dir: Path
) -> None:
    (data_dir / "published").mkdir(parents=True)
    with duckdb.connect(str(data_dir / "published" / "warehouse.duckdb")) as connection:
        connection.execute("create schema showback")
        connection.execute("create table showback.costs (cost decimal(9, 2))")
        connection.execute("comment on table showback.costs is 'One row per day: what it cost.'")
        connection.execute("create view showback.months as select 1 as month")
        connection.execute("create table showback.terms (term varchar)")
        connection.execute(
            "comment on table showback.terms is 'One row per term of terms.csv, as in FOCUS 1.4 "
            "(a list). What else.'"
        )
    assert main(["query", "SHOW tables;", "--format", "csv"]) == 0
    assert capsys.readouterr().out == (
        "table,one_row_per\nshowback.costs,day\nshowback.months,\n"
        'showback.terms,"term of terms.csv, as in FOCUS 1.4"\n'
    )
    assert main(["query", "show tables"]) == 0
    assert "showback.costs" in capsys.readouterr().out
