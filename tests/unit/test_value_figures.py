"""Outcomes, benefits, people, milestones, runs and hosted models: each fault is named."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from orchestration.land.org_tables import TABLES, OrgTableError, land_org_tables
from orchestration.settings import PROJECT_DIR

FIXTURE = PROJECT_DIR / "tests" / "fixtures" / "org"
TODAY = date(2026, 11, 16)

GOOD = {
    "outcome": {
        "use_case_id": "answers",
        "outcome_name": "answer",
        "outcome_quantity": "200",
        "quality_share": "0.8",
        "outcome_state": "measured",
        "stated_by": "head of search",
        "stated_on": "2026-11-02",
        "valid_from": "2026-10-01",
        "valid_to": "2026-11-01",
    },
    "outcome_meter": {
        "use_case_id": "answers",
        "outcome_name": "answer",
        "counted_measure": "sessions",
        "where_both": "meter",
        "stated_by": "head of search",
        "stated_on": "2026-09-15",
    },
    "business_value": {
        "use_case_id": "answers",
        "benefit_kind": "saving",
        "benefit_basis": "per outcome",
        "benefit_currency": "USD",
        "benefit_amount": "1.00",
        "benefit_low": "0.50",
        "benefit_high": "1.50",
        "benefit_state": "measured",
        "stated_by": "head of search",
        "stated_on": "2026-09-15",
        "valid_to": "2027-01-01",
    },
    "people_cost": {
        "use_case_id": "answers",
        "billing_period": "2026-10-01",
        "people_currency": "USD",
        "people_amount": "2000",
        "stated_by": "head of search",
        "stated_on": "2026-11-02",
    },
    "use_case_milestone": {
        "use_case_id": "answers",
        "owner_id": "search",
        "milestone": "access granted",
        "reached_on": "2026-01-15",
    },
    "training_run": {
        "run_id": "run-1",
        "use_case_id": "answers",
        "trained_model": "ranker",
        "resource_id": "i-1",
        "started_at": "2026-10-05T06:00:00Z",
        "ended_at": "2026-10-05T14:00:00Z",
        "run_state": "finished",
        "gpu_count": "8",
        "gpu_utilisation_share": "0.45",
        "metric_name": "accuracy",
        "metric_value": "80.5",
    },
    "hosted_model": {
        "hosted_model": "ranker",
        "use_case_id": "answers",
        "resource_prefix": "arn:host/",
        "gpus_per_instance": "1",
        "tokens_per_gpu_hour": "1000000",
        "throughput_state": "measured",
        "compared_service": "OpenAI API",
        "compared_model": "gpt-5-mini",
        "compared_output_share": "0.2",
        "amortisation_months": "12",
        "stated_by": "head of search",
        "stated_on": "2026-09-15",
    },
}


@pytest.fixture
def org(tmp_path: Path) -> Path:
    """The tables of the fixtures' company, which have no fault."""
    return Path(shutil.copytree(FIXTURE, tmp_path / "org"))


def write(org: Path, table: str, *changes: dict[str, str]) -> None:
    """Write a table with one good row for each of the changes, changed by it."""
    columns = list(TABLES[table].columns)
    lines = [",".join(columns)]
    for change in changes:
        row = GOOD[table] | change
        lines.append(",".join(row.get(column, "") for column in columns))
    (org / f"{table}.csv").write_text("\n".join(lines) + "\n")


def faults(org: Path, data: Path) -> tuple[str, ...]:
    with pytest.raises(OrgTableError) as raised:
        land_org_tables(org, data, TODAY)
    return raised.value.faults


def test_figures_without_a_fault_are_landed_with_types(org: Path, tmp_path: Path) -> None:
    for table in GOOD:
        write(org, table, {})
    landed = land_org_tables(org, tmp_path, TODAY)
    assert [landed.rows[table] for table in GOOD] == [1] * len(GOOD)
    path = tmp_path / "landed" / "org" / "training_run" / f"{landed.hashes['training_run']}.parquet"
    (run,) = pl.read_parquet(path).to_dicts()
    assert run["started_at"] == datetime(2026, 10, 5, 6)  # noqa: DTZ001 - UTC, as dbt reads it
    assert (run["metric_value"], run["gpu_count"]) == (Decimal("80.5"), 8)


