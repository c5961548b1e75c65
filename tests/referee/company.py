"""A company whose bills are what the demo company has none of, so that the referee sees every case.

It has the demo company's AWS bill once more, as a legacy report, and one FOCUS 1.4 file with every
charge category and commitment. Its tables are the demo company's and the terms of what it bought.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import yaml

from orchestration.demo import make_demo
from orchestration.demo.cur2_writer import COLUMNS
from orchestration.settings import PROJECT_DIR, Settings
from tests.referee.cases import CASES, CONTRACT_ID, Row, good_charges, write

SOURCES: tuple[Mapping[str, str], ...] = (
    {"name": "legacy_report", "kind": "aws_cur_legacy", "url": "legacy", "payment_terms": "Net 30"},
    {"name": "commitments", "kind": "focus", "url": "focus", "payment_terms": "Net 30"},
)
_SCALE = Decimal("0.1")
# What stands before the slash of a legacy report's headers, by how the export's columns begin.
_SECTIONS = {
    "bill": "bill",
    "identity": "identity",
    "line_item": "lineItem",
    "pricing": "pricing",
    "product": "product",
    "reservation": "reservation",
    "savings_plan": "savingsPlan",
    "split_line_item": "splitLineItem",
}
# Columns that came with CUR 2.0.
_NEWER = ("bill_payer_account_name", "line_item_iam_principal", "line_item_usage_account_name")


class NoCompanyError(RuntimeError):
    """The company's bills could not be published; the message has the run's last lines."""


def publish(root: Path, settings: Settings) -> Path:
    """Make the company's bills, run the pipeline over them and return what it published.

    Args:
        root: A folder of its own.
        settings: Those of the demo company; its world is made anew, small.

    Raises:
        NoCompanyError: The pipeline did not publish; the message says what it said.
    """
    shutil.copytree(settings.org_dir, root / "org")
    make_demo(root, root / "org", settings.demo_seed, _SCALE, settings.today, lambda _: None)
    for folder in ("legacy", "focus"):
        (root / folder).mkdir(parents=True)
    write_legacy_report(root / "vendors" / "aws" / "export", root / "legacy" / "report.csv")
    write(CASES["good_charges"], root / "focus" / "charges.parquet")
    _add_commitments(root / "org" / "commitment.csv")
    told = yaml.safe_dump({"sources": [dict(source) for source in SOURCES]}, sort_keys=False)
    (root / "sources.yaml").write_text(told, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", "run"],
        cwd=PROJECT_DIR,
        env=os.environ
        | {
            "TOLLGATE_DATA_DIR": str(root / "data"),
            "TOLLGATE_ORG_DIR": str(root / "org"),
            "TOLLGATE_SOURCES": str(root / "sources.yaml"),
            "TOLLGATE_TODAY": settings.today.isoformat(),
            "DAGSTER_HOME": str(root / "dagster"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoCompanyError(f"the referee's company was not published:\n{done.stdout[-3000:]}")
    return root / "data" / "published" / "warehouse.duckdb"


def legacy_header(column: str) -> str | None:
    """Return how a legacy report calls a column of CUR 2.0; None where it has no such column."""
    section = next((name for name in _SECTIONS if column.startswith(f"{name}_")), None)
    if section is None or column in _NEWER:
        return None
    words = column.removeprefix(f"{section}_").split("_")
    return f"{_SECTIONS[section]}/{''.join(word.capitalize() for word in words)}"


def write_legacy_report(export: Path, report: Path) -> None:
    """Write lines of a CUR 2.0 export as one CSV file of a legacy report.

    Tags and what is in the map of the product become columns of their own, as they are there. The
    newest month is written and those in which a reservation was bought.
    """
    with duckdb.connect() as connection:
        connection.execute(
            "create view lines as with delivered as (select *, bill_billing_period_start_date as "
            f"month from read_parquet('{export}/**/*.parquet', union_by_name = true)) "
            "select * exclude (month) from delivered where month in ("
            "select max(month) from delivered union "
            "select month from delivered where line_item_line_item_type = 'Fee' "
            "and reservation_reservation_a_r_n is not null)"
        )
        selected = []
        for column, kind in COLUMNS.items():
            header = legacy_header(column)
            if header is not None:
                value = f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
                selected.append((value if kind == "timestamp" else column, header))
        for key in _keys(connection, "resource_tags"):
            header = f"resourceTags/{key.replace('_', ':', 1)}"
            selected.append((f"resource_tags['{key}']", header))
        for key in _keys(connection, "product"):
            header = str(legacy_header(f"product_{key}"))
            if header not in [name for _, name in selected]:
                selected.append((f"product['{key}']", header))
        listed = ", ".join(f'{value} as "{header}"' for value, header in selected)
        connection.execute(f"copy (select {listed} from lines) to '{report}' (header)")


def _keys(connection: duckdb.DuckDBPyConnection, column: str) -> list[str]:
    found = connection.execute(
        f"select distinct unnest(map_keys({column})) as key from lines order by key"
    ).fetchall()
    return [str(key) for (key,) in found]


def _add_commitments(table: Path) -> None:
    """Add the terms of what the FOCUS file's charges name to the table of commitments."""
    with table.open(encoding="utf-8", newline="") as handle:
        header = next(csv.reader(handle))
    with table.open("a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, header, lineterminator="\n")
        writer.writerows(terms())


def terms() -> list[Row]:
    """Return the rows of ``commitment.csv`` for what the FOCUS file's charges name."""
    named = {
        row["CommitmentDiscountId"]: (row["CommitmentDiscountType"], "No Upfront", "Monthly", "0")
        for row in good_charges()
        if row.get("CommitmentDiscountId")
    }
    named |= {
        "prepaid-1": ("Prepaid Credits", "All Upfront", "One-Time", "1"),
        "agreement-1": ("Enterprise Agreement", "No Upfront", "Monthly", "0"),
    }
    by_quantity = ("Reserved Instance", "Provisioned Throughput")
    return [
        {
            "commitment_id": commitment_id,
            "contract_id": CONTRACT_ID,
            "source": "commitments",
            "service_provider": "Vendor",
            "invoice_issuer": "Vendor",
            "counts": "named by the bill",
            "commitment_type": kind,
            "description": kind,
            "commitment_category": "Usage" if kind in by_quantity else "Spend",
            "benefit_category": "Other",
            "billing_currency": "USD",
            "committed_cost": "5",
            "committed_quantity": "5" if kind in by_quantity else "",
            "committed_unit": "Hours" if kind in by_quantity else "",
            "duration": "1 Year",
            "fulfillment_interval": "Full Period",
            "offer_category": "Negotiated",
            "payment_model": model,
            "payment_interval": interval,
            "upfront_share": share,
            "lifecycle_status": "Active",
            "signed_on": "2025-12-15",
            "changed_on": "2026-01-01",
            "valid_from": "2026-01-01",
            "valid_to": "2027-01-01",
            "contract_from": "2026-01-01",
            "contract_to": "2027-01-01",
        }
        for commitment_id, (kind, model, interval, share) in named.items()
    ]
