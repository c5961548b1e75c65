"""The report's questions as data: words, columns and SQL fit together before any file is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.publish.report.answers import SQL_DIR, Answer, ask
from orchestration.publish.report.columns import UnknownColumnError, column
from orchestration.publish.report.figure import Figure, Lesson
from orchestration.publish.report.glossary import GLOSSARY
from orchestration.publish.report.pages import PAGES
from orchestration.publish.report.report import render
from orchestration.settings import DBT_PROJECT_DIR

PERSONAS = {
    "overview",
    "finance",
    "engineering",
    "data-science",
    "prompt-engineering",
    "product",
    "line-of-business",
    "legal-and-compliance",
    "procurement",
    "leadership",
}
EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&lt;\u2028"


def figures() -> Iterator[Figure]:
    for page in PAGES:
        yield from page.figures


def lessons() -> Iterator[Lesson]:
    for page in PAGES:
        yield from page.course


def keys() -> set[str]:
    return {
        "months",
        *(page.cards.key for page in PAGES),
        *(figure.key for figure in figures()),
        *(lesson.key for lesson in lessons()),
    }


def test_each_persona_has_a_page_with_questions_a_course_and_words() -> None:
    assert {page.key for page in PAGES} == PERSONAS and len(PAGES) == len(PERSONAS)
    for page in PAGES:
        assert len(page.figures) >= 5 and len(page.course) >= 4
        assert len({figure.key for figure in page.figures}) == len(page.figures)
        assert set(page.terms) <= set(GLOSSARY), page.key


def test_every_sql_file_is_asked_by_a_page_and_every_question_has_one() -> None:
    assert {path.stem for path in SQL_DIR.glob("*.sql")} == keys()


def test_which_month_is_meant_is_said_in_the_same_words_everywhere() -> None:
    """The files stand alone, so that each can be pasted; they must not come to differ."""
    first = (SQL_DIR / "months.sql").read_text().split("\n)\n")[0]
    using = [path for path in SQL_DIR.glob("*.sql") if "months" in path.read_text()]
    without = {"cost_by_month"}
    assert len(using) > 30
    for path in using:
        if path.stem not in without:
            assert path.read_text().startswith(first), path.name


def test_nothing_is_divided_as_a_float() -> None:
    """DuckDB divides as DOUBLE; the published file has functions that divide exactly."""
    for path in SQL_DIR.glob("*.sql"):
        for line in path.read_text().split("\n"):
            code = line.split("--")[0]
            assert not re.search(r"(?<!/)/(?!/)", code), f"{path.name}: {line}"


def test_no_sql_reads_a_table_that_grows_with_the_charges_of_all_months() -> None:
    """The ledger may be twenty million rows a month; only one month of its splits is read."""
    for path in SQL_DIR.glob("*.sql"):
        text = path.read_text().lower()
        assert "cost_and_usage" not in text and "fct_allocated_cost" not in text, path.name
        if "charge_split" in text:
            assert "charge_split.billing_period = months.this_month" in text, path.name


@cache
def empty_marts() -> tuple[str, ...]:
    """Return the statements that make every mart as its contract says, without a row.

    They are read once: most of a test would go into reading a hundred files of YAML.
    """
    statements = []
    for path in sorted((DBT_PROJECT_DIR / "models" / "marts").glob("*/*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            columns = ", ".join(
                f"{column['name']} {column['data_type']}" for column in model["columns"]
            )
            statements.append(f"create schema if not exists {path.parent.name}")
            statements.append(f"create table {path.parent.name}.{model['name']} ({columns})")
    return tuple(statements)


def make_published(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every mart as its contract says, without a row."""
    for statement in empty_marts():
        connection.execute(statement)
    for name in ("quotient", "per_million"):
        # the digits of a quotient are tested on a published file
        connection.execute(
            f"create macro unit_economics.{name}(amount, units) as "
            "cast(amount // nullif(units, 0) as decimal(38, 12))"
        )


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    """The answers of a published file that has every mart and no row."""
    with duckdb.connect() as connection:
        make_published(connection)
        return {key: ask(connection, key) for key in sorted(keys())}


def cells(connection: duckdb.DuckDBPyConnection, key: str) -> list[dict[str, str | None]]:
    found = ask(connection, key)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_a_first_month_is_compared_with_nothing_and_a_negative_one_without_per_cent() -> None:
    """0 would say that the month before cost nothing; of a credit there is no part."""
    with duckdb.connect() as connection:
        make_published(connection)

        def add(month: str, team: str, cost: int) -> None:
            connection.execute(
                "insert into reference.dim_billing_period (billing_period, period_status) "
                "select $1, 'complete'",
                [month],
            )
            connection.execute(
                "insert into showback.fct_showback_daily (billing_period, team, outcome, source, "
                "effective_cost_reporting, reporting_currency) "
                "values ($1, $2, 'owned', 'bills', $3, 'USD')",
                [month, team, cost],
            )

        add("2026-10-01", "Ads", 30)
        add("2026-10-01", "Search", 20)
        (months,) = cells(connection, "months")
        assert months["month_before"] is None
        (cards,) = cells(connection, "overview_cards")
        assert (cards["cost"], cards["cost_before"], cards["idle_cost_before"]) == (
            "50",
            None,
            None,
        )
        compared = ("team", "cost", "cost_before", "cost_change", "cost_change_share")
        assert [[row[name] for name in compared] for row in cells(connection, "cost_by_team")] == [
            ["Ads", "30", None, None, None],
            ["Search", "20", None, None, None],
        ]
        add("2026-09-01", "Ads", -10)
        assert [[row[name] for name in compared] for row in cells(connection, "cost_by_team")] == [
            ["Ads", "30", "-10", "40", None],
            ["Search", "20", "0", "20", None],
        ]
        add("2026-09-01", "Search", 10)
        (search,) = [row for row in cells(connection, "cost_by_team") if row["team"] == "Search"]
        assert search["cost_change_share"] == "1"


