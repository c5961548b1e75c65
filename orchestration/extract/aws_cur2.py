"""AWS Cost and Usage Report 2.0, as Data Exports delivers it.

Format: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html. A month is
replaced as a whole by each delivery. Parquet is landed as it is; in CSV the map columns
(``product``, ``resource_tags``, ``tags``, ...) are JSON texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.extract.aws_manifest import find_manifests, read_delivery
from orchestration.extract.control_totals import quoted
from orchestration.extract.delivered_files import (
    column_names,
    is_parquet,
    raw_rows,
    take_in,
    timestamp_text,
)
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.object_store import ObjectStore, StoredFile
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, Kind, PullContext, SourceConfig, SourceError

_MAPS = ("product", "resource_tags", "tags", "cost_category", "discount")


def line_item_rows(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    """Return SQL for the line items of delivered files; map columns come as maps."""
    rows = raw_rows(paths)
    if all(is_parquet(path) for path in paths):
        return rows
    declared = landed_columns("aws_cur2", "line_items")
    read = {}
    for name in column_names(connection, rows):
        if name in _MAPS:
            read[name] = f"cast(cast(nullif({quoted(name)}, '') as json) as map(varchar, varchar))"
        elif declared.get(name) == "timestamp":
            read[name] = timestamp_text(quoted(name))
    if not read:
        return rows
    replaced = ", ".join(f"{value} as {quoted(name)}" for name, value in read.items())
    return f"select * replace ({replaced}) from ({rows})"


LINE_ITEMS = Dataset(
    name="line_items",
    period_column="bill_billing_period_start_date",
    rows=line_item_rows,
    money_column="line_item_unblended_cost",
    currency_column="line_item_currency_code",
    required_columns=(
        "bill_billing_period_start_date",
        "bill_payer_account_id",
        "line_item_currency_code",
        "line_item_line_item_type",
        "line_item_unblended_cost",
        "line_item_usage_account_id",
        "line_item_usage_start_date",
    ),
    in_place=is_parquet,
    native_names=list,
    may_be_empty=False,
)


class _Export:
    """An open export."""

    def __init__(self, source: SourceConfig) -> None:
        self._source = source
        self._store = ObjectStore(source)
        self._files: list[StoredFile] | None = None

    def _listed(self) -> list[StoredFile]:
        if self._files is None:
            self._files = self._store.files()
        return self._files

    def periods(self) -> list[BillingPeriod]:
        """Return the months that have a manifest."""
        periods = sorted(find_manifests(self._listed(), self._source.name))
        if not periods:
            raise SourceError(
                self._source.name,
                f"{self._source.url} holds no manifest of a CUR 2.0 export.",
                "point the url at the folder of the export, the one with 'data' and 'metadata'.",
            )
        return periods

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Copy the files that the month's manifest names."""
        manifest = find_manifests(self._listed(), self._source.name)[period]
        delivery = read_delivery(self._store, self._listed(), manifest, period, self._source.name)
        draft.origin = f"{self._source.url} {delivery.manifest}"
        draft.format_version = "CUR 2.0"
        take_in(self._store, delivery.files, dataset, draft, self._source.name)


@contextmanager
def _open(source: SourceConfig, _context: PullContext) -> Iterator[_Export]:
    yield _Export(source)


KIND = Kind("aws_cur2", (LINE_ITEMS,), _open, ("storage_options",))
