"""The demo company's credits: what is bought covers what is used, and each line is the world's."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from orchestration.demo.credits_bill import write_credits_export
from orchestration.demo.world import World

WORLD = World(20251116, Decimal("0.1"), date(2026, 11, 16))


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("credits") / "bill"
    truth = write_credits_export(WORLD, folder)
    found = [
        line
        for file in sorted(folder.glob("*.csv"))
        for line in csv.DictReader(file.open(newline=""))
    ]
    assert len(found) == truth.height
    assert sum(Decimal(line["EffectiveCost"]) for line in found) == truth["effective_cost"].sum()
    assert sum(Decimal(line["BilledCost"]) for line in found) == truth["billed_cost"].sum()
    return found


def test_a_check_is_a_request_and_its_price_is_the_order_form_s(
    lines: list[dict[str, str]],
) -> None:
    """2 thousandths of a credit at 4 cents: 1,000 checks cost 8 cents, 10 by the price list."""
    requests = Counter[str]()
    for row in WORLD.inference.filter(pl.col("use_case_id") == "care-chat").iter_rows(named=True):
        requests[str(row["usage_date"])] += row["requests"]
    checks = {
        line["ChargePeriodStart"][:10]: line
        for line in lines
        if line["ChargeDescription"] == "Guardrail Checks of care-chat"
    }
    assert {day: int(line["ConsumedQuantity"]) for day, line in checks.items()} == requests
    for line in checks.values():
        assert Decimal(line["EffectiveCost"]) == int(line["ConsumedQuantity"]) * Decimal("0.00008")
        assert Decimal(line["ListCost"]) == int(line["ConsumedQuantity"]) * Decimal("0.0001")


def test_credits_are_never_overdrawn_and_few_are_left_when_more_are_bought(
    lines: list[dict[str, str]],
) -> None:
    balance = Decimal(0)
    for line in sorted(lines, key=lambda each: (each["ChargePeriodStart"], each["ChargeCategory"])):
        if line["ChargeCategory"] == "Purchase":
            # The reserves of the quarters before are less than another quarter takes.
            assert balance < Decimal(line["PricingQuantity"])
            balance += Decimal(line["PricingQuantity"])
        else:
            balance -= Decimal(line["PricingCurrencyEffectiveCost"])
        assert balance >= 0, line
