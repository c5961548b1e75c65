"""Frozen statements: what a closed period said, kept for good and verified by every run.

Below ``data/published/statements/<period>/`` each closing of a period is one folder ``v001``,
``v002`` ... with a Parquet and a CSV file a relation and ``manifest.json``. A folder appears whole
or not at all and is never written again. Reopening a period leaves its version where it is and
puts ``v001.reopened.json`` beside it; a version without one is in force.

What is verified: every file against its manifest, every manifest against those that were closed
after it, and against what the published file says was closed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.audit import COSTS, Finding

MANIFEST = "manifest.json"
LINES = "showback.fct_stated_cost_monthly"
_PARTIAL = ".partial-"
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_VERSION = re.compile(r"v(\d{3,})")
_REOPENED = re.compile(r"v(\d{3,})\.reopened\.json")


@dataclass(frozen=True)
class FrozenRelation:
    """A published relation of which a closed period keeps its rows.

    Attributes:
        name: Schema and name.
        sums: Money columns that the manifest adds up.
        currency: Column of their currency.
        period_column: Column with the first day of the billing period.
    """

    name: str
    sums: tuple[str, ...]
    currency: str = "billing_currency"
    period_column: str = "billing_period"

    @property
    def file_name(self) -> str:
        """Name of its files, without what tells Parquet from CSV."""
        return self.name.split(".")[1]


FROZEN = (
    FrozenRelation(LINES, COSTS),
    FrozenRelation("showback.fct_statement_monthly", COSTS),
    FrozenRelation("showback.fct_statement_line_monthly", COSTS),
    FrozenRelation("showback.fct_chargeback_journal", ("debit_amount", "credit_amount")),
    FrozenRelation("trust.rpt_control_totals", ("conformed_total",)),
    FrozenRelation("trust.rpt_invoice_reconciliation", ("ledger_cost", "invoiced_cost")),
)

_FORMATS = {"parquet": "format parquet, compression zstd", "csv": "format csv, header"}


@dataclass(frozen=True)
class ClosedVersion:
    """One closing of a period.

    Attributes:
        period: First day of the period.
        version: 1 for the first closing, then 2 ...
        folder: Where its files are.
        manifest: What ``manifest.json`` says.
        manifest_sha256: Hash of its bytes.
        reopening: What its marker says; None while the version is in force.
    """

    period: date
    version: int
    folder: Path
    manifest: Mapping[str, Any]
    manifest_sha256: str
    reopening: Mapping[str, Any] | None

    @property
    def is_in_force(self) -> bool:
        """Whether the version is what its period says."""
        return self.reopening is None

    def paths(self, relation: str, form: str) -> list[Path]:
        """Return the files of a relation in one format: one, or none where it was not frozen."""
        return [
            self.folder / entry["path"]
            for entry in self.manifest["files"]
            if (entry["relation"], entry["format"]) == (relation, form)
        ]


def closed_versions(statements_dir: Path) -> list[ClosedVersion]:
    """Return every version of every closed period, in order.

    To be called on a folder that ``verify_statements`` found nothing wrong with.
    """
    versions = []
    for period_folder in sorted(statements_dir.glob("????-??")):
        for folder in sorted(period_folder.glob("v???*")):
            if folder.is_dir():
                content = (folder / MANIFEST).read_bytes()
                marker = _marker(folder)
                versions.append(
                    ClosedVersion(
                        date.fromisoformat(f"{period_folder.name}-01"),
                        int(folder.name[1:]),
                        folder,
                        json.loads(content),
                        hashlib.sha256(content).hexdigest(),
                        json.loads(marker.read_bytes()) if marker.exists() else None,
                    )
                )
    return versions


def _marker(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.reopened.json")


def freeze(
    statements_dir: Path,
    published_path: Path,
    period: date,
    version: int,
    facts: Mapping[str, Any],
) -> ClosedVersion:
    """Keep what the published file says of a period, for good.

    The files are written below a temporary name, each is fsynced and made read-only, and the
    folder is renamed last: a process that is killed leaves no version or the whole one.

    Args:
        statements_dir: The folder of all frozen statements.
        published_path: The file that people read.
        period: First day of the period.
        version: Number of this closing.
        facts: What the manifest says besides the files: when, by which code and rules.
    """
    period_folder = statements_dir / f"{period:%Y-%m}"
    period_folder.mkdir(parents=True, exist_ok=True)
    for leftover in period_folder.glob(f"{_PARTIAL}*"):
        shutil.rmtree(leftover)
    partial = period_folder / f"{_PARTIAL}v{version:03}"
    partial.mkdir()
    before = [
        {
            "period": f"{closed.period:%Y-%m}",
            "version": closed.version,
            "manifest_sha256": closed.manifest_sha256,
        }
        for closed in closed_versions(statements_dir)
    ]
    with duckdb.connect(str(published_path), read_only=True) as connection:
        files = list(_write_files(connection, partial, period))
        manifest = {
            "generator": "Tollgate",
            "period": f"{period:%Y-%m}",
            "version": version,
            **facts,
            **_made_from(connection, period),
            "files": files,
            "closed_before": before,
        }
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in partial.iterdir():
        _settle(path)
    _fsync(partial)
    os.rename(partial, period_folder / f"v{version:03}")
    _fsync(period_folder)
    _fsync(statements_dir)
    return next(
        closed
        for closed in closed_versions(statements_dir)
        if (closed.period, closed.version) == (period, version)
    )


def _write_files(
    connection: duckdb.DuckDBPyConnection, folder: Path, period: date
) -> Iterator[dict[str, Any]]:
    there = {
        name
        for (name,) in connection.execute(
            "select distinct schema_name || '.' || table_name from duckdb_columns()"
        ).fetchall()
    }
    for relation in FROZEN:
        if relation.name not in there:
            continue
        rows = f"{relation.name} where {relation.period_column} = cast($period as date)"
        totals = connection.execute(
            f"select {relation.currency}, count(*), "
            + ", ".join(f"sum({name})" for name in relation.sums)
            + f" from {rows} group by all order by all",
            {"period": period},
        ).fetchall()
        for form, options in _FORMATS.items():
            path = folder / f"{relation.file_name}.{form}"
            where = str(path).replace("'", "''")
            connection.execute(
                f"copy (select * from {rows} order by all) to '{where}' ({options})",
                {"period": period},
            )
            yield {
                "path": path.name,
                "relation": relation.name,
                "format": form,
                "rows": sum(row[1] for row in totals),
                "totals": {
                    str(row[0]): {
                        name: None if amount is None else format(amount, "f")
                        for name, amount in zip(relation.sums, row[2:], strict=True)
                    }
                    for row in totals
                },
                "bytes": path.stat().st_size,
                "sha256": _hash(path),
            }


def _made_from(connection: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """Return what the period's figures were made from, as the published file tells it."""
    keys = connection.execute(
        "select relation, source, key from tollgate.period_key where billing_period = $period "
        "or (billing_period is null and (relation like 'org.%' or relation like 'seed.%')) "
        "order by all",
        {"period": period},
    ).fetchall()
    rules = connection.execute(
        "select distinct rule_id, rule_version from allocation.fct_allocation_trace "
        "where billing_period = $period and rule_id is not null order by all",
        {"period": period},
    ).fetchall()
    return {
        "snapshots": [
            {"relation": relation, "source": source, "snapshot_id": key}
            for relation, source, key in keys
            if relation.startswith("land.")
        ],
        "organisation_tables": {
            relation.split(".")[1]: key for relation, _, key in keys if relation.startswith("org.")
        },
        "price_book": {
            relation.split(".")[1]: key for relation, _, key in keys if relation.startswith("seed.")
        },
        "rules": [{"rule_id": rule, "rule_version": version} for rule, version in rules],
        "keys": [
            {"relation": relation, "source": source, "key": key}
            for relation, source, key in keys
            if not relation.startswith(("land.", "org.", "seed."))
        ],
    }


