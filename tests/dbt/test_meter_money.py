"""Spend that a meter estimates never becomes money of the ledger, whatever somebody builds."""

from __future__ import annotations

from collections.abc import Iterable

from dbt_nodes import DbtProject, Node, door

# Where money of the ledger is divided and shown: nothing of these may come from a meter's money.
LEDGER_SCHEMAS = ("focus", "allocation", "showback")
METERED = ("int_metered_usage", "int_usage_metered_daily", "fct_metered_cost_daily")
BILLED = {"billed_cost", "effective_cost", "list_cost", "contracted_cost"}


def read_by(project: DbtProject, names: Iterable[str]) -> set[str]:
    """Return the models that read any of these, themselves or through others."""
    behind = {f"model.tollgate.{name}" for name in names}
    while (
        more := {
            model["unique_id"]
            for model in project.models
            if behind & set(model["depends_on"]["nodes"])
        }
        - behind
    ):
        behind |= more
    return behind


def models_with(project: DbtProject, ids: set[str]) -> list[Node]:
    return [model for model in project.models if model["unique_id"] in ids]


def test_a_meter_s_money_reaches_no_charge_and_no_bill_of_a_team(project: DbtProject) -> None:
    reached = models_with(project, read_by(project, METERED))
    assert {model["name"] for model in reached} > {"rpt_usage_reconciliation"}
    charges = [
        model["name"] for model in reached if model["name"].startswith("int_charges_conformed")
    ]
    shown = [
        model["name"]
        for model in reached
        if door(model) == "marts" and model["schema"] in LEDGER_SCHEMAS
    ]
    assert (charges, shown) == ([], [])


def test_a_mart_over_meters_keeps_the_two_kinds_of_money_in_columns_of_their_own(
    project: DbtProject,
) -> None:
    estimates = [
        (model["name"], column["name"])
        for model in models_with(project, read_by(project, METERED))
        if door(model) == "marts"
        for column in model["columns"].values()
        if column["name"] in BILLED and "api_equivalent" in column["description"]
    ]
    assert estimates == []
    metered = next(m for m in project.marts if m["name"] == "fct_metered_cost_daily")
    assert not BILLED & set(metered["columns"])
    assert {column for column in metered["columns"] if column.endswith("_cost")} == {
        "estimated_list_cost",
        "estimated_contracted_cost",
    }
