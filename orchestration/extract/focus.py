"""FOCUS files of any provider, version 0.5 to 1.4: CSV, CSV.GZ or Parquet, one or many.

Deliveries with a manifest (AWS Data Exports, Azure Cost Management exports) are read by it; plain
files are sorted into months by ``BillingPeriodStart``. Headers are matched to FOCUS columns by
their letters alone, whatever their order and case; of the columns that no FOCUS version knows,
those that dbt's source names are kept, in the maps ``x_native`` and ``x_provider``. The texts
``NULL`` and ``''`` are no values. Format: https://focus.finops.org.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from orchestration.extract.focus_notices import letters_of, row_notices, version_notices
from orchestration.extract.landed_columns import is_number, landed_columns, landed_keys
from orchestration.extract.object_store import ObjectStore, StoredFile
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, Kind, PullContext, SourceConfig, SourceError

# Maps of columns that no FOCUS version knows: those that columns of the ledger are made of, and
# those that it carries as they are. A column may be in both.
_NATIVE = "x_native"
_PROVIDER = "x_provider"
_MAPS = (_NATIVE, _PROVIDER)
# Stands before the header of a column that is not landed, which may be spelled like one that is.
_NOT_LANDED = "not landed: "
_PERIOD = "billing_period_start"
_NESTED = ("MAP", "STRUCT", "JSON")
# Lines of files of two versions are the same charge when all that both versions know is equal; that
# is only said of files that have these.
_IDENTITY = (
    "billing_account_id",
    "charge_category",
    "charge_period_start",
    "charge_period_end",
    "service_name",
)


def charge_rows(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    """Return SQL for the charges under FOCUS names in snake_case."""
    groups = alike_files(connection, paths)
    return united(connection, [_charges(columns, raw_rows(alike)) for columns, alike in groups])


def _charges(columns: Sequence[FileColumn], rows: str) -> str:
    declared = landed_columns("focus", "charges")
    named = list(zip(columns, native_names([c.header for c in columns]), strict=True))
    selected = [
        f"{_value(column, declared[name])} as {quoted(name)}"
        for column, name in named
        if name in declared and name not in _MAPS
    ]
    for name in _MAPS:
        kept = landed_keys("focus", "charges", name)
        selected.append(_native_map(name, [c for c, n in named if n in _MAPS and c.header in kept]))
    return f"select {', '.join(selected)} from ({rows})"


def native_names(headers: Sequence[str]) -> list[str]:
    """Return the landed column of each header, or, where it is not landed, the header after a word.

    Of two headers with the same letters the first is landed.
    """
    by_letters = {
        letters_of(name): name for name in landed_columns("focus", "charges") if name not in _MAPS
    }
    names: list[str] = []
    for header in headers:
        name = by_letters.get(letters_of(header))
        if name is None or name in names:
            name = next(
                (kept for kept in _MAPS if header in landed_keys("focus", "charges", kept)),
                f"{_NOT_LANDED}{header}",
            )
        names.append(name)
    return names


def text_of(column: FileColumn) -> str:
    """Return SQL for a column as text; the texts that mean no value are NULL."""
    text = f"cast({quoted(column.name)} as varchar)"
    return f"case when trim({text}) in ('', 'NULL') then null else {text} end"


def _value(column: FileColumn, declared_type: str) -> str:
    if declared_type == "timestamp":
        return timestamp_text(text_of(column))
    if column.type.startswith(_NESTED):
        return f"cast(to_json({quoted(column.name)}) as varchar)"
    if is_number(declared_type) and column.type != "VARCHAR":
        return quoted(column.name)
    return text_of(column)


def _native_map(name: str, columns: Sequence[FileColumn]) -> str:
    entries = ", ".join(
        "struct_pack(name := '{}', value := {})".format(
            column.header.replace("'", "''"), _value(column, "varchar")
        )
        for column in columns
    )
    if not entries:
        return f"cast(null as map(varchar, varchar)) as {name}"
    return (
        f"map_from_entries(list_filter([{entries}], lambda entry: entry.value is not null)) "
        f"as {name}"
    )


def file_notices(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], format_version: str
) -> list[str]:
    """Say how the files' columns differ from the version that they claim, and from each other."""
    headers = {
        path.name: [column.header for column in columns]
        for columns, alike in alike_files(connection, paths)
        for path in alike
    }
    return version_notices(headers, format_version)


CHARGES = Dataset(
    name="charges",
    period_column=_PERIOD,
    rows=charge_rows,
    money_column="billed_cost",
    currency_column="billing_currency",
    stated_costs={
        "effective_cost": ("effective_cost", "amortized_cost"),
        "list_cost": ("list_cost",),
        "contracted_cost": ("contracted_cost",),
    },
    required_columns=(
        "billed_cost",
        "billing_currency",
        _PERIOD,
        "charge_period_start",
    ),
    native_names=native_names,
    may_be_empty=False,
    row_notices=row_notices,
    file_notices=file_notices,
)


