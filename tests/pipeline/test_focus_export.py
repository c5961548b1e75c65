"""The export of the FOCUS datasets: what it writes, when it writes, and that it comes back."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import duckdb
import fsspec
import pytest
from moto.server import ThreadedMotoServer

from orchestration.extract.object_store import FileTarget
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.source import SourceError, load_sources
from orchestration.land.asking import pull_context
from orchestration.publish.focus_export import MANIFEST, Export, export_focus
from orchestration.settings import DBT_PROJECT_DIR
from tests.pipeline.conftest import Installation, new_installation
from tests.pipeline.exports import exported_files, manifest


def known_columns() -> dict[str, str]:
    """Return what is said of each known column of a FOCUS file that is left out."""
    path = DBT_PROJECT_DIR / "seeds" / "focus_native_column.csv"
    with path.open(encoding="utf-8") as lines:
        return {
            row["native_column"]: row["exclusion_reason"]
            for row in csv.DictReader(lines)
            if row["kind"] == "focus" and row["exclusion_reason"]
        }


# In the order in which an installation takes them in.
FORMS = ("parquet", "csv")

# All columns but those that this ledger makes of the others, and those that may name persons.
RETURNED = (
    f"select columns(name -> name not in ({', '.join(repr(name) for name in known_columns())})) "
    "from focus.cost_and_usage"
)


def export(installation: Installation, target: Path) -> Export:
    return export_focus(installation.published_path, str(target), lambda _line: None)


def test_the_manifest_tells_rows_sums_and_hashes_of_every_file(
    published: Installation, tmp_path: Path
) -> None:
    done = export(published, tmp_path)
    entries = manifest(tmp_path)
    assert set(entries) == exported_files(tmp_path) == set(done.written)
    months = {entry["billing_period"] for entry in entries.values()}
    assert Counter(
        (entry["billing_period"], entry["dataset"], entry["format"]) for entry in entries.values()
    ) == Counter(
        (month, dataset, form)
        for month in months
        for dataset in (
            *("cost_and_usage", "invoice_detail"),
            *("billing_period", "contract_commitment"),
        )
        for form in ("parquet", "csv")
    )
    for path, entry in entries.items():
        content = (tmp_path / path).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["bytes"] == len(content)
    for form in ("parquet", "csv"):
        billed: Counter[str] = Counter()
        rows = 0
        for entry in entries.values():
            if entry["dataset"] == "cost_and_usage" and entry["format"] == form:
                rows += entry["rows"]
                for currency, sums in entry["sums"].items():
                    billed[currency] += Decimal(sums["BilledCost"])
        assert rows == published.scalar("select count(*) from focus.cost_and_usage")
        assert dict(billed) == dict(
            published.query(
                "select BillingCurrency, sum(BilledCost) from focus.cost_and_usage group by all"
            )
        )


def test_a_commitment_stands_in_each_month_in_which_it_is_in_force(tmp_path: Path) -> None:
    """The end is not in force any more; what is in force in no month stands in the newest."""
    published = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(published)) as connection:
        connection.execute("create schema focus; create schema tollgate")
        connection.execute(
            "create table tollgate.period_key as select * from (values "
            "('focus.cost_and_usage', 's', date '2026-09-01', 'a'), "
            "('focus.cost_and_usage', 's', date '2026-10-01', 'b'), "
            "('focus.contract_commitment', '*', null, 'c')"
            ") as told(relation, source, billing_period, key)"
        )
        for name in ("cost_and_usage", "invoice_detail", "billing_period"):
            connection.execute(
                f"create table focus.{name} (x_Source varchar, x_ChargeId varchar, "
                "x_BillingPeriod date, BillingCurrency varchar, BilledCost decimal(38, 12), "
                "ContractedCost decimal(38, 12), EffectiveCost decimal(38, 12), "
                "ListCost decimal(38, 12), InvoiceDetailId varchar, InvoiceIssuerName varchar, "
                "BillingPeriodStart timestamp)"
            )
        connection.execute(
            "create table focus.contract_commitment as select * from (values "
            "('both', timestamp '2026-09-15', timestamp '2026-10-02'), "
            "('first', timestamp '2025-09-01', timestamp '2026-10-01'), "
            "('second', timestamp '2026-10-01', timestamp '2026-10-01'), "
            "('to come', timestamp '2027-01-01', timestamp '2028-01-01'), "
            "('over', timestamp '2024-01-01', timestamp '2025-01-01')"
            ") as told(ContractCommitmentId, ContractCommitmentPeriodStart, "
            "ContractCommitmentPeriodEnd)"
        )
    export_focus(published, str(tmp_path / "export"), lambda _line: None)
    with duckdb.connect() as connection:
        found = connection.execute(
            "select billing_period, list(ContractCommitmentId order by ContractCommitmentId) "
            f"from read_parquet('{tmp_path}/export/parquet/contract_commitment/*/*.parquet', "
            "hive_partitioning = true, hive_types_autocast = false) group by all order by all"
        ).fetchall()
    assert found == [
        ("2026-09", ["both", "first"]),
        ("2026-10", ["both", "over", "second", "to come"]),
    ]


@dataclass(frozen=True)
class Returned:
    """An export that an installation takes in: its Parquet files, its CSV files, then too much.

    ``ledgers`` has what the ledger holds after each form, ``snapshots`` how often the export was
    received by then. ``twice`` is what became of the charges in both forms, ``whole`` of all files.
    """

    ledgers: dict[str, Counter[tuple[Any, ...]]]
    snapshots: dict[str, int]
    twice: list[Pulled]
    whole: list[Pulled]


@pytest.fixture(scope="module")
def returned(published: Installation, tmp_path_factory: pytest.TempPathFactory) -> Returned:
    root = tmp_path_factory.mktemp("returned")
    target = root / "export"
    export(published, target)
    again = new_installation(root / "again", [])

    def deliver(place: Path) -> None:
        again.write_sources([{"name": "returned", "kind": "focus", "url": str(place)}])

    def pulled(place: Path) -> list[Pulled]:
        deliver(place)
        (source,) = load_sources(again.sources_file)
        return pull(source, None, pull_context(again.settings))

    ledgers, snapshots = {}, {}
    for form in FORMS:
        # The second form has the rows that the gates judged in the first.
        deliver(target / form / "cost_and_usage")
        run = again.run_here(has_gates=form == FORMS[0])
        assert run.exit_code == 0, run.text
        ledgers[form] = Counter(again.query(RETURNED))
        snapshots[form] = len(again.snapshots())
        shutil.copytree(target / form / "cost_and_usage", root / "twice" / form)
    return Returned(ledgers, snapshots, pulled(root / "twice"), pulled(target))


@pytest.mark.parametrize("form", FORMS)
def test_an_export_comes_back_as_the_same_ledger_to_the_digit(
    published: Installation, returned: Returned, form: str
) -> None:
    before = published.query(RETURNED)
    # Those of FOCUS, and the native columns of bills.
    assert len(before) > 20 and len(before[0]) > 65 + 90
    assert returned.ledgers[form] == Counter(before)
    # The second form was received and made into the ledger as well.
    assert returned.snapshots["csv"] == 2 * returned.snapshots["parquet"] > 0


def test_an_export_that_is_taken_in_as_a_whole_is_refused_instead_of_counted_twice(
    returned: Returned,
) -> None:
    """It holds the same charges as Parquet and as CSV, and files that are no bills."""
    assert {pulled.state for pulled in (*returned.twice, *returned.whole)} == {"failed"}
    assert [str(pulled.period) for pulled in returned.twice] == ["2026-09", "2026-10"]
    for pulled in returned.twice:
        assert "holds no line that csv/billing_period=" in pulled.reason
        assert "what both hold would be counted twice" in pulled.reason
    (refused,) = returned.whole
    assert "has no column that tells the billing period" in refused.reason


def test_an_export_of_unchanged_periods_writes_nothing(
    published: Installation, tmp_path: Path
) -> None:
    first = export(published, tmp_path)
    stood = {path: os.stat(tmp_path / path).st_mtime_ns for path in (*first.written, MANIFEST)}
    second = export(published, tmp_path)
    assert second.written == second.removed == ()
    assert set(second.unchanged) == set(first.written)
    assert stood == {path: os.stat(tmp_path / path).st_mtime_ns for path in stood}


def test_an_export_that_is_killed_names_no_file_that_it_did_not_finish(
    published: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after each file in turn: the manifest names nothing, and the next export mends it."""
    total = len(export(published, tmp_path / "whole").written)
    put = FileTarget.put
    for survived in range(1, total):
        target = tmp_path / str(survived)
        files: list[str] = []

        def put_or_die(self: FileTarget, file: Path, path: str, files: list[str] = files) -> None:
            if path != MANIFEST and len(files) == survived:  # noqa: B023
                raise KeyboardInterrupt
            put(self, file, path)
            files.append(path)

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(FileTarget, "put", put_or_die)
            export(published, target)
        assert not (target / MANIFEST).exists() or manifest(target) == {}
        export(published, target)
        assert set(manifest(target)) == exported_files(target)


