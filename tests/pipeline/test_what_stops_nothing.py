"""Rules with faults, a report that fails and an open reader stop no run: it publishes.

One run has all of them, because none may stand in another's way; each test tells one of them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from orchestration.defs import publish as publish_door
from orchestration.defs.closing import close_month
from orchestration.publish.closing import CloseRefusedError
from orchestration.publish.report import ReportError
from tests.pipeline.conftest import Installation, Run
from tests.pipeline.exports import exported_files, manifest

FAULT = "allocation_rule.csv, row 4, column method: 'evenly' is not allowed; it must be direct"
ALLOCATED = "select * from allocation.split_share order by all"
FAULTS = "select table_name, fault, what_to_do from trust.rpt_rule_fault order by all"
BILLED = "select sum(BilledCost) from focus.cost_and_usage where x_Source = 'focus_small'"

# An analyst's process: asks once before and once after it is told to go on.
READER = f"""
import sys
import duckdb

with duckdb.connect(sys.argv[1], read_only=True) as connection:
    print(connection.execute("{BILLED}").fetchone()[0], flush=True)
    sys.stdin.readline()
    print(connection.execute("{BILLED}").fetchone()[0], flush=True)
"""


@dataclass(frozen=True)
class Seen:
    """What an analyst saw: before the run, after it by the same connection, and by a new one."""

    before: Decimal
    kept: Decimal
    new: Decimal


@dataclass(frozen=True)
class Story:
    """The run, and what was there before and after it."""

    installation: Installation
    target: Path
    run: Run
    faults_before: list[tuple[Any, ...]]
    allocated: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]
    reports: tuple[bytes, bytes]
    reader: Seen


def change(installation: Installation, table: str, old: str, new: str) -> None:
    path = installation.org / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def story(
    published_once: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("stops_nothing")
    installation, target = published_once.copy(folder / "installation"), folder / "export"
    report = installation.settings.report_path
    faults, allocated = installation.query(FAULTS), installation.query(ALLOCATED)
    old_report = report.read_bytes()
    # a bad rule, a good mapping beside it, and a bill with another cost
    change(
        installation, "allocation_rule", "shared-account,1,20,even", "shared-account,1,20,evenly"
    )
    change(installation, "owner_mapping", "tag:team,search,search,", "tag:team,search,vision,")
    bill = installation.bills / "focus" / "focus_1_2.csv"
    text = bill.read_text(encoding="utf-8")
    bill.write_text(text.replace("\n3.10,3.10,", "\n3.20,3.20,", 1), encoding="utf-8")
    analyst = subprocess.Popen(
        [sys.executable, "-c", READER, str(installation.published_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert analyst.stdout is not None
    asked = Decimal(analyst.stdout.readline())
    no_report = mock.patch.object(
        publish_door, "write_report", side_effect=ReportError("figure months: no such table")
    )
    with no_report:
        run = installation.run_here(TOLLGATE_FOCUS_EXPORT=str(target))
    kept, _ = analyst.communicate("\n")
    yield Story(
        installation,
        target,
        run,
        faults,
        (allocated, installation.query(ALLOCATED)),
        (old_report, report.read_bytes()),
        Seen(asked, Decimal(kept), installation.scalar(BILLED)),
    )


def test_the_run_publishes(story: Story) -> None:
    assert story.run.exit_code == 0, story.run.text
    assert "Published." in story.run.text


def test_bad_rules_leave_the_last_good_ones_in_force_and_everybody_is_told(story: Story) -> None:
    assert story.faults_before == []
    assert "the last good rules stay in force until they are mended" in story.run.text
    assert any(line.strip().startswith("WARNS  land org: rules") for line in story.run.lines)
    assert FAULT in story.run.text
    ((table, fault, what_to_do),) = story.installation.query(FAULTS)
    assert table == "allocation_rule" and fault.startswith(FAULT)
    assert what_to_do.endswith("the last good rules stay in force")
    # published anew, and divided as before
    before, after = story.allocated
    assert after == before
    with pytest.raises(CloseRefusedError, match="2026-10 stays open(.|\n)*row 4, column method"):
        close_month(story.installation.settings, "2026-10", lambda _line: None)


def test_a_report_that_fails_is_said_and_leaves_the_old_one(story: Story) -> None:
    assert "WARNS  publish report: written: figure months: no such table" in story.run.text
    before, after = story.reports
    assert after == before


def test_a_reader_keeps_its_rows_through_a_publish_and_a_new_one_sees_the_new_rows(
    story: Story,
) -> None:
    assert story.reader.kept == story.reader.before
    assert story.reader.new == story.reader.before + Decimal("0.10")


def test_the_run_exports_what_it_published_and_the_command_finds_it_whole(story: Story) -> None:
    """The asset of a run and the command of a terminal are one export."""
    installation, target = story.installation, story.target
    entries = manifest(target)
    assert set(entries) == exported_files(target) != set()
    billed = sum(
        Decimal(sums["BilledCost"])
        for entry in entries.values()
        if (entry["dataset"], entry["format"]) == ("cost_and_usage", "csv")
        for sums in entry["sums"].values()
    )
    assert billed == installation.scalar("select sum(BilledCost) from focus.cost_and_usage")
    again = installation.command_here("focus-export", str(target))
    assert again.exit_code == 0
    said = f"0 files written to {target}, {len(entries)} unchanged, 0 removed."
    assert again.lines[-1] == said
    own = installation.command_here("focus-export").lines[-1]
    assert own.startswith(f"{len(entries)} files written to {installation.data}")
