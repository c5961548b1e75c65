"""What is landed is byte for byte and cent for cent what was received, or it does not count."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from file_bills import OCTOBER, FileSource, Line, tree, write_csv, write_parquet

from orchestration.extract.control_totals import ControlTotals, rows_of_each
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Snapshot, current_snapshot, period_folder
from orchestration.extract.source import Dataset, SourceConfig
from orchestration.land.catalogue import landed_catalogue, write_warehouse_inputs
from orchestration.land.landing import Landed, LandingCheck, land
from orchestration.land.profile import Broken, Delivered, Profile, Rule, rules_for
from orchestration.land.suite import judge


def line(cost: object, **more: Any) -> dict[str, Any]:
    return {
        "BilledCost": cost,
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-10-01",
        "ChargePeriodStart": "2026-10-03",
        "ConsumedQuantity": "2",
        **more,
    }


TYPES = dict.fromkeys(line(0), "varchar") | {"BilledCost": "double", "ConsumedQuantity": "double"}


class Bill(FileSource):
    """A FOCUS source that is judged by the suite itself."""

    def deliver(self, *lines: Line) -> Snapshot:
        """Deliver lines, pull them, and return their snapshot."""
        write_csv(self.bills / "bill.csv", lines)
        self.pull()
        return self.snapshot()

    def snapshot(self, period: BillingPeriod = OCTOBER) -> Snapshot:
        folder = period_folder(self.data / "extracted", "bill", "charges", period)
        snapshot = current_snapshot(folder)
        assert snapshot is not None
        return snapshot

    def land(self) -> list[Landed]:
        return land(self.config, self.data, self.said.append)

    def land_one(self) -> Landed:
        (landed,) = self.land()
        return landed

    def refusal(self, name: str) -> str:
        """Land and return what the gate of a name said no with; no other gate did."""
        landed = self.land_one()
        assert landed.state == "refused"
        failed = [check for check in landed.landing.checks if not check.passed]
        assert [check.name for check in failed] == [name]
        # Whoever runs the pipeline reads the same sentence.
        assert any(f"REFUSED ({name}) {failed[0].sentence}" in said for said in self.said)
        return failed[0].sentence

    def counts(self) -> list[str]:
        """Return the ids of the landed snapshots that count."""
        return [
            current.receipt.snapshot_id for current in landed_catalogue(self.data, [self.config])
        ]


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill("focus", tmp_path / "bills", tmp_path / "data")


def test_a_good_snapshot_passes_every_gate_and_counts(bill: Bill) -> None:
    snapshot = bill.deliver(line("10.5"), line("-0.5", BillingCurrency="eur"))
    landed = bill.land_one()
    assert landed.state == "new"
    landing = landed.landing
    assert [(check.name, check.passed) for check in landing.checks] == [
        ("files", True),
        ("shape", True),
        ("receipt", True),
    ]
    assert (landing.row_count, landing.landed_totals) == (
        2,
        {"EUR": "-0.500000000000", "USD": "10.500000000000"},
    )
    assert bill.counts() == [snapshot.receipt.snapshot_id]


def test_what_is_landed_is_not_landed_again(bill: Bill) -> None:
    bill.deliver(line("1"))
    bill.land()
    before = tree(bill.data)
    assert bill.land_one().state == "kept"
    assert tree(bill.data) == before


def test_an_empty_month_that_was_declared_is_landed(bill: Bill) -> None:
    snapshot = bill.deliver(line("1"))
    receipt = replace(
        snapshot.receipt, files=(), row_count=0, control_totals={}, declared_empty=True
    )
    rewrite_receipt(snapshot, receipt.__dict__)
    landed = bill.land_one()
    assert (landed.state, landed.landing.row_count, landed.landing.files) == ("new", 0, ())


def rewrite_receipt(snapshot: Snapshot, fields: dict[str, Any]) -> None:
    path = snapshot.path / "receipt.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps(known | {k: v for k, v in fields.items() if k in known}))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"10.5", b"99.5"))


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut, "is not what was received: the receipt says"),
        (change, "is not what was received: the receipt says"),
        (remove, "is on the receipt but not on disk."),
    ],
)
def test_a_file_that_is_not_what_was_received_is_refused(
    bill: Bill, harm: Callable[[Path], None], words: str
) -> None:
    snapshot = bill.deliver(line("10.5"))
    harm(snapshot.file_paths()[0])
    sentence = bill.refusal("files")
    assert words in sentence and "bill.csv" in sentence
    assert bill.counts() == []


def test_a_file_that_cannot_be_read_is_refused(bill: Bill) -> None:
    snapshot = bill.deliver(line("10.5"))
    file = snapshot.file_paths()[0]
    file.write_text("a\n1,2\n")
    known = snapshot.receipt.files[0].__dict__
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    rewrite_receipt(snapshot, {"files": [known | {"sha256": digest}]})
    assert "the files cannot be read: " in bill.refusal("files")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"row_count": 3}, "the receipt counts 3 rows, landed are 2"),
        (
            {"control_totals": {"USD": "10.000000000001"}},
            "the receipt says 10.000000000001 USD, landed are 10.000000000000000000 USD "
            "(difference -0.000000000001000000)",
        ),
        (
            {"control_totals": {"USD": "10", "EUR": "5"}},
            "the receipt says 5 EUR, landed are 0 EUR (difference -5)",
        ),
        (
            {"control_totals": {}},
            "the receipt says 0 USD, landed are 10.000000000000000000 USD",
        ),
    ],
)
def test_a_difference_from_the_receipt_is_refused(
    bill: Bill, fields: dict[str, Any], words: str
) -> None:
    snapshot = bill.deliver(line("10.5"), line("-0.5"))
    rewrite_receipt(snapshot, fields)
    assert words in bill.refusal("receipt")
    assert bill.counts() == []


SHAPES: dict[str, tuple[dict[str, Any], str]] = {
    "no amount": (
        {"BilledCost": ""},
        "Every billed_cost must hold: has a value; 1 row(s) do not, first file bill.csv, row 2, "
        "column billed_cost: no value",
    ),
    "no currency": (
        {"BillingCurrency": ""},
        "Every billing_currency must hold: has a value; 1 row(s) do not, first file bill.csv, row "
        "2, column billing_currency: no value; they bill 7.250000000000000000 NULL.",
    ),
    "a text for an amount": (
        {"BilledCost": "seven"},
        "Every billed_cost must hold: is a finite number below 10^20; 1 row(s) do not, first file "
        "bill.csv, row 2, column billed_cost: 'seven'",
    ),
    "not a number": (
        {"ConsumedQuantity": "NaN"},
        "Every consumed_quantity must hold: is a finite number below 10^20; 1 row(s) do not, first "
        "file bill.csv, row 2, column consumed_quantity: 'NaN'; they bill 7.250000000000000000 "
        "USD.",
    ),
    "a currency that does not exist": (
        {"BillingCurrency": "Credits"},
        "Every billing_currency must hold: is an ISO 4217 currency; 1 row(s) do not, first file "
        "bill.csv, row 2, column billing_currency: 'Credits'; they bill 7.250000000000000000 "
        "CREDITS.",
    ),
    "a clock that is none": (
        {"ChargePeriodStart": "yesterday"},
        "Every charge_period_start must hold: is a timestamp; 1 row(s) do not, first file "
        "bill.csv, row 2, column charge_period_start: 'yesterday'; they bill "
        "7.250000000000000000 USD.",
    ),
}


@pytest.mark.parametrize("fault", SHAPES)
def test_a_row_that_breaks_a_rule_is_named_with_its_place_and_money(bill: Bill, fault: str) -> None:
    fields, sentence = SHAPES[fault]
    bill.deliver(line("1"), line("7.25", **fields), line("2"))
    assert sentence in bill.refusal("shape")
    assert bill.counts() == []


def test_the_first_row_of_a_fault_is_found_in_the_second_file(bill: Bill) -> None:
    write_csv(bill.bills / "a.csv", [line("1"), line("2")])
    write_csv(bill.bills / "b.csv", [line("3"), line("x"), line("y")])
    bill.pull()
    assert "2 row(s) do not, first file b.csv, row 2, column billed_cost: 'x'" in (
        bill.refusal("shape")
    )


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), 1e20, -1e25, 1e300])
def test_a_double_that_is_no_amount_is_refused(bill: Bill, amount: float) -> None:
    """It would not fit the control totals, and so be missing from them without a word."""
    types = TYPES | {"BilledCost": "varchar"}
    write_parquet(bill.bills / "text.parquet", [line(str(amount))], types)
    with_doubles = bill.bills / "bill.parquet"
    duckdb.sql(
        f"copy (select * replace (cast(BilledCost as double) as BilledCost) "
        f"from '{bill.bills}/text.parquet') to '{with_doubles}' (format parquet)"
    )
    (bill.bills / "text.parquet").unlink()
    bill.pull()
    assert "Every billed_cost must hold: is a finite number below 10^20; 1 row(s) do not" in (
        bill.refusal("shape")
    )


def test_all_broken_rules_are_told_at_once(bill: Bill) -> None:
    bill.deliver(line("x"), line("1", BillingCurrency="ZZZ", ChargePeriodStart=""))
    sentence = bill.refusal("shape")
    for words in ("is a finite number", "is an ISO 4217 currency", "charge_period_start must hold"):
        assert words in sentence


def test_one_bad_month_does_not_keep_another_out(bill: Bill) -> None:
    september = {"BillingPeriodStart": "2026-09-01", "ChargePeriodStart": "2026-09-03"}
    write_csv(bill.bills / "a.csv", [line("1")])
    write_csv(bill.bills / "b.csv", [line("x", **september)])
    bill.pull()
    assert {landed.landing.billing_period: landed.state for landed in bill.land()} == {
        "2026-09": "refused",
        "2026-10": "new",
    }


def write_over(snapshot: Snapshot, old: bytes, new: bytes) -> None:
    """Change a snapshot's one file as if it had been received so."""
    (path,) = snapshot.file_paths()
    path.write_bytes(path.read_bytes().replace(old, new))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    rewrite_receipt(snapshot, {"files": [{"name": path.name, "bytes": 1, "sha256": digest}]})


