"""The Great Expectations suite of a dataset: it judges the profile, not the rows.

Great Expectations adds up decimals as floats and has no working DuckDB engine, so DuckDB counts
and the suite looks at one small frame: a row for each billing period, a column for each rule with
the number of rows that break it. Equality of money is not its business; ``landing.py`` compares
exact totals itself. The import takes seconds, so it happens only when something new is landed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.extract.period import BillingPeriod
from orchestration.imports import without
from orchestration.land.profile import Profile, Rule

# Great Expectations keeps its context in one place of the process; sources land beside each other.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Verdict:
    """What the suite says of one rule over all periods that were looked at.

    Attributes:
        rule: The rule.
        failed_periods: The periods that have rows which break it.
    """

    rule: Rule
    failed_periods: tuple[BillingPeriod, ...]


def judge(name: str, profiles: Mapping[BillingPeriod, Profile]) -> list[Verdict]:
    """Run the suite of a dataset over the profiles of its newly landed periods.

    Args:
        name: Name of the suite, source and dataset.
        profiles: The profile of each period.
    """
    if not profiles:
        return []
    # It looks for the clouds that it can keep its results in; they are kept in no place at all.
    with without("azure", "boto3", "botocore", "google.cloud"):
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig
        from great_expectations.expectations.core.expect_column_max_to_be_between import (
            ExpectColumnMaxToBeBetween,
        )
    import pandas as pd

    rules = _distinct_rules(profiles)
    broken = {
        (period, _key(found.rule)): found.rows_count
        for period, found_profile in profiles.items()
        for found in found_profile.broken
    }
    # A missing column breaks its rule even when the delivery has no rows at all.
    missing = {
        (period, _key(rule))
        for period, found_profile in profiles.items()
        for rule in found_profile.rules
        if rule.violation is None
    }
    periods = sorted(profiles)
    frame = pd.DataFrame(
        {
            key: [
                max(broken.get((period, key), 0), 1 if (period, key) in missing else 0)
                for period in periods
            ]
            for key in rules
        },
        dtype="int64",
    )
    with _one_at_a_time:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        batch = (
            context.data_sources.add_pandas("landed")
            .add_dataframe_asset(name)
            .add_batch_definition_whole_dataframe("profile")
            .get_batch({"dataframe": frame})
        )
        suite = gx.ExpectationSuite(
            name=name,
            expectations=[ExpectColumnMaxToBeBetween(column=key, max_value=0) for key in rules],
        )
        result = batch.validate(suite, result_format="BASIC")
    verdicts = []
    for outcome in result.results:
        config = outcome.expectation_config
        assert config is not None
        key = config.kwargs["column"]
        failed = tuple(period for period, rows in zip(periods, frame[key], strict=True) if rows > 0)
        if outcome.success == bool(failed):
            raise RuntimeError(f"{name}: {key} could not be judged: {outcome.exception_info}")
        verdicts.append(Verdict(rules[key], failed))
    return verdicts


def _distinct_rules(profiles: Mapping[BillingPeriod, Profile]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for found in profiles.values():
        for rule in found.rules:
            rules.setdefault(_key(rule), rule)
    return rules


def _key(rule: Rule) -> str:
    # The month that a rule names differs from period to period; it is one rule all the same.
    expectation = (
        "lies in its billing period" if rule.expectation.startswith("lies in") else rule.expectation
    )
    return f"{rule.column} {expectation}"


def sentences(rules: Sequence[Rule]) -> list[str]:
    """Return the rules in words."""
    return [_key(rule) for rule in rules]