def test_a_month_that_is_open_is_compared_with_the_same_days_of_the_month_before() -> None:
    """Of September's use 10 + 20 + 40 + 80 = 150; October holds nine days of one bill, five of one.

    Nine days of the first are 10 + 20, five of the second 40, so that 100 in October is 30 more
    than the 70 of the same days, not 50 less than September. A bill that October has none of yet is
    compared with nothing, and so is September's fee of 500, which October has not billed yet.
    """
    with duckdb.connect() as connection:
        make_published(connection)
        for month, source, status, window_end in (
            ("2026-09-01", "cloud", "complete", "2026-10-01"),
            ("2026-09-01", "vendor", "complete", "2026-10-01"),
            ("2026-09-01", "seats", "complete", "2026-10-01"),
            ("2026-10-01", "cloud", "open", "2026-10-10"),
            ("2026-10-01", "vendor", "open", "2026-10-06"),
        ):
            connection.execute(
                "insert into reference.dim_billing_period "
                "(billing_period, source, period_status, window_end_date) values ($1, $2, $3, $4)",
                [month, source, status, window_end],
            )
        for day, source, category, cost in (
            ("2026-09-01", "cloud", "Usage", 10),
            ("2026-09-09", "cloud", "Usage", 20),
            ("2026-09-05", "vendor", "Usage", 40),
            ("2026-09-06", "vendor", "Usage", 79),
            ("2026-09-01", "seats", "Usage", 1),
            ("2026-09-01", "cloud", "Purchase", 500),
            ("2026-10-02", "cloud", "Usage", 100),
            ("2026-10-02", "cloud", "Tax", 3),
        ):
            connection.execute(
                "insert into showback.fct_showback_daily (billing_period, usage_date, source, "
                "charge_category, reporting_currency, effective_cost_reporting, "
                "billed_cost_reporting) "
                "values (date_trunc('month', cast($1 as date)), $1, $2, $3, 'USD', $4, $4)",
                [day, source, category, cost],
            )
        told = ("billing_period", "period_status", "cost", "like_for_like_change_cost")
        rows = cells(connection, "billed_and_effective_by_month")
        assert [[row[name] for name in told] for row in rows] == [
            ["2026-10-01", "open", "103", "30"],
            ["2026-09-01", "complete", "650", None],
        ]
        assert rows[0]["compared_with"] == (
            "use alone: first 5 to 9 days of the month before, as each source goes"
        )
        connection.execute("update reference.dim_billing_period set period_status = 'complete'")
        (october, _) = cells(connection, "billed_and_effective_by_month")
        assert october["like_for_like_change_cost"] == "-547"
        assert october["compared_with"] == "the month before"
    assert not column("like_for_like_change_cost").adds_up


def test_the_legal_page_has_one_sum_of_models_that_are_not_let_pass() -> None:
    with duckdb.connect() as connection:
        make_published(connection)
        connection.execute(
            "insert into reference.dim_billing_period (billing_period, period_status) "
            "select '2026-10-01', 'complete'"
        )
        for model, state, cost in (
            ("approved", "compliant", 5),
            ("on trial", "compliant", 7),
            ("too early", "used_before_approval", 11),
            ("unknown", "unregistered", 13),
        ):
            connection.execute(
                "insert into governance.fct_model_register_compliance (billing_period, x_model, "
                "compliance_state, reporting_currency, effective_cost_reporting) "
                "values ('2026-10-01', $1, $2, 'USD', $3)",
                [model, state, cost],
            )
        (cards,) = cells(connection, "legal_cards")
        assert (cards["models_count"], cards["unapproved_models_count"]) == ("4", "2")
        listed = cells(connection, "models_against_register")
        assert {row["model"]: row["cost"] for row in listed} == {"unknown": "13", "too early": "11"}
        assert cards["unapproved_cost"] == "24"


def insert(connection: duckdb.DuckDBPyConnection, table: str, *rows: dict[str, Any]) -> None:
    for row in rows:
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


def over(connection: duckdb.DuckDBPyConnection, *months: str) -> None:
    for month in months:
        insert(
            connection,
            "reference.dim_billing_period",
            {"billing_period": month, "period_status": "complete"},
        )


def test_idle_is_its_holder_s_on_every_page_and_all_pages_have_the_same_sums() -> None:
    """Search uses 50 and holds 30 that is idle; 20 has no owner: 100, of which 80 is allocated.

    Search's department, cost centre and team are 80 each, 30 of it on a line of its own.
    """
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        search = {"owner_id": "search", "team": "Search", "department": "Product"}
        for outcome, cost, owner in (
            ("owned", 50, {**search, "cost_centre": "CC-1", "persona": "engineering"}),
            ("idle", 30, {**search, "cost_centre": "CC-1", "persona": "engineering"}),
            ("unallocated", 20, {}),
        ):
            insert(
                connection,
                "showback.fct_showback_daily",
                {
                    "billing_period": "2026-10-01",
                    "outcome": outcome,
                    "reporting_currency": "USD",
                    "effective_cost_reporting": cost,
                    **owner,
                },
            )
        for key, name, of_search, of_nobody in (
            ("cost_by_department", "department", "Product", "unallocated"),
            ("cost_by_team", "team", "Search", "unallocated"),
            ("cost_by_cost_centre", "cost_centre", "CC-1", "no cost centre"),
            ("cost_by_stage", "stage", "no use case", "no use case"),
        ):
            found = {(row[name], row["outcome"]): row["cost"] for row in cells(connection, key)}
            assert found == {
                (of_search, "owned"): "50",
                (of_search, "idle"): "30",
                (of_nobody, "unallocated"): "20",
            }, key
        assert cells(connection, "business_cards")[0]["allocated_cost"] == "80"
        assert cells(connection, "engineering_cards")[0]["persona_cost"] == "80"
        (overview,) = cells(connection, "overview_cards")
        assert [overview[name] for name in ("cost", "idle_cost", "unallocated_cost")] == [
            "100",
            "30",
            "20",
        ]
    assert column("outcome").values["owned"] == "used"


