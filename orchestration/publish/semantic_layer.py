"""The metrics of ``dbt_project/models/semantic``, and their SQL for the published file.

MetricFlow writes the SQL from dbt's semantic manifest; nothing is connected to and nothing is run
here. Names come from the manifest and values are parameters, so that nothing which a person types
becomes SQL.
"""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from metricflow.engine.metricflow_engine import (
    MetricFlowEngine,
    MetricFlowQueryRequest,
    OutputColumnOrderMode,
)
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from orchestration.publish.dbt_manifest import manifest_path
from orchestration.publish.dimension_words import (
    ID_OF_NAME,
    MONTH,
    NAMES_SQL,
    looked_up,
    said_as,
    words_for,
)

# MetricFlow shows it as a dimension beside the month of the metric; it is the same.
_MONTH_OF_MARTS = "billing_period"
Kind = TypeVar("Kind")
# The word of a unit that is the dimension which names the currency.
CURRENCY = re.compile(r"\b[a-z_]+_currency\b")


class MetricError(ValueError):
    """What was asked for cannot be asked; the message says what can."""


@dataclass(frozen=True)
class Metric:
    """One number that every tool asks for by the same name.

    Attributes:
        name: Its name.
        description: What it is, in a sentence.
        unit: Its unit; a word that ends in ``_currency`` is the dimension that names the currency.
        group: The semantic model that it is of.
        relation: The mart that it is read from.
        dimensions: What it can be asked by.
        names: Names that it can be asked by as well, found by an id among the dimensions.
        always_by: Those that it is always shown by, because it means nothing without them.
        shown_with: Metrics that are always shown beside it, because they say what is not in it.
        if_mixed: What to say where it is a percentage of neither nothing nor all; empty if nothing.
    """

    name: str
    description: str
    unit: str
    group: str
    relation: str
    dimensions: tuple[str, ...]
    names: tuple[str, ...]
    always_by: tuple[str, ...]
    shown_with: tuple[str, ...]
    if_mixed: str = ""