def reopen(closed: ClosedVersion, reason: str, reopened_at: str) -> Path:
    """Put a marker beside a version that is no longer in force, and return it."""
    marker = _marker(closed.folder)
    content = {
        "period": f"{closed.period:%Y-%m}",
        "version": closed.version,
        "manifest_sha256": closed.manifest_sha256,
        "reason": reason,
        "reopened_at": reopened_at,
    }
    partial = marker.with_name(f"{_PARTIAL}{marker.name}")
    partial.write_text(json.dumps(content, indent=1), encoding="utf-8")
    _settle(partial)
    os.rename(partial, marker)
    _fsync(marker.parent)
    return marker


def verify_statements(statements_dir: Path, published_path: Path) -> list[Finding]:
    """Return what was changed, removed or added in the frozen statements since they were closed.

    Args:
        statements_dir: The folder of all frozen statements; it may be absent.
        published_path: The published file, which says what was closed when it was made; it may be
            absent.
    """
    findings: list[Finding] = []
    manifests: dict[tuple[str, int], tuple[str, Mapping[str, Any]]] = {}
    reopened: set[tuple[str, int]] = set()
    for folder in sorted(statements_dir.iterdir()) if statements_dir.exists() else []:
        if not (folder.is_dir() and _PERIOD.fullmatch(folder.name)):
            findings.append(_finding(None, f"{folder} was added; no closing wrote it"))
            continue
        findings += _verify_period(folder, manifests, reopened)
    known = {place: digest for place, (digest, _) in manifests.items()}
    for (period, _), (_, manifest) in manifests.items():
        for entry in manifest["closed_before"]:
            place = (str(entry["period"]), int(entry["version"]))
            if known.get(place) != entry["manifest_sha256"]:
                findings.append(_lost(place, known, f"when {period} was closed"))
    for period, version, digest, was_reopened in _recorded(published_path):
        place = (period, version)
        if known.get(place) != digest:
            findings.append(_lost(place, known, "in the published file"))
        elif was_reopened and place not in reopened:
            findings.append(
                _finding(period, f"v{version:03}.reopened.json was removed; it was reopened")
            )
    return list(dict.fromkeys(findings))