def test_months_that_are_read_together_are_landed_as_each_alone(
    bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def month(number: int, *lines: Line) -> None:
        start, day = f"2026-{number:02}-01", f"2026-{number:02}-03"
        write_csv(
            bill.bills / f"{number}.csv",
            [{"BillingPeriodStart": start, "ChargePeriodStart": day} | one for one in lines],
        )

    def own(cost: str, **more: str) -> Line:
        known = line(cost, **more)
        return {key: known[key] for key in known if not key.endswith("Start")} | more

    month(5, own("10.5"), own("-0.25", BillingCurrency="EUR"))
    month(6, own("x"), own("2", BillingCurrency="ZZZ"))
    month(7, own("1"), own("4"))
    month(8, own("3", EffectiveCost="2.5"))
    month(9, own("7"))
    bill.pull()
    of_month = {key: bill.snapshot(BillingPeriod.parse(f"2026-{key}")) for key in ("07", "09")}
    write_over(of_month["07"], b"2026-07-01", b"2026-08-01")
    (damaged,) = of_month["09"].file_paths()
    damaged.write_bytes(damaged.read_bytes().replace(b"7", b"8"))

    def landed() -> list[tuple[str, Any]]:
        found = [(one.state, one.landing) for one in bill.land()]
        for path in (bill.data / "landed").rglob("*.*"):
            path.unlink()
        return found

    together = landed()
    assert [state for state, _ in together] == ["new", "refused", "refused", "new", "refused"]
    monkeypatch.setattr("orchestration.land.landing._ROWS_TOGETHER", 0)
    assert landed() == together


def test_a_month_that_cannot_be_read_does_not_keep_those_beside_it_out(bill: Bill) -> None:
    september = {"BillingPeriodStart": "2026-09-01", "ChargePeriodStart": "2026-09-03"}
    write_csv(bill.bills / "a.csv", [line("1")])
    write_csv(bill.bills / "b.csv", [line("2", **september)])
    bill.pull()
    write_over(bill.snapshot(BillingPeriod.parse("2026-09")), b"\n", b",2,3,4,5,6,7,8\n")
    landed = {one.landing.billing_period: one for one in bill.land()}
    assert {month: one.state for month, one in landed.items()} == {
        "2026-09": "refused",
        "2026-10": "new",
    }
    (check,) = landed["2026-09"].landing.checks
    assert "bill 2026-09: the files cannot be read" in check.sentence


def test_columns_of_a_bill_that_are_called_as_ours_hide_nothing() -> None:
    """The bill says of itself that its August rows lie in a period, and are of another bill."""
    august = (
        "select timestamp '2026-08-01' as stamp, timestamp '1990-01-01' as tollgate_period_start, "
        "5 as tollgate_select"
    )
    delivered = Delivered(BillingPeriod.parse("2026-09"), august, {}, [])
    rows_sql, place = rows_of_each([delivered.placed_rows, delivered.placed_rows])
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {place}, count(*) filter (where stamp < tollgate_period_start) "
            f"from ({rows_sql}) group by 1 order by 1"
        ).fetchall()
    assert found == [(0, 1), (1, 1)]


