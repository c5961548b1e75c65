"""FOCUS's rules of many rows, each broken once: the gate's own compiled SQL over a few rows."""

import itertools
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_nodes import DbtProject

MARTS = (
    "cost_and_usage",
    "invoice_detail",
    "billing_period",
    "contract_commitment",
    "rpt_commitment_balance",
    "dim_invoice_line",
    "rpt_invoice_charges",
    "rpt_invoice_reconciliation",
)
OCTOBER = "2026-10-01"


class Warehouse:
    """The published tables that the gates read, empty but for what a test puts there."""

    def __init__(self, project: DbtProject, compiled_dir: Path) -> None:
        self.connection = duckdb.connect()
        compiled = compiled_dir / "duckdb" / "compiled" / "tollgate"
        self.gates = compiled / "tests" / "gates"
        self.trust = compiled / "models" / "marts" / "trust"
        self.relations: dict[str, str] = {}
        for mart in project.marts:
            if mart["name"] in MARTS:
                relation = f"{mart['schema']}.{mart['name']}"
                columns = ", ".join(
                    f"{c['name']} {c['data_type']}" for c in mart["columns"].values()
                )
                self.connection.execute(f"create schema if not exists {mart['schema']}")
                self.connection.execute(f"create table {relation} ({columns})")
                self.relations[mart["name"]] = relation
        self.connection.execute(
            """
            create schema tollgate;
            create table tollgate.source (source varchar, kind varchar);
            insert into tollgate.source values ('own', 'aws_cur2'), ('theirs', 'focus');
            create table tollgate.snapshot (
                source varchar, billing_period date, snapshot_id varchar, is_current boolean
            );
            insert into tollgate.snapshot values
                ('own', '2026-10-01', 'old', false), ('own', '2026-10-01', 'new', true);
            create table tollgate.period_key (
                relation varchar, source varchar, billing_period date, key varchar
            );
            create table tollgate.published_key as from tollgate.period_key;
            create schema org;
            create table org.reconciliation_tolerance (
                invoice_issuer varchar, billing_currency varchar, tolerance_amount decimal(38, 12),
                tolerance_share decimal(18, 12), valid_from date, valid_to date
            );
            create table org.accepted_difference (
                invoice_issuer varchar, invoice_number varchar, billing_period date,
                billing_currency varchar, charge_category varchar,
                accepted_difference decimal(38, 12), accepted_by varchar, reason varchar,
                accepted_on date
            );
            """
        )
        for relation in self.relations.values():
            for source in ("own", "theirs"):
                self.connection.execute(
                    "insert into tollgate.period_key values (?, ?, ?, 'new')",
                    [relation, source, OCTOBER],
                )

    def put(self, mart: str, **values: Any) -> None:
        """Insert a row; what is not given is NULL."""
        places = ", ".join("?" for _ in values)
        self.connection.execute(
            f"insert into {self.relations[mart]} ({', '.join(values)}) values ({places})",
            [*values.values()],
        )

    def charge(self, source: str = "own", **values: Any) -> None:
        """Insert a charge of 10 USD in October."""
        given = {
            "x_Source": source,
            "x_BillingPeriod": OCTOBER,
            "BilledCost": 10,
            "EffectiveCost": 10,
            "BillingCurrency": "USD",
            "InvoiceIssuerName": "Issuer",
            "x_SnapshotId": "new",
            "ChargePeriodStart": "2026-10-05",
            "ChargePeriodEnd": "2026-10-06",
        }
        self.put("cost_and_usage", **(given | values))

    def balance(self, **values: Any) -> None:
        """Insert a commitment's October."""
        given = {
            "source": "own",
            "billing_period": OCTOBER,
            "commitment_id": "plan",
            "billing_currency": "USD",
            "units_count": 1,
            "contracts_count": 1,
            "recurring_billed_cost": 100,
            "billed_cost": 100,
            "effective_cost": 100,
            "used_effective_cost": 80,
            "recurring_quantity": 100,
            "used_quantity": 80,
            "unused_quantity": 20,
        }
        self.put("rpt_commitment_balance", **(given | values))

    def line(self, **values: Any) -> None:
        """Insert an invoice line of October on which charges of 100 USD are."""
        given = {
            "x_Source": "own",
            "x_BillingPeriod": OCTOBER,
            "InvoiceId": "I-1",
            "InvoiceIssuerName": "Issuer",
            "ChargeCategory": "Usage",
            "BillingCurrency": "USD",
            "x_InvoiceBasis": "organisation",
            "BilledCost": 100,
            "x_ChargedCost": 100,
            "x_ChargesCount": 4,
        }
        self.put("invoice_detail", **(given | values))

    def said(self, gate: str) -> list[str]:
        """Run a gate and return its sentences."""
        rows = self.connection.execute(f"select what from ({self.gate(gate)})").fetchall()
        return sorted(what for (what,) in rows)

    def unmet_invoices(self) -> list[str]:
        """Reconcile the invoices and return what their gate says."""
        relation = self.relations["rpt_invoice_reconciliation"]
        reconciled = (self.trust / "rpt_invoice_reconciliation.sql").read_text()
        self.connection.execute(f"delete from {relation}")
        self.connection.execute(f"insert into {relation} {reconciled}")
        return self.said("invoices_meet_their_charges")

    def gate(self, name: str) -> str:
        return (self.gates / f"{name}.sql").read_text()


