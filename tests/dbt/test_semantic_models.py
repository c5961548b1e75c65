"""The metrics that every tool asks for: each says what it is, its unit and its currency."""

import re
from datetime import date

import pytest
from dbt_nodes import DbtProject, door

from orchestration.publish.semantic_layer import (
    Metric,
    MetricError,
    MetricQuestion,
    SemanticLayer,
)
from orchestration.settings import DBT_PROJECT_DIR


@pytest.fixture(scope="module")
def layer(project: DbtProject) -> SemanticLayer:
    return SemanticLayer(DBT_PROJECT_DIR)


@pytest.fixture(scope="module")
def metrics(layer: SemanticLayer) -> list[Metric]:
    return list(layer.metrics.values())


def test_a_metric_is_said_in_one_sentence_with_its_unit(metrics: list[Metric]) -> None:
    assert len(metrics) > 100
    for metric in metrics:
        assert metric.description.endswith("."), metric.name
        assert not metric.description.startswith("Metric created"), metric.name
        assert metric.unit, metric.name


def test_a_unit_is_the_one_that_the_name_says(metrics: list[Metric]) -> None:
    for metric in metrics:
        for ending, unit in (
            ("_reporting", r"reporting_currency"),
            ("_share", r"share"),
            ("_tokens", r"tokens|.* per 1000000 tokens"),
            ("_pct", r"percent"),
            ("_days", r"days"),
            ("_usd", r"USD"),
        ):
            if metric.name.endswith(ending):
                assert re.fullmatch(unit, metric.unit), metric.name


def test_money_is_always_shown_by_its_currency(metrics: list[Metric]) -> None:
    of_currency = [metric for metric in metrics if "currency" in metric.unit]
    assert len(of_currency) > 60
    for metric in of_currency:
        assert metric.unit.split()[0] in metric.always_by, metric.name


def test_what_a_metric_is_always_shown_by_is_a_dimension_of_it(metrics: list[Metric]) -> None:
    for metric in metrics:
        assert set(metric.always_by) <= set(metric.dimensions), metric.name


def test_a_semantic_model_reads_a_mart_and_names_its_columns(project: DbtProject) -> None:
    marts = {mart["unique_id"]: mart for mart in project.marts}
    models = project.manifest["semantic_models"].values()
    assert models
    for model in models:
        (read,) = model["depends_on"]["nodes"]
        assert door(marts[read]) == "marts"
        for element in (*model["entities"], *model["dimensions"]):
            if not element["expr"]:
                assert element["name"] in marts[read]["columns"], model["name"]


def test_nothing_unknown_is_filled_and_no_money_is_divided_as_a_float(project: DbtProject) -> None:
    metrics = list(project.manifest["metrics"].values())
    for metric in metrics:
        # MetricFlow divides a ratio as DOUBLE
        assert metric["type"] in ("simple", "derived"), metric["name"]
        for used in metric["type_params"]["input_measures"]:
            assert used["fill_nulls_with"] is None, metric["name"]
    written = [str(metric["type_params"]["expr"]) for metric in metrics] + [
        str(measure["expr"])
        for model in project.manifest["semantic_models"].values()
        for measure in model["measures"]
    ]
    assert [sql for sql in written if re.search(r"/|\bavg\b|\bdouble\b|\bfloat\b", sql)] == []
    assert sum("unit_economics." in sql for sql in written) > 20
    averages = [
        measure["name"]
        for model in project.manifest["semantic_models"].values()
        for measure in model["measures"]
        if measure["agg"] not in ("sum", "max", "percentile")
    ]
    assert averages == []


LATEST = ("cumulative_full_cost_reporting", "invested_cost_reporting", "romi_pct", "romi_low_pct")


@pytest.mark.parametrize("metric", LATEST)
@pytest.mark.parametrize("dimension", ["stage", "team", "only_model", "owner_id"])
def test_a_metric_of_the_latest_month_takes_no_condition_that_moves_that_month(
    layer: SemanticLayer, metric: str, dimension: str
) -> None:
    """The condition is applied first: an earlier month would be added as the latest one."""
    asked = MetricQuestion((metric,), (), ((dimension, "x"),))
    with pytest.raises(MetricError, match=f"Ask by {dimension} instead") as refused:
        layer.sql(asked)
    assert str(refused.value).startswith(f"{metric} is taken of the latest month of each use_case_")
    # neither does one that is asked together with another
    with pytest.raises(MetricError, match=f"Ask by {dimension} instead"):
        layer.sql(MetricQuestion(("full_cost_reporting", metric), (), ((dimension, None),)))
    assert layer.sql(MetricQuestion((metric,), (dimension,))).dimensions[0] == dimension


@pytest.mark.parametrize("metric", LATEST)
@pytest.mark.parametrize("dimension", ["use_case_id", "month", "billing_period"])
def test_a_metric_of_the_latest_month_takes_conditions_on_month_and_use_case(
    layer: SemanticLayer, metric: str, dimension: str
) -> None:
    assert layer.sql(MetricQuestion((metric,), (), ((dimension, "x"),))).parameters == {
        "value_0": "x"
    }


def test_a_metric_that_adds_up_takes_any_condition(layer: SemanticLayer) -> None:
    assert layer.sql(MetricQuestion(("full_cost_reporting",), (), (("team", "x"),))).parameters


@pytest.mark.parametrize("metric", LATEST)
def test_a_first_month_that_begins_no_sum_is_said(layer: SemanticLayer, metric: str) -> None:
    asked = layer.sql(MetricQuestion((metric,), first_month=date(2026, 9, 1)))
    (note,) = asked.notes
    assert note.startswith(f"FROM begins no sum here: {metric} holds everything up to its latest")
    assert "before 2026-09" in note
    assert layer.sql(MetricQuestion((metric,), last_month=date(2026, 9, 1))).notes == ()
    adds_up = MetricQuestion(("full_cost_reporting",), first_month=date(2026, 9, 1))
    assert layer.sql(adds_up).notes == ()
    assert (asked.running, layer.sql(adds_up).running) == ((metric,), ())


def test_what_a_metric_is_shown_with_can_be_asked_wherever_it_can(
    layer: SemanticLayer, metrics: list[Metric]
) -> None:
    shown = [(metric, name) for metric in metrics for name in metric.shown_with]
    assert {metric.name for metric, _ in shown} >= {"romi_pct", "model_romi_pct"}
    for metric, name in shown:
        assert layer.metrics[name].dimensions == metric.dimensions, metric.name
        asked = layer.sql(MetricQuestion((metric.name,)))
        assert name in [beside.name for beside in asked.beside]