def test_what_has_no_owner_stands_where_the_journal_clears_it() -> None:
    """Without a journal nobody carries it; with one the page names the cost centre it is on."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for team, centre in (("Search", "CC-1"), (None, None)):
            insert(
                connection,
                "showback.fct_showback_daily",
                {
                    "billing_period": "2026-10-01",
                    "outcome": "owned" if team else "unallocated",
                    "team": team,
                    "cost_centre": centre,
                    "reporting_currency": "USD",
                    "effective_cost_reporting": 7,
                },
            )
            insert(
                connection,
                "showback.fct_statement_monthly",
                {
                    "billing_period": "2026-10-01",
                    "team": team,
                    "cost_centre": centre,
                    "billing_currency": "USD",
                    "effective_cost": 7,
                },
            )

        def said(key: str, *names: str) -> list[tuple[str | None, ...]]:
            return sorted(tuple(row[name] for name in names) for row in cells(connection, key))

        asked = ("cost_by_cost_centre", "cost_centre", "posted_because")
        assert said(*asked) == [("CC-1", "its owner's"), ("no cost centre", "nobody carries it")]
        for centre, whose in (("CC-1", "owner"), ("CC-9", "account")):
            insert(
                connection,
                "showback.fct_chargeback_journal",
                {
                    "billing_period": "2026-10-01",
                    "line_role": "expense",
                    "cost_centre": centre,
                    "cost_centre_of": whose,
                },
            )
        assert said(*asked) == [
            ("CC-1", "its owner's"),
            ("CC-9", "cleared there until it has an owner"),
        ]
        assert said("statements", "cost_centre", "team") == [
            ("CC-1", "Search"),
            ("CC-9 until it has an owner", "no owner"),
        ]


def test_a_commitment_s_fee_saves_nothing_and_pages_save_what_statements_do() -> None:
    """Use at list 100 costs 70: 10 by contract, 20 by a commitment. Its fee, list 25, is no use.

    A private discount of 5 on a line of its own is an adjustment and in no saving.
    """
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for category, listed, cost, negotiated, commitment in (
            ("Usage", 100, 70, 10, 20),
            ("Purchase", 25, 2, None, None),
            ("Adjustment", 0, -5, None, None),
        ):
            insert(
                connection,
                "showback.fct_statement_line_monthly",
                {
                    "billing_period": "2026-10-01",
                    "source": "cloud",
                    "service_name": "Machines",
                    "charge_category": category,
                    "reporting_currency": "USD",
                    "billed_cost_reporting": cost,
                    "effective_cost_reporting": cost,
                    "list_cost_reporting": listed,
                    "negotiated_savings_reporting": negotiated,
                    "commitment_savings_reporting": commitment,
                    "unknown_savings_count": 0,
                },
            )
        (row,) = cells(connection, "savings_by_source")
        names = ("cost", "list_cost", "saving_against_list_cost", "adjusted_cost")
        assert [row[name] for name in names] == ["67", "100", "30", "-5"]
        kinds = ("negotiated_saving_cost", "commitment_saving_cost", "spot_saving_cost")
        assert [row[name] for name in kinds] == ["10", "20", "0"]
        assert [row[f"all_{name}"] for name in kinds] == ["10", "20", "0"]
        (cards,) = cells(connection, "procurement_cards")
        assert cards["saving_against_list_cost"] == row["all_saving_against_list_cost"] == "30"


def test_a_sentence_speaks_of_all_rows_where_one_is_no_answer() -> None:
    """Two datasets of three are up to date; all go up to the day before the earliest end.

    The newest goes up to the day before the latest end.
    """
    with duckdb.connect() as connection:
        make_published(connection)
        for dataset, freshness, end in (
            ("costs", "current", "2026-11-16"),
            ("usage", "current", "2026-11-10"),
            ("seats", "stale", "2026-11-12"),
        ):
            insert(
                connection,
                "trust.rpt_freshness",
                {
                    "source": "vendor",
                    "dataset": dataset,
                    "freshness": freshness,
                    "window_end_date": end,
                },
            )
        rows = cells(connection, "freshness")
        names = ("all_datasets_count", "all_current_count", "all_covered_date")
        assert {tuple(row[name] for name in names) for row in rows} == {("3", "2", "2026-11-09")}
        assert {row["all_newest_covered_date"] for row in rows} == {"2026-11-15"}
    assert column("all_datasets_count").in_sentence and not column("all_datasets_count").adds_up
    assert not column("freshness").in_sentence


def test_returns_after_people_and_returns_on_bills_are_not_ranked_together() -> None:
    """A return of 900 % that carries no people does not stand above one of 50 % that does."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for use_case, basis, pct in (
            ("lone", "bills only", 900),
            ("staffed", "bills and people", 50),
            ("partly", "bills, and people of some months", 70),
            ("loss", "bills and people", -20),
            ("silent", "bills only", None),
        ):
            insert(
                connection,
                "unit_economics.fct_return_on_model_investment",
                {
                    "billing_period": "2026-10-01",
                    "use_case": use_case,
                    "cost_basis": basis,
                    "romi_pct": pct,
                    "is_history_cut": use_case == "staffed",
                },
            )
        shown = cells(connection, "returns")
        assert [row["use_case"] for row in shown] == ["staffed", "loss", "partly", "lone", "silent"]
        assert [row["is_history_cut"] for row in shown[:2]] == ["true", "false"]
    words = column("is_history_cut").values
    assert words["true"] == "costs before the first bill are missing"
    returns = next(figure for figure in figures() if figure.key == "returns")
    assert returns.chart is not None and returns.chart.apart == "cost_basis"


