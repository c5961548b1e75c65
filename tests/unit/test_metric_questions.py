"""What a person types to ``make metric``, before and beside the metrics' own SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.publish.dimension_words import WORDS, looked_up, said_as, words_for
from orchestration.publish.metrics import (
    MetricAnswer,
    as_csv,
    as_table,
    months_together,
    of_whole_months,
    question_of,
)
from orchestration.publish.semantic_layer import MetricError

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
LEFT_OUT = "October 2026 is open: it has 8 to 9 days so far. It is left out; TO=2026-10 counts it."
TOGETHER = "August 2026 to {} 2026 together; BY=month parts them, FROM and TO choose others."
GROWN = (
    "romi_pct: everything up to {} 2026. Each month holds everything up to it; BY=month shows "
    "them, TO ends at another."
)
COUNTED = "October 2026 is open: it has 8 to 9 days so far. These are counted."


def published(folder: Path, *periods: tuple[str, date, str, date | None]) -> Path:
    """Return a published file with nothing but these periods of sources."""
    path = folder / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema reference")
        connection.execute(
            "create table reference.dim_billing_period (source varchar, billing_period date, "
            "period_status varchar, window_end_date date)"
        )
        for period in periods:
            connection.execute(
                "insert into reference.dim_billing_period values (?, ?, ?, ?)", list(period)
            )
    return path


@pytest.fixture
def until_october(tmp_path: Path) -> Path:
    """Two whole months, and one of which one bill holds nine days, the other eight."""
    return published(
        tmp_path,
        ("cloud", AUGUST, "complete", SEPTEMBER),
        ("cloud", SEPTEMBER, "complete", OCTOBER),
        ("vendor", SEPTEMBER, "complete", OCTOBER),
        ("cloud", OCTOBER, "open", date(2026, 10, 10)),
        ("vendor", OCTOBER, "open", date(2026, 10, 9)),
    )


@pytest.mark.parametrize("first", ["", "2026-08", "2026-09"])
def test_a_month_that_is_not_over_is_left_out_and_said(until_october: Path, first: str) -> None:
    question, said = of_whole_months(until_october, question_of("idle_share", first=first))
    assert question.last_whole_month == SEPTEMBER
    assert said == (LEFT_OUT,)


@pytest.mark.parametrize(
    ("by", "where", "first", "last", "until"),
    [
        ("", "", "", "", "September"),
        ("team", "team=Ads", "2026-08", "", "September"),
        ("", "", "", "2026-10", "October"),
        # one month, months that somebody chose, and a row for each
        ("", "", "2026-09", "", None),
        ("", "", "2026-08", "2026-10", None),
        ("", "month=2026-09", "", "", None),
        ("billing_period", "", "", "", None),
    ],
)
def test_months_that_nobody_chose_and_that_stand_together_are_said(
    until_october: Path, by: str, where: str, first: str, last: str, until: str | None
) -> None:
    question, _ = of_whole_months(until_october, question_of("cost", by, where, first, last))
    assert months_together(until_october, question, ()) == (
        () if until is None else (TOGETHER.format(until),)
    )


@pytest.mark.parametrize(
    ("metrics", "by", "last", "said"),
    [
        ("romi_pct", "", "", (GROWN.format("September"),)),
        ("romi_pct", "", "2026-10", (GROWN.format("October"),)),
        ("romi_pct", "month", "", ("Of romi_pct each month holds everything up to it.",)),
        ("romi_pct,cost", "", "", (TOGETHER.format("September"), GROWN.format("September"))),
    ],
)
def test_what_holds_everything_up_to_a_month_is_not_said_to_be_parted_by_months(
    until_october: Path, metrics: str, by: str, last: str, said: tuple[str, ...]
) -> None:
    question, _ = of_whole_months(until_october, question_of(metrics, by, last=last))
    assert months_together(until_october, question, ("romi_pct",)) == said


@pytest.mark.parametrize(
    ("where", "first", "last", "said"),
    [
        ("", "", "2026-10", (COUNTED,)),
        ("", "2026-10", "", (COUNTED,)),
        ("month=2026-10", "", "", (COUNTED,)),
        ("billing_period=2026-10-01; month=2026-09", "", "", (COUNTED,)),
        # no part of the open month is asked for
        ("month=2026-09", "", "", ()),
        ("", "2026-08", "2026-09", ()),
        ("", "2026-11", "", ()),
    ],
)
def test_a_month_that_is_asked_for_is_counted_and_said_to_be_open(
    until_october: Path, where: str, first: str, last: str, said: tuple[str, ...]
) -> None:
    asked = question_of("idle_share", "", where, first, last)
    assert of_whole_months(until_october, asked) == (asked, said)


def test_where_no_month_is_over_the_open_one_is_counted(tmp_path: Path) -> None:
    path = published(tmp_path, ("cloud", OCTOBER, "open", None))
    asked = question_of("idle_share")
    assert of_whole_months(path, asked) == (
        asked,
        ("October 2026 is open. These are counted.",),
    )


def test_where_every_month_is_over_nothing_is_said(tmp_path: Path) -> None:
    path = published(tmp_path, ("cloud", OCTOBER, "complete", date(2026, 11, 1)))
    question, said = of_whole_months(path, question_of("idle_share"))
    assert (question.last_whole_month, said) == (OCTOBER, ())


def test_a_file_that_is_not_there_or_of_other_code_is_said(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with pytest.raises(MetricError, match="nothing is published yet; make run does it"):
        of_whole_months(path, question_of("idle_share"))
    duckdb.connect(str(path)).close()
    with pytest.raises(MetricError, match="make run makes it anew"):
        of_whole_months(path, question_of("idle_share"))


def test_months_that_run_backward_are_refused() -> None:
    with pytest.raises(MetricError, match="no month from 2026-10 to 2026-09"):
        question_of("idle_share", first="2026-10", last="2026-09")
    assert question_of("idle_share", first="2026-10", last="2026-10").last_month == OCTOBER


def test_a_month_is_written_with_or_without_its_first_day() -> None:
    asked = question_of("idle_share", "", "month=2026-10; billing_period=2026-10-01; team=2026-10")
    assert asked.where == (
        ("month", "2026-10-01"),
        ("billing_period", "2026-10-01"),
        ("team", "2026-10"),
    )


def test_the_same_word_serves_marts_that_call_it_differently() -> None:
    assert said_as("model", ["team", "x_model"]) == "x_model"
    assert said_as("model", ["trained_model", "use_case_id"]) == "trained_model"
    assert said_as("owner", ["owner_id"]) == "owner_id"
    # a mart's own word stands for itself, and one that it has nothing for for nothing else
    assert said_as("model", ["model", "x_model"]) == "model"
    assert said_as("model", ["team"]) == "model"
    assert words_for(["x_model", "month"]) == {"billing_period": "month", "model": "x_model"}
    assert not any(word in names for word, names in WORDS.items())


def test_a_name_is_looked_up_where_only_its_id_is_known() -> None:
    assert looked_up(["use_case_id", "x_team"]) == {"use_case": "use_case_id"}
    assert looked_up(["use_case_id", "use_case"]) == looked_up(["team"]) == {}


def test_only_what_nobody_asked_for_is_said_to_be_always_there() -> None:
    columns, units = ("team", "reporting_currency", "cost"), ("", "", "reporting_currency")
    answer = MetricAnswer(columns, units, (("Ads", "USD", "1"),), ("showback.costs",), ())
    assert "Always by" not in as_table(answer)
    added = MetricAnswer(columns, units, answer.rows, answer.relations, ("reporting_currency",))
    assert as_table(added).endswith(
        "Always by reporting_currency: rows that differ there never add up."
    )


@pytest.mark.parametrize(
    ("unit", "exact", "shown"),
    [
        ("reporting_currency", "7037.063670850001", "7037.06"),
        ("reporting_currency", "-0.005", "-0.005"),
        ("reporting_currency", "12345678901234567890123456.785", "12345678901234567890123456.79"),
        ("reporting_currency", "0", "0.00"),
        ("reporting_currency", "0.000123456789", "0.00012"),
        ("reporting_currency per request", "0.007154171856", "0.00715417"),
        ("percent", "5748.517054557094", "5748.52"),
        ("percent", "50", "50"),
        ("tokens", "123456789.5", "123456790"),
        ("share", "0.333333333333", "0.333333"),
    ],
)
def test_a_number_has_the_digits_that_a_person_reads(unit: str, exact: str, shown: str) -> None:
    answer = MetricAnswer(("number",), (unit,), ((exact,),), ("a mart",), ())
    header, _, row, *said = as_table(answer).splitlines()
    assert (header.strip(), row.strip()) == ("number", shown)
    rounded = ["Rounded to be read; FORMAT=csv has every digit."]
    assert said == (rounded if Decimal(exact) != Decimal(shown) else [])
    assert as_csv(answer) == f"number\n{exact}"


def test_a_unit_names_the_currency_where_there_is_one() -> None:
    columns = ("reporting_currency", "cost", "price")
    units = ("", "reporting_currency", "reporting_currency per request")
    rows = (("USD", "1.5", "2"), ("USD", None, None))
    table = as_table(MetricAnswer(columns, units, rows, ("a mart",), ())).splitlines()
    assert table[1].split() == ["USD", "USD", "per", "request"]
    assert table[2].split() == ["USD", "1.50", "2"]
    mixed = MetricAnswer(columns, units, (*rows, ("EUR", "1", "1")), ("a mart",), ())
    assert as_table(mixed).splitlines()[1].split() == [
        "reporting_currency", "reporting_currency", "per", "request"
    ]  # fmt: skip


def test_what_stands_beside_a_metric_is_said() -> None:
    columns, units = ("romi_pct", "left_out"), ("percent", "use cases")
    beside = (("left_out", "Use cases whose return is unknown."),)
    answer = MetricAnswer(columns, units, (("1", "2"),), ("a mart",), (), (), beside)
    assert as_table(answer).splitlines()[3:] == [
        "Always with left_out: Use cases whose return is unknown."
    ]


def test_what_has_no_team_is_none_and_not_unknown() -> None:
    rows = (("Ads", "2"), (None, "1"), ("Search", None))
    table = as_table(MetricAnswer(("team", "requests"), ("", "requests"), rows, ("a mart",), ()))
    assert [line.split() for line in table.splitlines()[2:5]] == [
        ["Ads", "2"], ["(none)", "1"], ["Search", "–"]
    ]  # fmt: skip
    assert table.splitlines()[5:] == [
        "(none) has no team, and is in the whole all the same.",
        "– is unknown; a mart may say why.",
    ]