@pytest.fixture
def warehouse(project: DbtProject, compiled_dir: Path) -> Iterator[Warehouse]:
    made = Warehouse(project, compiled_dir)
    yield made
    made.connection.close()


def test_a_price_point_of_two_products_is_named(warehouse: Warehouse) -> None:
    warehouse.charge(SkuPriceId="price", SkuId="first", ServiceName="A", ServiceCategory="Compute")
    warehouse.charge(SkuPriceId="other", SkuId="first", ServiceName="B", ServiceCategory="Storage")
    assert warehouse.said("focus_parents_are_single") == []
    warehouse.charge(SkuPriceId="price", SkuId="second", ServiceName="A", ServiceCategory="Web")
    assert warehouse.said("focus_parents_are_single") == [
        "CAU-ServiceName-C-005-M: ServiceName A has ServiceCategory Compute and Web",
        "CAU-SkuPriceId-C-011-M: SkuPriceId price has SkuId first and second",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"effective_cost": "99.50"},  # rounding
        {"effective_cost": 60, "recurring_billed_cost": None},  # only what was paid elsewhere
        {"effective_cost": 150, "one_time_billed_cost": 50},  # paid ahead
        {"effective_cost": 180},  # perhaps paid ahead before the first bill that is here
    ],
)
def test_a_commitment_in_balance_passes(warehouse: Warehouse, changed: Mapping[str, Any]) -> None:
    warehouse.balance(**changed)
    assert warehouse.said("focus_commitments_are_in_balance") == []


def test_a_commitment_that_is_spread_as_less_than_it_is_billed_is_named(
    warehouse: Warehouse,
) -> None:
    warehouse.balance(effective_cost=80)
    (sentence,) = warehouse.said("focus_commitments_are_in_balance")
    assert sentence.endswith("is billed 100.000000000000 and spread as 80.000000000000")


def test_a_commitment_without_upfront_that_is_spread_as_more_than_it_is_billed_is_named(
    warehouse: Warehouse,
) -> None:
    warehouse.put(
        "contract_commitment",
        ContractCommitmentId="plan",
        x_TermsBasis="organisation",
        ContractCommitmentPaymentModel="No Upfront",
    )
    warehouse.balance(effective_cost=180)
    (sentence,) = warehouse.said("focus_commitments_are_in_balance")
    assert sentence == (
        "CAU-EffectiveCost-C-022-C: commitment plan is billed 100.000000000000 "
        "and spread as 180.000000000000"
    )


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"unused_quantity": 21}, "CAU-CommitmentDiscountQuantity-C-014-C"),
        ({"units_count": 2}, "CAU-CommitmentDiscountUnit-C-008-M"),
        ({"contracts_count": 2}, "CAU-ContractAppliedObject-O-072-M"),
    ],
)
def test_quantities_of_a_commitment_that_do_not_hold_are_named(
    warehouse: Warehouse, changed: Mapping[str, Any], rule: str
) -> None:
    warehouse.balance(commitment_id="good")
    assert warehouse.said("focus_commitment_quantities_hold") == []
    warehouse.balance(**changed)
    (sentence,) = warehouse.said("focus_commitment_quantities_hold")
    assert sentence.startswith(f"{rule}: ") and sentence.endswith("commitment plan")


def test_parts_of_a_split_charge_that_lost_one_are_named(warehouse: Warehouse) -> None:
    for machine, ratio in itertools.product(("vm-1", "vm-2"), ("0.75", "0.25")):
        if (machine, ratio) != ("vm-2", "0.25"):
            warehouse.charge(
                ResourceId=machine,
                AllocatedMethodId="by-cpu",
                AllocatedMethodDetails=f'{{"Elements":[{{"AllocatedRatio":{ratio}}}]}}',
                x_ChargeId=f"{machine} {ratio}",
                BilledCost=Decimal(ratio) * 10,
                EffectiveCost=Decimal(ratio) * 10,
            )
    (sentence,) = warehouse.said("focus_splits_sum_to_their_origin")
    assert "the parts of vm-2 from 2026-10-05 00:00:00 sum to 0.750000000000" in sentence


