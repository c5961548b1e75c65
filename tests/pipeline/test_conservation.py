"""Allocated, idle and unallocated add up to each charge, for each of its four costs.

Added up here in Python, charge by charge, from the tables that people read: once for the bills made
by hand, and for companies whose rules, owners and bills Hypothesis makes up.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.land.org_tables import TABLES
from tests.pipeline.conftest import Installation, new_installation
from tests.pipeline.deliveries import csv_bytes, focus_line, write

COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
FOCUS_COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
OUTCOMES = {"owned", "idle", "unallocated"}
LINES = 250
# Of a day: hours, a part of one, and what lasts longer than one.
TIMES = (("00:00", "01:00"), ("07:00", "08:00"), ("07:15", "07:45"), ("00:00", "23:00"))

Charge = tuple[str, str]
Amounts = tuple[Decimal | None, ...]


def charges(installation: Installation) -> dict[Charge, Amounts]:
    rows = installation.query(
        f"select x_Source, x_ChargeId, {', '.join(FOCUS_COSTS)} from focus.cost_and_usage"
    )
    found = {(row[0], row[1]): tuple(row[2:]) for row in rows}
    assert len(found) == len(rows)
    return found


def allocated(installation: Installation) -> tuple[dict[Charge, Amounts], set[str]]:
    """Return the sum of each charge's parts, and the outcomes that occur."""
    parts: dict[Charge, list[Amounts]] = defaultdict(list)
    outcomes = set()
    for source, charge, outcome, *amounts in installation.query(
        f"select source, x_charge_id, outcome, {', '.join(COSTS)} "
        "from allocation.fct_allocated_cost"
    ):
        parts[source, charge].append(tuple(amounts))
        outcomes.add(outcome)
    with localcontext(prec=60):
        return {charge: added_up(amounts) for charge, amounts in parts.items()}, outcomes


def added_up(parts: Sequence[Amounts]) -> Amounts:
    """Add up each cost; what is unknown in one part must be unknown in all."""
    totals: list[Decimal | None] = []
    for amounts in zip(*parts, strict=True):
        known = [amount for amount in amounts if amount is not None]
        assert len(known) in (0, len(amounts))
        totals.append(sum(known, Decimal(0)) if known else None)
    return tuple(totals)


def assert_conserved(installation: Installation) -> set[str]:
    """Check every charge and return the outcomes that occur."""
    expected = charges(installation)
    found, outcomes = allocated(installation)
    assert found == expected
    assert outcomes <= OUTCOMES
    return outcomes


def test_every_charge_of_the_bills_made_by_hand_is_divided_to_the_last_digit(
    published: Installation,
) -> None:
    assert assert_conserved(published) == OUTCOMES