def test_a_refused_snapshot_leaves_the_one_before_in_use(bill: Bill) -> None:
    first = bill.deliver(line("1"))
    bill.land()
    second = bill.deliver(line("1"), line("x"))
    assert bill.land_one().state == "refused"
    assert bill.counts() == [first.receipt.snapshot_id]
    states = snapshot_states(bill)
    assert states == {
        first.receipt.snapshot_id: "current",
        second.receipt.snapshot_id: "refused",
    }
    # Tried again it stays refused; mended it comes in.
    assert bill.land_one().state == "refused"
    third = bill.deliver(line("1"), line("3"))
    assert bill.land_one().state == "new"
    assert bill.counts() == [third.receipt.snapshot_id]
    assert snapshot_states(bill)[first.receipt.snapshot_id] == "superseded"


def snapshot_states(bill: Bill) -> dict[str, str]:
    write_warehouse_inputs(bill.data, [bill.config])
    frame = pl.read_parquet(bill.data / "warehouse" / "inputs" / "snapshot.parquet")
    return dict(zip(frame["snapshot_id"], frame["snapshot_state"], strict=True))


def test_a_landing_that_was_interrupted_does_not_count(bill: Bill) -> None:
    bill.deliver(line("1"))
    bill.land()
    (record,) = (bill.data / "landed").rglob("*.landing.json")
    parquet = next((bill.data / "landed").rglob("*.parquet"))
    content = parquet.read_bytes()
    record.unlink()
    parquet.write_bytes(content[: len(content) // 2])
    assert bill.counts() == []
    assert bill.land_one().state == "new"
    assert len(bill.counts()) == 1
    assert pl.read_parquet(parquet).height == 1


def test_the_inputs_of_the_warehouse_say_what_the_receipts_say(bill: Bill) -> None:
    snapshot = bill.deliver(line("0.0000000000004"), line("3", BillingCurrency="EUR"))
    bill.land()
    write_warehouse_inputs(bill.data, [bill.config, SourceConfig("later", "openai")])
    inputs = bill.data / "warehouse" / "inputs"
    rows = pl.read_parquet(inputs / "snapshot.parquet").to_dicts()
    assert [
        (row["currency"], row["receipt_total"], row["landed_total"], row["rounding_residual"])
        for row in rows
    ] == [
        ("EUR", Decimal(3), Decimal(3), Decimal(0)),
        ("USD", Decimal("0.0000000000004"), Decimal(0), Decimal("0.0000000000004")),
    ]
    assert {row["snapshot_id"] for row in rows} == {snapshot.receipt.snapshot_id}
    (file,) = pl.read_parquet(inputs / "landed_file.parquet").to_dicts()
    assert file["relation"] == "focus__charges" and Path(file["file_path"]).exists()
    sources = pl.read_parquet(inputs / "source.parquet")["source"].to_list()
    assert sources == ["bill", "later"]
    agreed = replace(bill.config, options={"payment_terms": "Net 30"})
    write_warehouse_inputs(bill.data, [agreed])
    assert pl.read_parquet(inputs / "source.parquet").to_dicts() == [
        {"source": "bill", "kind": bill.config.kind, "payment_terms": "Net 30"}
    ]
    write_warehouse_inputs(bill.data, [bill.config, SourceConfig("later", "openai")])
    before = tree(inputs)
    write_warehouse_inputs(bill.data, [bill.config, SourceConfig("later", "openai")])
    assert tree(inputs) == before


def test_a_pull_that_failed_is_told_to_the_warehouse(bill: Bill) -> None:
    bill.bills.mkdir()
    bill.pull()
    write_warehouse_inputs(bill.data, [bill.config])
    inputs = bill.data / "warehouse" / "inputs"
    (failure,) = pl.read_parquet(inputs / "source_failure.parquet").to_dicts()
    assert failure["source"] == "bill" and "holds no file" in failure["reason"]
    assert failure["remedy"] and failure["failed_at"] is not None


def test_a_parquet_export_is_landed_where_it_is(tmp_path: Path) -> None:
    bill = FileSource("aws_cur2", tmp_path / "export", tmp_path / "data")
    name = "data/BILLING_PERIOD=2026-10/x-00001.snappy.parquet"
    names = {
        "bill_billing_period_start_date": "timestamp",
        "bill_payer_account_id": "varchar",
        "line_item_currency_code": "varchar",
        "line_item_line_item_type": "varchar",
        "line_item_unblended_cost": "double",
        "line_item_usage_account_id": "varchar",
        "line_item_usage_start_date": "timestamp",
    }
    values = ["2026-10-01", "1", "USD", "Usage", 1.5, "2", "2026-10-02"]
    write_parquet(bill.bills / name, [dict(zip(names, values, strict=True))], names)
    manifest = bill.bills / "metadata/BILLING_PERIOD=2026-10/x-Manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"dataFiles": [name]}))
    bill.pull()
    (landed,) = land(bill.config, bill.data, bill.said.append)
    assert landed.landing.passed
    (file,) = landed.landing.files
    assert file.startswith("extracted/bill/line_items/2026-10/")
    assert not list((bill.data / "landed").rglob("*.parquet"))


def sentence(checks: Sequence[LandingCheck], name: str) -> str:
    return next(check.sentence for check in checks if check.name == name)


def test_every_gate_says_one_sentence_when_all_is_well(bill: Bill) -> None:
    bill.deliver(line("1"))
    checks = bill.land_one().landing.checks
    assert sentence(checks, "files") == "1 file(s) are byte for byte what was received."
    assert sentence(checks, "receipt") == ("1 rows and 1.000000000000000000 USD, as received.")
    assert sentence(checks, "shape").startswith("1 rows keep all ")


def test_a_missing_column_is_one_broken_rule_for_all_rows(bill: Bill) -> None:
    write_csv(bill.bills / "bill.csv", [{k: v for k, v in line("1").items() if "Charge" not in k}])
    bill.pull()
    assert bill.refusal("shape") == (
        "Every charge_period_start must hold: is a column of the delivery; 1 row(s) do not, first "
        "the delivery has no such column."
    )


def test_the_suite_and_the_counts_agree() -> None:
    """Whatever is broken fails, whatever is not passes, and periods are told apart."""
    september = BillingPeriod.parse("2026-09")
    good, bad = Rule("a", "has a value", "a is null"), Rule("b", "is a number", "b is null")
    gone = Rule("c", "is a column of the delivery", None)
    nothing = ControlTotals(0, {}, {})
    profiles = {
        september: Profile((good, bad), (), nothing),
        OCTOBER: Profile((good, bad, gone), (Broken(bad, 2, "row 1", {}),), nothing),
    }
    verdicts = {verdict.rule: verdict.failed_periods for verdict in judge("x", profiles)}
    # A missing column breaks its rule even where there are no rows to count.
    assert verdicts == {good: (), bad: (OCTOBER,), gone: (OCTOBER,)}
    assert judge("x", {}) == []


def test_every_number_of_a_delivery_has_a_rule() -> None:
    dataset = Dataset("d", "p", lambda _c, _p: "", money_column="m", currency_column="c")
    declared = {"m": "decimal(38, 12)", "n": "bigint", "t": "timestamp", "v": "varchar"}
    present = {"m": "DOUBLE", "n": "VARCHAR", "t": "VARCHAR", "v": "VARCHAR", "p": "DATE"}
    rules = rules_for(dataset, declared, present, OCTOBER)
    assert [(rule.column, rule.expectation) for rule in rules] == [
        ("m", "is a finite number below 10^20"),
        ("n", "is a finite number below 10^20"),
        ("t", "is a timestamp"),
        ("p", "lies in 2026-10"),
    ]
