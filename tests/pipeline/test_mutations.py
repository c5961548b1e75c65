"""A line of SQL that loses, doubles or turns money is stopped by a gate that names it.

Each mutation breaks one line of the project in a copy of it. Those that different gates see at one
door share a run: the first one breaks conform, the second allocate, the third the marts. What the
gates of dbt cannot see is left to the publisher's audit (``test_gates.py``).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.pipeline.conftest import SMALL_SOURCES, UNTOUCHED, Installation, Run
from tests.pipeline.deliveries import csv_bytes, focus_line, write
from tests.pipeline.projects import copied_project, project_at


@dataclass(frozen=True)
class Mutation:
    """A line of the dbt project that is broken, and what must be said of it.

    Attributes:
        file: The file below the dbt project.
        line: What stands there, once.
        broken: What stands there instead.
        said: For each gate that must fail, the words of one sentence of it.
    """

    file: str
    line: str
    broken: str
    said: dict[str, tuple[str, ...]]


_LEGACY = "models/conform/aws_cur_legacy/int_charges_conformed_aws_cur_legacy.sql"
_FOCUS = "models/conform/focus/int_charges_conformed_focus.sql"
_STEPS = "models/allocate/int_split_steps.sql"
_SPLITS = "models/allocate/int_charge_splits.sql"

CONFORM = {
    "a list cost that is not the file's": Mutation(
        _FOCUS,
        "        numbered.list_cost,",
        "        numbered.list_cost * 2 as list_cost,",
        {"conformed_equals_landed": ("focus_small 2026-10: list_cost: landed ", " EUR touched)")},
    ),
    "a join that doubles a month": Mutation(
        _LEGACY,
        "{{ aws_conformed() }}",
        "{{ aws_conformed() }}\n"
        "inner join (select 1 as copy_number union all select 2 as copy_number) as copies\n"
        "    on copies.copy_number = 1 or priced.billing_period = date '2026-09-01'",
        {
            "conformed_equals_landed": (
                "aws_small 2026-09: billed_cost: landed 60.593333333333",
                "conformed 121.186666666666",
                "(60.593333333333 USD touched)",
            ),
            "charge_id_is_unique": ("aws_small 2026-09: 2 charges have the id", "USD touched"),
        },
    ),
    "a sign that is turned": Mutation(
        "macros/aws_charges.sql",
        "        availability_zone,\n        billed_cost,\n        payer_account_id as",
        "        availability_zone,\n"
        "        case month(billing_period) when 10 then -billed_cost else billed_cost end\n"
        "            as billed_cost,\n        payer_account_id as",
        {
            "conformed_equals_landed": (
                "aws_small 2026-10: billed_cost: landed 26.700000000001",
                "conformed -26.700000000001",
                "(53.400000000002 USD touched)",
            ),
        },
    ),
    "credits and free lines that are filtered out": Mutation(
        _FOCUS,
        "unknown=['x_principal_id']) }}",
        "unknown=['x_principal_id']) }}\nwhere billed_cost > 0",
        {
            "conformed_equals_landed": (
                "focus_small 2026-10: billed_cost: landed 153.300000000000",
                "conformed 178.300000000000",
                "(25 EUR touched)",
            ),
        },
    ),
}
ALLOCATE = {
    "a remainder that nobody gets": Mutation(
        _STEPS,
        "when owner_rank = 1\n                    then 1 -",
        "when owner_rank = 0\n                    then 1 -",
        {
            "shares_sum_to_one": (
                "aws_small 2026-09: split",
                "of rule shared-account: shares sum to 0.999999999999",
                "(0.333333333333 USD touched)",
            ),
            "allocated_equals_charged": (
                "aws_small 2026-09: billed_cost: charges 60.593333333333",
                "USD touched)",
            ),
        },
    ),
}

# Apart, because shares by use are made from the charges: a gate that stops these stops them too.
CHARGES = {
    "an unknown cost that becomes free": Mutation(
        _SPLITS,
        "    dated.list_cost,\n",
        "    coalesce(dated.list_cost, 0) as list_cost,\n",
        {
            "every_charge_has_one_split": (
                "open_costs 2026-10: unknown_list_cost_count: charges 1, splits 0",
                "EUR touched)",
            ),
        },
    ),
    "a charge that takes another's place": Mutation(
        _SPLITS,
        "        dated.x_charge_id,\n        group_splits",
        "        case\n"
        "            when dated.source = 'aws_small' then max(dated.x_charge_id) over (\n"
        "                partition by dated.source, dated.billing_period, dated.charge_category\n"
        "            )\n"
        "            else dated.x_charge_id\n"
        "        end as x_charge_id,\n        group_splits",
        {
            "every_charge_has_one_split": (
                "aws_small 2026-10: the charge ",
                " splits (",
                "USD touched)",
            ),
        },
    ),
    "a charge that meets no split": Mutation(
        _SPLITS,
        "    where {{ this_period('charges') }}",
        "    where {{ this_period('charges') }}\n"
        "        and (charges.source <> 'focus_small' or charges.charge_category <> 'Tax')",
        {
            "every_charge_has_one_split": (
                "focus_small 2026-10: billed_cost: charges 153.300000000000",
                "splits 134.300000000000 (19 EUR touched)",
            ),
        },
    ),
}
MARTS = {
    "an owner that showback loses": Mutation(
        "models/marts/showback/fct_showback_daily.sql",
        "    on costs_by_split.split_id = split_shares.split_id\ngroup by all",
        "    on costs_by_split.split_id = split_shares.split_id\n"
        "where split_shares.owner_id is distinct from 'nlp'\ngroup by all",
        {
            "showback_equals_ledger": (
                "aws_small 2026-10: billed_cost: charges 26.700000000001",
                "USD touched)",
            ),
        },
    ),
    "a mart without credits": Mutation(
        "models/marts/focus/cost_and_usage.sql",
        "    where {{ this_period('int_charges_conformed') }}",
        "    where {{ this_period('int_charges_conformed') }} and charge_category <> 'Credit'",
        {
            "focus_equals_ledger": (
                "aws_small 2026-10: charges_count: ledger 6, focus 5",
                "(10 USD touched)",
            ),
        },
    ),
    "output tokens that are left out": Mutation(
        "models/marts/unit_economics/fct_token_usage_daily.sql",
        "    where {{ this_period('int_usage_splits') }}",
        "    where {{ this_period('int_usage_splits') }} and x_token_class <> 'output'",
        {"token_usage_equals_ledger": ("aws_small 2026-09: tokens: measured_tokens 24375000",)},
    ),
}

# Apart, because a mart that a gate stopped takes those that read it along.
STATEMENTS = {
    "a statement without what is idle": Mutation(
        "models/marts/showback/fct_statement_known_monthly.sql",
        "    from statement_lines\n    group by\n",
        "    from statement_lines\n    where outcome <> 'idle'\n    group by\n",
        {
            "statement_equals_showback": (
                "all sources 2026-09: billed_cost: months 60.593333333333",
                "statements 56.593333333333",
                "(4 USD touched)",
            ),
        },
    ),
}

# The ledger as FOCUS has it hangs on no statement, so its rules are broken in the same run; a test
# of their own looks at what is said of them.
FOCUS_RULES = {
    "a service category that FOCUS does not have, and a unit that it does not know": Mutation(
        "models/marts/focus/cost_and_usage.sql",
        "    'x_source': 'charges.source',",
        "    'x_source': 'charges.source',\n"
        "    'service_category': \"'Clouds'\",\n"
        "    'pricing_unit': \"case when charges.pricing_unit is not null then 'per hour!' end\",",
        {},
    ),
}

# No line needs to be broken for this one: the organisation lists an account twice.
SAME_ACCOUNT = {"name": "same_account", "kind": "focus", "url": "bills/same_account"}
TWO_SOURCES = (
    "one_account_month_one_source",
    (
        "same_account 2026-10: account eur-4711 of Microsoft is delivered by focus_small as well",
        "EUR touched)",
    ),
)
# A bill that leaves a cost open.
OPEN_COSTS = {"name": "open_costs", "kind": "focus", "url": "bills/open_costs"}
FURTHER_SOURCES = {"conform": [SAME_ACCOUNT], "charges": [OPEN_COSTS]}
DOORS = {
    "conform": CONFORM,
    "charges": CHARGES,
    "allocate": ALLOCATE,
    "marts": MARTS,
    "statements": STATEMENTS | FOCUS_RULES,
}


def broken_project(folder: Path, mutations: Sequence[Mutation]) -> Path:
    """Return a copy of the dbt project with broken lines."""
    project = copied_project(folder)
    for mutation in mutations:
        path = project / mutation.file
        text = path.read_text(encoding="utf-8")
        assert text.count(mutation.line) == 1, mutation
        path.write_text(text.replace(mutation.line, mutation.broken), encoding="utf-8")
    return project


@pytest.fixture(scope="module")
def installation_under_test(
    published_once: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    installation = published_once.copy(tmp_path_factory.mktemp("mutations") / "installation")
    shutil.copytree(installation.bills / "focus", installation.bills / "same_account")
    bill = csv_bytes([focus_line(BillingAccountId="open", ListCost="NULL")])
    write(installation.bills / "open_costs", {"october.csv": bill})
    return installation


@pytest.fixture(scope="module")
def run_of(
    installation_under_test: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Run]:
    """Return a function that runs the project with the broken lines of a door, once."""

    @cache
    def run(door: str) -> Run:
        installation = installation_under_test
        before = installation.published_hash()
        installation.write_sources([*SMALL_SOURCES, *FURTHER_SOURCES.get(door, ())])
        project = broken_project(tmp_path_factory.mktemp(door), [*DOORS[door].values()])
        with project_at(project):
            run = installation.run_here()
        assert run.exit_code == 1
        assert UNTOUCHED in run.text
        assert installation.published_hash() == before
        return run

    return run


@pytest.mark.parametrize("door", DOORS)
def test_broken_lines_are_stopped_by_their_gates(run_of: Callable[[str], Run], door: str) -> None:
    run = run_of(door)
    unseen = [
        f"{name}: {gate} said nothing of {words}"
        for name, mutation in DOORS[door].items()
        for gate, words in mutation.said.items()
        if not is_said(run, gate, words)
    ]
    if door == "conform" and not is_said(run, *TWO_SOURCES):
        unseen.append(f"two sources of one account: {TWO_SOURCES} was not said")
    assert not unseen, "\n".join([*unseen, *failures(run)])


def test_a_focus_rule_that_must_hold_stops_and_one_that_should_only_warns(
    run_of: Callable[[str], Run], installation_under_test: Installation
) -> None:
    """Of a FOCUS file too: it kept the rule as delivered, so that what breaks it is ours."""
    run = run_of("statements")
    charges = installation_under_test.query(
        "select x_ChargeId, BilledCost, EffectiveCost from focus.cost_and_usage "
        "where x_Source = 'aws_small' and x_BillingPeriod = date '2026-10-01' order by 1"
    )
    examples = ", ".join(charge_id for charge_id, *_ in charges[:3])
    touched = max(abs(sum(costs)) for costs in list(zip(*charges, strict=True))[1:])
    must = (
        "aws_small 2026-10: CAU-ServiceCategory-C-003-M: ServiceCategory must be one of its 19 "
        f"values in the specification; {len(charges)} of {len(charges)} rows of "
        f"focus.cost_and_usage break it, such as {examples} ({touched.normalize():f} USD touched)",
    )
    lifted = ("focus_small 2026-10: CAU-ServiceCategory-C-003-M: ",)
    for words in (must, lifted):
        assert is_said(run, "focus_must_rules_hold", words), "\n".join(failures(run))
    warned = [line for line in run.lines if "WARN focus_should_rules_hold: aws_small" in line]
    assert any("CAU-PricingUnit-C-003-O: PricingUnit should be a unit" in line for line in warned)
    stopped = [line for line in failures(run) if "CAU-" in line]
    assert not any("CAU-PricingUnit" in line for line in stopped)
    # The rules that the file broke itself are its provider's word, and stop nobody's bill.
    assert all("CAU-Service" in line for line in stopped if "focus_small" in line)


def failures(run: Run) -> list[str]:
    return [line for line in run.lines if "FAIL " in line]


def is_said(run: Run, gate: str, words: Sequence[str]) -> bool:
    """Say whether a gate failed with one sentence that has all the words."""
    sentences = [line for line in failures(run) if f"FAIL {gate}: " in line]
    return any(all(word in sentence for word in words) for sentence in sentences)
