"""A month that a gate stops is held by itself: the others are published, it stays as it was.

What the gates of a build said decides who is held; what counts in place of the newest is read from
the published file: the snapshots, by name, and the invoices of the month. Nothing is remembered
beside that file, so that the next run tries the newest again.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from orchestration.extract.landed_columns import relation_name
from orchestration.extract.registry import KINDS
from orchestration.extract.source import SourceConfig
from orchestration.land.catalogue import CurrentLanding, landed_catalogue
from orchestration.land.held import Held, HeldPeriod
from orchestration.publish.build import BuildPaths

# The organisation's table whose rows say of which source and month they are, as bills do.
_INVOICES = "invoice"
_SHOWN_ROWS = 2
# The keys of landed rows are snapshot ids; those of the models above them are hashes.
_RELATIONS = frozenset(
    relation_name(kind, dataset.name) for kind in KINDS for dataset in KINDS[kind].datasets
)

Month = tuple[str, date]


class CannotHoldError(RuntimeError):
    """What was published of a month cannot be had again, or nothing would be left to publish."""


def _fails_as_published(source: str, billing_period: date) -> CannotHoldError:
    return CannotHoldError(
        f"{source} {billing_period:%Y-%m} cannot be held: a gate stops it as it was last published "
        "as well. A setting or a table of the organisation lacks what that publication rested on."
    )


# As the macro key_the_inputs says what rows of a table that names source and month are.
_ROWS_KEY = "md5(string_agg(cast(t as varchar), '|' order by cast(t as varchar)))"


@dataclass(frozen=True)
class GateFailure:
    """A row that a gate found; amounts in `currency`.

    Attributes:
        gate: The gate's name.
        stops_its_month: Whether the gate stops only the month that it names.
        source: Source name, None where it names none.
        billing_period: First day of the month, None where it names none.
        what: What is wrong, in words.
        money_touched: Amount that it touches, None where nobody knows.
        currency: Currency of that amount.
    """

    gate: str
    stops_its_month: bool
    source: str | None
    billing_period: date | None
    what: str | None
    money_touched: Decimal | None
    currency: str | None

    def __str__(self) -> str:
        if self.money_touched is None:
            return str(self.what)
        amount = f"{self.money_touched.normalize():f} {self.currency or 'of unknown currency'}"
        return f"{self.what} ({amount} touched)"


def gate_failures(build_path: Path) -> list[GateFailure]:
    """Return what the gates of a build found, in the order of source and month."""
    if not build_path.exists():
        return []
    with duckdb.connect(str(build_path), read_only=True) as connection:
        rows = connection.execute(
            "select * from tollgate.gate_failure order by source, billing_period, gate_name, "
            "money_touched desc nulls last, what"
        ).fetchall()
    return [GateFailure(*row) for row in rows]


def newly_stopped(
    failures: Iterable[GateFailure], held: Held, advice: Mapping[str, str]
) -> list[HeldPeriod] | None:
    """Return the months to hold because of what gates found, None where that mends nothing.

    Args:
        failures: What the gates of a failed build found.
        held: What that build held already.
        advice: What to do about each gate that stops only its month.

    Raises:
        CannotHoldError: A month is stopped that is held already.
    """
    by_month: dict[tuple[str, date], list[GateFailure]] = {}
    for failure in failures:
        source, period = failure.source, failure.billing_period
        if not failure.stops_its_month or source is None or period is None:
            return None
        if held.of(source, period) is not None:
            raise _fails_as_published(source, period)
        by_month.setdefault((source, period), []).append(failure)
    stopped = []
    for (source, period), found in by_month.items():
        reason = "; ".join(str(failure) for failure in found[:_SHOWN_ROWS])
        if len(found) > _SHOWN_ROWS:
            reason += "; and more of the kind"
        remedies = dict.fromkeys(advice[failure.gate] for failure in found)
        stopped.append(HeldPeriod(source, period, reason, " ".join(remedies), date.max))
    return stopped or None


def hold(
    paths: BuildPaths,
    data_dir: Path,
    sources: Sequence[SourceConfig],
    held: Held,
    stopped: Iterable[HeldPeriod],
    today: date,
) -> Held:
    """Return what a run holds, with the months that were stopped now.

    Args:
        paths: Where the installation keeps its warehouse.
        data_dir: The installation's data folder.
        sources: The configured sources.
        held: What the run holds already.
        stopped: The months that it holds from now on.
        today: The day since which they are held, unless the published file knows of an earlier.

    Raises:
        CannotHoldError: The published state of a month is not on disk any more, or it is the one
            that was stopped; or every month of every bill would be held and was never published.
    """
    published = _Published(paths.published_path)
    newest = _snapshot_ids(landed_catalogue(data_dir, sources))
    periods = [
        replace(
            month,
            held_since=published.held_since.get((month.source, month.billing_period), today),
            snapshot_ids=published.snapshots.get((month.source, month.billing_period), {}),
        )
        for month in stopped
    ]
    ordered = sorted(
        (*held.periods, *periods), key=lambda month: (month.source, month.billing_period)
    )
    invoices = _published_invoices(paths, data_dir, ordered, published.invoice_keys)
    now_held = Held(tuple(ordered), {_INVOICES: invoices})
    _can_be_held(data_dir, sources, now_held)
    listed = _keys(_newest_invoices(paths))
    for month in periods:
        place = month.source, month.billing_period
        same_invoices = listed.get(place) == published.invoice_keys.get(place)
        if month.snapshot_ids and month.snapshot_ids == newest.get(place) and same_invoices:
            raise _fails_as_published(*place)
    return now_held


def _snapshot_ids(landed: Iterable[CurrentLanding]) -> dict[Month, dict[str, str]]:
    found: dict[Month, dict[str, str]] = {}
    for one in landed:
        relation = relation_name(one.kind, one.dataset.name)
        found.setdefault((one.source, one.billing_period), {})[relation] = one.receipt.snapshot_id
    return found


def _newest_invoices(paths: BuildPaths) -> Path:
    listing = paths.warehouse_dir / "inputs" / "org_table.parquet"
    files = dict(pl.read_parquet(listing, columns=["table_name", "file_path"], glob=False).rows())
    return Path(files[_INVOICES])


def held_months(paths: BuildPaths) -> Held:
    """Return what the build in hand holds: which snapshots count is read as it was decided."""
    path = paths.warehouse_dir / "inputs" / "held_period.parquet"
    published = _Published(paths.published_path)
    return Held(
        tuple(
            HeldPeriod(**row, snapshot_ids=published.snapshots.get(_month(row), {}))
            for row in pl.read_parquet(path, glob=False).iter_rows(named=True)
        )
    )


def published_held_months(published_path: Path) -> set[Month]:
    """Return the months that the published file holds."""
    return set(_Published(published_path).held_since)


def _month(row: Mapping[str, object]) -> Month:
    source, period = row["source"], row["billing_period"]
    assert isinstance(source, str) and isinstance(period, date)
    return source, period


class _Published:
    """What the published file says of months.

    Attributes:
        snapshots: Their snapshots by landed relation.
        invoice_keys: The keys of their rows of invoice.csv.
        held_since: The first day of those that are held there.
    """

    def __init__(self, path: Path) -> None:
        self.snapshots: dict[Month, dict[str, str]] = {}
        self.invoice_keys: dict[Month, str] = {}
        self.held_since: dict[Month, date] = {}
        if not path.exists():
            return
        with duckdb.connect(str(path), read_only=True) as connection:
            keys = connection.execute(
                "select relation, source, billing_period, key from tollgate.period_key "
                "where source <> '*' and billing_period is not null "
                "and (relation like 'land.%' or relation = $invoices)",
                {"invoices": f"org.{_INVOICES}"},
            ).fetchall()
            # A file of an earlier version has no such table.
            knows_held = connection.execute(
                "select 1 from duckdb_tables() "
                "where schema_name = 'trust' and table_name = 'rpt_held_period'"
            ).fetchone()
            since = (
                connection.execute(
                    "select distinct source, billing_period, held_since from trust.rpt_held_period"
                ).fetchall()
                if knows_held
                else []
            )
        for relation, source, period, key in keys:
            if relation == f"org.{_INVOICES}":
                self.invoice_keys[source, period] = key
            elif relation.removeprefix("land.") in _RELATIONS:
                landed = self.snapshots.setdefault((source, period), {})
                landed[relation.removeprefix("land.")] = key
        self.held_since = {(source, period): day for source, period, day in since}


def _published_invoices(
    paths: BuildPaths, data_dir: Path, held: Sequence[HeldPeriod], keys: Mapping[Month, str]
) -> Path:
    """Write the table of invoices with the published rows of held months; return the file.

    Landed tables are kept under the hash of their content, and the published file has the key of
    each month's rows: the version that gives this key is the published one.
    """
    newest = pl.read_parquet(_newest_invoices(paths), glob=False)
    months = [(month.source, month.billing_period) for month in held]
    wanted = {month: keys[month] for month in months if month in keys}
    parts = [newest.filter(~_is_of(months))]
    folder = data_dir / "landed" / "org" / _INVOICES
    for path in sorted(folder.glob("*.parquet"), key=lambda file: -file.stat().st_mtime_ns):
        if not wanted:
            break
        version = pl.read_parquet(path, glob=False)
        if version.schema != newest.schema:
            continue  # of another version of this code
        found = [month for month, key in _keys(path).items() if wanted.get(month) == key]
        parts.append(version.filter(_is_of(found)))
        for month in found:
            del wanted[month]
    if wanted:
        source, period = min(wanted)
        raise CannotHoldError(
            f"{source} {period:%Y-%m} cannot be held as it was published: the version of "
            f"{_INVOICES}.csv that it was published with is not in {folder} any more."
        )
    frame = pl.concat(parts)
    content = hashlib.sha256(frame.write_csv().encode()).hexdigest()[:12]
    target = folder / f"{content}.parquet"
    if not target.exists():
        temporary = target.with_name(f".{target.name}")
        frame.write_parquet(temporary)
        os.replace(temporary, target)
    return target


def _is_of(months: Iterable[Month]) -> pl.Expr:
    """Say which rows are of one of these months."""
    expression = pl.lit(False)  # noqa: FBT003
    for source, period in months:
        expression |= (pl.col("source") == source) & (pl.col("billing_period") == period)
    return expression


def _keys(path: Path) -> dict[Month, str]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select source, billing_period, {_ROWS_KEY} from read_parquet($path) as t "
            "group by source, billing_period",
            {"path": str(path)},
        ).fetchall()
    return {(source, period): key for source, period, key in rows}


def _can_be_held(data_dir: Path, sources: Sequence[SourceConfig], held: Held) -> None:
    counting = landed_catalogue(data_dir, sources, held)
    there = _snapshot_ids(counting)
    for month in held.periods:
        for relation, snapshot_id in month.snapshot_ids.items():
            if relation not in there.get((month.source, month.billing_period), {}):
                raise CannotHoldError(
                    f"{month.source} {month.billing_period:%Y-%m} cannot be held as it was "
                    f"published: snapshot {snapshot_id} of {relation} is not on disk any more."
                )
    if not any(found.dataset.money_column for found in counting):
        raise CannotHoldError("Every bill would be held, and nothing is left to publish.")