def _finding(period: str | None, sentence: str) -> Finding:
    what = (
        f"{sentence}. What to do: put the folder of frozen statements back as it was, from a "
        "backup; a closed period is changed by make reopen only."
    )
    return Finding("statements", date.fromisoformat(f"{period}-01") if period else None, what)


def _lost(place: tuple[str, int], known: Mapping[tuple[str, int], str], where: str) -> Finding:
    period, version = place
    became = "is another" if place in known else "is not there"
    return _finding(period, f"v{version:03}/{MANIFEST} {became} than the one recorded {where}")


def _verify_period(
    folder: Path,
    manifests: dict[tuple[str, int], tuple[str, Mapping[str, Any]]],
    reopened: set[tuple[str, int]],
) -> Iterator[Finding]:
    """Judge one period's folder, and tell which manifests and markers it holds."""
    versions, markers = set(), set()
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(_PARTIAL):
            continue  # of a closing that was killed; the next one removes it
        version, marker = _VERSION.fullmatch(entry.name), _REOPENED.fullmatch(entry.name)
        if version and entry.is_dir():
            versions.add(int(version[1]))
            found = yield from _verify_version(entry)
            if found is not None:
                manifests[folder.name, int(version[1])] = found
        elif marker and entry.is_file():
            markers.add(int(marker[1]))
        else:
            yield _finding(folder.name, f"{entry.name} was added; no closing wrote it")
    for number in sorted(markers):
        manifest = manifests.get((folder.name, number))
        said = _json(folder / f"v{number:03}.reopened.json")
        if said is None or (manifest and said.get("manifest_sha256") != manifest[0]):
            yield _finding(folder.name, f"v{number:03}.reopened.json was changed")
        reopened.add((folder.name, number))
    last = max([*versions, *markers], default=0)
    for number in range(1, last + 1):
        if number not in versions:
            yield _finding(folder.name, f"v{number:03} was removed")
        elif number < last and number not in markers:
            yield _finding(folder.name, f"v{number:03}.reopened.json was removed")


def _verify_version(
    folder: Path,
) -> Generator[Finding, None, tuple[str, Mapping[str, Any]] | None]:
    """Judge one version's files; return the manifest's hash and content, None without a good one.

    Yields:
        What is wrong.
    """
    period = folder.parent.name
    manifest = _json(folder / MANIFEST)
    if manifest is None or (f"{manifest.get('period')}/v{manifest.get('version'):03}") != (
        f"{period}/{folder.name}"
    ):
        yield _finding(period, f"{folder.name}/{MANIFEST} was changed or removed")
        return None
    entries = {str(entry["path"]): entry for entry in manifest["files"]}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*")} - {MANIFEST}
    for name in sorted(there - set(entries)):
        yield _finding(period, f"{folder.name}/{name} was added; its manifest does not name it")
    for name, entry in entries.items():
        path = folder / name
        if name not in there:
            yield _finding(period, f"{folder.name}/{name} was removed")
        elif not path.is_file() or _hash(path) != entry["sha256"]:
            yield _finding(period, f"{folder.name}/{name} was changed")
    return _hash(folder / MANIFEST), manifest


def _json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _recorded(published_path: Path) -> list[tuple[str, int, str, bool]]:
    """Return period, version, hash of the manifest and whether it was reopened, as published."""
    if not published_path.exists():
        return []
    with duckdb.connect(str(published_path), read_only=True) as connection:
        is_there = connection.execute(
            "select count(*) from duckdb_tables() "
            "where schema_name = 'trust' and table_name = 'rpt_closed_period'"
        ).fetchone()
        if is_there is None or is_there[0] == 0:
            return []
        return connection.execute(
            "select strftime(billing_period, '%Y-%m'), statement_version, manifest_sha256, "
            "reopened_at is not null from trust.rpt_closed_period order by all"
        ).fetchall()