def test_a_cut_history_shows_no_payback_and_a_lesson_prefers_a_whole_one() -> None:
    """What old cost before the first bill of November 2025 is in no sum."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for use_case, since, is_cut, full_cost in (
            ("old", "2025-11-01", True, 900),
            ("new", "2026-03-01", False, 10),
        ):
            for month in (since, "2026-10-01"):
                insert(
                    connection,
                    "unit_economics.fct_return_on_model_investment",
                    {
                        "billing_period": month,
                        "use_case_id": use_case,
                        "use_case": use_case,
                        "cost_basis": "bills only",
                        "cumulative_full_cost_reporting": full_cost,
                        "romi_pct": full_cost,
                        "payback_period": None if is_cut else since,
                        "payback_unknown_reason": "nobody knows when" if is_cut else None,
                        "is_history_cut": is_cut,
                        "benefit_stated_by": "head of care",
                    },
                )
        names = ("use_case", "first_billing_period", "payback_period", "reason")
        assert [[row[name] for name in names] for row in cells(connection, "returns")] == [
            ["old", "2025-11-01", None, "nobody knows when"],
            ["new", "2026-03-01", "2026-03-01", None],
        ]
        (lesson,) = cells(connection, "lesson_return")
        assert (lesson["use_case"], lesson["first_billing_period"]) == ("new", "2026-03-01")


def test_a_meter_has_seen_the_days_of_the_month_and_not_those_of_its_own() -> None:
    """late began on the 29th of 31 days, later in November; the open month is 2 days old."""

    def add(source: str, *days: str) -> None:
        insert(
            connection,
            "trust.rpt_meter_coverage",
            *(
                {
                    "source": source,
                    "billing_period": f"{day[:7]}-01",
                    "usage_date": day,
                    "coverage": "metered",
                    "requests": None if source == "whole" else 1,
                }
                for day in days
            ),
        )

    names = ("meter", "metered_days_count", "days_count", "first_metered_on", "last_metered_on")
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        november = ("2026-11-01", "2026-11-02")
        add("whole", *(f"2026-10-{day:02}" for day in range(1, 32)), *november)
        add("late", "2026-10-29", "2026-10-30", "2026-10-31", *november)
        add("later", "2026-11-02")
        rows = cells(connection, "meter_coverage")
        assert [[row[name] for name in names] for row in rows] == [
            ["later", "0", "31", None, None],
            ["late", "3", "31", "2026-10-29", "2026-10-31"],
            ["whole", "31", "31", "2026-10-01", "2026-10-31"],
        ]
        assert [row["reason"] for row in rows] == [
            "its first record is of 2 November 2026",
            "its first record is of 29 October 2026",
            "it times machines and counts no calls",
        ]
        said = ("all_complete_count", "all_meters_count", "all_missed_in_words")
        assert {tuple(row[name] for name in said) for row in rows} == {
            ("1", "3", "late saw 3 of 31 days, later saw 0 of 31 days")
        }
        connection.execute(
            "update reference.dim_billing_period "
            "set billing_period = '2026-11-01', period_status = 'open'"
        )
        rows = cells(connection, "meter_coverage")
        assert [[row[name] for name in names[:3]] for row in rows] == [
            ["later", "1", "2"],
            ["late", "2", "2"],
            ["whole", "2", "2"],
        ]
        connection.execute("delete from trust.rpt_meter_coverage where source = 'later'")
        assert cells(connection, "meter_coverage")[0]["all_missed_in_words"] == "none missed a day"


def test_a_month_that_is_over_is_not_invoiced_before_its_invoices_have_come() -> None:
    with duckdb.connect() as connection:
        make_published(connection)
        for issuer, closing, states in (
            ("whole", "Closed", ("Issued", "Issued")),
            ("part", "Closed", ("Issued", "Open")),
            ("prepaid", "Closed", ("Open",)),
            ("bare", "Closed", ()),
            ("running", "Open", ("Issued",)),
        ):
            month = {"InvoiceIssuerName": issuer, "BillingPeriodStart": "2026-10-01"}
            insert(connection, "focus.billing_period", {**month, "BillingPeriodStatus": closing})
            insert(
                connection,
                "focus.invoice_detail",
                *({**month, "InvoiceIssueStatus": state} for state in states),
            )
        rows = cells(connection, "invoices")
        assert {row["invoice_issuer"]: row["invoice_state"] for row in rows} == {
            "whole": "invoiced",
            "part": "closed, not all invoiced",
            "prepaid": "closed, not invoiced",
            "bare": "closed, not invoiced",
            "running": "open",
        }
        counts = ("periods", "invoiced", "open", "not_invoiced")
        assert [rows[0][f"all_{name}_count"] for name in counts] == ["5", "1", "1", "3"]


def test_a_lesson_on_invoices_says_whether_one_came() -> None:
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        insert(
            connection,
            "showback.fct_showback_daily",
            {
                "billing_period": "2026-10-01",
                "source": "tool",
                "billed_cost_reporting": 0,
                "effective_cost_reporting": 8,
            },
        )
        for basis, came in (("provisional", "no invoice came"), ("bill", "the invoices came")):
            insert(
                connection,
                "trust.rpt_invoice_reconciliation",
                {"billing_period": "2026-10-01", "source": "tool", "invoice_basis": basis},
            )
            (lesson,) = cells(connection, "lesson_effective")
            assert (lesson["source"], lesson["invoices_came"]) == ("tool", came)


def test_the_three_prices_and_what_is_beside_use_end_at_the_cost() -> None:
    """Use 100, by contract 90, after commitments 80; -6 of adjustments, 5 of fees: 79."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for category, listed, contracted, cost in (
            ("Usage", 100, 90, 80),
            ("Usage", None, None, 2),
            ("Adjustment", 0, -6, -6),
            ("Purchase", 4, 4, 3),
        ):
            insert(
                connection,
                "showback.fct_showback_daily",
                {
                    "billing_period": "2026-10-01",
                    "service_name": "machines",
                    "charge_category": category,
                    "list_cost_reporting": listed,
                    "contracted_cost_reporting": contracted,
                    "effective_cost_reporting": cost,
                },
            )
        (lesson,) = cells(connection, "lesson_discount")
        steps = ("list", "contracted", "use", "adjusted", "beside_use")
        assert [lesson[f"{name}_cost"] for name in steps] == ["100", "90", "80", "-6", "5"]
        assert lesson["cost"] == "79"


def test_budgets_say_how_many_are_at_risk_and_the_largest_overshoot_stands_first() -> None:
    with duckdb.connect() as connection:
        make_published(connection)
        for scope, state, budget, run_rate, actual in (
            ("small", "exceeded", 10, 13, 11),
            ("large", "at risk", 100, 120, 50),
            ("kept", "kept", 100, None, 90),
            ("unknown", "unknown", 100, None, None),
        ):
            insert(
                connection,
                "planning.fct_budget_status",
                {
                    "billing_period": "2026-11-01",
                    "budget_scope": "owner",
                    "scope_value": scope,
                    "budget_state": state,
                    "monthly_budget": budget,
                    "run_rate_cost": run_rate,
                    "actual_cost": actual,
                },
            )
        names = ("scope_value", "overshoot_estimated_cost", "all_at_risk_count")
        rows = cells(connection, "budgets")
        assert [[row[name] for name in names] for row in rows] == [
            ["large", "20", "2"],
            ["small", "3", "2"],
            ["kept", "-10", "2"],
            ["unknown", None, "2"],
        ]
        assert rows[0]["all_budgets_count"] == "4"


