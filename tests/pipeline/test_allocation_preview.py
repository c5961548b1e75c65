"""A preview shows who gains and loses under other rules, and leaves everything as it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from orchestration.defs.preview import build_preview_job
from orchestration.defs.resources import build_resources
from orchestration.land.org_tables import OrgTableError
from orchestration.publish.allocation_preview import (
    PreviewError,
    last_published_period,
    preview_allocation,
    preview_table,
)
from tests.pipeline.conftest import Installation

OCTOBER = date(2026, 10, 1)
COSTS = (
    "select outcome, owner_id, sum(effective_cost_reporting) from showback.fct_showback_daily "
    "where billing_period = date '2026-10-01' group by all"
)
TAX = (
    "select owner_id, sum(effective_cost_reporting) from showback.fct_showback_daily "
    "where billing_period = date '2026-10-01' and charge_category = 'Tax' group by all"
)


def rules(installation: Installation, folder: Path, old: str, new: str) -> Path:
    """Return a folder with the targets of the organisation's rules, one text of them changed."""
    folder.mkdir()
    text = (installation.org / "allocation_rule_target.csv").read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / "allocation_rule_target.csv").write_text(text.replace(old, new), encoding="utf-8")
    return folder


def everything(installation: Installation) -> dict[str, int]:
    """Return every file of the data folder but the lock, with the time of its last change."""
    return {
        str(path.relative_to(installation.data)): path.stat().st_mtime_ns
        for path in installation.data.rglob("*")
        if path.is_file() and path.name != "run.lock"
    }


def test_a_preview_moves_money_between_owners_and_touches_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    before, tax = everything(installation), dict(installation.query(TAX))
    file_before = installation.published_hash()
    assert set(tax) == {"search", "vision", "nlp"} and all(tax.values())
    folder = rules(installation, tmp_path / "rules", "tax,2,nlp,\n", "")
    said: list[str] = []
    changes = preview_allocation(installation.settings, folder, OCTOBER, said.append)
    assert everything(installation) == before
    assert installation.published_hash() == file_before
    assert said == [f"preview  2026-10 under allocation_rule_target.csv of {folder}"]
    moved = {found.owner_id: found.change for found in changes if found.change}
    # Language pays no tax any more; a third of it is now a half of each of the two others.
    assert set(moved) == set(tax)
    assert moved["nlp"] == -tax["nlp"] < 0
    assert sum(moved.values()) == 0
    carried = {(found.outcome, found.owner_id): found.published for found in changes}
    assert carried == {row[:2]: row[2] for row in installation.query(COSTS)}
    assert abs(moved["search"] - moved["vision"]) < Decimal("0.000001")
    assert [found.change for found in changes] == sorted(
        (found.change for found in changes), reverse=True
    )
    table = preview_table(changes, "USD")
    assert table[0].split() == [
        "outcome",
        "owner",
        "published",
        "USD",
        "previewed",
        "USD",
        "change",
    ]
    assert table[-1].endswith(" 0.00") and len(table) == len(changes) + 2
    assert last_published_period(installation.settings) == OCTOBER


def test_a_preview_under_rules_with_faults_names_them(
    installation: Installation, tmp_path: Path
) -> None:
    folder = rules(installation, tmp_path / "rules", "tax,2,nlp,", "tax,2,nobody,")
    with pytest.raises(
        OrgTableError, match="row 12, column owner_id: 'nobody' is not in owner.csv"
    ):
        preview_allocation(installation.settings, folder, OCTOBER, print)
    assert not (installation.data / "warehouse" / "preview").exists()


def test_the_job_says_what_is_wrong_with_the_rules(
    installation: Installation, tmp_path: Path
) -> None:
    folder = rules(installation, tmp_path / "rules", "tax,2,nlp,", "tax,2,nobody,")
    job = build_preview_job(installation.settings)
    done = job.execute_in_process(
        run_config={"ops": {"allocate_under_other_rules": {"config": {"rules": str(folder)}}}},
        resources=build_resources(installation.settings),
        raise_on_error=False,
    )
    assert not done.success
    failed = next(event for event in done.all_events if event.is_step_failure)
    said = failed.step_failure_data.user_failure_data
    assert said is not None and "row 12, column owner_id: 'nobody'" in str(said.description)


def test_a_preview_of_what_is_not_published_yet_says_so(
    installation: Installation, tmp_path: Path
) -> None:
    """A bill that was landed since would be conformed, and its files are the installation's."""
    folder = rules(installation, tmp_path / "rules", "tax,2,nlp,\n", "")
    listed = installation.data / "warehouse" / "inputs" / "landed_file.parquet"
    pl.read_parquet(listed).head(1).write_parquet(listed)
    with pytest.raises(PreviewError, match="run first, then preview"):
        preview_allocation(installation.settings, folder, OCTOBER, print)


@pytest.mark.parametrize(
    ("name", "period", "what"),
    [
        ("tax.csv", OCTOBER, "tax.csv is no table"),
        (None, OCTOBER, "there are no tables"),
        ("owner.csv", date(2020, 1, 1), "2020-01 is not published"),
    ],
)
def test_a_preview_of_nothing_says_why(
    published: Installation, tmp_path: Path, name: str | None, period: date, what: str
) -> None:
    if name is not None:
        (tmp_path / name).write_text("")
    with pytest.raises(PreviewError, match=what):
        preview_allocation(published.settings, tmp_path, period, print)
