"""Every gate stops what it guards against; the published file stays, and a correction goes through.

All deliveries of the first run are spoilt, each in a way of its own; the second run has them
corrected. Its build file is kept, and what the gates of dbt would not see is done to it afterwards:
the publisher's own audit must refuse it. Gates inside dbt are tested in ``test_mutations.py``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest

from orchestration.defs import publish as publish_door
from orchestration.extract import anthropic
from orchestration.extract.pull import pull
from orchestration.extract.source import load_sources
from orchestration.land.asking import pull_context
from orchestration.publish.audit import PublicationRefusedError
from orchestration.publish.publication import publish
from tests.pipeline.conftest import SMALL_SOURCES, UNTOUCHED, Installation, Run
from tests.pipeline.deliveries import (
    anthropic_api,
    aws_line,
    csv_bytes,
    cur2_files,
    focus_line,
    legacy_files,
    legacy_header,
    parquet_bytes,
    write,
)

OCTOBER = date(2026, 10, 1)
KEY = {"GATES_ADMIN_KEY": "a-key-for-loopback"}


@dataclass(frozen=True)
class Case:
    """A delivery that is spoilt first and corrected afterwards.

    Attributes:
        kind: Kind of source.
        spoilt: Its files by path.
        corrected: The files that replace them.
        said: What the gate's sentence must name, besides source and period.
        billed: What the corrected delivery bills.
    """

    kind: str
    spoilt: Mapping[str, bytes]
    corrected: Mapping[str, bytes]
    said: tuple[str, ...]
    billed: Decimal = Decimal(10)


def aws(account: str, **changed: Any) -> dict[str, Any]:
    return aws_line(bill_payer_account_id=account, **changed)


def focus(account: str, *changes: Mapping[str, Any], without: tuple[str, ...] = ()) -> bytes:
    return csv_bytes(
        [focus_line(BillingAccountId=account, **change) for change in changes or ({},)], without
    )


def cur2(*lines: Mapping[str, Any]) -> dict[str, bytes]:
    return cur2_files({"part-1.parquet": parquet_bytes(lines)})


ONE, TWO = parquet_bytes([aws("p1")]), parquet_bytes([aws("p1", line_item_resource_id="other")])
LEGACY_ONE = csv_bytes([legacy_header(aws("p3"))])
LEGACY_TWO = csv_bytes([legacy_header(aws("p3", line_item_resource_id="other"))])
TWENTY = Decimal(20)

EXTRACT_CASES = {
    "lost_part": Case(
        "aws_cur2",
        cur2_files({"part-1.parquet": ONE}, named=["part-1.parquet", "part-2.parquet"]),
        cur2_files({"part-1.parquet": ONE, "part-2.parquet": TWO}),
        ("part-2.parquet", "not there", "2 files in all"),
        TWENTY,
    ),
    "named_twice": Case(
        "aws_cur2",
        cur2_files({"part-1.parquet": ONE}, named=["part-1.parquet", "part-1.parquet"]),
        cur2(aws("p2")),
        ("names a file twice",),
    ),
    "legacy_lost_part": Case(
        "aws_cur_legacy",
        legacy_files({"1.csv": LEGACY_ONE}, named=["1.csv", "2.csv"]),
        legacy_files({"1.csv": LEGACY_ONE, "2.csv": LEGACY_TWO}),
        ("run-1/2.csv", "not there"),
        TWENTY,
    ),
    "delivered_twice": Case(
        "focus",
        {"october.csv": focus("f1"), "again/october (1).csv": focus("f1")},
        {"october.csv": focus("f1"), "again/october (1).csv": focus("f1", {"ResourceId": "vm-2"})},
        ("october.csv is again/october (1).csv once more", "1 row(s)", "10.000000000000000000 EUR"),
        TWENTY,
    ),
    "truncated": Case(
        "aws_cur2",
        cur2_files({"part-1.parquet": parquet_bytes([aws("p4")])[:-20]}),
        cur2(aws("p4")),
        ("part-1.parquet", "cannot be read"),
    ),
    "no_currency_column": Case(
        "focus",
        {"october.csv": focus("f2", without=("BillingCurrency",))},
        {"october.csv": focus("f2")},
        ("october.csv: the delivery has no column billing_currency",),
    ),
}
LAND_CASES = {
    "text_in_cost": Case(
        "focus",
        {"october.csv": focus("f3", {}, {"BilledCost": "twelve"})},
        {"october.csv": focus("f3")},
        ("file october.csv, row 2, column billed_cost: 'twelve'", "is a finite number"),
    ),
    "nan_as_text": Case(
        "focus",
        {"october.csv": focus("f4", {"EffectiveCost": "NaN"})},
        {"october.csv": focus("f4")},
        ("row 1, column effective_cost: 'NaN'", "they bill 10.000000000000000000 EUR"),
    ),
    "nan_as_double": Case(
        "aws_cur2",
        cur2(aws("p5"), aws("p5", line_item_unblended_cost=float("nan"))),
        cur2(aws("p5")),
        ("part-1.parquet, row 2, column line_item_unblended_cost: 'nan'",),
    ),
    "no_such_currency": Case(
        "focus",
        {"october.csv": focus("f5", {"BillingCurrency": "EUX"})},
        {"october.csv": focus("f5")},
        ("column billing_currency: 'EUX'", "ISO 4217", "they bill 10.000000000000000000 EUX"),
    ),
    "another_month": Case(
        "aws_cur2",
        cur2(aws("p6"), aws("p6", bill_billing_period_start_date=datetime(2026, 9, 1, tzinfo=UTC))),
        cur2(aws("p6")),
        (
            "lies in 2026-10",
            "row 2, column bill_billing_period_start_date: '2026-09-01",
            "they bill 10.000000000000000000 USD",
        ),
    ),
    "changed_on_disk": Case(
        "focus",
        {"october.csv": focus("f6")},
        {"october.csv": focus("f6", {"ResourceId": "vm-9"})},
        ("october.csv is not what was received", "SHA-256"),
    ),
}
CASES = EXTRACT_CASES | LAND_CASES
CENTS_SAID = (
    "cost_report",
    "amount is amount_cents divided by one hundred",
    "column amount: '1234.5'",
    "they bill 1234.500000000000000000 USD",
)


@dataclass
class Story:
    """The two runs, and the build file of the second as it was before it was published."""

    installation: Installation
    spoilt: Run
    corrected: Run
    hashes: list[str | None]
    build: Path
    arguments: dict[str, Any] = field(default_factory=dict)


def deliver(installation: Installation, pick: Callable[[Case], Mapping[str, bytes]]) -> None:
    for name, case in CASES.items():
        shutil.rmtree(installation.bills / name, ignore_errors=True)
        write(installation.bills / name, pick(case))


def change_an_extracted_amount(installation: Installation) -> None:
    """Pull the source, then change a digit of what was received."""
    settings = installation.settings
    (source,) = [s for s in load_sources(settings.sources) if s.name == "changed_on_disk"]
    pull(source, None, pull_context(settings))
    (received,) = settings.extracted_dir.glob("changed_on_disk/charges/2026-10/*/october.csv")
    received.write_bytes(received.read_bytes().replace(b'"10.00"', b'"10.01"', 1))


@pytest.fixture(scope="module")
def story(
    published_once: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("gates")
    installation = published_once.copy(folder / "installation")
    new = [{"name": n, "kind": c.kind, "url": f"bills/{n}"} for n, c in CASES.items()]
    hashes = [installation.published_hash()]
    kept = folder / "build.duckdb"
    arguments: dict[str, Any] = {}

    def keep(paths: Any, money_files: Any, manifest: Any, **options: Any) -> Any:
        shutil.copyfile(paths.build_path, kept)
        arguments.update(paths=paths, money_files=money_files, manifest=manifest)
        return publish(paths, money_files, manifest, **options)

    with anthropic_api({date(2026, 10, 5): "1234.5"}) as address:
        cents = {"name": "cents", "kind": "anthropic", "url": address, "first_period": "2026-10"}
        cents["admin_key_env"] = "GATES_ADMIN_KEY"
        installation.write_sources([*SMALL_SOURCES, *new, cents])
        deliver(installation, lambda case: case.spoilt)
        change_an_extracted_amount(installation)
        with mock.patch.object(anthropic, "point_moved", lambda number, _places: number):
            spoilt = installation.run_here(**KEY)
        hashes.append(installation.published_hash())

        deliver(installation, lambda case: case.corrected)
        for folder_of_wrong_cents in installation.settings.extracted_dir.glob(
            "cents/cost_report/*"
        ):
            shutil.rmtree(folder_of_wrong_cents)
        with mock.patch.object(publish_door, "publish", keep):
            corrected = installation.run_here(**KEY)
        hashes.append(installation.published_hash())
    yield Story(installation, spoilt, corrected, hashes, kept, arguments)


def stopped(run: Run, source: str) -> str:
    """Return what the gates of a source said when they stopped it."""
    gates = [line for line in run.lines if re.match(rf"  STOPPED  (extract|land) {source}:", line)]
    assert gates, run.text
    return "\n".join(gates)


@pytest.mark.parametrize("name", CASES)
def test_a_spoilt_delivery_is_stopped_with_its_place_and_money(story: Story, name: str) -> None:
    sentence = stopped(story.spoilt, name)
    assert "2026-10" in sentence or name == "truncated", sentence
    for words in CASES[name].said:
        assert words in sentence
    door = "extract" if name in EXTRACT_CASES else "land"
    assert f"STOPPED  {door} {name}:" in sentence


def test_cents_that_are_read_as_dollars_are_stopped(story: Story) -> None:
    sentence = stopped(story.spoilt, "cents")
    for words in CENTS_SAID:
        assert words in sentence


def test_nothing_of_a_spoilt_run_is_published(story: Story) -> None:
    assert story.spoilt.exit_code == 1
    assert UNTOUCHED in story.spoilt.text
    assert story.hashes[1] == story.hashes[0]


def test_corrected_deliveries_are_published(story: Story) -> None:
    assert story.corrected.exit_code == 0, story.corrected.text
    assert story.hashes[2] != story.hashes[0]
    found = story.installation.query(
        "select x_Source, sum(BilledCost) from focus.cost_and_usage group by all"
    )
    expected = {name: case.billed for name, case in CASES.items()}
    expected |= {"cents": Decimal("12.345"), "focus_small": Decimal("153.30")}
    assert expected.items() <= dict(found).items()


# What is done to a build that every gate of dbt let through, and what the audit must say of it.
TAMPERING = {
    "a view that hides idle money": (
        "{view} where outcome <> 'idle'",
        "aws_small 2026-09: billed_cost: conformed are 60.593333333333 USD, published in "
        "allocation.fct_allocated_cost are 56.593333333333000000000000 USD",
    ),
    "a published amount": (
        "update focus.cost_and_usage set EffectiveCost = EffectiveCost + 0.000000000001 "
        "where x_Source = 'focus_small' and ChargeCategory = 'Tax'",
        "focus_small 2026-10: effective_cost: conformed are 105.466666666667 EUR, published in "
        "focus.cost_and_usage are 105.466666666668 EUR",
    ),
    "a published line": (
        "insert into focus.cost_and_usage select * from focus.cost_and_usage "
        "where x_Source = 'focus_small' and BilledCost = 0 limit 1",
        "focus_small 2026-10: conformed are 8 charges, published in focus.cost_and_usage are 9",
    ),
    "a share": (
        "update allocation.split_share set share = share + 0.000000000001 "
        "where rule_id = 'tax' and owner_id = 'nlp'",
        "focus_small 2026-10: billed_cost: conformed are 153.300000000000 EUR, published in "
        "allocation.fct_allocated_cost are 153.300000000019000000000000 EUR",
    ),
    "an owner in showback": (
        "delete from showback.fct_showback_daily where owner_id = 'nlp'",
        "aws_small 2026-10: billed_cost: conformed are 26.700000000001 USD, published in "
        "showback.fct_showback_daily are",
    ),
    "an owner in statements": (
        "delete from showback.fct_statement_line_monthly where owner_id = 'nlp'",
        "aws_small 2026-10: billed_cost: conformed are 26.700000000001 USD, published in "
        "showback.fct_statement_line_monthly are",
    ),
    "a source that is stale": (
        "update trust.rpt_freshness set freshness = 'stale', reason = 'the key expired.', "
        "remedy = 'Renew it.' where source = 'cents' and billing_period = date '2026-10-01'",
        "cents 2026-10: the key expired. What to do: Renew it.",
    ),
}


def refused(story: Story, **options: Any) -> str:
    """Publish the build file, see it refused, and return why."""
    with pytest.raises(PublicationRefusedError) as refusal:
        publish(**story.arguments, allow_stale=False, log=lambda _line: None, **options)
    assert story.installation.published_hash() == story.hashes[2]
    return str(refusal.value)


@pytest.mark.parametrize("done", TAMPERING)
def test_the_audit_refuses_a_build_that_was_tampered_with(story: Story, done: str) -> None:
    statement, said = TAMPERING[done]
    build = story.arguments["paths"].build_path
    shutil.copyfile(story.build, build)
    with duckdb.connect(str(build)) as connection:
        view = connection.execute(
            "select sql from duckdb_views() where view_name = 'fct_allocated_cost'"
        ).fetchone()
        assert view is not None
        replaced = str(view[0]).rstrip(";\n ").replace("CREATE VIEW", "create or replace view")
        connection.execute(statement.format(view=replaced))
    assert said in refused(story, judge_all=True)


def test_the_audit_reads_landed_files_again(story: Story) -> None:
    money_files = story.arguments["money_files"]
    ((landed,),) = [file.paths for file in money_files if file.source == "nan_as_text"]
    whole = landed.read_bytes()
    duckdb.sql(
        f"select * replace ('10.01' as billed_cost) from read_parquet('{landed}')"
    ).write_parquet(str(landed))
    shutil.copyfile(story.build, story.arguments["paths"].build_path)
    try:
        said = refused(story)
    finally:
        landed.write_bytes(whole)
    assert (
        "nan_as_text 2026-10: the receipt says 10.000000000000000000 EUR, the landed files hold"
        in said
    )
    assert "10.010000000000000000 EUR (difference 0.010000000000000000)" in said


def test_the_audit_reads_conformed_files_again(story: Story) -> None:
    conform = story.installation.settings.warehouse_dir / "conform"
    (charges,) = conform.glob("int_charges_conformed_focus/source=nan_as_text/*/*.parquet")
    whole = charges.read_bytes()
    rows = f"read_parquet('{charges}', hive_partitioning = false)"
    duckdb.sql(f"select * from {rows} where false").write_parquet(str(charges))
    shutil.copyfile(story.build, story.arguments["paths"].build_path)
    try:
        said = refused(story)
    finally:
        charges.write_bytes(whole)
    assert "nan_as_text 2026-10: landed are 1 rows, conformed are 0" in said
    assert "nan_as_text 2026-10: landed are 10.000000000000 EUR, conformed are None EUR" in said