@dataclass(frozen=True)
class _AzureRun:
    """A run of an Azure export: its month, when it was asked for, whose bill it is, its blobs."""

    period: BillingPeriod
    submitted: str
    scope: str
    blobs: tuple[StoredFile, ...]
    version: str


class _Files:
    """An open set of FOCUS files."""

    def __init__(self, source: SourceConfig, context: PullContext) -> None:
        self._source = source
        self._store = ObjectStore(source)
        self._scratch = context.extracted_dir / source.name
        self._months = MonthFiles(self._store, source, _period_header, _IDENTITY)
        self._files: list[StoredFile] | None = None
        self._azure: dict[BillingPeriod, _AzureRun] | None = None

    def _listed(self) -> list[StoredFile]:
        if self._files is None:
            self._files = self._store.files()
        return self._files

    def _plain(self) -> list[StoredFile]:
        return [file for file in self._listed() if is_csv(file.path) or is_parquet(file.path)]

    def periods(self) -> list[BillingPeriod]:
        """Return the months that the manifests, or the rows of plain files, name."""
        manifests = find_manifests(self._listed(), self._source.name)
        if manifests:
            return sorted(manifests)
        if self._azure_runs():
            return sorted(self._azure_runs())
        if not self._plain():
            raise SourceError(
                self._source.name,
                f"{self._source.url} holds no CSV or Parquet file.",
                "point the url at a FOCUS file, or at the folder that holds them.",
            )
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._months.periods(self._plain(), self._scratch)

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Copy the files of the month, or the month's part of files that hold several."""
        draft.format_version = "FOCUS"
        draft.origin = self._source.url
        manifests = find_manifests(self._listed(), self._source.name)
        if manifests:
            delivery = read_delivery(
                self._store, self._listed(), manifests[period], period, self._source.name
            )
            draft.origin = f"{self._source.url} {delivery.manifest}"
            take_in(self._store, delivery.files, dataset, draft, self._source.name)
        elif self._azure_runs():
            run = self._azure_runs()[period]
            draft.format_version = f"FOCUS {run.version}".rstrip()
            take_in(self._store, run.blobs, dataset, draft, self._source.name)
        else:
            self._months.fetch(self._plain(), dataset, period, draft)

    def _azure_runs(self) -> dict[BillingPeriod, _AzureRun]:
        """Return the newest Azure export run of each month.

        Every run of an Azure export is the whole month to date, with a ``manifest.json`` that names
        its blobs: https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports.
        """
        if self._azure is None:
            newest: dict[BillingPeriod, _AzureRun] = {}
            scopes: set[str] = set()
            for file in self._listed():
                if file.path.rsplit("/", 1)[-1] != "manifest.json":
                    continue
                run = self._azure_run(file)
                scopes.add(run.scope)
                if run.period not in newest or run.submitted > newest[run.period].submitted:
                    newest[run.period] = run
            if len(scopes) > 1:
                raise SourceError(
                    self._source.name,
                    f"{self._source.url} holds exports of several scopes: "
                    f"{', '.join(sorted(scopes))}.",
                    "make a source of each: the newest run of one would hide the others' bills.",
                )
            self._azure = newest
        return self._azure

    def _azure_run(self, manifest: StoredFile) -> _AzureRun:
        by_path = {file.path: file for file in self._listed()}
        folder = manifest.path.rsplit("/", 1)[0] + "/" if "/" in manifest.path else ""
        try:
            content = json.loads(self._store.read(manifest.path).decode("utf-8-sig"))
            run = content["runInfo"]
            period = BillingPeriod.parse(run["startDate"][:7])
            submitted = str(run["submittedTime"])
            names = [str(blob["blobName"]) for blob in content["blobs"]]
            config = content.get("exportConfig", {})
            export = str(config.get("resourceId", ""))
            version = str(config.get("dataVersion", ""))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(
                self._source.name,
                f"{manifest.path} is not the manifest of an Azure export run: {error!r}.",
                "wait for the next run, or run the export again.",
            ) from None
        blobs = []
        for name in names:
            # A blob name begins at the container; the url may point below it.
            file = by_path.get(folder + name.rsplit("/", 1)[-1])
            if file is None:
                raise SourceError(
                    self._source.name,
                    f"{manifest.path} names {name}, which is not there.",
                    "restore the blob or run the export again; nothing of the month was taken in.",
                )
            if file in blobs:
                raise SourceError(
                    self._source.name,
                    f"{manifest.path} names {name} twice.",
                    "run the export again; its cost would be counted twice.",
                )
            blobs.append(file)
        # Several exports of one scope (daily and monthly) are one bill.
        scope = export.lower().split("/providers/microsoft.costmanagement/")[0]
        return _AzureRun(period, submitted, scope, tuple(blobs), version)


def _period_header(headers: Sequence[str]) -> str | None:
    return next((header for header in headers if letters_of(header) == letters_of(_PERIOD)), None)


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[_Files]:
    yield _Files(source, context)


KIND = Kind("focus", (CHARGES,), _open, ("storage_options",))
