"""``make metric`` as a person uses it, on the small company's published file."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest

from orchestration.__main__ import main
from orchestration.publish.metrics import MetricAnswer, as_csv, as_sql, ask, question_of
from orchestration.publish.semantic_layer import MetricError, SemanticLayer
from orchestration.settings import DBT_PROJECT_DIR
from tests.pipeline.conftest import Installation, Run

Cells = dict[str, Any]


@pytest.fixture(scope="module")
def layer(parsed_project: None) -> SemanticLayer:
    return SemanticLayer(DBT_PROJECT_DIR)


@pytest.fixture(scope="module", autouse=True)
def read_once(layer: SemanticLayer) -> Iterator[None]:
    """Give the commands of this process the metrics as they were read: each would read them."""
    known = {DBT_PROJECT_DIR: layer}
    with mock.patch("orchestration.publish.semantic_layer.SemanticLayer", known.__getitem__):
        yield


def run_metric(installation: Installation, *arguments: str) -> Run:
    return run_metric_beside(installation, *arguments)[0]


def run_metric_beside(installation: Installation, *arguments: str) -> tuple[Run, str]:
    """Return how the command ended, and what it said beside its output."""
    said, beside = io.StringIO(), io.StringIO()
    environment = mock.patch.dict(os.environ, installation.environment(), clear=True)
    with environment, redirect_stdout(said), redirect_stderr(beside):
        exit_code = main(["metric", *arguments])
    return Run(exit_code, tuple(said.getvalue().splitlines())), beside.getvalue()


def test_all_metrics_are_listed_with_unit_sentence_and_dimensions(
    published: Installation, layer: SemanticLayer
) -> None:
    exit_code, lines = run_metric(published)
    assert exit_code == 0
    text = "\n".join(lines)
    for metric in layer.metrics.values():
        assert f"  {metric.name} [{metric.unit}]\n      {metric.description}" in text
    assert any(line.startswith("inference, by month, ") for line in lines)
    # a mart that has ids alone can be asked by names all the same
    assert any(re.fullmatch(r"sessions, by month, .*\buse_case\b", line) for line in lines)
    assert "  model for x_model or hosted_model or trained_model" in lines


def test_money_comes_by_its_currency_though_nobody_asked_for_it(published: Installation) -> None:
    run = run_metric(published, "effective_cost", "--by", "team", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(run.text)))
    expected = published.query(
        "select team, billing_currency, sum(effective_cost) from showback.fct_showback_daily "
        "group by all order by all"
    )
    assert len({row["billing_currency"] for row in rows}) > 1
    assert {
        (row["team"] or None, row["billing_currency"] or None): Decimal(row["effective_cost"])
        for row in rows
    } == {(team, currency): cost for team, currency, cost in expected}
    shown = run_metric(published, "effective_cost", "--by", "team").text
    assert "Always by billing_currency: rows that differ there never add up." in shown


def test_rows_and_months_are_chosen_by_values_that_never_become_sql(
    published: Installation, layer: SemanticLayer
) -> None:
    months = published.query(
        "select billing_period, sum(effective_cost_reporting) from showback.fct_showback_daily "
        "group by all having count(effective_cost_reporting) > 0 order by 1"
    )
    (month, cost), named = months[-1], f"{months[-1][0]:%Y-%m}"
    answer = ask(
        published.published_path,
        layer,
        question_of("effective_cost_reporting", "month", "", named, named),
    )
    assert [row[0] for row in answer.rows] == [month.isoformat()]
    assert Decimal(str(answer.rows[0][2])) == cost
    same = ask(
        published.published_path,
        layer,
        question_of("effective_cost_reporting", "billing_period", f"month={month}"),
    )
    assert same == answer
    for hostile in ("team=x' or '1'='1", "team={{ 1 }}", "team=$first_month", 'team=")--'):
        asked = question_of("effective_cost_reporting", "team", hostile)
        assert ask(published.published_path, layer, asked).rows == ()


def test_a_value_that_no_row_has_is_said_with_the_nearest(
    published: Installation, layer: SemanticLayer
) -> None:
    ((team,),) = published.query(
        "select max(team) from showback.fct_showback_daily where effective_cost_reporting <> 0"
    )
    asked = question_of("effective_cost_reporting", "team", f"team={team[:-1]}")
    answer = ask(published.published_path, layer, asked)
    assert answer.rows == ()
    (hint,) = answer.hints
    assert hint.startswith(f"No row has the team {team[:-1]!r}. Near: ")
    assert team in hint
    said = run_metric(
        published, "effective_cost_reporting", "--by", "team", "--where", "team=zzzz; source="
    ).text
    assert "No row has the team 'zzzz'. There are: " in said
    assert "source has a value in every row." in said
    # a good value beside a bad one has rows, and the bad one is said all the same
    both = question_of("effective_cost_reporting", "team", f"team={team}; team=zzzz")
    answer = ask(published.published_path, layer, both)
    assert [row[0] for row in answer.rows] == [team]
    assert len(answer.hints) == 1


def test_what_has_no_match_fails_and_leaves_a_file_for_other_tools_empty(
    published: Installation,
) -> None:
    team = published.scalar(
        "select max(team) from showback.fct_showback_daily where effective_cost_reporting <> 0"
    )
    wrong = ("effective_cost_reporting", "--where", f"team={team.upper()}")
    said = f"No row has the team {team.upper()!r}. It is written {team!r}."
    run, beside = run_metric_beside(published, *wrong)
    assert (run.exit_code, run.lines, beside) == (1, (said,), "")
    run, beside = run_metric_beside(published, *wrong, "--format", "csv")
    assert (run.exit_code, run.text, beside) == (1, "", f"{said}\n")
    run, beside = run_metric_beside(published, "effective_cots", "--format", "csv")
    assert (run.exit_code, run.text) == (1, "")
    assert beside.startswith("There is no metric 'effective_cots'. Near: effective_cost")
    # the part of an answer whose other part has no match is no whole answer
    run = run_metric(published, *wrong[:2], f"team={team}; team=zzzz")
    assert run.exit_code == 1 and "effective_cost_reporting" in run.text
    # each value is there, and no row has both
    asked = ("effective_cost_reporting", "--where", "source=focus_small; month=2026-09")
    run = run_metric(published, *asked)
    assert (run.exit_code, run.lines) == (
        1,
        ("No row of the published file has all that is asked for.",),
    )


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (["--from", "2031-01"], "Nothing is known of 2031-01 or later."),
        (["--to", "2019-12"], "Nothing is known of 2019-12 or earlier."),
    ],
)
def test_months_without_data_are_said_with_those_that_have_some(
    published: Installation, months: list[str], said: str
) -> None:
    first, last = published.query(
        "select strftime(min(billing_period), '%Y-%m'), strftime(max(billing_period), '%Y-%m') "
        "from showback.fct_showback_daily"
    )[0]
    for by in ([], ["--by", "team"]):
        run = run_metric(published, "idle_share", *by, *months)
        assert run.exit_code == 1
        assert run.lines == (f"{said} There are months from {first} to {last}.",)


def test_what_is_piped_is_whole_and_csv_has_every_digit(published: Installation) -> None:
    wide = "select repeat('x', 400) as wide, cast(1.5 as decimal(38, 12)) as exact, null as nothing"
    environment = {**os.environ, **published.environment()}
    command = [sys.executable, "-m", "orchestration", "query"]
    piped = subprocess.run(
        [*command, wide], env=environment, capture_output=True, text=True, check=True
    )
    assert "x" * 400 in piped.stdout
    said = io.StringIO()
    with mock.patch.dict(os.environ, published.environment(), clear=True), redirect_stdout(said):
        assert main(["query", wide, "--format", "csv"]) == 0
    assert said.getvalue() == f"wide,exact,nothing\n{'x' * 400},1.500000000000,\n"
    # head has read enough long before all rows are written
    cut = subprocess.run(
        ["bash", "-c", f"{' '.join(command)} 'from range(300000)' --format csv | head -1"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (cut.stdout, cut.stderr) == ("range\n", "")


def test_what_has_no_value_and_alternatives_can_be_asked_for(
    published: Installation, layer: SemanticLayer
) -> None:
    def rows(where: str) -> tuple[tuple[str | None, ...], ...]:
        asked = question_of("effective_cost_reporting", "team", where)
        return ask(published.published_path, layer, asked).rows

    everything = rows("")
    named = [row for row in everything if row[0] is not None]
    assert rows("team=") == tuple(row for row in everything if row[0] is None) != ()
    assert rows(f"team={named[0][0]}; team={named[1][0]}") == tuple(named[:2])


def test_the_sql_can_be_asked_of_the_published_file_by_any_client(
    published: Installation, layer: SemanticLayer
) -> None:
    question = question_of(
        "idle_share,idle_cost_reporting", "team", "source=focus_small", "2015-01"
    )
    sql = as_sql(layer.sql(question))
    with duckdb.connect() as connection:
        # Under another name, as a BI tool attaches it.
        connection.execute(f"attach '{published.published_path}' as finance (read_only)")
        connection.execute("use finance")
        asked = connection.execute(sql)
        types = {str(column[1]) for column in (asked.description or ())}
        rows = asked.fetchall()
    assert "DOUBLE" not in types
    answer = ask(published.published_path, layer, question)
    assert [row[0] for row in rows] == [row[0] for row in answer.rows] != []
    run = run_metric(
        published, "idle_share,idle_cost_reporting", "--by", "team", "--where",
        "source=focus_small", "--from", "2015-01", "--format", "csv",
    )  # fmt: skip
    assert run.text == as_csv(answer)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cost_per_inferenc"], "There is no metric 'cost_per_inferenc'. Near: cost_per_inference"),
        (["zzz"], "There is no metric 'zzz'. There are: "),
        (["ROMI_PCT"], "There is no metric 'ROMI_PCT'. Near: romi_pct, "),
        (["idle_share", "--by", "usecase"], "Near: use_case, use_case_id"),
        (["idle_share", "--where", "teem=a"], "dimension of idle_share 'teem'. Near: team"),
        (["idle_share,outcome_quantity", "--by", "source"], "of idle_share and outcome_quantity"),
        (["effective_cost,requests"], "effective_cost is always by billing_currency, which not"),
        (["idle_share", "--where", "team"], "'team' is no condition: write dimension=value"),
        (["idle_share", "--from", "2026-9"], "'2026-9' is no month: write it as 2026-09."),
        (["", "--by", "team"], "Name a metric"),
        (["", "--from", "2026-09"], "Name a metric"),
        (["idle_share", "--from", "2026-10", "--to", "2026-09"], "no month from 2026-10 to"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_with_what_can(
    published: Installation, arguments: list[str], said: str
) -> None:
    run = run_metric(published, *arguments)
    assert run.exit_code == 1
    assert said in run.text


def test_metrics_of_two_marts_are_asked_for_at_once(
    published: Installation, layer: SemanticLayer
) -> None:
    both = question_of("requests, loaded_cost_reporting, idle_cost_reporting, requests", "team")
    answer = ask(published.published_path, layer, both)
    metrics = ("requests", "loaded_cost_reporting", "idle_cost_reporting")
    assert answer.columns == ("team", "reporting_currency", *metrics)
    loaded, cost = (
        published.query(f"select team, reporting_currency, sum({amount}) from {mart} group by all")
        for mart, amount in (
            ("unit_economics.fct_cost_per_inference_monthly", "loaded_cost_reporting"),
            ("showback.fct_showback_daily", "effective_cost_reporting"),
        )
    )
    # the loaded costs add up to the ledger, so both marts have the same teams
    assert [row[:2] for row in answer.rows] == sorted(
        (row[:2] for row in cost), key=lambda key: (key[0] is None, key)
    )
    assert {(*row[:2], row[3] and Decimal(row[3])) for row in answer.rows} == set(loaded)


def test_nothing_published_is_said(
    layer: SemanticLayer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = tmp_path_factory.mktemp("nothing") / "warehouse.duckdb"
    with pytest.raises(MetricError, match="nothing is published yet; make run does it"):
        ask(nowhere, layer, question_of("idle_share"))
    with duckdb.connect(str(nowhere)) as connection:
        connection.execute("create table of_other_code (day date)")
    with pytest.raises(MetricError, match="make run makes it anew"):
        ask(nowhere, layer, question_of("idle_share"))


def published_rows(published: Installation, folder: Path, table: str, rows: list[Cells]) -> Path:
    """Return a published file whose one table has these rows, and NULL in every other column."""
    path = folder / "warehouse.duckdb"
    schema = table.split(".")[0]
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{published.published_path}' as published (read_only)")
        connection.execute(f"create schema {schema}")
        connection.execute(f"create table {table} as select * from published.{table} limit 0")
        (formula,) = published.query(
            "select macro_definition from duckdb_functions() where function_name = 'quotient'"
        )[0]
        connection.execute("create schema if not exists unit_economics")
        connection.execute(f"create macro unit_economics.quotient(amount, units) as {formula}")
        for row in rows:
            places = ", ".join("?" for _ in row)
            connection.execute(
                f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values())
            )
    return path


def test_an_inference_costs_what_is_known_by_the_requests_that_are_counted(
    published: Installation, layer: SemanticLayer, tmp_path: Path
) -> None:
    """30 by 100 requests and 10 by 60 are 0.25; 90 without requests and 5 requests are left out."""
    shared = {"billing_period": date(2026, 10, 1), "outcome": "owned", "use_case": "Answers"}
    usd, eur = shared | {"reporting_currency": "USD"}, shared | {"reporting_currency": "EUR"}
    path = published_rows(
        published,
        tmp_path,
        "unit_economics.fct_cost_per_inference_monthly",
        [
            usd | {"x_model": "m1", "direct_cost_reporting": 30, "requests": 100},
            usd | {"x_model": "m2", "direct_cost_reporting": 10, "requests": 60},
            usd | {"x_model": "m3", "direct_cost_reporting": 90, "requests": None},
            usd | {"x_model": "m4", "direct_cost_reporting": None, "requests": 5},
            # of another currency, as only a changed setting could bring about
            eur | {"x_model": "m1", "direct_cost_reporting": 1, "requests": 3},
        ],
    )
    answer = ask(
        path, layer, question_of("cost_per_inference,requests,direct_cost_reporting", "use_case")
    )
    assert answer.rows == (
        ("Answers", "EUR", "0.333333333333", "3", "1"),
        ("Answers", "USD", "0.25", "165", "130"),
    )


def test_a_return_is_that_of_each_use_case_s_latest_month(
    published: Installation, layer: SemanticLayer, tmp_path: Path
) -> None:
    """Search stood at 25 in October, chat, which has ended, at 7 in September: 32 in all.

    Their benefits are 40 and 8, so that the return is (48 - 32) / 32 = 50 %; a month earlier it
    was (20 + 8 - 10 - 7) / 17 = 64.7 %. What has no return counts in neither: it stands beside
    them, as the 7 of 32 do, 21.875 %, of which nobody stated people.
    """
    september, october = date(2026, 9, 1), date(2026, 10, 1)

    def row(use_case: str, month: date, cost: int, benefit: int | None) -> Cells:
        return {
            "use_case_id": use_case,
            "billing_period": month,
            "reporting_currency": "USD",
            "cumulative_full_cost_reporting": cost,
            "cumulative_benefit_reporting": benefit,
            "romi_pct": None if benefit is None else 1,
            "cost_basis": "bills only" if use_case == "chat" else "bills and people",
        }

    path = published_rows(
        published,
        tmp_path,
        "unit_economics.fct_return_on_model_investment",
        [
            row("search", september, 10, 20),
            row("search", october, 25, 40),
            row("chat", september, 7, 8),
            row("idea", october, 100, None),
        ],
    )
    metrics = "romi_pct,invested_cost_reporting,cumulative_full_cost_reporting"
    answer = ask(path, layer, question_of(metrics))
    assert answer.rows == (("USD", "50", "32", "132", "100", "1", "21.875"),)
    assert answer.columns[4:] == (
        "cost_without_return_reporting",
        "use_cases_without_return_count",
        "invested_without_people_pct",
    )
    assert [name for name, _ in answer.beside] == list(answer.columns[4:])
    # of the 32 seven are on bills alone and 25 carry people, which no use case does by itself
    (mixture,) = answer.mixtures
    assert mixture.endswith("make no one return; BY=cost_basis parts them.")
    for parted in ("use_case_id", "cost_basis"):
        assert ask(path, layer, question_of(metrics, parted)).mixtures == ()
    assert ask(path, layer, question_of(metrics, last="2026-09")).rows == (
        ("USD", "64.705882352941", "17", "17", "0", "0", "41.176470588235"),
    )
    assert ask(path, layer, question_of(metrics, "month")).rows == (
        ("2026-09-01", "USD", "64.705882352941", "17", "17", "0", "0", "41.176470588235"),
        ("2026-10-01", "USD", "60", "25", "125", "100", "1", "0"),
    )
    # what is asked for by its name is there once
    asked = question_of("romi_pct, cost_without_return_reporting")
    assert ask(path, layer, asked).columns.count("cost_without_return_reporting") == 1


def test_models_return_by_the_definition_of_their_use_cases(
    published: Installation, layer: SemanticLayer, tmp_path: Path
) -> None:
    """One definition: all cost up to the month, also of months without a stated benefit.

    In September m1 cost 90 and nobody stated what it brought, in October 10 for 60. Counting only
    the month with a benefit would say +500 %; by all that it cost it is (60 - 100) / 100 = -40 %.
    With m2, which cost 20 up to September for 60, it is (120 - 120) / 120 = 0. What m3 cost, of
    which nobody knows what it brought, is in no return and beside each.
    """
    september, october = date(2026, 9, 1), date(2026, 10, 1)

    def row(model: str, month: date, cost: int, benefit: int | None) -> Cells:
        return {
            "use_case_id": "search",
            "x_model": model,
            "billing_period": month,
            "reporting_currency": "USD",
            "cumulative_full_cost_reporting": cost,
            "cumulative_benefit_reporting": benefit,
            "cost_without_return_reporting": cost if benefit is None else None,
            "romi_pct": None if benefit is None else 1,
            "cost_basis": "bills only",
        }

    path = published_rows(
        published,
        tmp_path,
        "unit_economics.fct_model_return_monthly",
        [
            row("m3", october, 30, None),
            row("m1", september, 90, None) | {"full_cost_reporting": 90},
            row("m1", october, 100, 60) | {"full_cost_reporting": 10, "benefit_reporting": 60},
            row("m2", september, 20, 60) | {"full_cost_reporting": 20, "benefit_reporting": 60},
        ],
    )
    assert ask(path, layer, question_of("model_romi_pct", "x_model")).rows == (
        ("m1", "USD", "-40", "0", "0", "100"),
        ("m2", "USD", "200", "0", "0", "100"),
        ("m3", "USD", None, "30", "1", None),
    )
    assert ask(path, layer, question_of("model_romi_pct")).rows == (("USD", "0", "30", "1", "100"),)


def test_a_use_case_has_a_name_where_the_mart_knows_its_id_alone(
    published: Installation, layer: SemanticLayer, tmp_path: Path
) -> None:
    """20 + 40 tokens of 10 sessions are 6 a session. It is called by its last published name."""
    september, october, november = (date(2026, month, 1) for month in (9, 10, 11))

    def sessions(use_case: str | None, month: date, tokens: int) -> Cells:
        told = {"tokens": tokens, "sessions_count": 5, "tokens_per_session": 1}
        return {"use_case_id": use_case, "billing_period": month, **told}

    path = published_rows(
        published,
        tmp_path,
        "unit_economics.fct_session_economics_monthly",
        [
            sessions("answers", september, 20),
            sessions("answers", october, 40),
            sessions("nameless", october, 5),
            sessions(None, october, 15),
        ],
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema reference")
        connection.execute(
            "create table reference.dim_billing_period as select $1 as period_end_date", [november]
        )
        connection.execute(
            "create table reference.dim_use_case (use_case_id varchar, use_case varchar, "
            "valid_from date)"
        )
        for row in (
            ("answers", "Replies", None),
            ("answers", "Answers", october),
            ("answers", "Oracle", november),
            ("other", "Other", None),
        ):
            connection.execute("insert into reference.dim_use_case values (?, ?, ?)", list(row))

    def asked(by: str, where: str = "") -> MetricAnswer:
        return ask(path, layer, question_of("tokens_per_session", by, where))

    answer = asked("use_case")
    assert answer.columns == ("use_case", "use_case_id", "tokens_per_session")
    assert answer.rows == (
        ("Answers", "answers", "6"),
        (None, "nameless", "1"),
        (None, None, "3"),
    )
    assert asked("month", "use_case=Answers").rows == (("2026-09-01", "4"), ("2026-10-01", "8"))
    assert asked("use_case_id", "use_case=").rows == (("nameless", "1"), (None, "3"))
    renamed = asked("", "use_case=Replies")
    assert (renamed.rows, renamed.hints) == (
        (),
        ("No row has the use_case 'Replies'. There are: Answers.",),
    )


def test_a_return_is_asked_for_by_the_name_of_its_use_case(
    published: Installation, layer: SemanticLayer
) -> None:
    """The name is looked up by the id, so that no month of the use case is left out."""
    (use_case_id, name), *_ = published.query(
        "select use_case_id, use_case from unit_economics.fct_return_on_model_investment "
        "order by all"
    )
    metrics = "romi_pct,cumulative_full_cost_reporting"
    by_name = ask(published.published_path, layer, question_of(metrics, "", f"use_case={name}"))
    by_id = ask(
        published.published_path, layer, question_of(metrics, "", f"use_case_id={use_case_id}")
    )
    assert by_name == by_id
    assert by_id.rows != ()
    model = question_of("effective_cost_reporting", "model, owner")
    assert ask(published.published_path, layer, model).columns[:2] == ("x_model", "owner_id")


def test_the_file_divides_exactly_for_everybody(published: Installation) -> None:
    # 2/3 and -2/3 are rounded toward zero; 1.5 by 7 tokens is 214285.714285714285 by the million
    assert published.query(
        "select unit_economics.quotient(2, 3), unit_economics.quotient(-2, 3.0), "
        "unit_economics.quotient(2, 0), unit_economics.quotient(null, 3), "
        "unit_economics.per_million(1.5, 7)"
    ) == [
        (
            Decimal("0.666666666666"),
            Decimal("-0.666666666666"),
            None,
            None,
            Decimal("214285.714285714285"),
        )
    ]
    described = published.query(
        "select function_name, comment from duckdb_functions() "
        "where schema_name = 'unit_economics' and database_name = current_database() order by 1"
    )
    assert [name for name, _ in described] == ["per_million", "quotient"]
    assert all("exact to 12 decimals" in words for _, words in described)


def test_the_calendar_has_each_day_of_the_published_months(published: Installation) -> None:
    first, last, days = published.query(
        "select min(usage_date), max(usage_date), count(*) from reference.dim_day"
    )[0]
    months = published.query("select distinct billing_period from reference.dim_billing_period")
    assert (first, isinstance(last, date)) == (min(months)[0], True)
    assert days == published.scalar(
        "select sum(date_diff('day', billing_period, billing_period + interval 1 month)) "
        "from (select distinct billing_period from reference.dim_billing_period)"
    )