def test_ratios_that_are_quantities_are_named_and_stop_nothing(warehouse: Warehouse) -> None:
    for ratio, cost in (("90000", "9"), ("10000", "1")):
        warehouse.charge(
            AllocatedMethodId="by-millicores",
            AllocatedMethodDetails=f'{{"Elements":[{{"AllocatedRatio":{ratio}}}]}}',
            x_ChargeId=ratio,
            BilledCost=cost,
            EffectiveCost=cost,
        )
    (sentence,) = warehouse.said("focus_splits_sum_to_their_origin")
    assert "sum to 100000.000000000000" in sentence


def test_a_metric_that_is_not_divided_by_the_ratios_is_named(warehouse: Warehouse) -> None:
    """8 USD at 0.6, 0.3 and 0.1: 4.80, 2.40 and 0.80. A quantity that lost its rest of 1."""
    for machine, quantities in (("vm-1", ("6", "3", "1")), ("vm-2", ("6", "3", "0"))):
        for part, (ratio, cost, quantity) in enumerate(
            zip(("0.6", "0.3", "0.1"), ("4.8", "2.4", "0.8"), quantities, strict=True)
        ):
            warehouse.charge(
                ResourceId=machine,
                AllocatedResourceId=f"pod-{part}" if part < 2 else None,
                AllocatedMethodId="by-cpu-and-memory",
                AllocatedMethodDetails=(
                    f'{{"Elements":[{{"AllocatedRatio":{Decimal(ratio) / 2}}},'
                    f'{{"AllocatedRatio":{Decimal(ratio) / 2}}}]}}'
                ),
                x_ChargeId=f"{machine} {part}",
                BilledCost=cost,
                EffectiveCost=cost,
                ConsumedQuantity=quantity,
            )
    assert warehouse.said("focus_splits_sum_to_their_origin") == [
        "CAU-AllocatedMethodDetailsObject-O-027-M: the parts of vm-2 from 2026-10-05 00:00:00 "
        "sum to 1.000000000000 at 0 price(s); ConsumedQuantity is not divided by the ratios"
    ]


def test_a_correction_of_an_open_period_is_named(warehouse: Warehouse) -> None:
    for start, end, status in (
        ("2026-09-01", "2026-10-01", "Closed"),
        ("2026-10-01", "2026-11-01", "Open"),
    ):
        warehouse.put(
            "billing_period",
            InvoiceIssuerName="Issuer",
            BillingPeriodStart=start,
            BillingPeriodEnd=end,
            BillingPeriodStatus=status,
        )
    warehouse.charge(ChargeClass="Correction", ChargePeriodStart="2026-09-30")
    assert warehouse.said("focus_corrections_are_of_closed_periods") == []
    warehouse.charge(ChargeClass="Correction")
    assert warehouse.said("focus_corrections_are_of_closed_periods") == [
        "CAU-ChargeClass-C-003-C: 1 correction(s) of the period from 2026-10-01 00:00:00, "
        "which is open"
    ]


def test_a_charge_of_a_superseded_snapshot_is_named(warehouse: Warehouse) -> None:
    warehouse.charge()
    assert warehouse.said("focus_snapshots_supersede") == []
    warehouse.charge(x_SnapshotId="old")
    assert warehouse.said("focus_snapshots_supersede") == [
        "charges come from snapshot old, which is superseded"
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"BilledCost": "101.00"},  # 100 subunits
        {"BilledCost": "102.00", "x_ChargesCount": 160_000},  # half a subunit a root of rows
        {"BilledCost": 2_000, "BillingCurrency": "JPY", "x_ChargedCost": "1900.00"},
        {"BilledCost": 2_000, "BillingCurrency": "RWF", "x_ChargedCost": "1900.00"},
        {"BilledCost": "100.10", "BillingCurrency": "KWD"},
        {"BilledCost": 300, "ChargeCategory": "Tax"},
        {"x_InvoiceBasis": "provisional"},
    ],
)
def test_an_invoice_within_the_tolerance_passes(
    warehouse: Warehouse, changed: Mapping[str, Any]
) -> None:
    warehouse.line(**changed)
    assert warehouse.unmet_invoices() == []


def test_an_invoice_that_asks_for_more_than_its_charges_is_named(warehouse: Warehouse) -> None:
    warehouse.line(BilledCost="101.01")
    (sentence,) = warehouse.unmet_invoices()
    assert sentence.startswith(
        "invoice I-1 asks for 101.010000000000 of Usage, its charges are 100.0"
    )


@pytest.mark.parametrize(
    ("currency", "asked"), [("USD", "101.01"), ("KWD", "100.101"), ("RWF", "200.01")]
)
def test_the_tolerance_is_a_hundred_of_the_smallest_unit_of_the_currency(
    warehouse: Warehouse, currency: str, asked: str
) -> None:
    warehouse.line(BillingCurrency=currency, BilledCost=asked)
    assert len(warehouse.unmet_invoices()) == 1


