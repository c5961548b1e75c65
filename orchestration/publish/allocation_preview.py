"""What other allocation rules would make of a month, beside what is published.

Nothing is published: dbt allocates the month in a folder of its own, which is gone afterwards.
Conformed charges are read from the warehouse's period files, which are never written again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb
import polars as pl

from orchestration.land.org_tables import TABLES, OrgTableError, land_org_tables
from orchestration.publish.build import (
    BuildPaths,
    inputs_fingerprint,
    is_published,
    make_period_folders,
)
from orchestration.publish.dbt_manifest import load_manifest, project_fingerprint
from orchestration.publish.dbt_process import DbtProcess
from orchestration.publish.holding import published_held_months
from orchestration.publish.open_months import last_whole_month, published_months
from orchestration.settings import DBT_PROJECT_DIR, Settings, environment_for_dbt

# By owner; a share has 12 decimals and so has a cost, and their product is exact.
_PREVIEWED = """
    with costs as (
        select split_id, cast(sum(effective_cost_reporting) as decimal(38, 12)) as cost
        from allocate.int_charge_splits
        where billing_period = $period
        group by split_id
    )
    select shares.outcome, shares.owner_id, sum(costs.cost * shares.share)
    from costs
    inner join allocate.int_split_shares as shares on costs.split_id = shares.split_id
    group by all
"""
_PUBLISHED = """
    select outcome, owner_id, sum(effective_cost_reporting)
    from showback.fct_showback_daily
    where billing_period = $period
    group by all
"""
# Python rounds sums to 28 digits unless told otherwise, and products have 24 decimals.
_DIGITS = 60
_Costs = dict[tuple[str, str | None], Decimal]


class PreviewError(RuntimeError):
    """The preview cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class OwnerChange:
    """What an owner carries of a month now and under the other rules.

    Attributes:
        outcome: ``owned``, ``idle`` or ``unallocated``.
        owner_id: The owner, None where nobody is known.
        published: Effective cost in the reporting currency as published.
        previewed: The same under the other rules.
    """

    outcome: str
    owner_id: str | None
    published: Decimal
    previewed: Decimal

    @property
    def change(self) -> Decimal:
        """What the owner carries more (or less, below zero) under the other rules."""
        with localcontext(prec=_DIGITS):
            return self.previewed - self.published


