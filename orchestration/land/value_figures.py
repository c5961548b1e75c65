"""The figures that no bill holds: outcomes, benefits, people, milestones, runs and hosted models.

Each of them is somebody's word, so it says whose and of which day. What a column's type and a
row's validity cannot tell is checked here; what is wrong is named by table, row and column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

# Table, row as a spreadsheet counts, column and what is wrong.
Fault = tuple[str, int, str, str]


class FigureRow(Protocol):
    """A parsed row: its number in the file and its values by column, None where empty."""

    @property
    def line(self) -> int:
        """The row's number; the header is row 1."""
        ...

    @property
    def values(self) -> Mapping[str, Any]:
        """The row's values by column."""
        ...


_Rows = Sequence[FigureRow]

# What a meter may count as outcomes; the model fct_outcome_count knows the same words.
OUTCOME_MEASURES = ("succeeded requests", "sessions", "agent cycles", "users")

_NOT_NEGATIVE = {
    "outcome": ("outcome_quantity",),
    "business_value": ("benefit_amount", "benefit_low", "benefit_high"),
    "people_cost": ("people_amount",),
    "training_run": ("gpu_count",),
    "hosted_model": ("gpus_per_instance", "amortisation_months"),
}
# Days that lie in the past when the row is written; a validity may reach into the future.
_PAST = {
    "outcome": ("stated_on",),
    "outcome_meter": ("stated_on",),
    "business_value": ("stated_on",),
    "people_cost": ("stated_on", "billing_period"),
    "use_case_milestone": ("reached_on",),
    "training_run": ("started_at", "ended_at"),
    "hosted_model": ("stated_on",),
}


def value_faults(tables: Mapping[str, _Rows], today: date) -> Iterator[Fault]:
    """Yield what is wrong with the figures.

    Args:
        tables: The organisation's tables, parsed; a table that is missing has no rows.
        today: The day of the run: nothing is stated, reached or measured after it.
    """
    for name, columns in _NOT_NEGATIVE.items():
        for row in tables[name]:
            for column in columns:
                value = row.values[column]
                if value is not None and value < 0:
                    yield name, row.line, column, "it must not be less than 0."
    for name, columns in _PAST.items():
        for row in tables[name]:
            for column in columns:
                day = _day(row.values[column])
                if day is not None and day > today:
                    yield name, row.line, column, f"{day} lies in the future; today is {today}."
    yield from _outcome_faults(tables["outcome"], today)
    yield from _outcome_meter_faults(tables["outcome_meter"], tables["outcome"])
    yield from _benefit_faults(tables["business_value"])
    yield from _milestone_faults(tables["use_case_milestone"])
    yield from _run_faults(tables["training_run"])
    yield from _hosted_model_faults(tables["hosted_model"])


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _outcome_faults(rows: _Rows, today: date) -> Iterator[Fault]:
    """An outcome lies in one month and in the past, and has one name a month."""
    names: dict[tuple[object, date], FigureRow] = {}
    for row in rows:
        start, end = row.values["valid_from"], row.values["valid_to"]
        if start is None or end is None or start >= end:
            continue  # that is a fault of its own
        last = end - timedelta(days=1)
        if (start.year, start.month) != (last.year, last.month):
            what = "outcomes of two months in one row; give each month a row of its own."
            yield "outcome", row.line, "valid_to", what
        if end > today and row.values["outcome_state"] == "measured":
            what = f"what is measured must end by today, {today}; it ends on {end}."
            yield "outcome", row.line, "valid_to", what
        first = names.setdefault((row.values["use_case_id"], start.replace(day=1)), row)
        if row.values["outcome_name"] != first.values["outcome_name"]:
            what = (
                f"the outcome of {row.values['use_case_id']!r} is called "
                f"{first.values['outcome_name']!r} in row {first.line} of the same month; "
                "a new name begins with a month."
            )
            yield "outcome", row.line, "outcome_name", what


def _outcome_meter_faults(meters: _Rows, outcomes: _Rows) -> Iterator[Fault]:
    """What a meter counts is named as where it is stated, and its time begins between statements."""
    stated: dict[object, list[FigureRow]] = {}
    for row in outcomes:
        stated.setdefault(row.values["use_case_id"], []).append(row)
    for row in meters:
        values = row.values
        if (values["tag_key"] is None) != (values["tag_value"] is None):
            column = "tag_key" if values["tag_key"] is None else "tag_value"
            yield "outcome_meter", row.line, column, "a tag has a key and a value, or neither."
        for name in ("valid_from", "valid_to"):
            if values["counted_measure"] == "users" and not _begins_a_month(values[name]):
                what = "users are counted by the month; a counting begins and ends with one."
                yield "outcome_meter", row.line, name, what
        start, end = values["valid_from"] or date.min, values["valid_to"] or date.max
        for other in stated.get(values["use_case_id"], []):
            first, after = other.values["valid_from"], other.values["valid_to"]
            if first is None or after is None or after <= start or end <= first:
                continue
            if other.values["outcome_name"] != values["outcome_name"]:
                what = (
                    f"outcome.csv calls it {other.values['outcome_name']!r} in row {other.line}, "
                    "of the same days; give both one name."
                )
                yield "outcome_meter", row.line, "outcome_name", what
            for name, is_cut in (("valid_from", first < start), ("valid_to", end < after)):
                if is_cut and values["where_both"] == "meter":
                    what = (
                        f"it cuts through the days {first} to {after} of row {other.line} of "
                        "outcome.csv, which are counted whole or not; give the two parts a row each."
                    )
                    yield "outcome_meter", row.line, name, what


def _begins_a_month(day: date | None) -> bool:
    return day is None or day.day == 1