def test_a_company_that_states_nothing_has_no_fault(org: Path, tmp_path: Path) -> None:
    landed = land_org_tables(org, tmp_path, TODAY)
    assert [landed.rows[table] for table in GOOD] == [0] * len(GOOD)


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        (
            "outcome",
            {"use_case_id": "answer"},
            "row 2, column use_case_id: 'answer' is not in use_case.csv. Was 'answers' meant?",
        ),
        (
            "outcome",
            {"use_case_id": "zzz"},
            "row 2, column use_case_id: 'zzz' is not in use_case.csv.",
        ),
        (
            "outcome",
            {"outcome_quantity": "-1"},
            "row 2, column outcome_quantity: it must not be less",
        ),
        ("outcome", {"quality_share": "1.2"}, "row 2, column quality_share: '1.2' is not a share"),
        ("outcome", {"stated_by": ""}, "row 2, column stated_by: a value is missing."),
        (
            "outcome",
            {"stated_on": "2026-11-17"},
            "row 2, column stated_on: 2026-11-17 lies in the fu",
        ),
        (
            "outcome",
            {"outcome_state": "guess"},
            "row 2, column outcome_state: 'guess' is not allowed",
        ),
        (
            "outcome",
            {"valid_to": "2026-11-02"},
            "row 2, column valid_to: outcomes of two months in",
        ),
        ("outcome", {"valid_to": ""}, "row 2, column valid_to: a value is missing."),
        (
            "outcome",
            {"valid_from": "2026-11-01", "valid_to": "2026-12-01"},
            "row 2, column valid_to: what is measured must end by today, 2026-11-16;",
        ),
        *(
            (table, {"use_case_id": "answer"}, "row 2, column use_case_id: 'answer' is not in use_")
            for table in sorted(GOOD)
        ),
        (
            "outcome_meter",
            {"counted_measure": "request"},
            "row 2, column counted_measure: 'request' is not allowed; it must be succeeded requests",
        ),
        (
            "outcome_meter",
            {"tag_key": "ok"},
            "row 2, column tag_value: a tag has a key and a value",
        ),
        (
            "outcome_meter",
            {"counted_measure": "users", "valid_from": "2026-10-02"},
            "row 2, column valid_from: users are counted by the month;",
        ),
        ("business_value", {"stated_by": ""}, "row 2, column stated_by: a value is missing."),
        (
            "business_value",
            {"stated_on": "2027-01-01"},
            "row 2, column stated_on: 2027-01-01 lies in",
        ),
        (
            "business_value",
            {"benefit_amount": "-5", "benefit_low": "", "benefit_high": ""},
            "row 2, column benefit_amount: it must not be less than 0.",
        ),
        (
            "business_value",
            {"benefit_low": "1.01"},
            "row 2, column benefit_low: the range must hold",
        ),
        (
            "business_value",
            {"benefit_high": "0.99"},
            "row 2, column benefit_high: the range must hold",
        ),
        ("business_value", {"benefit_low": ""}, "row 2, column benefit_low: a range has both ends"),
        (
            "business_value",
            {"benefit_kind": "joy"},
            "row 2, column benefit_kind: 'joy' is not allowed",
        ),
        (
            "people_cost",
            {"people_amount": "-1"},
            "row 2, column people_amount: it must not be less",
        ),
        (
            "people_cost",
            {"billing_period": "2026-12-01"},
            "row 2, column billing_period: 2026-12-01 lies",
        ),
        (
            "use_case_milestone",
            {"reached_on": "2026-11-17"},
            "row 2, column reached_on: 2026-11-17 lies",
        ),
        (
            "use_case_milestone",
            {"milestone": "party"},
            "row 2, column milestone: 'party' is not allowed",
        ),
        (
            "training_run",
            {"ended_at": ""},
            "row 2, column ended_at: a run that is finished has an end;",
        ),
        (
            "training_run",
            {"run_state": "running"},
            "row 2, column ended_at: a run that has an end is",
        ),
        (
            "training_run",
            {"ended_at": "2026-10-05T06:00:00Z"},
            "row 2, column ended_at: it must lie after",
        ),
        (
            "training_run",
            {"started_at": "2026-10-05 06:00"},
            "row 2, column started_at: '2026-10-05 06:00' is",
        ),
        (
            "training_run",
            {"metric_value": ""},
            "row 2, column metric_value: a metric has a name and a",
        ),
        (
            "training_run",
            {"parent_run_id": "run-9"},
            "row 2, column parent_run_id: 'run-9' is no run of",
        ),
        (
            "training_run",
            {"parent_run_id": "run-1"},
            "row 2, column parent_run_id: a run is not its own",
        ),
        (
            "training_run",
            {"started_at": "2026-12-05T06:00:00Z", "ended_at": "", "run_state": "running"},
            "row 2, column started_at: 2026-12-05 lies in the future; today is 2026-11-16.",
        ),
        (
            "hosted_model",
            {"compared_model": ""},
            "row 2, column compared_model: a comparison needs",
        ),
        (
            "hosted_model",
            {"gpus_per_instance": "0"},
            "row 2, column gpus_per_instance: it must not be 0.",
        ),
        (
            "hosted_model",
            {"tokens_per_gpu_hour": "0"},
            "row 2, column tokens_per_gpu_hour: '0' is not",
        ),
    ],
)
def test_a_fault_of_a_figure_is_named(
    org: Path, tmp_path: Path, table: str, change: dict[str, str], said: str
) -> None:
    write(org, table, change)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith(f"{table}.csv, {said}")