def test_a_file_that_is_written_anew_is_not_named_meanwhile(
    published: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash of the old content must not stand beside the new content."""
    first = export(published, tmp_path)
    stale = first.written[0]
    entries = json.loads((tmp_path / MANIFEST).read_text())
    for entry in entries["files"]:
        if entry["path"] == stale:
            entry["made_from"] = "older rows"
    (tmp_path / MANIFEST).write_text(json.dumps(entries))
    put = FileTarget.put

    def put_and_die(self: FileTarget, file: Path, path: str) -> None:
        put(self, file, path)
        if path == stale:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FileTarget, "put", put_and_die)
        export(published, tmp_path)
    assert set(manifest(tmp_path)) == set(first.written) - {stale}
    assert export(published, tmp_path).written == (stale,)
    assert set(manifest(tmp_path)) == set(first.written)


def test_a_period_that_is_gone_is_removed_from_the_export(
    published: Installation, tmp_path: Path
) -> None:
    export(published, tmp_path)
    old = "csv/cost_and_usage/billing_period=2019-01/cost_and_usage.csv.gz"
    (tmp_path / old).parent.mkdir()
    (tmp_path / old).write_bytes(b"")
    content = json.loads((tmp_path / MANIFEST).read_text())
    content["files"].append({"path": old, "made_from": "nothing", "bytes": 0})
    (tmp_path / MANIFEST).write_text(json.dumps(content))
    assert export(published, tmp_path).removed == (old,)
    assert old not in manifest(tmp_path) and not (tmp_path / old).exists()


def test_a_folder_with_another_s_manifest_is_left_alone(
    published: Installation, tmp_path: Path
) -> None:
    (tmp_path / MANIFEST).write_text('{"files": 3}')
    with pytest.raises(SourceError, match="no manifest of an export"):
        export(published, tmp_path)
    assert exported_files(tmp_path) == set()


def test_numbers_of_parquet_stay_decimals(published: Installation, tmp_path: Path) -> None:
    export(published, tmp_path)
    with duckdb.connect() as connection:
        types = {
            row[0]: row[1]
            for row in connection.execute(
                f"describe select * from '{tmp_path}/parquet/cost_and_usage/*/*.parquet'"
            ).fetchall()
        }
    assert types["BilledCost"] == "DECIMAL(38,12)"
    assert "DOUBLE" not in types.values()


def test_nothing_published_is_nothing_to_export(tmp_path: Path) -> None:
    empty = new_installation(tmp_path / "empty", [])
    done = empty.command_here("focus-export", str(tmp_path / "export"))
    assert (done.exit_code, done.lines) == (1, ("Nothing is published yet: make run first.",))
    assert not (tmp_path / "export").exists()


def test_a_bucket_is_given_the_same_files_as_a_folder(
    published: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "writer")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the bucket")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        client = boto3.client("s3")
        client.create_bucket(Bucket="finance")
        url = "s3://finance/focus"
        first = export_focus(published.published_path, url, lambda _line: None)
        listed = client.list_objects_v2(Bucket="finance")["Contents"]
        body = client.get_object(Bucket="finance", Key=f"focus/{MANIFEST}")["Body"].read()
        again = export_focus(published.published_path, url, lambda _line: None)
    finally:
        server.stop()
        fsspec.get_filesystem_class("s3").clear_instance_cache()
    export(published, tmp_path)
    assert {entry["Key"].removeprefix("focus/") for entry in listed} == {
        *exported_files(tmp_path),
        MANIFEST,
    }
    assert body == (tmp_path / MANIFEST).read_bytes()
    assert again.written == () and set(again.unchanged) == set(first.written)