def _benefit_faults(rows: _Rows) -> Iterator[Fault]:
    """A benefit's range holds its amount, and has both ends or none."""
    for row in rows:
        amount, low, high = (
            row.values[name] for name in ("benefit_amount", "benefit_low", "benefit_high")
        )
        if (low is None) != (high is None):
            column = "benefit_low" if low is None else "benefit_high"
            yield "business_value", row.line, column, "a range has both ends, or neither."
        if amount is None:
            continue
        for column, value, least, most in (
            ("benefit_low", low, low, amount),
            ("benefit_high", high, amount, high),
        ):
            if value is not None and least > most:
                what = f"the range must hold benefit_amount, {amount}; {value} does not."
                yield "business_value", row.line, column, what


_ORDER = ("development started", "access requested", "access granted")


def _milestone_faults(rows: _Rows) -> Iterator[Fault]:
    """Milestones of a team are reached in their order."""
    reached: dict[tuple[object, object], dict[object, FigureRow]] = {}
    for row in rows:
        team = (row.values["use_case_id"], row.values["owner_id"])
        reached.setdefault(team, {})[row.values["milestone"]] = row
    for by_milestone in reached.values():
        in_order = [by_milestone[name] for name in _ORDER if name in by_milestone]
        for before, after in zip(in_order, in_order[1:], strict=False):
            first, then = before.values["reached_on"], after.values["reached_on"]
            if first is not None and then is not None and then < first:
                what = (
                    f"it lies before {before.values['milestone']!r}, {first} in row {before.line}."
                )
                yield "use_case_milestone", after.line, "reached_on", what


def _run_faults(rows: _Rows) -> Iterator[Fault]:
    """A run that is over has an end after its start, a metric its name, a nest one level."""
    runs = {row.values["run_id"]: row for row in rows}
    metrics: dict[object, FigureRow] = {}
    for row in rows:
        values = row.values
        start, end, state = values["started_at"], values["ended_at"], values["run_state"]
        if state == "running" and end is not None:
            yield "training_run", row.line, "ended_at", "a run that has an end is not running."
        if state not in ("running", None) and end is None:
            what = f"a run that is {state} has an end; write it, or say that it is running."
            yield "training_run", row.line, "ended_at", what
        if start is not None and end is not None and end <= start:
            yield "training_run", row.line, "ended_at", "it must lie after started_at."
        if (values["metric_name"] is None) != (values["metric_value"] is None):
            column = "metric_name" if values["metric_name"] is None else "metric_value"
            yield "training_run", row.line, column, "a metric has a name and a value, or neither."
        elif values["metric_name"] is not None:
            first = metrics.setdefault(values["trained_model"], row)
            if values["metric_name"] != first.values["metric_name"]:
                what = (
                    f"the metric of {values['trained_model']!r} is called "
                    f"{first.values['metric_name']!r} in row {first.line}; points of two metrics "
                    "cannot be compared. Keep the name, or name another trained_model."
                )
                yield "training_run", row.line, "metric_name", what
        yield from _parent_faults(row, runs)


def _parent_faults(row: FigureRow, runs: Mapping[object, FigureRow]) -> Iterator[Fault]:
    parent_id = row.values["parent_run_id"]
    if parent_id is None:
        return
    parent = runs.get(parent_id)
    if parent is None:
        yield "training_run", row.line, "parent_run_id", f"{parent_id!r} is no run of the file."
    elif parent is row:
        yield "training_run", row.line, "parent_run_id", "a run is not its own parent."
    elif parent.values["parent_run_id"] is not None:
        what = f"{parent_id!r} has a parent itself (row {parent.line}); name the outermost run."
        yield "training_run", row.line, "parent_run_id", what
    else:
        start, end = row.values["started_at"], row.values["ended_at"]
        first, last = parent.values["started_at"], parent.values["ended_at"]
        if start is not None and first is not None and start < first:
            what = f"it lies before its parent's start, {first} in row {parent.line}."
            yield "training_run", row.line, "started_at", what
        if end is not None and last is not None and end > last:
            what = f"it lies after its parent's end, {last} in row {parent.line}."
            yield "training_run", row.line, "ended_at", what


def _hosted_model_faults(rows: _Rows) -> Iterator[Fault]:
    """What a hosted model is compared with is named whole or not at all."""
    compared = ("compared_service", "compared_model", "compared_output_share")
    for row in rows:
        given = [name for name in compared if row.values[name] is not None]
        for name in compared:
            if given and name not in given:
                what = f"a comparison needs {', '.join(compared)}; this one is missing."
                yield "hosted_model", row.line, name, what
        for name in ("gpus_per_instance", "amortisation_months"):
            if row.values[name] == 0:
                yield "hosted_model", row.line, name, "it must not be 0."
    yield from _shared_machine_faults(rows)


def _shared_machine_faults(rows: _Rows) -> Iterator[Fault]:
    """No machine is of two rows on a day: all that it costs is of the one that names it."""
    for number, row in enumerate(rows):
        prefix = row.values["resource_prefix"]
        for other in rows[:number]:
            named = other.values["resource_prefix"]
            if prefix is None or named is None or not _meet(row, other):
                continue
            if prefix.startswith(named) or named.startswith(prefix):
                what = (
                    f"machines whose id begins with {max(prefix, named, key=len)!r} are of row "
                    f"{other.line} on the same days, and would count twice. Give a use case "
                    "machines of its own, or one row the use case that answers for them."
                )
                yield "hosted_model", row.line, "resource_prefix", what


def _meet(row: FigureRow, other: FigureRow) -> bool:
    """Say whether the validities of two rows share a day."""
    (start, end), (first, last) = (
        (each.values["valid_from"] or date.min, each.values["valid_to"] or date.max)
        for each in (row, other)
    )
    return bool(start < last and first < end)