class Company:
    """A company made up from a seed: its rules, its owners, its bill."""

    teams = ("red", "green", "blue", "none", None)
    services = ("Storage", "Machines", "Models")
    accounts = ("a", "b", "c")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.owners = [f"owner-{number:02d}" for number in range(self.random.randint(1, 40))]
        self.rules: list[list[str]] = []
        self.conditions: list[list[str]] = []
        self.targets: list[list[str]] = []
        for number in range(self.random.randint(1, 8)):
            self._rule(f"rule-{number}")
        # before all others, by what a direct rule gives to owners hour by hour
        self.rules.append(["hourly", "1", "0", "proportional", "", "owned", "", "", ""])
        self.conditions.append(["hourly", "1", "charge_category", "equals", "Credit"])
        self.basis = ["hourly", "1", "effective_cost", "all", "hour", "hold", *[""] * 5]
        self.rules.append(["named", "1", "9", "direct", "tag:team", "owned", "", "", ""])

    def _rule(self, name: str) -> None:
        middle = f"2026-10-{self.random.randint(2, 28):02d}"
        versions = [("", "")] if self.random.random() < 0.5 else [("", middle), (middle, "")]
        for version, (start, end) in enumerate(versions, start=1):
            method = self.random.choice(("direct", "even", "even"))
            evidence = (
                self.random.choice(("tag:team", "sub_account_id")) if method == "direct" else ""
            )
            outcome = self.random.choice(("owned", "owned", "idle"))
            order = str(self.random.randint(1, 9))
            self.rules.append(
                [name, str(version), order, method, evidence, outcome, start, end, ""]
            )
            if method == "even":
                self.conditions.append([name, str(version), *self._condition()])
                count = self.random.randint(1, len(self.owners))
                for owner in self.random.sample(self.owners, count):
                    self.targets.append([name, str(version), owner, ""])

    def _condition(self) -> list[str]:
        return self.random.choice(
            [
                ["tag:team", "is_null", ""],
                ["tag:team", "equals", self.random.choice(("red", "green"))],
                ["service_name", "in", "Storage|Models"],
                ["service_name", "starts_with", "M"],
                ["sub_account_id", "not_equals", "a"],
                ["charge_category", "equals", self.random.choice(("Tax", "Credit"))],
            ]
        )

    def mappings(self) -> list[list[str]]:
        values = [("tag:team", team) for team in ("red", "green", "blue")]
        values += [("sub_account_id", account) for account in ("a", "b")]
        return [[e, v, self.random.choice(self.owners), "", "", ""] for e, v in values]

    def _amount(self) -> str:
        digits = self.random.randint(0, 12)
        size = self.random.choice((1, 10**3, 10**9))
        units = self.random.randint(-size * 10**digits, size * 10**digits)
        return f"{Decimal(units).scaleb(-digits):f}"

    def line(self, account: str) -> dict[str, Any]:
        team = self.random.choice(self.teams)
        day = f"2026-{self.random.choice(('10', '10', '09'))}-{self.random.randint(1, 29):02d}"
        start, end = self.random.choice(TIMES)
        costs = {name: self._amount() for name in FOCUS_COSTS}
        unknown = self.random.choice((*FOCUS_COSTS[1:], None, None, None))
        return focus_line(
            BillingAccountId=account,
            SubAccountId=self.random.choice(self.accounts),
            ServiceName=self.random.choice(self.services),
            ChargeCategory=self.random.choice(("Usage", "Usage", "Tax", "Credit")),
            ChargePeriodStart=f"{day}T{start}:00Z",
            ChargePeriodEnd=f"{day}T{end}:00Z",
            Tags=f'{{"team": "{team}"}}' if team else "",
            **(costs | ({unknown: "NULL"} if unknown else {})),
        )

    def write(self, installation: Installation) -> None:
        for source in ("first", "second"):
            bill = csv_bytes([self.line(source) for _ in range(LINES)])
            write(installation.bills / source, {"october.csv": bill})
        own = [[owner, owner, "made up", "CC", "", "", ""] for owner in self.owners]
        fill(installation.org / "owner.csv", own, keep=True)
        fill(installation.org / "owner_mapping.csv", self.mappings())
        fill(installation.org / "allocation_rule.csv", self.rules)
        fill(installation.org / "allocation_rule_condition.csv", self.conditions)
        fill(installation.org / "allocation_rule_target.csv", self.targets)
        header = ",".join(TABLES["allocation_rule_basis"].columns)
        write(installation.org, {"allocation_rule_basis.csv": f"{header}\n".encode()})
        fill(installation.org / "allocation_rule_basis.csv", [self.basis])


def fill(path: Path, rows: Sequence[Sequence[str]], *, keep: bool = False) -> None:
    """Write rows below a table's header, after those that it has or in their place."""
    lines = path.read_text(encoding="utf-8").splitlines()
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        handle.write("\n".join(lines if keep else lines[:1]) + "\n")
        writer.writerows(rows)


@settings(
    max_examples=1,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(1, 2**32))
def test_every_charge_of_a_made_up_company_is_divided_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, parsed_project: None, seed: int
) -> None:
    sources = [{"name": n, "kind": "focus", "url": f"bills/{n}"} for n in ("first", "second")]
    root = tmp_path_factory.mktemp("company") / "installation"
    installation = new_installation(root, sources)
    Company(seed).write(installation)
    run = installation.run_here()
    assert run.exit_code == 0, run.text
    assert_conserved(installation)
    assert len(charges(installation)) == 2 * LINES
    assert_hours_are_the_charges_own(installation)


def assert_hours_are_the_charges_own(installation: Installation) -> None:
    """Check that the rule by the hour weighed by the hour of each charge that has one."""
    by_the_hour = installation.query(
        "select distinct x_ChargeId, basis_hour, basis_date, step_in_words, "
        "date_trunc('hour', ChargePeriodStart), ChargePeriodStart::date, "
        "ChargePeriodEnd - ChargePeriodStart <= interval 1 hour "
        "from focus.cost_and_usage as charge "
        "inner join allocation.charge_split as split "
        "on charge.x_Source = split.source and charge.x_ChargeId = split.x_charge_id "
        "inner join allocation.fct_allocation_trace as trace on split.split_id = trace.split_id "
        "where trace.rule_id = 'hourly' and trace.basis_quantity is not null"
    )
    assert {has_hour for *_, has_hour in by_the_hour} == {True, False}
    assert any(basis_hour is not None for _, basis_hour, *_ in by_the_hour)
    for _, basis_hour, basis_date, words, hour, day, has_hour in by_the_hour:
        if basis_hour is not None:
            assert has_hour and basis_hour == hour
            assert f" by its own hour, {hour:%Y-%m-%d %H:%M} UTC" in words
        elif basis_date is not None:
            assert basis_date == day and f" by its day, {day}" in words
        else:
            assert " by the month" in words