@dataclass(frozen=True)
class MetricQuestion:
    """Which metrics, by what, of which rows and months.

    Attributes:
        metrics: Names of metrics.
        by: Names of dimensions, or other words for them.
        where: The same, with the text that they must have, None for what has none; several of
            one dimension are alternatives.
        first_month: First day of the first month.
        last_month: First day of the last month.
        last_whole_month: The same where nobody asked for months: what has no month is kept.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str | None], ...] = ()
    first_month: date | None = None
    last_month: date | None = None
    last_whole_month: date | None = None


@dataclass(frozen=True)
class MetricSql:
    """A question in SQL.

    Attributes:
        sql: A statement for the published file.
        parameters: Values of its named parameters.
        dimensions: The first columns of the answer.
        metrics: The columns after them.
        added: The dimensions that nobody asked for and without which the metrics mean nothing.
        beside: The metrics that nobody asked for and that say what is not in the others.
        running: Names of the metrics asked for that hold everything up to their month.
        notes: A sentence for each condition that does not do what it seems to.
    """

    sql: str
    parameters: dict[str, str | date]
    dimensions: tuple[str, ...]
    metrics: tuple[Metric, ...]
    added: tuple[str, ...]
    beside: tuple[Metric, ...]
    running: tuple[str, ...]
    notes: tuple[str, ...]


class _DuckDb:
    """What MetricFlow needs to know of a database to write SQL for it, without one."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class SemanticLayer:
    """The metrics of one dbt project."""

    def __init__(self, project_dir: Path) -> None:
        """Read the semantic manifest; dbt parses the project first if a file of it changed."""
        path = manifest_path(project_dir).with_name("semantic_manifest.json")
        self._manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        spines = self._manifest["project_configuration"]["time_spines"]
        for node in (*self._manifest["semantic_models"], *spines):
            # The names of relations in the manifest begin with the build file's.
            relation = node["node_relation"]
            relation["relation_name"] = f'"{relation["schema_name"]}"."{relation["alias"]}"'
        parsed = parse_manifest_from_dbt_generated_manifest(json.dumps(self._manifest))
        self._engine = MetricFlowEngine(SemanticManifestLookup(parsed), cast(SqlClient, _DuckDb()))

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by its name, in the order of the semantic models' names."""
        model_of, meta_of_measure = {}, {}
        for model in self._manifest["semantic_models"]:
            for measure in model["measures"]:
                model_of[measure["name"]] = model
                meta_of_measure[measure["name"]] = (measure.get("config") or {}).get("meta", {})
        found = []
        for node in self._manifest["metrics"]:
            measures = [used["name"] for used in node["type_params"]["input_measures"]]
            meta = (node.get("config") or {}).get("meta") or meta_of_measure[measures[0]]
            unit = str(meta["unit"])
            always_by = (*meta.get("always_by", ()), *CURRENCY.findall(unit))
            dimensions = tuple(self._names_of([node["name"]]))
            found.append(
                Metric(
                    node["name"],
                    " ".join(node["description"].split()),
                    unit,
                    model_of[measures[0]]["name"],
                    model_of[measures[0]]["node_relation"]["relation_name"].replace('"', ""),
                    dimensions,
                    tuple(looked_up(dimensions)),
                    tuple(dict.fromkeys(always_by)),
                    tuple(meta.get("shown_with", ())),
                    str(meta.get("if_mixed", "")),
                )
            )
        found.sort(key=lambda metric: metric.group)
        return {metric.name: metric for metric in found}

    def sql(self, question: MetricQuestion) -> MetricSql:
        """Return a question in SQL.

        Raises:
            MetricError: There is no such metric or dimension, the metrics have it not in common, or
                it can be no condition of a metric that is taken of the latest month.
        """
        if not question.metrics:
            raise MetricError("Name a metric; make metric lists all of them.")
        names = dict.fromkeys(question.metrics)
        wanted = [_one_of(name, self.metrics, "metric") for name in names]
        shown_with = dict.fromkeys(name for metric in wanted for name in metric.shown_with)
        beside = [self.metrics[name] for name in shown_with if name not in names]
        metrics = [*wanted, *beside]
        known = self._names_of([metric.name for metric in metrics])
        what = " and ".join(metric.name for metric in metrics)
        names_by_id = looked_up(known)
        asked: list[str] = []
        for word in question.by:
            name = _dimension(word, known, names_by_id, what)
            asked += [name, *([names_by_id[name]] if name in names_by_id else [])]
        always = [name for metric in metrics for name in metric.always_by]
        for metric in metrics:
            for name in metric.always_by:
                if name not in known:
                    raise MetricError(
                        f"{metric.name} is always by {name}, which not all of {what} have: ask for "
                        "it apart."
                    )
        dimensions = tuple(dict.fromkeys([*asked, *always]))
        by = [name for name in dimensions if name in known]
        self._refuse_stale_months(question, known, metrics)
        where, parameters = self._where(question, known, metrics, what)
        statement = self._engine.explain(
            MetricFlowQueryRequest.create(
                metric_names=[metric.name for metric in metrics],
                group_by_names=[known[name] for name in by],
                where_constraints=where or None,
                output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
            )
        ).sql_statement.sql
        answered = _quoted([*by, *(metric.name for metric in metrics)])
        columns = _quoted([*dimensions, *(metric.name for metric in metrics)])
        joins = "".join(
            f"\nleft join (\n    {NAMES_SQL[name]}\n) as {name}_names using ({names_by_id[name]})"
            for name in dimensions
            if name in names_by_id
        )
        running = tuple(metric.name for metric in wanted if metric.name in self._latest_by)
        order = f"\norder by {_quoted(dimensions)}" if dimensions else ""
        return MetricSql(
            f"select {columns}\nfrom (\n{statement}\n) as answer ({answered}){joins}{order}",
            parameters,
            dimensions,
            tuple(metrics),
            tuple(name for name in dimensions if name not in asked),
            tuple(beside),
            running,
            _notes(question, running),
        )

    def _names_of(self, metrics: Sequence[str]) -> dict[str, str]:
        """Return what the metrics can be asked by in common, with MetricFlow's name for it."""
        names = {MONTH: "metric_time__month"}
        for entity in self._engine.entities_for_metrics(list(metrics)):
            names[entity.name] = entity.name
        for dimension in self._engine.simple_dimensions_for_metrics(list(metrics)):
            if dimension.name not in ("metric_time", _MONTH_OF_MARTS):
                names[dimension.name] = dimension.dunder_name
        return names

    def _where(
        self,
        question: MetricQuestion,
        known: dict[str, str],
        metrics: Sequence[Metric],
        what: str,
    ) -> tuple[list[str], dict[str, str | date]]:
        conditions: list[str] = []
        parameters: dict[str, str | date] = {}
        month = "{{ TimeDimension('metric_time', 'month') }}"
        if question.first_month is not None:
            conditions.append(f"{month} >= $first_month")
            parameters["first_month"] = question.first_month
        if question.last_month is not None:
            conditions.append(f"{month} <= $last_month")
            parameters["last_month"] = question.last_month
        if question.last_whole_month is not None:
            conditions.append(f"({month} <= $last_whole_month or {month} is null)")
            parameters["last_whole_month"] = question.last_whole_month
        names_by_id = looked_up(known)
        is_of_latest = any(metric.name in self._latest_by for metric in metrics)
        alternatives: dict[str, list[str]] = {}
        for place, (word, value) in enumerate(question.where):
            name = _dimension(word, known, names_by_id, what)
            if value is not None:
                parameters[f"value_{place}"] = value
            if name in names_by_id or (is_of_latest and ID_OF_NAME.get(name) in known):
                condition = self._has_name(name, known, place, value)
            else:
                column = f"cast({self._template(known[name])} as varchar)"
                condition = f"{column} is null" if value is None else f"{column} = $value_{place}"
            alternatives.setdefault(name, []).append(condition)
        conditions += [f"({' or '.join(either)})" for either in alternatives.values()]
        return conditions, parameters

    def _has_name(self, name: str, known: dict[str, str], place: int, value: str | None) -> str:
        """Return the condition that an id has a name, whatever else changes of it."""
        by_id = ID_OF_NAME[name]
        column = self._template(known[by_id])
        ids = f"select {by_id} from ({NAMES_SQL[name]}) as {name}_names where {name}"
        if value is None:
            return f"({column} is null or {column} not in ({ids} is not null))"
        return f"{column} in ({ids} = $value_{place})"

    def _refuse_stale_months(
        self, question: MetricQuestion, known: Mapping[str, str], metrics: Sequence[Metric]
    ) -> None:
        """Refuse a condition that changes which month is the latest one.

        MetricFlow drops rows before it takes the latest month, so that of a use case which the
        condition left, an earlier month would be taken and added. A name is looked up by its id,
        which leaves nothing.
        """
        for metric in metrics:
            latest_of = self._latest_by.get(metric.name)
            if latest_of is None:
                continue
            ids = {name for name in latest_of if name in known}
            names = [name for name, by_id in ID_OF_NAME.items() if by_id in ids]
            for word, _ in question.where:
                name = said_as(word, known)
                if name not in (MONTH, *latest_of, *names):
                    raise MetricError(
                        f"{metric.name} is taken of the latest month of each "
                        f"{' and '.join(latest_of)}: where {name} changed, a condition on it would "
                        f"add an earlier month. Ask by {name} instead and keep its rows."
                    )

    @cached_property
    def _latest_by(self) -> dict[str, tuple[str, ...]]:
        """By metric that is taken of the latest month: what has a latest month of its own."""
        groupings = {
            measure["name"]: tuple(measure["non_additive_dimension"]["window_groupings"])
            for model in self._manifest["semantic_models"]
            for measure in model["measures"]
            if measure.get("non_additive_dimension")
        }
        found = {}
        for node in self._manifest["metrics"]:
            used = [measure["name"] for measure in node["type_params"]["input_measures"]]
            of_measures = [groupings[name] for name in used if name in groupings]
            if of_measures:
                found[node["name"]] = tuple(
                    name
                    for name in of_measures[0]
                    if all(name in grouping for grouping in of_measures)
                )
        return found

    def _template(self, name: str) -> str:
        """Return how a condition of MetricFlow writes one of its names."""
        if name == "metric_time__month":
            return "cast({{ TimeDimension('metric_time', 'month') }} as date)"
        if "__" not in name:
            return f"{{{{ Entity('{name}') }}}}"
        model, dimension = name.split("__", 1)
        granularity = self._granularities.get((model, dimension))
        if granularity is None:
            return f"{{{{ Dimension('{name}') }}}}"
        return f"cast({{{{ TimeDimension('{name}', '{granularity}') }}}} as date)"

    @cached_property
    def _granularities(self) -> dict[tuple[str, str], str]:
        """The granularity of each dimension of time, by semantic model and name."""
        return {
            (model["name"], dimension["name"]): dimension["type_params"]["time_granularity"]
            for model in self._manifest["semantic_models"]
            for dimension in model["dimensions"]
            if dimension["type"] == "time"
        }


