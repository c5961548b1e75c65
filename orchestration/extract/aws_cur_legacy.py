"""AWS legacy Cost and Usage Report: CSV or Parquet, with a manifest or as plain files.

Columns vary from month to month with the services and tags in use. CSV headers
(``lineItem/UnblendedCost``) get the names that Athena gives them (``line_item_unblended_cost``);
the columns of tags are folded into one map. Format:
https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.extract.aws_manifest import find_manifests, read_delivery
from orchestration.extract.control_totals import quoted
from orchestration.extract.delivered_files import (
    FileColumn,
    MonthFiles,
    alike_files,
    is_csv,
    is_parquet,
    raw_rows,
    take_in,
    timestamp_text,
    united,
)
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.object_store import ObjectStore, StoredFile
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, Kind, PullContext, SourceConfig, SourceError

_TAG_PREFIXES = ("resourceTags/", "resource_tags_")
_PERIOD = "bill_billing_period_start_date"


def athena_name(header: str) -> str:
    """Return the name that Athena gives to a report's column.

    ``lineItem/UnblendedCost`` becomes ``line_item_unblended_cost``; an underscore stands before
    every capital letter, so ``savingsPlan/SavingsPlanARN`` ends in ``_a_r_n``.
    """
    parts = [re.sub(r"(?<!^)([A-Z])", r"_\1", part).lower() for part in header.split("/")]
    return re.sub(r"[^a-z0-9_]", "_", "_".join(parts))


def line_item_rows(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    """Return SQL for the line items under Athena's names, tags in the map ``resource_tags``."""
    groups = alike_files(connection, paths)
    return united(connection, [_line_items(columns, raw_rows(alike)) for columns, alike in groups])


def _line_items(columns: Sequence[FileColumn], rows: str) -> str:
    tags = [column for column in columns if column.header.startswith(_TAG_PREFIXES)]
    by_name: dict[str, list[FileColumn]] = {}
    for column in columns:
        if column not in tags:
            by_name.setdefault(athena_name(column.header), []).append(column)
    selected = [f"{_value(name, same)} as {quoted(name)}" for name, same in sorted(by_name.items())]
    return f"select {', '.join([*selected, _tag_map(tags)])} from ({rows})"


def _value(name: str, columns: Sequence[FileColumn]) -> str:
    """Return SQL for a column, which a report may spell in two ways."""
    if len(columns) > 1:
        return "coalesce(" + ", ".join(f"nullif({quoted(c.name)}, '')" for c in columns) + ")"
    (column,) = columns
    is_clock = landed_columns("aws_cur_legacy", "line_items").get(name) == "timestamp"
    if is_clock and column.type == "VARCHAR":
        return timestamp_text(quoted(column.name))
    return quoted(column.name)


def _tag_map(columns: Sequence[FileColumn]) -> str:
    tags: dict[str, FileColumn] = {}
    for column in columns:
        key = _tag_key(column.header)
        tags[_tag_key(column.name) if key in tags else key] = column
    entries = ", ".join(
        "struct_pack(tag_key := '{}', tag_value := cast({} as varchar))".format(
            key.replace("'", "''"), quoted(column.name)
        )
        for key, column in tags.items()
    )
    if not entries:
        return "cast(null as map(varchar, varchar)) as resource_tags"
    return (
        f"map_from_entries(list_filter([{entries}], "
        "lambda entry: coalesce(entry.tag_value, '') <> '')) as resource_tags"
    )


def _tag_key(header: str) -> str:
    for prefix in _TAG_PREFIXES:
        if header.startswith(prefix):
            return header[len(prefix) :]
    return header


def _native_names(headers: Sequence[str]) -> list[str]:
    return [
        "resource_tags" if header.startswith(_TAG_PREFIXES) else athena_name(header)
        for header in headers
    ]


LINE_ITEMS = Dataset(
    name="line_items",
    period_column=_PERIOD,
    rows=line_item_rows,
    money_column="line_item_unblended_cost",
    currency_column="line_item_currency_code",
    required_columns=(
        _PERIOD,
        "bill_payer_account_id",
        "line_item_currency_code",
        "line_item_line_item_type",
        "line_item_unblended_cost",
        "line_item_usage_account_id",
        "line_item_usage_start_date",
    ),
    native_names=_native_names,
    may_be_empty=False,
)


class _Report:
    """An open report."""

    def __init__(self, source: SourceConfig, context: PullContext) -> None:
        self._source = source
        self._store = ObjectStore(source)
        self._scratch = context.extracted_dir / source.name
        self._months = MonthFiles(self._store, source, _period_header)
        self._files: list[StoredFile] | None = None

    def _listed(self) -> list[StoredFile]:
        if self._files is None:
            self._files = self._store.files()
        return self._files

    def _plain(self) -> list[StoredFile]:
        return [file for file in self._listed() if is_csv(file.path) or is_parquet(file.path)]

    def periods(self) -> list[BillingPeriod]:
        """Return the months that have a manifest, or those of plain files where there is none."""
        manifests = find_manifests(self._listed(), self._source.name)
        if manifests:
            return sorted(manifests)
        if not self._plain():
            raise SourceError(
                self._source.name,
                f"{self._source.url} holds no manifest, CSV or Parquet file of a report.",
                "point the url at the folder of the report, or at one file of it.",
            )
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._months.periods(self._plain(), self._scratch)

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Copy the files of the month."""
        draft.format_version = "CUR (legacy)"
        manifests = find_manifests(self._listed(), self._source.name)
        if manifests:
            delivery = read_delivery(
                self._store, self._listed(), manifests[period], period, self._source.name
            )
            draft.origin = f"{self._source.url} {delivery.manifest}"
            take_in(self._store, delivery.files, dataset, draft, self._source.name)
        else:
            draft.origin = self._source.url
            self._months.fetch(self._plain(), dataset, period, draft)


def _period_header(headers: Sequence[str]) -> str | None:
    return next((header for header in headers if athena_name(header) == _PERIOD), None)


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[_Report]:
    yield _Report(source, context)


KIND = Kind("aws_cur_legacy", (LINE_ITEMS,), _open, ("storage_options",))