def test_the_company_has_one_return_and_says_of_how_much_of_its_cost() -> None:
    """Bills cost 1,000, of which 100 are of no use case; people cost 200 more: 1,200 in all.

    answers (bills 300, people 200) brought 1,000, as its owner says: 100 % on 41.67 % of the
    cost. chat, which ended in September, brought 50 for 100 of bills: -50 %. The two have other
    costs and make no one return. Of idea (500) nobody says what it brings, so that 600 of 1,200 are
    not answered for.
    """
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-09-01", "2026-10-01")
        for use_case, month, people, full, benefit, basis in (
            ("answers", "2026-09-01", 100, 250, 100, "bills and people"),
            ("answers", "2026-10-01", 200, 500, 1000, "bills and people"),
            ("chat", "2026-09-01", None, 100, 50, "bills only"),
            ("idea", "2026-10-01", None, 500, None, "bills only"),
        ):
            insert(
                connection,
                "unit_economics.fct_return_on_model_investment",
                {
                    "billing_period": month,
                    "use_case_id": use_case,
                    "reporting_currency": "USD",
                    "cumulative_people_cost_reporting": people,
                    "cumulative_full_cost_reporting": full,
                    "cumulative_benefit_reporting": benefit,
                    "cost_basis": basis,
                    "benefit_state": "measured" if use_case == "chat" else "estimated by owner",
                    "romi_pct": None if benefit is None else 1,
                },
            )
        for use_case, cost in (("answers", 300), ("chat", 100), ("idea", 500), (None, 100)):
            insert(
                connection,
                "unit_economics.fct_unit_cost_monthly",
                {
                    "billing_period": "2026-09-01",
                    "use_case_id": use_case,
                    "reporting_currency": "USD",
                    "effective_cost_reporting": cost,
                },
            )
        # the macro of these tests divides into whole numbers: shares below 1 are 0 here
        connection.execute(
            "create or replace macro unit_economics.quotient(amount, units) as "
            "cast(amount / units as decimal(38, 12))"
        )
        names = ("return_part", "use_cases_count", "full_cost", "company_cost_share", "romi_pct")
        rows = cells(connection, "company_return")
        assert [[row[name] for name in names] for row in rows] == [
            ["use cases with a return", "2", "600", "0.5", None],
            ["of them after bills and people", "1", "500", "0.4167", "100"],
            ["of them after bills only", "1", "100", "0.0833", "-50"],
            ["use cases without a known return", "1", "500", "0.4167", None],
            ["no use case", "0", "100", "0.0833", None],
        ]
        assert [row["measured_benefit_share"] for row in rows[:3]] == ["0.0476", "0", "1"]
        assert {row["all_unanswered_cost_share"] for row in rows} == {"0.5"}
        assert [row["all_other_use_cases_count"] for row in rows[:3]] == ["0", "1", "1"]