def _notes(question: MetricQuestion, running: Sequence[str]) -> tuple[str, ...]:
    """Say that a first month does not cut what is taken of the latest one."""
    if question.first_month is None or not running:
        return ()
    return (
        f"FROM begins no sum here: {' and '.join(running)} holds everything up to its latest "
        f"month, also from before {question.first_month:%Y-%m}. FROM leaves out only what has "
        "no row from then on.",
    )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _dimension(
    word: str, known: Mapping[str, str], names_by_id: Mapping[str, str], what: str
) -> str:
    """Return the dimension that a word stands for.

    Raises:
        MetricError: No dimension of the metrics is called so.
    """
    name = said_as(word, known)
    _one_of(name, {**known, **names_by_id, **words_for(known)}, f"dimension of {what}")
    return name


def _one_of(name: str, known: Mapping[str, Kind], what: str) -> Kind:
    """Return what a name stands for.

    Raises:
        MetricError: Nothing has that name; the message says which names are near.
    """
    if name in known:
        return known[name]
    # All names are written small, whatever letters somebody types them in.
    small = name.casefold()
    near = difflib.get_close_matches(small, known, n=3, cutoff=0.5)
    near += [other for other in known if len(small) > 3 and small in other and other not in near][
        :3
    ]
    said = f"Near: {', '.join(near)}." if near else f"There are: {', '.join(known)}."
    raise MetricError(f"There is no {what} {name!r}. {said} make metric lists all of them.")
