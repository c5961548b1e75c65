"""A month is closed and then everything about it changes; its statement stays, true-ups follow.

September of the small company is closed with 60.593333333333 USD (``tests/fixtures/README.md``).
Then AWS restates it (GPU hours 10.06 -> 11.31: +1.25), sends a late credit (-2.00), and the
organisation corrects a mapping (the tax of 4.20 goes to search alone instead of half to vision).
October is closed with those true-ups, and September changes once more (11.31 -> 11.00: -0.31).
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import pytest

from orchestration.defs import build_definitions
from orchestration.publish.audit import COSTS
from tests.pipeline.conftest import UNTOUCHED, Installation, Run

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
LINE = tuple[Any, ...]

# What the small company leaves open: a machine of an unknown account is no exception, credits that
# no rule takes are none either. A machine type that no list knows would be.
POLICY = (
    "billing_currency,open_exceptions_limit,uninvoiced_limit,valid_from,valid_to\n"
    "USD,100,0,,\nEUR,1000,1000,,\n"
)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, (path, old, text.count(old))
    path.write_text(text.replace(old, new))


def lines(installation: Installation, period: date) -> list[LINE]:
    """Return a month's statement lines, to the last digit."""
    return installation.query(
        f"select line_kind, source, outcome, owner_id, charge_category, {', '.join(COSTS)} "
        "from showback.fct_stated_cost_monthly where billing_period = ? order by all",
        [period],
    )


def true_ups(installation: Installation, period: date) -> dict[tuple[str, str, str], Decimal]:
    """Return the billed cost that a month books, by kind, category and owner."""
    rows = installation.query(
        "select correction_kind, charge_category, owner_id, billed_cost "
        "from showback.fct_true_up where billing_period = ? and corrected_period = ?",
        [period, SEPTEMBER],
    )
    return {(kind, category, owner): billed for kind, category, owner, billed in rows}


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@dataclass
class Story:
    """What was there after each chapter."""

    installation: Installation
    closed: Run
    lines_closed: list[LINE]
    files_closed: dict[str, bytes]
    restated: Run
    lines_restated: list[LINE]
    october: list[LINE]
    true_ups_open: dict[tuple[str, str, str], Decimal]
    too_early: Run
    again: Run