def test_a_request_that_our_own_meter_counted_has_its_cost() -> None:
    """The vendor of m2 counts none: 10 by the meter's 5 requests is 2 a request."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for model, requests, counted_by, reason in (
            ("m1", 3, "vendor", None),
            ("m2", 5, "meter", None),
            ("m3", None, None, "the vendor counts no requests, and no meter of ours does"),
        ):
            insert(
                connection,
                "unit_economics.fct_cost_per_inference_monthly",
                {
                    "billing_period": "2026-10-01",
                    "outcome": "owned",
                    "use_case": "Answers",
                    "x_model": model,
                    "reporting_currency": "USD",
                    "direct_cost_reporting": 2 * (requests or 0),
                    "requests": requests,
                    "requests_source": counted_by,
                    "cost_per_request_unknown_reason": reason,
                },
            )
        names = ("model", "requests", "requests_source", "cost_per_request", "reason")
        assert [[row[name] for name in names] for row in cells(connection, "cost_per_request")] == [
            ["m2", "5", "meter", "2", None],
            ["m1", "3", "vendor", "2", None],
            [
                "m3",
                None,
                "nobody",
                None,
                "the vendor counts no requests, and no meter of ours does",
            ],
        ]
        (lesson,) = cells(connection, "lesson_request")
        assert (lesson["model"], lesson["cost_per_request"]) == ("m2", "2")


def test_teams_and_use_cases_are_shown_by_their_names() -> None:
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        insert(
            connection,
            "reference.dim_owner",
            {"owner_id": "care", "team": "Care", "valid_to": "2026-06-01"},
            {"owner_id": "care", "team": "Customer Care", "valid_from": "2026-06-01"},
        )
        insert(
            connection, "reference.dim_use_case", {"use_case_id": "answers", "use_case": "Answers"}
        )
        for scope, value in (("owner", "care"), ("use_case", "answers"), ("sub_account", "care")):
            insert(
                connection,
                "planning.fct_budget_status",
                {"billing_period": "2026-10-01", "budget_scope": scope, "scope_value": value},
            )
        budgets = {
            (row["budget_scope"], row["scope_value"]) for row in cells(connection, "budgets")
        }
        assert budgets == {
            ("owner", "Customer Care"),
            ("use_case", "Answers"),
            ("sub_account", "care"),
        }
        for mart in ("session", "caller"):
            insert(
                connection,
                f"unit_economics.fct_{mart}_economics_monthly",
                *(
                    {
                        "billing_period": "2026-10-01",
                        "use_case_id": "answers",
                        "x_team": team,
                        "requests": 10,
                        "failed_requests": 1,
                    }
                    if mart == "caller"
                    else {"billing_period": "2026-10-01", "use_case_id": "answers", "x_team": team}
                    for team in ("care", "a word of the meter", None)
                ),
            )
        for key in ("session_costs", "callers", "failed_calls"):
            shown = cells(connection, key)
            assert {row["team"] for row in shown} == {
                "Customer Care",
                "a word of the meter",
                "no team",
            }
            assert {row["use_case"] for row in shown} == {"Answers"}


def test_every_reason_of_a_first_prompt_is_told_once() -> None:
    with duckdb.connect() as connection:
        make_published(connection)
        insert(
            connection,
            "unit_economics.fct_time_to_first_prompt",
            {
                "use_case": "a",
                "days_to_first_prompt_unknown_reason": "it is not in production yet",
                "cost_until_first_value_unknown_reason": "it is not in production yet",
            },
            {
                "use_case": "b",
                "first_production_on": "2025-09-02",
                "cost_until_first_value_unknown_reason": "the bills begin after development did",
            },
            {
                "use_case": "c",
                "first_production_on": "2026-03-01",
                "first_production_call_on": "2026-03-04",
            },
        )
        told = cells(connection, "first_prompts")
        assert [row["reason"] for row in told] == [
            "it is not in production yet",
            "the bills begin after development did",
            None,
        ]
        # what rests on the organisation's word is marked
        assert [row["first_prompt_known_by"] for row in told] == [
            None,
            "stated by the organisation",
            "bills",
        ]


def test_a_sentence_speaks_of_the_sums_that_the_chart_draws() -> None:
    """Of a group only what adds up can be said; a single row is never the most of anything."""
    calendar = {"this_month", "month_before"}
    for figure in figures():
        assert figure.answer, f"{figure.key}: no sentence answers the question"
        drawn = column(figure.chart.value) if figure.chart else None
        by = figure.groups(drawn is not None and drawn.adds_up)
        said = set(re.findall(r"{(\w+)}", figure.answer)) - calendar
        if by:
            assert by in said or by in ("currency", "billing_period"), figure.key
            of_groups = {name for name in said if not column(name).in_sentence}
            assert all(name == by or column(name).adds_up for name in of_groups), figure.key
        elif figure.of_first_row:
            assert not re.search(r"\b(most|largest|dearest)\b", figure.answer), figure.key


def test_every_question_fits_the_contracts_of_the_marts(answers: dict[str, Answer]) -> None:
    for key, found in answers.items():
        assert "rows_count" in found.columns, key
        assert found.tables, key


def test_every_word_that_is_filled_in_is_a_column(answers: dict[str, Answer]) -> None:
    calendar = {"this_month", "month_before"}
    told = [(one.key, one.answer) for one in figures()] + [
        (one.key, one.words) for one in lessons()
    ]
    for key, words in told:
        assert set(re.findall(r"{(\w+)}", words)) <= calendar | set(answers[key].columns), key
    said = [text for one in figures() for text in (one.formula, one.empty, one.note or "")]
    said += [one.without for one in lessons()] + [page.cards.formula for page in PAGES]
    for text in said:
        assert set(re.findall(r"{(\w+)}", text)) <= calendar, text


def test_every_chart_draws_columns_of_its_answer(answers: dict[str, Answer]) -> None:
    for figure in figures():
        if figure.chart is None:
            continue
        chart = figure.chart
        drawn = {chart.value, chart.label, chart.series, chart.before} - {None}
        assert drawn <= set(answers[figure.key].columns), figure.key
        assert column(chart.value).unit not in ("text", "month", "date", "time")
        # Bars that are stacked or folded into one are sums.
        if chart.kind in ("months", "parts"):
            assert column(chart.value).adds_up, figure.key


def test_a_column_that_nobody_described_is_refused_by_name() -> None:
    with pytest.raises(UnknownColumnError, match="mystery_cost"):
        column("mystery_cost")
    with pytest.raises(UnknownColumnError, match="mystery"):
        column("mystery_before")


@pytest.mark.parametrize(
    ("name", "unit", "adds_up", "estimate"),
    [
        ("cost", "money", True, False),
        ("idle_cost_before", "money", True, False),
        ("cache_saving_estimated_cost", "money", True, True),
        ("cost_per_request", "price", False, False),
        ("price_per_million_tokens", "price", False, False),
        ("tokens", "tokens", True, False),
        ("cost_change_share", "share", False, False),
        ("models_count", "count", False, False),
        ("billing_period", "month", False, False),
        ("team", "text", False, False),
    ],
)
def test_a_name_says_its_unit(name: str, unit: str, adds_up: bool, estimate: bool) -> None:
    found = column(name)
    assert (found.unit, found.adds_up, found.estimate) == (unit, adds_up, estimate)


def test_the_month_before_is_the_same_column_of_another_month() -> None:
    assert column("cost_before").label == "Cost in {month_before}"
    assert column("cost_before").about.endswith("in the month before")


class Scripts(HTMLParser):
    """Collects the scripts of a page and how many tags of each kind it has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def answer(columns: tuple[str, ...], *rows: tuple[str | None, ...]) -> Answer:
    return Answer("select 1", columns, rows, ("showback.fct_showback_daily",), len(rows))


def test_text_of_a_bill_adds_no_tag_to_the_page() -> None:
    def page_with(text: str) -> str:
        answers = {key: answer(("team", "rows_count"), (text, "1")) for key in keys()}
        months = ("this_month", "month_before", "is_open", "rows_count")
        answers["months"] = answer(months, ("2026-10-01", "2026-09-01", "false", "1"))
        return render(PAGES, answers, "made from")

    evil, good = Scripts(), Scripts()
    page = page_with(EVIL)
    evil.feed(page)
    good.feed(page_with("Vision"))
    assert evil.tags == good.tags and evil.tags.count("script") == 4
    block = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    data = json.loads(block.group(1))
    assert data["answers"]["cost_by_team"]["rows"] == [[EVIL, "1"]]


