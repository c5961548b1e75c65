"""The shipped rules for what belongs to other charges, on a bill that can be divided by hand.

Account 1 (dollars): Compute is 30 of ads, 10 of search and 10 that ads holds idle, so 40 to 10;
Storage is 10 of search. Account 2: Compute is 40 of search. So ads has 40 of the whole bill and
search 60.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_allocation_properties import Fast, Rule

from orchestration.settings import DEMO_DIR

NAMED = ("default-support", "default-tax", "default-discount", "default-credit",
         "default-commitment-fee", "default-rounding")  # fmt: skip
OCTOBER = date(2026, 10, 1)

# service, account, category, kind of line, cost: who carries what of it
SHARED = {
    "a tax follows what it is due on": (
        ("Compute", "1", "Tax", "Tax", "5"),
        {"ads": "4", "search": "1"},
    ),
    "a tax on what one team alone uses is that team's": (
        ("Storage", "1", "Tax", "Tax", "3"),
        {"search": "3"},
    ),
    "a private discount is spread over the service of its account": (
        ("Compute", "1", "Adjustment", "EdpDiscount", "-10"),
        {"ads": "-8", "search": "-2"},
    ),
    "a credit follows its service in all accounts, and nobody earns it by idling": (
        # of Compute ads used 30 and search 10 + 40
        ("Compute", "9", "Credit", "Credit", "-16"),
        {"ads": "-6", "search": "-10"},
    ),
    "support follows the whole bill": (
        ("AWS Support (Business)", "9", "Purchase", "Fee", "20"),
        {"ads": "8", "search": "12"},
    ),
    "a commitment's fee is of all who are on the account that pays": (
        ("Savings Plans", "9", "Purchase", "SavingsPlanUpfrontFee", "5"),
        {"ads": "2", "search": "3"},
    ),
    "rounding is of all who are on the account that pays": (
        ("Rounding", "9", "Adjustment", None, "0.000000000010"),
        {"ads": "0.000000000004", "search": "0.000000000006"},
    ),
    "what is due on nothing is held back, under the rule's name": (
        ("Unknown", "1", "Tax", "Tax", "7"),
        {None: "7"},
    ),
}
DIRECT = (
    ("Compute", "1", "ads", "30", None),
    ("Compute", "1", "search", "10", None),
    ("Compute", "1", "ads", "10", "Unused"),
    ("Storage", "1", "search", "10", None),
    ("Compute", "2", "search", "40", None),
)


def shipped(table: str) -> list[dict[str, str | None]]:
    with (DEMO_DIR / "org" / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        return [
            {name: value or None for name, value in row.items()} for row in csv.DictReader(handle)
        ]


def rules() -> list[Rule]:
    """Return the shipped default rules, and two that name the owners of the rest."""
    found = [
        Rule("idle", 1, 1, "direct", "tag:team", "idle", None, None,
             conditions=[("capacity_reservation_status", "equals", "Unused")]),
        Rule("team", 1, 2, "direct", "tag:team", "owned", None, None),
    ]  # fmt: skip
    conditions, bases = shipped("allocation_rule_condition"), shipped("allocation_rule_basis")
    for row in shipped("allocation_rule"):
        rule_id = row["rule_id"]
        if rule_id not in NAMED:
            continue
        (basis,) = (basis for basis in bases if basis["rule_id"] == rule_id)
        found.append(
            Rule(
                str(rule_id), 1, int(str(row["rule_order"])), str(row["method"]), None, "owned",
                None, None,
                conditions=[
                    (str(each["attribute"]), str(each["operator"]), each["value"])
                    for each in conditions
                    if each["rule_id"] == rule_id
                ],
                basis=dict(basis),
            )
        )  # fmt: skip
    return found


def charge(number: int, service: str, account: str, cost: str, **more: Any) -> dict[str, Any]:
    amounts = dict.fromkeys(
        ("billed_cost", "effective_cost", "list_cost", "contracted_cost"), Decimal(cost)
    )
    return {
        "source": "bill",
        "billing_period": OCTOBER,
        "x_charge_id": f"c{number}",
        "charge_period_start": OCTOBER,
        "billing_account_id": "payer",
        "sub_account_id": account,
        "service_name": service,
        "charge_category": "Usage",
        "billing_currency": "USD",
        "tags": None,
        **amounts,
        **more,
    }


@pytest.fixture(scope="module")
def fast(compiled_dir: Path) -> Iterator[Fast]:
    made = Fast(compiled_dir / "duckdb" / "compiled" / "tollgate" / "models")
    yield made
    made.connection.close()


def test_every_default_rule_is_shipped_by_its_name() -> None:
    assert {rule.rule_id for rule in rules()} - {"idle", "team"} == {*NAMED}


def test_what_belongs_to_other_charges_goes_where_they_went(fast: Fast) -> None:
    charges = [
        charge(
            number, service, account, cost,
            tags=f'{{"team":"{team}"}}', capacity_reservation_status=status,
        )
        for number, (service, account, team, cost, status) in enumerate(DIRECT)
    ]  # fmt: skip
    wanted = {}
    for number, (line, owners) in enumerate(SHARED.values(), start=len(charges)):
        service, account, category, kind, cost = line
        charges.append(
            charge(number, service, account, cost, charge_category=category, x_line_item_type=kind)
        )
        wanted[f"c{number}"] = (Decimal(cost), owners)
    company = SimpleNamespace(
        charges=charges,
        rules=rules(),
        mappings=[("tag:team", team, team, None) for team in ("ads", "search")],
        seats=[],
        name_rules=[],
        owners=[],
        calls=[],
        capacities=[],
        usage=list,
    )
    divided = fast.divide(company)  # type: ignore[arg-type]
    for what, (charge_id, (cost, owners)) in zip(SHARED, wanted.items(), strict=True):
        shown = {owner: cost * share for (_, owner, _), share in divided[charge_id].items()}
        assert shown == {owner: Decimal(part) for owner, part in owners.items()}, what