def differing_totals(
    connection: duckdb.DuckDBPyConnection, versions: Iterable[ClosedVersion]
) -> list[Finding]:
    """Return where the build's statement lines of a closed period are not the frozen ones.

    Args:
        connection: The build file, opened read-only.
        versions: The closed versions; those in force are compared.
    """
    findings = []
    for closed in versions:
        if not closed.is_in_force:
            continue
        rows = connection.execute(
            f"select billing_currency, {', '.join(f'sum({cost})' for cost in COSTS)} from {LINES} "
            "where billing_period = $period group by all",
            {"period": closed.period},
        ).fetchall()
        shown = {str(row[0]): row[1:] for row in rows}
        entry = next(e for e in closed.manifest["files"] if e["relation"] == LINES)
        frozen = entry["totals"]
        for currency in sorted({*shown, *frozen}):
            for place, cost in enumerate(COSTS):
                now = shown[currency][place] if currency in shown else None
                then = frozen.get(currency, {}).get(cost)
                if now != (None if then is None else Decimal(then)):
                    findings.append(
                        Finding(
                            "statements",
                            closed.period,
                            f"{cost}: v{closed.version:03} froze {then} {currency}, "
                            f"{LINES} shows {now} {currency}",
                        )
                    )
    return findings


def kept_keys(versions: Iterable[ClosedVersion]) -> set[str]:
    """Return the keys of the period files that closed periods were made from."""
    return {entry["key"] for closed in versions for entry in closed.manifest["keys"]}


# What dbt reads back of the frozen files: the table of its inputs, and the relation frozen.
READ_BACK = {
    "closed_statement": LINES,
    "closed_statement_monthly": "showback.fct_statement_monthly",
    "closed_journal": "showback.fct_chargeback_journal",
}

# What a frozen row does not say of itself; journals of older versions have no such columns.
_SAID_OF_A_FROZEN_ROW = ("statement_state", "statement_version")

# By table, the name and type of each column.
Shapes = Mapping[str, Mapping[str, str]]


def closed_shapes(manifest: Mapping[str, Any]) -> Shapes:
    """Return the columns of what dbt reads back, as the contracts of the marts promise them."""
    promised = {
        f"{node['schema']}.{node['alias']}": {
            name: str(column["data_type"]) for name, column in node["columns"].items()
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    return {table: promised[relation] for table, relation in READ_BACK.items()}


def write_closed_inputs(
    versions: Sequence[ClosedVersion], warehouse_dir: Path, shapes: Shapes
) -> None:
    """Write what dbt needs to know of closed periods, atomically.

    ``closed_period`` (every version) and, of the versions in force, what was frozen, under the
    version that froze it. A column that an older version did not have yet is NULL, and one that
    there is no more is left out.

    Args:
        versions: Every closed version.
        warehouse_dir: The warehouse folder.
        shapes: The columns of each table of ``READ_BACK``.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            "create table closed_period (billing_period date, statement_version integer, "
            "is_in_force boolean, closed_at timestamp, reopened_at timestamp, "
            "reopened_because varchar, manifest_sha256 varchar, code_version varchar)"
        )
        for closed in versions:
            reopening = closed.reopening or {}
            connection.execute(
                "insert into closed_period values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    closed.period,
                    closed.version,
                    closed.is_in_force,
                    _clock(closed.manifest["closed_at"]),
                    _clock(reopening.get("reopened_at")),
                    reopening.get("reason"),
                    closed.manifest_sha256,
                    closed.manifest["code_version"],
                ],
            )
        for table, columns in shapes.items():
            promised = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table {table} ({promised})")
            for closed in versions:
                for path in closed.paths(READ_BACK[table], "parquet") if closed.is_in_force else []:
                    _read_back(connection, table, columns, path, closed.version)
        for table in ("closed_period", *shapes):
            _write_input(connection, table, warehouse_dir / "inputs")


def _read_back(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Mapping[str, str],
    path: Path,
    version: int,
) -> None:
    frozen = connection.execute(
        "select column_name from (describe from read_parquet($path))", {"path": str(path)}
    ).fetchall()
    kept = ", ".join(
        name for (name,) in frozen if name in columns and name not in _SAID_OF_A_FROZEN_ROW
    )
    connection.execute(
        f"insert into {table} by name select {kept}, 'closed' as statement_state, "
        "cast($version as integer) as statement_version from read_parquet($path)",
        {"path": str(path), "version": version},
    )


def _write_input(connection: duckdb.DuckDBPyConnection, table: str, inputs: Path) -> None:
    inputs.mkdir(parents=True, exist_ok=True)
    temporary = inputs / f".{table}.parquet"
    where = str(temporary).replace("'", "''")
    connection.execute(f"copy (select * from {table} order by all) to '{where}' (format parquet)")
    os.replace(temporary, inputs / f"{table}.parquet")


def _clock(text: object) -> str | None:
    """Return a time in UTC as DuckDB takes it."""
    return str(text).removesuffix("+00:00") if text else None


def _hash(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _settle(path: Path) -> None:
    """Have a file's bytes on disk and let nobody write it any more."""
    _fsync(path)
    os.chmod(path, 0o444)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