def preview_allocation(
    settings: Settings, rules_dir: Path, period: date, say: Callable[[str], None]
) -> list[OwnerChange]:
    """Allocate a month under the rules of a folder and compare with what is published.

    The caller holds the run lock.

    Args:
        settings: The installation.
        rules_dir: Folder with the tables that differ; those that it lacks are the organisation's.
        period: First day of the month.
        say: Receives one line of progress at a time.

    Returns:
        A row for each outcome and owner of either, those who carry most more first.

    Raises:
        PreviewError: The month is not published, the publication is not up to date, or the folder
            has no tables.
        OrgTableError: The tables of the folder have faults; all are listed.
    """
    published = _published_costs(settings, period)
    with allocated_under(settings, rules_dir, period, say) as path:
        previewed = _costs(path, _PREVIEWED, period)
    before, after = _sum(published.values()), _sum(previewed.values())
    if before != after:
        raise PreviewError(
            f"{period:%Y-%m}: {before} are published and {after} would be allocated. Something "
            "besides the rules differs from what is published: run first, then preview."
        )
    nothing = Decimal(0)
    changes = [
        OwnerChange(*key, published.get(key, nothing), previewed.get(key, nothing))
        for key in {*published, *previewed}
    ]
    return sorted(
        changes,
        key=lambda found: (found.change.copy_negate(), found.outcome, found.owner_id or "~"),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum."""
    with localcontext(prec=_DIGITS):
        return sum(amounts, Decimal(0))


@contextmanager
def allocated_under(
    settings: Settings, rules_dir: Path, period: date, say: Callable[[str], None]
) -> Iterator[Path]:
    """Allocate a month under the rules of a folder, in a folder that is gone after the block.

    The caller holds the run lock.

    Args:
        settings: The installation.
        rules_dir: Folder with the tables that differ; those that it lacks are the organisation's.
        period: First day of the month.
        say: Receives one line of progress at a time.

    Yields:
        A DuckDB file with ``allocate.int_charge_splits`` and ``allocate.int_split_shares``.

    Raises:
        PreviewError: The publication is not up to date, the month or the one before it is held, or
            the folder has no tables.
        OrgTableError: The tables of the folder have faults; all are listed.
    """
    given = sorted(path.name for path in rules_dir.glob("*.csv")) if rules_dir.is_dir() else []
    unknown = [name for name in given if name.removesuffix(".csv") not in TABLES]
    if not given or unknown:
        raise PreviewError(
            f"{rules_dir}: "
            + (f"{', '.join(unknown)} is no table" if unknown else "there are no tables")
            + "; put the changed tables there, under the names of the organisation's."
        )
    _refuse_held_months(settings, period)
    say(f"preview  {period:%Y-%m} under {', '.join(given)} of {rules_dir}")
    own = settings.model_copy(update={"data_dir": settings.warehouse_dir / "preview"})
    shutil.rmtree(own.data_dir, ignore_errors=True)  # of a preview that was killed
    try:
        org_dir = own.data_dir / "org"
        shutil.copytree(settings.org_dir, org_dir)
        for name in given:
            shutil.copy(rules_dir / name, org_dir)
        pairs = _take_inputs(settings, own, period)
        tables = land_org_tables(org_dir, own.data_dir, settings.today_now())
        if (
            tables.rule_faults
        ):  # the last good rules are in force for publication, not for a preview
            raise OrgTableError(tables.rule_faults)
        _refuse_what_is_not_published(settings)
        own.warehouse_dir.joinpath("conform").symlink_to(
            (settings.warehouse_dir / "conform").resolve()
        )
        make_period_folders(own.warehouse_dir, load_manifest(DBT_PROJECT_DIR), pairs)
        _run_dbt(own)
        yield own.build_path
    finally:
        shutil.rmtree(own.data_dir, ignore_errors=True)


def _refuse_held_months(settings: Settings, period: date) -> None:
    """Raise where the newest bill of a month is not the published one: dbt would conform it."""
    for source, month in sorted(published_held_months(settings.published_path)):
        if month in (period, _month_before(period)):
            raise PreviewError(
                f"{source} {month:%Y-%m} is held (trust.rpt_held_period): release it, then preview "
                f"{period:%Y-%m}."
            )


def _refuse_what_is_not_published(settings: Settings) -> None:
    """Raise where dbt would have to conform bills: their files are the installation's own."""
    paths = BuildPaths(settings.warehouse_dir, settings.build_path, settings.published_path)
    inputs = inputs_fingerprint(
        paths.warehouse_dir, project_fingerprint(DBT_PROJECT_DIR), settings.ledger_table_rows
    )
    if not is_published(paths, inputs):
        raise PreviewError(
            "What is published was not made from what is landed now: run first, then preview."
        )


def last_published_period(settings: Settings) -> date:
    """Return the first day of the last month that is published and over, else of the last one.

    Raises:
        PreviewError: Nothing is published.
    """
    if settings.published_path.exists():
        with duckdb.connect(str(settings.published_path), read_only=True) as connection:
            found = last_whole_month(published_months(connection))
        if found is not None:
            return found
    raise PreviewError(f"{settings.published_path}: nothing is published yet; run first.")


def _published_costs(settings: Settings, period: date) -> _Costs:
    if not settings.published_path.exists():
        raise PreviewError(f"{settings.published_path}: nothing is published yet; run first.")
    published = _costs(settings.published_path, _PUBLISHED, period)
    if not published:
        raise PreviewError(f"{period:%Y-%m} is not published; there is nothing to compare.")
    return published


def _costs(path: Path, question: str, period: date) -> _Costs:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(question, {"period": period}).fetchall()
    return {(outcome, owner): cost for outcome, owner, cost in rows if cost is not None}


def _take_inputs(settings: Settings, own: Settings, period: date) -> set[tuple[str, date]]:
    """Copy dbt's inputs, of bills those of the month and of the one before it.

    A basis that is zero may take the month before. Returns the source and month of each.
    """
    before = _month_before(period)
    inputs = own.warehouse_dir / "inputs"
    shutil.copytree(settings.warehouse_dir / "inputs", inputs)
    listed = pl.read_parquet(inputs / "landed_file.parquet", glob=False).filter(
        pl.col("billing_period").is_in([before, period])
    )
    listed.write_parquet(inputs / "landed_file.parquet")
    return {(row["source"], row["billing_period"]) for row in listed.iter_rows(named=True)}


def _month_before(period: date) -> date:
    return (period - timedelta(days=1)).replace(day=1)


def _run_dbt(own: Settings) -> None:
    target = own.data_dir / "dbt_target"
    target.mkdir()
    dbt = DbtProcess(
        [
            str(Path(sys.executable).with_name("dbt")),
            *("build", "--select", "+int_split_shares", "+int_charge_splits"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(target), "--log-path", str(target)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment_for_dbt(own),
        cwd=DBT_PROJECT_DIR,
    )
    with dbt.stdout as said:
        text = said.read().decode()
    if dbt.wait() != 0:
        raise PreviewError(f"dbt could not allocate the month:\n{text[-3000:]}")


def preview_table(changes: list[OwnerChange], currency: str) -> list[str]:
    """Return the changes as lines of text: who gains, who loses, and that nothing is lost."""
    rows: list[tuple[str, ...]] = [
        ("outcome", "owner", f"published {currency}", f"previewed {currency}", "change")
    ]
    for found in changes:
        amounts = (found.published, found.previewed, found.change)
        rows.append(
            (found.outcome, found.owner_id or "nobody", *(f"{amount:,.2f}" for amount in amounts))
        )
    totals = (
        _sum(found.published for found in changes),
        _sum(found.previewed for found in changes),
        _sum(found.change for found in changes),
    )
    rows.append(("in all", "", *(f"{total:,.2f}" for total in totals)))
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    return [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
