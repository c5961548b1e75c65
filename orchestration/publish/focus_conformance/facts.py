"""The facts of the FOCUS rules: which rule says what of which column, at which level.

The facts come from the requirements models of the FOCUS specification (FinOps Foundation,
CC-BY-4.0) and are kept as compact JSON beside this file, one for each model; ``derive`` makes them.
The sentences are Tollgate's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FACTS_DIR = Path(__file__).parent / "facts"

# A check is a list: its function and its arguments, as in ["one_of", "ChargeCategory", [...]].
Check = Sequence[Any]

COST_AND_USAGE = "CostAndUsage"
DATASETS = (COST_AND_USAGE, "InvoiceDetail", "BillingPeriod", "ContractCommitment")


class UnknownFocusVersionError(ValueError):
    """A FOCUS version that never was."""


@dataclass(frozen=True)
class Rule:
    """One static rule.

    Attributes:
        rule_id: As in the model.
        dataset: The dataset that it is about; rules about all of them stand with Cost and Usage.
        column: The column that it is about, None for a rule about the dataset.
        level: MUST, SHOULD or MAY.
        kind: presence, type, format, nullability, validation or composite.
        check: What must hold.
        when: Where it must hold, None for everywhere. What its composites say is included.
        criteria: It concerns only providers that support one of these; all, where there are none.
        parts: The rules that a composite consists of.
        dynamic_parts_count: Parts of a composite that one dataset alone cannot show.
    """

    rule_id: str
    dataset: str
    column: str | None
    level: str
    kind: str
    check: Check
    when: Check | None
    criteria: tuple[str, ...]
    parts: tuple[str, ...]
    dynamic_parts_count: int

    @property
    def is_composite(self) -> bool:
        """Whether it only gathers other rules."""
        return self.kind == "composite"

    @property
    def is_permission(self) -> bool:
        """Whether it only allows something, so that nothing can break it."""
        return self.level == "MAY"


@dataclass(frozen=True)
class RuleBook:
    """The rules that a FOCUS version can be judged by.

    Attributes:
        version: The FOCUS version that is judged.
        model_version: The version whose model the rules come from.
        rules: By id, parts after their composites.
        schemas: JSON schemas that rules name.
        left_out: Why some rules of the model do not count for this version, None when all do.
    """

    version: str
    model_version: str
    rules: Mapping[str, Rule]
    schemas: Mapping[str, Mapping[str, Any]]
    left_out: str | None

    def of(self, dataset: str) -> tuple[Rule, ...]:
        """Return the rules of one dataset."""
        return tuple(rule for rule in self.rules.values() if rule.dataset == dataset)

    def numbers(self, dataset: str) -> Mapping[str, int]:
        """Return the rules of a dataset, each with its place, from 1 on."""
        return self._numbers.get(dataset, {})

    @cached_property
    def _numbers(self) -> Mapping[str, Mapping[str, int]]:
        return {
            dataset: {rule.rule_id: place for place, rule in enumerate(self.of(dataset), 1)}
            for dataset in {rule.dataset for rule in self.rules.values()}
        }

    def above(self, rule: Rule) -> tuple[str, ...]:
        """Return the composites that a rule is a part of, nearest first."""
        found: list[str] = []
        above = self._composite_of.get(rule.rule_id)
        while above is not None:
            found.append(above)
            above = self._composite_of.get(above)
        return tuple(found)

    def told_with(self, rule: Rule) -> tuple[str, ...]:
        """Return the composites that are broken with a rule, nearest first.

        What only should be so never breaks what must be so.
        """
        found: list[str] = []
        level = rule.level
        for above in self.above(rule):
            if level == "SHOULD" and self.rules[above].level == "MUST":
                break
            level = self.rules[above].level
            found.append(above)
        return tuple(found)

    @cached_property
    def _composite_of(self) -> Mapping[str, str]:
        return {part: rule.rule_id for rule in self.rules.values() for part in rule.parts}

    def leaves_of(self, rule: Rule) -> Iterator[Rule]:
        """Yield the rules with a check of their own that a rule comes down to."""
        if not rule.is_composite:
            yield rule
        for part in rule.parts:
            yield from self.leaves_of(self.rules[part])


_SINCE = {
    COST_AND_USAGE: "1.0",
    "ContractCommitment": "1.3",
    "InvoiceDetail": "1.4",
    "BillingPeriod": "1.4",
}
# FOCUS version -> the model that it is judged by. 1.0, 1.1 and 1.3 have no model of their own here.
_JUDGED_BY = {"1.0": "1.2", "1.1": "1.2", "1.2": "1.2", "1.3": "1.4", "1.4": "1.4"}
_LEFT_OUT = {
    "1.0": "rules of the 1.2 model that name a column younger than 1.0",
    "1.1": "rules of the 1.2 model that name a column younger than 1.1",
    "1.3": "rules of the 1.4 model that are younger than 1.3, and those that 1.4 removed",
}


@cache
def rule_book(version: str) -> RuleBook:
    """Return the rules that a FOCUS version can be judged by.

    Args:
        version: ``1.0`` to ``1.4``.

    Raises:
        UnknownFocusVersionError: There is no such version.
    """
    if version not in _JUDGED_BY:
        raise UnknownFocusVersionError(
            f"FOCUS {version} is unknown; known are {', '.join(_JUDGED_BY)}"
        )
    model_version = _JUDGED_BY[version]
    model = json.loads((FACTS_DIR / f"focus_{model_version}.json").read_text(encoding="utf-8"))
    rules = _with_inheritance(_rule(fact) for fact in model["rules"])
    if version in ("1.0", "1.1"):
        since: Mapping[str, str] = model["columns"]
        rules = _without(
            rules, {id_ for id_, rule in rules.items() if not _is_of(rule, since, version)}
        )
    elif version != model_version:
        young = {fact["id"] for fact in model["rules"] if fact["since"] > version}
        rules = _without(rules, young)
    rules = {rule_id: rule for rule_id, rule in rules.items() if version >= _SINCE[rule.dataset]}
    return RuleBook(version, model_version, rules, model["schemas"], _LEFT_OUT.get(version))


def columns_of(check: Check | None) -> frozenset[str]:
    """Return the columns that a check looks at."""
    if check is None:
        return frozenset()
    function, *arguments = check
    if function in ("all", "any"):
        return frozenset().union(*(columns_of(part) for part in arguments))
    count = {"pairs": 2, "compare": 3, "same": 2, "differ": 2, "product": 3, "one_per": 2}
    if function == "compare":
        return frozenset((arguments[0], arguments[2]))
    return frozenset(arguments[: count.get(function, 1)])


def _rule(fact: Mapping[str, Any]) -> Rule:
    return Rule(
        rule_id=fact["id"],
        dataset=fact["dataset"],
        column=fact.get("column"),
        level=fact["level"],
        kind=fact["kind"],
        check=fact.get("check", ["all"]),
        when=fact.get("when"),
        criteria=tuple(fact.get("criteria", ())),
        parts=tuple(fact.get("parts", ())),
        dynamic_parts_count=fact.get("dynamic_parts", 0),
    )


def _with_inheritance(rules: Iterator[Rule]) -> dict[str, Rule]:
    """Give each rule the conditions and criteria of the composites that it is a part of."""
    own = {rule.rule_id: rule for rule in rules}
    composite_of = {part: rule.rule_id for rule in own.values() for part in rule.parts}
    inherited: dict[str, Rule] = {}
    for rule_id, rule in own.items():
        conditions = [rule.when] if rule.when else []
        criteria = rule.criteria
        above = composite_of.get(rule_id)
        while above is not None:
            condition = own[above].when
            if condition and condition not in conditions:
                conditions.append(condition)
            criteria = criteria or own[above].criteria
            above = composite_of.get(above)
        when = None if not conditions else conditions[0]
        if len(conditions) > 1:
            when = ["all", *conditions]
        inherited[rule_id] = replace(rule, when=when, criteria=criteria)
    return inherited


def _is_of(rule: Rule, since: Mapping[str, str], version: str) -> bool:
    named = columns_of(rule.check) | columns_of(rule.when) if not rule.is_composite else set()
    if rule.column is not None:
        named = {*named, rule.column}
    return all(since.get(column, "1.0") <= version for column in named)


def _without(rules: Mapping[str, Rule], left_out: set[str]) -> dict[str, Rule]:
    return {
        rule_id: replace(rule, parts=tuple(p for p in rule.parts if p not in left_out))
        for rule_id, rule in rules.items()
        if rule_id not in left_out
    }
