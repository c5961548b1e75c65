"""What dbt is told of the doors before it: snapshots, landed files, sources and failures.

The tables are written as Parquet under ``warehouse/inputs``; the macro ``open_build`` reads them.
They hold nothing that changes when nothing happened (no clock of the last look), so that a run
without news finds the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from pathlib import Path

import polars as pl

from orchestration.extract.landed_columns import relation_name
from orchestration.extract.pull import failures
from orchestration.extract.registry import KINDS
from orchestration.extract.snapshot import Receipt, Snapshot, snapshots_of
from orchestration.extract.source import Dataset, SourceConfig
from orchestration.land.focus_delivery import Delivery, delivery_of
from orchestration.land.held import NOTHING_HELD, Held
from orchestration.land.landing import Landing, landing_path, newest_landed, read_landing

# A polars type, as a class or with its parameters.
_Type = pl.DataType | type[pl.DataType]

_MONEY = pl.Decimal(38, 12)
_EXACT = pl.Decimal(38, 18)


@dataclass(frozen=True)
class CurrentLanding:
    """The landed snapshot that counts for a dataset and period of a source."""

    kind: str
    dataset: Dataset
    receipt: Receipt
    landing: Landing
    paths: tuple[Path, ...]

    @property
    def source(self) -> str:
        """Source name."""
        return self.receipt.source

    @property
    def billing_period(self) -> date:
        """First day of the period."""
        return self.landing.period.start


def landed_catalogue(
    data_dir: Path, sources: Sequence[SourceConfig], held: Held = NOTHING_HELD
) -> list[CurrentLanding]:
    """Return the landed snapshot that counts for every source, dataset and period.

    It is the newest accepted snapshot whose landing passed every gate; of a held month the
    published one, or none.
    """
    current = []
    for source, dataset, snapshots in _snapshots(data_dir, sources):
        found = _counting(data_dir, source, dataset, snapshots, held)
        if found is not None:
            snapshot, landing = found
            paths = tuple((data_dir / name).resolve() for name in landing.files)
            current.append(CurrentLanding(source.kind, dataset, snapshot.receipt, landing, paths))
    return current


def _snapshots(
    data_dir: Path, sources: Sequence[SourceConfig]
) -> Iterable[tuple[SourceConfig, Dataset, list[Snapshot]]]:
    for source in sources:
        for dataset in KINDS[source.kind].datasets:
            folder = data_dir / "extracted" / source.name / dataset.name
            for period_folder in sorted(folder.glob("????-??")):
                yield source, dataset, snapshots_of(period_folder)


def _counting(
    data_dir: Path,
    source: SourceConfig,
    dataset: Dataset,
    snapshots: Sequence[Snapshot],
    held: Held,
) -> tuple[Snapshot, Landing] | None:
    kept = held.of(source.name, snapshots[0].period.start) if snapshots else None
    if kept is not None:
        wanted = kept.snapshot_ids.get(relation_name(source.kind, dataset.name))
        snapshots = [found for found in snapshots if found.receipt.snapshot_id == wanted]
    return newest_landed(data_dir, snapshots)


def write_warehouse_inputs(
    data_dir: Path, sources: Sequence[SourceConfig], held: Held = NOTHING_HELD
) -> None:
    """Write the tables that tell dbt what is there, and what counts of it."""
    snapshot_rows: list[dict[str, object]] = []
    finding_rows: list[dict[str, object]] = []
    column_rows: list[dict[str, object]] = []
    for source, dataset, snapshots in _snapshots(data_dir, sources):
        found = _counting(data_dir, source, dataset, snapshots, held)
        current_id = found[0].receipt.snapshot_id if found else None
        for snapshot in snapshots:
            landing = read_landing(landing_path(data_dir, snapshot))
            state = _state(snapshot, landing, current_id, found)
            snapshot_rows += _snapshot_rows(source, dataset, snapshot, landing, state)
        delivery = delivery_of(data_dir, found[0]) if found else None
        if found and delivery:
            place = {
                "source": source.name,
                "billing_period": found[0].period.start,
                "snapshot_id": current_id,
            }
            finding_rows += [place | row for row in _finding_rows(delivery)]
            column_rows += [place | asdict(column) for column in delivery.columns]
    counting = landed_catalogue(data_dir, sources, held)
    file_rows = [
        {
            "source": current.source,
            "kind": current.kind,
            "dataset": current.dataset.name,
            "relation": relation_name(current.kind, current.dataset.name),
            "billing_period": current.billing_period,
            "snapshot_id": current.receipt.snapshot_id,
            "file_path": str(path),
            "file_ordinal": ordinal,
        }
        for current in counting
        for ordinal, path in enumerate(current.paths)
    ]
    cost_rows = [
        {
            "source": current.source,
            "billing_period": current.billing_period,
            "currency": stated.currency,
            "cost_name": stated.cost_name,
            "landed_total": None if stated.total is None else Decimal(stated.total),
            "unknown_count": stated.unknown_count,
        }
        for current in counting
        for stated in current.landing.stated_costs
    ]
    native_rows = [
        {
            "source": current.source,
            "kind": current.kind,
            "billing_period": current.billing_period,
            "snapshot_id": current.receipt.snapshot_id,
            "native_column": column.native_column,
            "landed_column": column.landed_column,
            "left_out_as": column.left_out_as,
            "values_count": column.values_count,
            "currency": currency,
            "amount": None if amount is None else Decimal(amount),
        }
        for current in counting
        for column in current.landing.native_columns
        for currency, amount in column.amounts.items() or ((None, None),)
    ]
    failure_rows = [
        {
            "source": failure.source,
            "dataset": failure.dataset,
            "billing_period": _month(failure.billing_period),
            "reason": failure.reason,
            "remedy": failure.remedy,
            "failed_at": _clock(failure.failed_at),
        }
        for source in sources
        for failure in failures(data_dir / "extracted", source.name)
    ]
    inputs = data_dir / "warehouse" / "inputs"
    _write(inputs / "snapshot.parquet", snapshot_rows, _SNAPSHOT)
    _write(inputs / "landed_file.parquet", file_rows, _LANDED_FILE)
    _write(inputs / "source_failure.parquet", failure_rows, _FAILURE)
    _write(inputs / "landed_cost.parquet", cost_rows, _LANDED_COST)
    _write(inputs / "native_column.parquet", native_rows, _NATIVE_COLUMN)
    _write(inputs / "focus_finding.parquet", finding_rows, _FOCUS_FINDING)
    _write(inputs / "focus_delivered_column.parquet", column_rows, _FOCUS_DELIVERED_COLUMN)
    source_rows: list[dict[str, object]] = [
        {"source": source.name, "kind": source.kind, "payment_terms": source.payment_terms}
        for source in sources
    ]
    _write(inputs / "source.parquet", source_rows, dict.fromkeys(_SOURCE, pl.String))
    held_rows = [{name: getattr(period, name) for name in _HELD_PERIOD} for period in held.periods]
    _write(inputs / "held_period.parquet", held_rows, _HELD_PERIOD)
    table_rows = [
        {"table_name": name, "file_path": str(path.resolve())}
        for name, path in held.org_tables.items()
    ]
    _write(inputs / "held_org_table.parquet", table_rows, dict.fromkeys(_HELD_ORG_TABLE, pl.String))


def _state(
    snapshot: Snapshot,
    landing: Landing | None,
    current_id: str | None,
    current: tuple[Snapshot, Landing] | None,
) -> str:
    """Return what a snapshot is to its month.

    That is ``current``, ``held`` (it shrank), ``refused`` (newer, but it did not land), ``stopped``
    (newer and landed, but a gate holds its month) or ``superseded``.
    """
    if snapshot.is_held:
        is_answered = current is not None and current[0].receipt.seq > snapshot.receipt.seq
        return "superseded" if is_answered else "held"
    if snapshot.receipt.snapshot_id == current_id:
        return "current"
    is_newer = current is None or snapshot.receipt.seq > current[0].receipt.seq
    if not is_newer:
        return "superseded"
    return "stopped" if landing is not None and landing.passed else "refused"


def _snapshot_rows(
    source: SourceConfig,
    dataset: Dataset,
    snapshot: Snapshot,
    landing: Landing | None,
    state: str,
) -> list[dict[str, object]]:
    receipt = snapshot.receipt
    currencies: list[str | None] = [*sorted(receipt.control_totals)] or [None]
    rows = []
    for currency in currencies:
        said = receipt.totals.get(currency or "")
        landed = landing.landed_totals.get(currency or "") if landing and landing.passed else None
        rows.append(
            {
                "source": source.name,
                "kind": source.kind,
                "dataset": dataset.name,
                "billing_period": snapshot.period.start,
                "snapshot_id": receipt.snapshot_id,
                "snapshot_seq": receipt.seq,
                "snapshot_state": state,
                "is_current": state == "current",
                "extracted_at": _clock(receipt.extracted_at),
                "window_start": date.fromisoformat(receipt.window_start),
                "window_end": date.fromisoformat(receipt.window_end),
                "row_count": receipt.row_count,
                "measure": receipt.measure,
                "currency": currency or None,
                "receipt_total": said,
                "landed_total": None if landed is None else Decimal(landed),
                # The ledger keeps 12 decimals; what a vendor sends beyond them is the residual.
                "rounding_residual": _difference(said, landed),
                "origin": receipt.origin,
            }
        )
    return rows


def _finding_rows(delivery: Delivery) -> Iterable[dict[str, object]]:
    for finding in delivery.findings:
        row: dict[str, object] = asdict(finding)
        for name in _FINDING_MONEY:
            if row[name] is not None:
                row[name] = Decimal(str(row[name]))
        yield row


def _difference(said: Decimal | None, landed: str | None) -> Decimal | None:
    if said is None or landed is None:
        return None
    # Python rounds a difference to 28 digits unless told otherwise.
    with localcontext(prec=60):
        return said - Decimal(landed)


_SNAPSHOT: dict[str, _Type] = {
    "source": pl.String,
    "kind": pl.String,
    "dataset": pl.String,
    "billing_period": pl.Date,
    "snapshot_id": pl.String,
    "snapshot_seq": pl.Int64,
    "snapshot_state": pl.String,
    "is_current": pl.Boolean,
    "extracted_at": pl.Datetime("us"),
    "window_start": pl.Date,
    "window_end": pl.Date,
    "row_count": pl.Int64,
    "measure": pl.String,
    "currency": pl.String,
    "receipt_total": _EXACT,
    "landed_total": _MONEY,
    "rounding_residual": _EXACT,
    "origin": pl.String,
}
_LANDED_FILE: dict[str, _Type] = {
    "source": pl.String,
    "kind": pl.String,
    "dataset": pl.String,
    "relation": pl.String,
    "billing_period": pl.Date,
    "snapshot_id": pl.String,
    "file_path": pl.String,
    "file_ordinal": pl.Int32,
}
_LANDED_COST: dict[str, _Type] = {
    "source": pl.String,
    "billing_period": pl.Date,
    "currency": pl.String,
    "cost_name": pl.String,
    "landed_total": _MONEY,
    "unknown_count": pl.Int64,
}
_NATIVE_COLUMN: dict[str, _Type] = {
    "source": pl.String,
    "kind": pl.String,
    "billing_period": pl.Date,
    "snapshot_id": pl.String,
    "native_column": pl.String,
    "landed_column": pl.String,
    "left_out_as": pl.String,
    "values_count": pl.Int64,
    "currency": pl.String,
    "amount": _MONEY,
}
_FAILURE: dict[str, _Type] = {
    "source": pl.String,
    "dataset": pl.String,
    "billing_period": pl.Date,
    "reason": pl.String,
    "remedy": pl.String,
    "failed_at": pl.Datetime("us"),
}
_PLACE: dict[str, _Type] = {
    "source": pl.String,
    "billing_period": pl.Date,
    "snapshot_id": pl.String,
    "file_group": pl.Int32,
    "delivered_files": pl.String,
}
_FINDING_MONEY = (
    "billed_cost",
    "effective_cost",
    "billed_cost_above_zero",
    "effective_cost_above_zero",
)
_FOCUS_FINDING: dict[str, _Type] = {
    **_PLACE,
    "focus_version": pl.String,
    "version_basis": pl.String,
    "judged_by": pl.String,
    "finding": pl.String,
    "level": pl.String,
    "rule_id": pl.String,
    "column_name": pl.String,
    "sentence": pl.String,
    "judged_rows_count": pl.Int64,
    "rows_count": pl.Int64,
    "currency": pl.String,
    **dict.fromkeys(_FINDING_MONEY, _EXACT),
    "examples": pl.String,
}
_FOCUS_DELIVERED_COLUMN: dict[str, _Type] = {
    **_PLACE,
    "delivered_column": pl.String,
    "column_name": pl.String,
    "is_kept": pl.Boolean,
    "values_count": pl.Int64,
    "rows_count": pl.Int64,
}
_HELD_PERIOD: dict[str, _Type] = {
    "source": pl.String,
    "billing_period": pl.Date,
    "reason": pl.String,
    "what_to_do": pl.String,
    "held_since": pl.Date,
}
_HELD_ORG_TABLE = ("table_name", "file_path")
_SOURCE = ("source", "kind", "payment_terms")


def _write(path: Path, rows: Sequence[Mapping[str, object]], schema: Mapping[str, _Type]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(temporary)
    os.replace(temporary, path)


def _clock(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _month(key: str | None) -> date | None:
    return date.fromisoformat(f"{key}-01") if key else None
