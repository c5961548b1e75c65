"""The published FOCUS datasets as files that another tool takes in: Parquet, CSV and a manifest.

Below the target stand ``parquet/<dataset>/billing_period=<month>/<dataset>.parquet``, the same
below ``csv``, and ``focus-export.json``. Every month has all four datasets; a commitment stands in
each month in which it is in force, and in the newest one if it is in force in none. Each file
appears whole or not at all, and the manifest is written last: a file that it does not name does not
count, and the next export puts it right.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.extract.object_store import FileTarget

MANIFEST = "focus-export.json"
FOCUS_VERSION = "1.4"
# Part of what names a file: raised whenever the same rows would be written otherwise.
_WRITING = "2"
_FORMATS = {
    "parquet": ("parquet", "format parquet, compression zstd"),
    "csv": ("csv.gz", "format csv, header, compression gzip"),
}


@dataclass(frozen=True)
class ExportedDataset:
    """A dataset of the schema ``focus`` and how it is written.

    Attributes:
        name: Its relation.
        order: Columns that put its rows in one order.
        sums: Money columns that the manifest adds up.
        currency: Column of their currency, None where nothing is added up.
        of_month: SQL that is true for the rows of ``$month``, its first day, among all ``$months``.
        is_list: Whether it is made as a whole: then its rows themselves say what they were made
            from, so that a month whose rows are the same stays as it is.
    """

    name: str
    order: tuple[str, ...]
    sums: tuple[str, ...]
    currency: str | None = "BillingCurrency"
    of_month: str = "x_BillingPeriod = $month"
    is_list: bool = False


_IN_FORCE = (
    "ContractCommitmentPeriodStart < {month} + interval 1 month "
    "and (ContractCommitmentPeriodEnd > {month} or ContractCommitmentPeriodStart >= {month})"
)

DATASETS = (
    ExportedDataset(
        "cost_and_usage",
        ("x_Source", "x_ChargeId"),
        ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"),
    ),
    ExportedDataset("invoice_detail", ("x_Source", "InvoiceDetailId"), ("BilledCost",)),
    ExportedDataset(
        "billing_period", ("InvoiceIssuerName", "BillingPeriodStart"), (), None, is_list=True
    ),
    ExportedDataset(
        "contract_commitment",
        ("ContractCommitmentId",),
        (),
        None,
        f"{_IN_FORCE.format(month='$month')} or $month = list_max($months) and not exists "
        f"(select 1 from unnest($months) as told(month) where {_IN_FORCE.format(month='month')})",
        is_list=True,
    ),
)


class NothingPublishedError(FileNotFoundError):
    """There is no published file to export."""


@dataclass(frozen=True)
class Export:
    """What an export did: paths below its target that it wrote, left alone and removed."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def export_focus(published_path: Path, url: str, log: Callable[[str], None]) -> Export:
    """Write every dataset and billing period of the published file that the target lacks.

    Args:
        published_path: The published file.
        url: A folder, or the address of one in an object store.
        log: Receives one line of progress at a time.

    Raises:
        NothingPublishedError: There is no published file.
        SourceError: The target cannot be read or written, or holds another's manifest.
    """
    if not published_path.exists():
        raise NothingPublishedError("Nothing is published yet: make run first.")
    target = FileTarget("focus-export", url)
    before = _files_of(target)
    with (
        duckdb.connect(str(published_path), read_only=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        months = _months(connection)
        wanted = [
            (f"{form}/{dataset.name}/billing_period={month:%Y-%m}/{dataset.name}.{suffix}",)
            + (dataset, month, form, made_from)
            for dataset in DATASETS
            for month, made_from in _made_from(connection, dataset, months)
            for form, (suffix, _) in _FORMATS.items()
        ]
        entries = {
            path: before[path]
            for path, _, _, _, made_from in wanted
            if path in before
            and before[path]["made_from"] == made_from
            and target.size(path) == before[path]["bytes"]
        }
        unchanged = tuple(entries)
        if set(before) - set(entries):
            # A hash must not stand beside a file that is about to be another, or none.
            _write_manifest(target, entries)
        for path, dataset, month, form, made_from in wanted:
            if path in entries:
                continue
            scratch = Path(folder) / path.rsplit("/", 1)[-1]
            facts = _write(connection, dataset, month, months, form, scratch)
            target.put(scratch, path)
            log(f"export   {path} ({facts['rows']:,} rows)")
            entries[path] = {
                "path": path,
                "dataset": dataset.name,
                "billing_period": f"{month:%Y-%m}",
                "format": form,
                "made_from": made_from,
            } | facts
    removed = tuple(sorted(set(before) - set(entries)))
    for path in removed:
        target.remove(path)
    written = tuple(path for path in entries if path not in unchanged)
    if written:
        _write_manifest(target, entries)
    return Export(written, unchanged, removed)


def _write_manifest(target: FileTarget, entries: Mapping[str, Mapping[str, Any]]) -> None:
    manifest = {
        "generator": "Tollgate",
        "focus_version": FOCUS_VERSION,
        "files": [entries[path] for path in sorted(entries)],
    }
    target.write(MANIFEST, json.dumps(manifest, indent=1).encode("utf-8"))


def _files_of(target: FileTarget) -> dict[str, dict[str, Any]]:
    content = target.read(MANIFEST)
    if content is None:
        return {}
    try:
        return {
            str(entry["path"]): {**entry, "bytes": entry["bytes"], "made_from": entry["made_from"]}
            for entry in json.loads(content)["files"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise target.fault(
            f"{MANIFEST} of the target is no manifest of an export: {error!r}.",
            "move it away, or export to another folder.",
        ) from None


def _months(connection: duckdb.DuckDBPyConnection) -> list[date]:
    """Return the first days of all months that the published file has, in order."""
    listed = ", ".join(f"'focus.{dataset.name}'" for dataset in DATASETS)
    rows = connection.execute(
        "select distinct billing_period from tollgate.period_key "
        f"where relation in ({listed}) and billing_period is not null order by all"
    ).fetchall()
    return [row[0] for row in rows]


def _made_from(
    connection: duckdb.DuckDBPyConnection, dataset: ExportedDataset, months: Sequence[date]
) -> list[tuple[date, str]]:
    """Return each month with a hash of what a dataset's rows in it were made from."""
    if dataset.is_list:
        found = [(month, _content(connection, dataset, month, months)) for month in months]
    else:
        keys = dict(
            connection.execute(
                "select billing_period, string_agg(source || ' ' || key, ',' order by source) "
                "from tollgate.period_key where relation = 'focus.' || $dataset group by all",
                {"dataset": dataset.name},
            ).fetchall()
        )
        found = [(month, keys.get(month, "")) for month in months]
    return [
        (month, hashlib.sha256(f"{_WRITING} {made_from}".encode()).hexdigest())
        for month, made_from in found
    ]


def _content(
    connection: duckdb.DuckDBPyConnection,
    dataset: ExportedDataset,
    month: date,
    months: Sequence[date],
) -> str:
    (content,) = connection.execute(
        "select coalesce(string_agg(cast(listed as varchar), chr(10) "
        f"order by {', '.join(dataset.order)}), '') from focus.{dataset.name} as listed "
        f"where {dataset.of_month}",
        _parameters(dataset, month, months),
    ).fetchall()[0]
    return str(content)


def _parameters(
    dataset: ExportedDataset, month: date, months: Sequence[date]
) -> dict[str, date | list[date]]:
    everything: dict[str, date | list[date]] = {"month": month, "months": list(months)}
    return {name: value for name, value in everything.items() if f"${name}" in dataset.of_month}


def _write(
    connection: duckdb.DuckDBPyConnection,
    dataset: ExportedDataset,
    month: date,
    months: Sequence[date],
    form: str,
    scratch: Path,
) -> dict[str, Any]:
    period = _parameters(dataset, month, months)
    rows = f"focus.{dataset.name} where {dataset.of_month}"
    where = str(scratch).replace("'", "''")
    connection.execute(
        f"copy (select * from {rows} order by {', '.join(dataset.order)}) "
        f"to '{where}' ({_FORMATS[form][1]})",
        period,
    )
    measures = [dataset.currency or "null", "count(*)", *(f"sum({name})" for name in dataset.sums)]
    totals = connection.execute(
        f"select {', '.join(measures)} from {rows} group by all order by all",
        period,
    ).fetchall()
    with scratch.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {
        "rows": sum(row[1] for row in totals),
        "sums": {
            str(row[0]): {
                name: None if amount is None else format(amount, "f")
                for name, amount in zip(dataset.sums, row[2:], strict=True)
            }
            for row in totals
            if dataset.currency is not None
        },
        "bytes": scratch.stat().st_size,
        "sha256": digest,
    }