def test_a_reason_is_said_by_what_it_did_to_the_cost() -> None:
    """A credit that fell away is fewer credits and a rise; each team's reasons keep one name."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-09-01", "2026-10-01")
        insert(
            connection,
            "unit_economics.fct_price_volume_mix_monthly",
            {
                "billing_period": "2026-10-01",
                "base_period": "2026-09-01",
                "is_previous_month": True,
                "outcome": "owned",
                "team": "Ads",
                "reporting_currency": "USD",
                "credits_effect_reporting": 250,
                "corrections_effect_reporting": -20,
                "machine_volume_effect_reporting": -30,
                "fees_effect_reporting": 0,
            },
        )
        company = cells(connection, "change_reasons")
        teams = cells(connection, "change_reasons_by_team")
    words = column("effect_kind").values
    assert [(words[str(row["effect_kind"])], row["cost_change"]) for row in company] == [
        ("fewer credits", "250"),
        ("fewer machine hours", "-30"),
        ("more refunded and corrected", "-20"),
    ]
    assert [words[str(row["effect_kind"])] for row in teams] == [
        "more or fewer credits",
        "more or fewer machine hours",
        "corrections and refunds",
    ]


def test_an_invoice_that_no_charge_answers_stands_first_with_its_state() -> None:
    """Tax of 659.49 that only the invoice shows; a cent of rounding; an old one in dispute."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")

        def line(invoice: str, month: str, state: str, difference: str | None, **more: Any) -> None:
            insert(
                connection,
                "trust.rpt_invoice_reconciliation",
                {
                    "source": "vendor",
                    "billing_period": month,
                    "invoice_id": invoice,
                    "invoice_basis": "organisation",
                    "reconciliation_state": state,
                    "difference_cost": difference,
                    **more,
                },
            )

        line("rounded", "2026-10-01", "within tolerance", "0.01")
        line("tax", "2026-10-01", "explained", "659.49", tax_cost="659.49", unexplained_cost=0)
        line("open/x", "2026-10-01", "no invoice", None, invoice_basis="provisional")
        line("disputed", "2026-08-01", "beyond tolerance", "-7", unexplained_cost=-7)
        line("settled", "2026-08-01", "reconciled", "0")
        shown = cells(connection, "invoice_lines")
    assert [(row["invoice_id"], row["difference_because"]) for row in shown] == [
        ("tax", "tax that only the invoice shows; no charge of the bill, in no total here"),
        ("disputed", "nothing explains it: ask the vendor, or accept it"),
        ("rounded", "rounding, within the tolerance"),
        ("not here yet", "no invoice has come in"),
    ]
    assert column("invoiced_cost").absent == "no invoice yet"


def test_what_needs_no_rate_or_has_no_owner_is_said_and_not_unknown() -> None:
    """Dollars need no conversion; of 7 euros one amount has no rate; nobody owns 3 requests."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for currency, billed, converted in (("USD", 5, 5), ("EUR", 4, 5), ("EUR", 3, None)):
            insert(
                connection,
                "showback.fct_showback_daily",
                {
                    "billing_currency": currency,
                    "reporting_currency": "USD",
                    "billed_cost": billed,
                    "billed_cost_reporting": converted,
                },
            )
        rates = cells(connection, "exchange_rates")
        request = {"billing_period": "2026-10-01", "reporting_currency": "USD"}
        insert(
            connection,
            "unit_economics.fct_cost_per_inference_monthly",
            {
                **request,
                "outcome": "owned",
                "team": "Ads",
                "x_model": "m1",
                "direct_cost_reporting": 20,
                "requests": 10,
            },
            {**request, "outcome": "unallocated", "requests": 3},
            {**request, "outcome": "idle", "loaded_cost_reporting": 9},
        )
        requests = cells(connection, "cost_per_request")
    assert [(row["conversion"], row["unconverted_cost"]) for row in rates] == [
        ("to USD, at the rate of the day or month", "3"),
        ("no conversion needed", "0"),
    ]
    assert [(row["team"], row["requests"], row["reason"]) for row in requests] == [
        ("Ads", "10", None),
        ("no owner", "3", "nobody owns these requests: their cost is with the unallocated"),
    ]
    assert column("people_cost").absent == "not stated"
    assert column("cost").absent == "unknown"


def test_the_company_s_return_says_of_which_costs_it_is() -> None:
    """Of 100 with a return 75 are after bills and people, 25 on bills alone."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for use_case, basis, cost in (("a", "bills only", 25), ("b", "bills and people", 75)):
            insert(
                connection,
                "unit_economics.fct_return_on_model_investment",
                {
                    "billing_period": "2026-10-01",
                    "use_case_id": use_case,
                    "reporting_currency": "USD",
                    "cost_basis": basis,
                    "cumulative_full_cost_reporting": cost,
                    "cumulative_benefit_reporting": 150,
                    "romi_pct": 1,
                },
            )
        insert(
            connection,
            "unit_economics.fct_unit_cost_monthly",
            {
                "billing_period": "2026-10-01",
                "reporting_currency": "USD",
                "use_case_id": "a",
                "effective_cost_reporting": 100,
            },
        )
        first, *others = cells(connection, "company_return")
    assert first["cost_basis"] == "75 % bills and people; 25 % bills only"
    assert first["romi_pct"] is None and "make no one return" in str(first["reason"])
    assert [row["cost_basis"] for row in others] == ["bills and people", "bills only"]


def test_a_company_s_return_of_one_kind_of_costs_is_one_return() -> None:
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for use_case, cost, benefit in (("a", 25, 100), ("b", 75, 200)):
            insert(
                connection,
                "unit_economics.fct_return_on_model_investment",
                {
                    "billing_period": "2026-10-01",
                    "use_case_id": use_case,
                    "reporting_currency": "USD",
                    "cost_basis": "bills only",
                    "cumulative_full_cost_reporting": cost,
                    "cumulative_benefit_reporting": benefit,
                    "romi_pct": 1,
                },
            )
        insert(
            connection,
            "unit_economics.fct_unit_cost_monthly",
            {
                "billing_period": "2026-10-01",
                "reporting_currency": "USD",
                "use_case_id": "a",
                "effective_cost_reporting": 100,
            },
        )
        first = cells(connection, "company_return")[0]
    # (300 - 100) / 100
    assert (first["cost_basis"], first["romi_pct"]) == ("bills only", "200")