def received(warehouse: Warehouse, billed: Any, **changed: Any) -> None:
    given = {
        "source": "own",
        "billing_period": OCTOBER,
        "invoice_id": "I-1",
        "invoice_issuer_name": "Issuer",
        "billing_currency": "USD",
        "charge_category": "Usage",
        "billed_cost": billed,
    }
    warehouse.put("dim_invoice_line", **(given | changed))


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"charge_category": "Purchase"}, "50.000000000000 of Purchase in USD"),
        ({"billing_currency": "EUR"}, "50.000000000000 of Usage in EUR"),
    ],
)
def test_a_received_amount_that_the_bill_has_no_charges_for_is_named(
    warehouse: Warehouse, changed: Mapping[str, Any], what: str
) -> None:
    warehouse.line(x_InvoiceBasis="bill")
    received(warehouse, 100)
    received(warehouse, 50, **changed)
    assert warehouse.unmet_invoices() == [
        f"invoice I-1 asks for {what}, and the bill has no such charges on it"
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"charge_category": "Tax"},
        {"billing_period": "2020-01-01"},
        {"charge_category": "Purchase", "billed_cost": "0.99"},
    ],
)
def test_a_received_tax_a_month_without_a_bill_and_a_rounding_are_not_missed(
    warehouse: Warehouse, changed: Mapping[str, Any]
) -> None:
    warehouse.line(x_InvoiceBasis="bill")
    received(warehouse, 100, **changed)
    assert warehouse.unmet_invoices() == []


def test_the_lines_of_a_bill_s_own_invoice_meet_the_received_amount(warehouse: Warehouse) -> None:
    for detail in ("a", "b"):
        warehouse.line(x_InvoiceBasis="bill", InvoiceDetailId=detail)
    received(warehouse, 200)
    assert warehouse.unmet_invoices() == []
    warehouse.connection.execute("update reference.dim_invoice_line set billed_cost = 150")
    (sentence,) = warehouse.unmet_invoices()
    assert sentence.startswith("invoice I-1 asks for 150.000000000000 of Usage")


def test_charges_that_no_line_of_a_received_invoice_covers_are_named(warehouse: Warehouse) -> None:
    warehouse.line(InvoiceId="open/own", x_InvoiceBasis="provisional", ChargeCategory="Purchase")
    warehouse.line()
    received(warehouse, 100)
    assert warehouse.unmet_invoices() == [
        "an invoice of Issuer was received, and no line of it covers 4 charges of Purchase"
    ]


def accepted(warehouse: Warehouse, amount: str) -> None:
    warehouse.connection.execute(
        "insert into org.accepted_difference values "
        "('Issuer', 'I-1', ?, 'USD', 'Usage', ?, 'Head of finance', 'agreed', '2026-11-05')",
        [OCTOBER, amount],
    )


def test_an_accepted_difference_stops_nothing(warehouse: Warehouse) -> None:
    warehouse.line(BilledCost="112.34")
    received(warehouse, "112.34")
    assert len(warehouse.unmet_invoices()) == 1
    accepted(warehouse, "12.34")
    assert warehouse.unmet_invoices() == []


def test_an_acceptance_of_more_than_there_is_is_named(warehouse: Warehouse) -> None:
    warehouse.line(BilledCost="112.34")
    received(warehouse, "112.34")
    accepted(warehouse, "20")
    (sentence,) = warehouse.unmet_invoices()
    assert sentence.endswith(
        "the acceptance of 20.000000000000 by Head of finance does not fit the rest of "
        "12.340000000000"
    )


def test_a_bill_that_is_in_the_ledger_twice_is_named(warehouse: Warehouse) -> None:
    warehouse.line(x_ChargedCost=200)
    received(warehouse, 100)
    (sentence,) = warehouse.unmet_invoices()
    assert "twice the invoice" in sentence


def test_what_a_provider_s_own_file_breaks_only_warns(
    warehouse: Warehouse, project: DbtProject
) -> None:
    warehouse.charge("theirs", SkuPriceId="price", SkuId="first")
    warehouse.charge("theirs", SkuPriceId="price", SkuId="second")
    assert warehouse.said("focus_parents_are_single") == []
    assert warehouse.said("focus_files_break_rules_of_many_rows") == [
        "CAU-SkuPriceId-C-011-M: SkuPriceId price has SkuId first and second"
    ]


def test_a_published_period_is_not_judged_again(warehouse: Warehouse) -> None:
    warehouse.balance(effective_cost=180)
    warehouse.connection.execute("insert into tollgate.published_key from tollgate.period_key")
    assert warehouse.said("focus_commitments_are_in_balance") == []