@pytest.fixture(scope="module")
def story(
    published_once: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    installation = published_once.copy(tmp_path_factory.mktemp("close") / "installation")
    bill = installation.bills / "aws_legacy" / "2026-09.csv"
    statements = installation.published_path.parent / "statements"
    (installation.org / "close_policy.csv").write_text(POLICY)

    # The copy lies elsewhere than what was published, so a run comes before a closing.
    first = installation.run_here(has_gates=False)
    assert first.exit_code == 0, first.text
    closed = installation.command_here("close", "2026-09")
    assert closed.exit_code == 0, closed.text
    lines_closed, files_closed = lines(installation, SEPTEMBER), files(statements / "2026-09")

    change(bill, "1.006,10.06,$1.006", "1.006,11.31,$1.006")
    late = (
        "line-09-09,2026090001,AWS,Anniversary,111122223333,2026-09-01T00:00:00Z,"
        "2026-10-01T00:00:00Z,200000000001,Credit,2026-09-01T00:00:00Z,2026-10-01T00:00:00Z,"
        'AmazonBedrock,,,,1,USD,,-2.00,Late credit,"Amazon Web Services, Inc.",Amazon Bedrock'
    )
    filled = len(next(csv.reader([late])))
    with bill.open("r+") as handle:
        columns = len(next(csv.reader([handle.readline()])))
        handle.seek(0, os.SEEK_END)
        handle.write(late + "," * (columns - filled) + "\n")
    change(installation.org / "allocation_rule_target.csv", "tax,1,vision,\n", "")
    # The gates judge the last run, which has all that this one has and more.
    restated = installation.run_here(has_gates=False)
    assert restated.exit_code == 0, restated.text
    lines_restated, october = lines(installation, SEPTEMBER), lines(installation, OCTOBER)
    open_now = true_ups(installation, OCTOBER)
    october_closed = installation.command_here("close", "2026-10")
    assert october_closed.exit_code == 0, october_closed.text

    change(bill, "1.006,11.31,$1.006", "1.006,11.00,$1.006")
    too_early = installation.command_here("close", "2026-11")
    again = installation.run_here()
    assert again.exit_code == 0, again.text
    yield Story(
        installation,
        closed,
        lines_closed,
        files_closed,
        restated,
        lines_restated,
        october,
        open_now,
        too_early,
        again,
    )


def test_a_closing_shows_what_it_looked_at(story: Story) -> None:
    assert [line for line in story.closed.lines if line.endswith(": passed")] == [
        f"{name}: passed"
        for name in ("Sources", "Control totals", "Invoices", "Open exceptions", "Owners")
    ]
    assert "2026-09 is closed" in story.closed.text


def test_a_closed_month_stays_to_the_last_digit(story: Story) -> None:
    assert sum(line[5] for line in story.lines_closed) == Decimal("60.593333333333")
    assert story.lines_restated == story.lines_closed == lines(story.installation, SEPTEMBER)
    statements = story.installation.published_path.parent / "statements"
    assert files(statements / "2026-09") == story.files_closed


def test_what_changed_is_booked_in_the_next_open_month_by_kind_and_owner(story: Story) -> None:
    assert story.true_ups_open == {
        ("restatement", "Usage", "vision"): Decimal("1.25"),
        ("late_credit", "Credit", "search"): Decimal("-2"),
        ("reallocation", "Tax", "search"): Decimal("2.1"),
        ("reallocation", "Tax", "vision"): Decimal("-2.1"),
    }


def test_a_closed_month_keeps_what_it_booked_and_only_news_is_booked_after_it(story: Story) -> None:
    assert true_ups(story.installation, OCTOBER) == story.true_ups_open
    assert true_ups(story.installation, NOVEMBER) == {
        ("restatement", "Usage", "vision"): Decimal("-0.31")
    }
    assert lines(story.installation, OCTOBER) == story.october
    assert {line[0] for line in story.october} == {"cost", "true_up"}


@pytest.mark.parametrize("cost", COSTS)
def test_frozen_and_booked_are_what_is_known_for_each_owner(story: Story, cost: str) -> None:
    key = "source, outcome, owner_id, cost_centre, use_case_id, charge_category, billing_currency"
    different = story.installation.query(
        f"""
        with stated as (
            select billing_period as period, {key}, {cost} from showback.fct_stated_cost_monthly
            where line_kind = 'cost'
            union all
            select corrected_period, {key}, {cost} from showback.fct_true_up
        ),

        sides as (
            select period, {key}, sum({cost}) as {cost} from stated group by all
            union all
            select billing_period, {key}, -sum({cost}) from showback.fct_statement_line_monthly
            group by all
        )

        select period, {key}, sum({cost}) from sides group by all having sum({cost}) <> 0
        """
    )
    assert different == []
    known = "select count(*) from showback.fct_statement_line_monthly where billing_period = ?"
    assert story.installation.scalar(known, [SEPTEMBER]) > 0


def test_frozen_files_say_the_same_in_parquet_and_csv_and_as_published(story: Story) -> None:
    folder = story.installation.published_path.parent / "statements" / "2026-10" / "v001"
    for name in (
        "fct_stated_cost_monthly",
        "fct_statement_monthly",
        "fct_statement_line_monthly",
        "rpt_control_totals",
        "rpt_invoice_reconciliation",
    ):
        parquet = duckdb.sql(
            f"select columns(*)::varchar from read_parquet('{folder}/{name}.parquet') order by all"
        ).fetchall()
        csv = duckdb.sql(
            f"from read_csv('{folder}/{name}.csv', all_varchar = true, header = true) order by all"
        ).fetchall()
        assert parquet and parquet == csv
    frozen = duckdb.sql(
        "select line_kind, source, outcome, owner_id, charge_category, "
        f"{', '.join(COSTS)} from read_parquet('{folder}/fct_stated_cost_monthly.parquet') "
        "order by all"
    ).fetchall()
    assert frozen == story.october


def test_the_owners_statement_of_a_closed_month_is_the_frozen_one(story: Story) -> None:
    folder = story.installation.published_path.parent / "statements" / "2026-09" / "v001"
    columns = f"owner_id, billing_currency, {', '.join(COSTS)}"
    frozen = duckdb.sql(
        f"select {columns} from read_parquet('{folder}/fct_statement_monthly.parquet') order by all"
    ).fetchall()
    shown, known = (
        story.installation.query(
            f"select {columns} from showback.{table} where billing_period = ? order by all",
            [SEPTEMBER],
        )
        for table in ("fct_statement_monthly", "fct_statement_known_monthly")
    )
    assert shown == frozen
    assert sum(row[2] for row in known) - sum(row[2] for row in shown) == Decimal("-1.06")
    assert story.installation.query(
        "select distinct billing_period, statement_state, statement_version "
        "from showback.fct_statement_monthly order by all"
    ) == [(SEPTEMBER, "closed", 1), (OCTOBER, "closed", 1)]


def test_a_closed_month_keeps_its_journal_and_the_next_open_one_books_what_changed(
    story: Story,
) -> None:
    """September was restated twice, credited, and has another rule: its journal stays."""
    statements = story.installation.published_path.parent / "statements"
    columns = (
        "line_number, line_role, cost_centre, gl_account, line_text, billing_currency, "
        "debit_amount, credit_amount, exact_amount, takes_remainder"
    )
    for month in (SEPTEMBER, OCTOBER):
        frozen = duckdb.read_parquet(
            str(statements / f"{month:%Y-%m}" / "v001" / "fct_chargeback_journal.parquet")
        )
        shown = story.installation.query(
            f"select {columns} from showback.fct_chargeback_journal where billing_period = ? "
            "and statement_state = 'closed' and statement_version = 1 order by all",
            [month],
        )
        assert shown == frozen.select(columns).order("all").fetchall() and shown
    # October was closed with 1.25 and -2.00 of September, November books the -0.31 after it.
    assert story.installation.query(
        "select billing_period, corrected_period, line_text, statement_state, -sum(exact_amount) "
        "from showback.fct_chargeback_journal "
        "where line_role = 'clearing' and corrected_period is not null group by all order by all"
    ) == [
        (month, SEPTEMBER, "Invoices of vendors charged on, true-up of 2026-09", state, amount)
        for month, state, amount in (
            (OCTOBER, "closed", Decimal("-0.75")),
            (NOVEMBER, "open", Decimal("-0.31")),
        )
    ]


def test_an_owner_is_told_what_is_asked_for_and_what_it_corrects(story: Story) -> None:
    """Vision has nothing in November but the correction of a closed month."""
    assert story.installation.query(
        "select owner_id, effective_cost, true_up_effective_cost, stated_effective_cost, "
        "corrected_months from showback.fct_owner_statement_monthly where billing_period = ?",
        [NOVEMBER],
    ) == [("vision", 0, Decimal("-0.31"), Decimal("-0.31"), "2026-09 v1 (restatement)")]
    totals = "select billing_period, billing_currency, sum({}) from showback.{} group by all"
    asked, stated = (
        story.installation.query(totals.format(cost, table))
        for cost, table in (
            ("stated_effective_cost", "fct_owner_statement_monthly"),
            ("effective_cost", "fct_stated_cost_monthly"),
        )
    )
    assert sorted(asked) == sorted(stated) and len(asked) >= 3


def test_a_month_that_is_not_over_is_not_closed(story: Story) -> None:
    assert story.too_early.exit_code == 1
    assert "2026-11 is not over (today is 2026-11-16)" in story.too_early.text


def test_the_published_file_says_what_is_closed(story: Story) -> None:
    rows = story.installation.query(
        "select billing_period, statement_version, is_in_force from trust.rpt_closed_period "
        "order by all"
    )
    assert rows == [(SEPTEMBER, 1, True), (OCTOBER, 1, True)]


def test_period_files_of_a_closed_month_are_kept(story: Story) -> None:
    """September was built anew twice; the files it was closed with are still there."""
    statements = story.installation.published_path.parent / "statements"
    manifest = json.loads((statements / "2026-09" / "v001" / "manifest.json").read_text())
    keys = {
        entry["key"]
        for entry in manifest["keys"]
        if entry["relation"] == "conform.int_charges_conformed_aws_cur_legacy"
    }
    conform = story.installation.settings.warehouse_dir / "conform"
    there = {path.stem for path in conform.glob("int_charges_conformed_aws_cur_legacy/*/*/*")}
    assert keys and keys <= there


def test_the_ui_has_a_job_that_closes_and_one_that_reopens(story: Story) -> None:
    installation = story.installation
    said = {}
    with mock.patch.dict(os.environ, installation.environment(), clear=True):
        definitions = build_definitions(installation.settings)
        for job, step, config in (
            ("close_month", "freeze_statements", {"month": "2026-12"}),
            ("reopen_month", "open_statements", {"month": "2026-08", "reason": "wrong owner"}),
        ):
            with dg.DagsterInstance.ephemeral() as instance:
                result = definitions.resolve_job_def(job).execute_in_process(
                    run_config={"ops": {step: {"config": config}}},
                    instance=instance,
                    raise_on_error=False,
                )
            (failure,) = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
            said[job] = failure.step_failure_data.user_failure_data.description
    assert "2026-12 is not over" in said["close_month"]
    assert "2026-08 is not closed" in said["reopen_month"]


def test_a_changed_statement_stops_the_next_run_and_names_month_and_file(
    story: Story, tmp_path: Path
) -> None:
    statements = story.installation.published_path.parent / "statements"
    kept = tmp_path / "kept"
    shutil.copytree(statements, kept)
    before = story.installation.published_hash()
    path = statements / "2026-09" / "v001" / "fct_stated_cost_monthly.csv"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("search", "vision", 1))
    run = story.installation.run_here()
    closing = story.installation.command_here("close", "2026-11")
    shutil.rmtree(statements)
    shutil.copytree(kept, statements)
    assert run.exit_code == 1 and UNTOUCHED in run.text
    assert "statements 2026-09: v001/fct_stated_cost_monthly.csv was changed" in run.text
    assert "2026-11 stays open" in closing.text
    assert "v001/fct_stated_cost_monthly.csv was changed" in closing.text
    assert story.installation.published_hash() == before


def test_a_reopened_month_is_closed_again_after_a_run_only(story: Story, tmp_path: Path) -> None:
    copy = story.installation.copy(tmp_path / "copy")
    # The copy's files lie elsewhere, so a run comes first in any case; the order is what counts.
    assert copy.command_here("reopen", "2026-10", "").exit_code == 1
    reopened = copy.command_here("reopen", "2026-10", "wrong owner of the tax")
    assert reopened.exit_code == 0, reopened.text
    refused = copy.command_here("close", "2026-10")
    assert refused.exit_code == 1 and "make run first" in refused.text
    run = copy.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    # September's corrections are October's again, the last one included.
    assert true_ups(copy, OCTOBER)["restatement", "Usage", "vision"] == Decimal("0.94")
    assert true_ups(copy, NOVEMBER) == {}
    closed = copy.command_here("close", "2026-10")
    assert closed.exit_code == 0, closed.text
    folder = copy.published_path.parent / "statements" / "2026-10"
    assert sorted(path.name for path in folder.iterdir()) == ["v001", "v001.reopened.json", "v002"]