@pytest.mark.parametrize(
    ("table", "changes", "said"),
    [
        (
            "outcome",
            ({"valid_to": "2026-10-16"}, {"valid_from": "2026-10-10"}),
            "row 3, column valid_from: use_case_id 'answers' is in force twice: see row 2.",
        ),
        (
            "outcome",
            (
                {"valid_to": "2026-10-16"},
                {"valid_from": "2026-10-16", "outcome_name": "reply"},
            ),
            "row 3, column outcome_name: the outcome of 'answers' is called 'answer' in row 2 of",
        ),
        (
            "business_value",
            ({}, {"valid_from": "2026-12-01", "valid_to": ""}),
            "row 3, column valid_from: use_case_id 'answers', benefit_kind 'saving' is in",
        ),
        (
            "people_cost",
            ({}, {"people_amount": "1"}),
            "row 3, column use_case_id: use_case_id 'answers', billing_period 2026-10-01 is in",
        ),
        (
            "use_case_milestone",
            ({}, {"milestone": "access requested", "reached_on": "2026-01-16"}),
            "row 2, column reached_on: it lies before 'access requested', 2026-01-16 in row 3.",
        ),
        (
            "training_run",
            ({}, {"run_id": "run-2", "metric_name": "f1"}),
            "row 3, column metric_name: the metric of 'ranker' is called 'accuracy' in row",
        ),
        (
            "training_run",
            ({}, {"run_id": "run-2", "parent_run_id": "run-1", "ended_at": "2026-10-05T15:00:00Z"}),
            "row 3, column ended_at: it lies after its parent's end, 2026-10-05 14:00:00 in row 2.",
        ),
        (
            "training_run",
            (
                {},
                {"run_id": "run-2", "parent_run_id": "run-1", "started_at": "2026-10-05T05:00:00Z"},
            ),
            "row 3, column started_at: it lies before its parent's start, 2026-10-05 06:00",
        ),
        (
            "training_run",
            (
                {},
                {"run_id": "run-2", "parent_run_id": "run-1"},
                {"run_id": "run-3", "parent_run_id": "run-2"},
            ),
            "row 4, column parent_run_id: 'run-2' has a parent itself (row 3); name the",
        ),
    ],
)
def test_a_fault_between_two_rows_is_named(
    org: Path, tmp_path: Path, table: str, changes: tuple[dict[str, str], ...], said: str
) -> None:
    write(org, table, *changes)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith(f"{table}.csv, {said}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"valid_from": "2026-10-16"}, "row 2, column valid_from: it cuts through the days"),
        ({"valid_to": "2026-10-16"}, "row 2, column valid_to: it cuts through the days"),
        ({"outcome_name": "reply"}, "row 2, column outcome_name: outcome.csv calls it 'answer'"),
    ],
)
def test_a_meter_and_a_statement_of_the_same_days_fit_together(
    org: Path, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    write(org, "outcome", {})
    write(org, "outcome_meter", change)
    (fault,) = faults(org, tmp_path)
    assert f"outcome_meter.csv, {said}" in fault
    if "outcome_name" not in change:  # days that the statement keeps may be cut
        write(org, "outcome_meter", change | {"where_both": "statement"})
        assert land_org_tables(org, tmp_path, TODAY).rows["outcome_meter"] == 1


@pytest.mark.parametrize("prefix", ["arn:host/", "arn:host/one", "arn:"])
def test_a_machine_is_of_one_hosted_model_on_a_day(org: Path, tmp_path: Path, prefix: str) -> None:
    other = {"hosted_model": "other", "resource_prefix": prefix, "valid_from": "2026-10-01"}
    write(org, "hosted_model", {}, other)
    (fault,) = faults(org, tmp_path)
    assert fault.startswith("hosted_model.csv, row 3, column resource_prefix: machines whose id ")
    assert "are of row 2 on the same days, and would count twice." in fault
    write(org, "hosted_model", {"valid_to": "2026-10-01"}, other)
    assert land_org_tables(org, tmp_path, TODAY).rows["hosted_model"] == 2


def test_an_outcome_may_change_its_name_with_a_month(org: Path, tmp_path: Path) -> None:
    write(
        org,
        "outcome",
        {},
        {"valid_from": "2026-11-01", "valid_to": "2026-11-16", "outcome_name": "reply"},
    )
    assert land_org_tables(org, tmp_path, TODAY).rows["outcome"] == 2


def test_an_estimate_may_reach_to_the_end_of_the_month(org: Path, tmp_path: Path) -> None:
    estimate = {
        "valid_from": "2026-11-01",
        "valid_to": "2026-12-01",
        "outcome_state": "estimated by owner",
    }
    write(org, "outcome", estimate)
    assert land_org_tables(org, tmp_path, TODAY).rows["outcome"] == 1


def test_a_use_case_that_was_renamed_is_named_wherever_its_old_name_stands(
    org: Path, tmp_path: Path
) -> None:
    """A new display name keeps the id; a new id leaves every figure of the old one unanswered."""
    for table in GOOD:
        write(org, table, {})
    use_cases = org / "use_case.csv"
    use_cases.write_text(use_cases.read_text().replace("answers,", "answering,", 1))
    mapping = org / "owner_mapping.csv"
    mapping.write_text(mapping.read_text().replace(",answers,", ",answering,"))
    target = org / "allocation_rule_target.csv"
    target.write_text(target.read_text().replace(",answers", ",answering"))
    assert sorted(faults(org, tmp_path)) == [
        f"{table}.csv, row 2, column use_case_id: 'answers' is not in use_case.csv. "
        "Was 'answering' meant?"
        for table in sorted(GOOD)
    ]


def test_a_use_case_may_have_a_new_display_name_from_a_day_on(org: Path, tmp_path: Path) -> None:
    use_cases = org / "use_case.csv"
    lines = use_cases.read_text().splitlines()
    (old,) = (line for line in lines if line.startswith("answers,"))
    until, since = old.removesuffix(",,"), old.replace("Search answers", "Answers")
    lines[lines.index(old)] = f"{until},,2026-10-01"
    lines.append(f"{since.removesuffix(',,')},2026-10-01,")
    use_cases.write_text("\n".join(lines) + "\n")
    write(org, "outcome", {})
    assert land_org_tables(org, tmp_path, TODAY).rows["use_case"] == len(lines) - 1
