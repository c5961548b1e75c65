"""AWS legacy Cost and Usage Report: CSV or Parquet, with a manifest or as plain files.

Columns vary from month to month with the services and tags in use. CSV headers
(``lineItem/UnblendedCost``) get the names that Athena gives them (``line_item_unblended_cost``);
columns of tags, cost categories, discounts and other attributes of products are folded into maps.
Format:
https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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

# Families whose columns are what the organisation, or the vendor, makes of them: each is one map,
# as in CUR 2.0. Columns of a family that have a name of their own there are landed by themselves.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "resource_tags": ("resourceTags/", "resource_tags_"),
    "cost_category": ("costCategory/", "cost_category_"),
    "discount": ("discount/", "discount_"),
    "product": ("product/", "product_"),
}
_ATTRIBUTES = ("discount", "product")
_PERIOD = "bill_billing_period_start_date"


def athena_name(header: str) -> str:
    """Return the name that Athena gives to a report's column.

    ``lineItem/UnblendedCost`` becomes ``line_item_unblended_cost``; an underscore stands before
    every capital letter, so ``savingsPlan/SavingsPlanARN`` ends in ``_a_r_n``.
    """
    parts = [re.sub(r"(?<!^)([A-Z])", r"_\1", part).lower() for part in header.split("/")]
    return re.sub(r"[^a-z0-9_]", "_", "_".join(parts))


def line_item_rows(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    """Return SQL for the line items under Athena's names, open families of columns as maps."""
    groups = alike_files(connection, paths)
    return united(connection, [_line_items(columns, raw_rows(alike)) for columns, alike in groups])


def _line_items(columns: Sequence[FileColumn], rows: str) -> str:
    by_name: dict[str, list[FileColumn]] = {}
    by_family: dict[str, list[FileColumn]] = {family: [] for family in _FAMILIES}
    for column in columns:
        family = _family(column.header)
        if family is None:
            by_name.setdefault(athena_name(column.header), []).append(column)
        else:
            by_family[family].append(column)
    selected = [f"{_value(name, same)} as {quoted(name)}" for name, same in sorted(by_name.items())]
    maps = [_family_map(family, members) for family, members in by_family.items()]
    return f"select {', '.join([*selected, *maps])} from ({rows})"


def _value(name: str, columns: Sequence[FileColumn]) -> str:
    """Return SQL for a column, which a report may spell in two ways."""
    if len(columns) > 1:
        return "coalesce(" + ", ".join(f"nullif({quoted(c.name)}, '')" for c in columns) + ")"
    (column,) = columns
    is_clock = landed_columns("aws_cur_legacy", "line_items").get(name) == "timestamp"
    if is_clock and column.type == "VARCHAR":
        return timestamp_text(quoted(column.name))
    return quoted(column.name)


def _family(header: str) -> str | None:
    """Return the family that a column is folded into; None where it is landed by itself."""
    if athena_name(header) in landed_columns("aws_cur_legacy", "line_items"):
        return None
    return next((name for name, prefixes in _FAMILIES.items() if header.startswith(prefixes)), None)


def _family_map(family: str, columns: Sequence[FileColumn]) -> str:
    members: dict[str, FileColumn] = {}
    for column in columns:
        key = _key(family, column.header)
        members[_key(family, column.name) if key in members else key] = column
    entries = ", ".join(
        "struct_pack(name := '{}', value := cast({} as varchar))".format(
            key.replace("'", "''"), quoted(column.name)
        )
        for key, column in members.items()
    )
    if not entries:
        return f"cast(null as map(varchar, varchar)) as {family}"
    return (
        f"map_from_entries(list_filter([{entries}], "
        f"lambda entry: coalesce(entry.value, '') <> '')) as {family}"
    )


def _key(family: str, header: str) -> str:
    """Return what a family's map calls a column; attributes as CUR 2.0 has them, in snake_case."""
    if family in _ATTRIBUTES:
        return athena_name(header).removeprefix(f"{family}_")
    for prefix in _FAMILIES[family]:
        if header.startswith(prefix):
            return header[len(prefix) :]
    return header


def _native_names(headers: Sequence[str]) -> list[str]:
    return [_family(header) or athena_name(header) for header in headers]


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