def test_a_promise_that_falls_short_stands_first_and_each_unknown_has_its_reason() -> None:
    """What usage counts towards is never unused: it is in the list of promises alone."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for name, counted_by, state, committed, so_far, used, reason in (
            ("plan", "bill", "charged as it runs", 62, 62, 60, None),
            ("enough", "usage", "on track", 500, 400, None, None),
            ("big", "usage", "falls short", 1000, 310, None, None),
            ("hours", "usage", "unknown", None, None, None, "it is promised in Hours"),
            ("late", "usage", "missed", 200, 150, None, None),
        ):
            insert(
                connection,
                "planning.fct_commitment_status",
                {
                    "billing_period": "2026-10-01",
                    "commitment_id": name,
                    "description": name,
                    "source": "cloud",
                    "counted_by": counted_by,
                    "billing_currency": "USD",
                    "valid_to": "2027-01-01",
                    "committed_cost": committed,
                    "counted_cost": so_far,
                    "counted_so_far_cost": so_far,
                    "left_to_count_cost": None if committed is None else committed - so_far,
                    "run_rate_cost": None if so_far is None else so_far + 40,
                    "used_effective_cost": used,
                    "unused_effective_cost": None if used is None else 2,
                    "commitment_state": state,
                    "unknown_reason": reason,
                },
            )
        promises = cells(connection, "promises")
        # 200 - 150 of what has ended, 1000 - (310 + 40) of what goes on
        assert [(row["description"], row["shortfall_estimated_cost"]) for row in promises] == [
            ("late", "50"),
            ("big", "650"),
            ("hours", None),
            ("enough", "0"),
            ("plan", "0"),
        ]
        for row in promises:
            assert row["reason"] or row["counted_so_far_cost"], row
        (used,) = cells(connection, "commitments")
        assert (used["commitment_id"], used["used_effective_cost"]) == ("plan", "60")
        assert used["all_paid_cost"] == "62"


def test_parts_of_a_whole_are_per_cent_wherever_they_are_compared() -> None:
    """A measure in days stays one, and what nobody has is no per cent of it."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for capability, kpi, value, following in (
            ("capacity", "idle_share", "0.084", "0.03"),
            ("data", "visibility_delay_days of cloud", "3", "2"),
        ):
            insert(
                connection,
                "governance.fct_maturity_scorecard",
                {
                    "billing_period": "2026-10-01",
                    "capability": capability,
                    "stage": "walk",
                    "weakest_kpi": kpi,
                    "weakest_kpi_value": value,
                    "next_stage_value": following,
                },
            )
        names = ("weakest_kpi", "weakest_share", "next_share", "weakest_days", "next_days")
        assert [[row[name] for name in names] for row in cells(connection, "maturity")] == [
            ["idle_share", "0.084", "0.03", None, None],
            ["visibility_delay_days", None, None, "3", "2"],
        ]
        assert {column(name).unit for name in ("weakest_share", "next_share")} == {"share"}
        price = "reporting_currency per 1000000 tokens"
        for metric, subject, unit, value in (
            ("idle_share", "ops", "share", "0.573"),
            ("direct_cost_per_million_tokens", "chat", price, "5"),
            ("direct_cost_per_million_tokens", "tags", price, "1"),
        ):
            insert(
                connection,
                "unit_economics.fct_benchmark_monthly",
                {
                    "billing_period": "2026-10-01",
                    "benchmark_metric": metric,
                    "subject_kind": "owner" if unit == "share" else "use_case",
                    "subject_id": subject,
                    "unit": unit,
                    "metric_value": value,
                    "median_value": "3",
                    "peer_group": "production",
                    "peers_count": 2,
                },
            )
        insert(
            connection,
            "unit_economics.fct_cost_per_inference_monthly",
            {"billing_period": "2026-10-01", "reporting_currency": "USD"},
        )
        rows = cells(connection, "benchmarks")
    assert [(row["subject_name"], row["metric_ratio"], row["metric_unit"]) for row in rows] == [
        ("chat", "5", "USD for a million tokens"),
        ("tags", "1", "USD for a million tokens"),
        ("ops", "57.3", "%"),
    ]
    # who is dearest and who is cheapest, of how many, is said by every row
    assert {
        (
            row["all_compared_peers_count"],
            row["all_dearest_subject"],
            row["all_dearest_cost_per_million_tokens"],
            row["all_cheapest_subject"],
            row["all_cheapest_cost_per_million_tokens"],
        )
        for row in rows
    } == {("2", "chat", "5", "tags", "1")}


def test_what_is_unknown_is_what_neither_vendor_nor_meter_counts() -> None:
    """Of 100 that the vendor counts no requests of, our own meter answers for 60."""
    with duckdb.connect() as connection:
        make_published(connection)
        over(connection, "2026-10-01")
        for use_case, cost, requests in (("chat", 60, 1000), ("tags", 40, None)):
            insert(
                connection,
                "unit_economics.fct_cost_per_inference_monthly",
                {
                    "billing_period": "2026-10-01",
                    "use_case_id": use_case,
                    "source": "vendor",
                    "x_model": "m1",
                    "reporting_currency": "USD",
                    "direct_cost_reporting": cost,
                    "requests": requests,
                    "cost_per_request_unknown_reason": None if requests else "nobody counts them",
                },
            )
        (found,) = cells(connection, "lesson_unknown")
    assert (found["cost"], found["reason"]) == ("40", "nobody counts them")


def test_reasons_of_a_change_have_the_words_of_the_mart() -> None:
    """The report's own words for a rise and a fall are those of the macro, reason by reason."""
    macro = (DBT_PROJECT_DIR / "macros" / "price_volume_mix.sql").read_text(encoding="utf-8")
    told = re.findall(r"'(\w+)': \('([^']+)', '([^']+)'\)", macro)
    assert len(told) > 15
    words = column("effect_kind").values
    # the report's word for the currency's effect, whose column is that of an amount's currency
    names = {effect: "exchange_rate" if effect == "currency" else effect for effect, _, _ in told}
    for effect, rise, fall in told:
        name = names[effect]
        assert (words[f"{name}_rise"], words[f"{name}_fall"]) == (rise, fall)
    assert {*words} == {f"{name}{end}" for name in names.values() for end in ("", "_rise", "_fall")}
