"""Landing a source: verify what was extracted, write Parquet where needed, judge, then count it in.

``data/landed/<source>/<dataset>/billing_period=YYYY-MM/<snapshot>.parquet`` holds the rows of what
came as JSON or text; Parquet exports stay where they were extracted. ``<snapshot>.landing.json``
is written last: without it, or with a failed check in it, a snapshot does not count, and the one
before it stays in use.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.extract.control_totals import StatedCost, quoted, stated_costs_each
from orchestration.extract.delivered_files import column_names, in_memory, raw_rows
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.landed_rows import path_literal
from orchestration.extract.period import BillingPeriod
from orchestration.extract.registry import KINDS
from orchestration.extract.snapshot import Snapshot, current_snapshot
from orchestration.extract.source import Dataset, SourceConfig
from orchestration.land.native_columns import NativeColumn, native_columns
from orchestration.land.profile import FINITE_NUMBER, Broken, Delivered, Profile, profile_each
from orchestration.land.suite import judge

_CHUNK_BYTES = 1 << 20
# Months that have more rows together are read one by one: to count apart takes longer a row.
_ROWS_TOGETHER = 200_000


@dataclass(frozen=True)
class LandingCheck:
    """One gate of a snapshot.

    Attributes:
        name: ``files``, ``shape``, ``receipt``, or ``notice`` for what is told and never refused.
        passed: Whether it let the snapshot through.
        sentence: What it found: what is wrong, where, and how much money it touches.
    """

    name: str
    passed: bool
    sentence: str


@dataclass(frozen=True)
class LandingNotice:
    """What is odd about a delivery and was let through, with the money that it touches.

    Attributes:
        column: The landed column; None for a notice about the files.
        sentence: What must hold and does not, or what is odd about the files, without its place.
        rows_count: Rows, None for a notice about the files.
        rows_by_currency: Those rows by currency.
        money: Their exact billed amount by currency, as texts; what is unknown is left out.
        example: File, row, column and value of the first of them, None for one about the files.
    """

    column: str | None
    sentence: str
    rows_count: int | None = None
    rows_by_currency: dict[str, int] = field(default_factory=dict)
    money: dict[str, str] = field(default_factory=dict)
    example: str | None = None


@dataclass(frozen=True)
class Landing:
    """A snapshot's way through this door, as ``landing.json`` keeps it.

    Attributes:
        source: Source name.
        dataset: Dataset name.
        billing_period: Such as ``2026-10``.
        snapshot_id: The snapshot.
        files: Landed files, relative to the data folder.
        row_count: Rows.
        landed_totals: Totals of amounts rounded to 12 decimals one by one, by currency, as texts.
        exact_totals: Totals at 18 decimals by currency, as texts.
        checks: What each gate said.
        notices: What is odd about the delivery and was let through.
        stated_costs: What the rows state of the costs beside the billed one.
        native_columns: The delivered files' columns and what becomes of each.
    """

    source: str
    dataset: str
    billing_period: str
    snapshot_id: str
    files: tuple[str, ...]
    row_count: int
    landed_totals: dict[str, str]
    exact_totals: dict[str, str]
    checks: tuple[LandingCheck, ...]
    notices: tuple[LandingNotice, ...]
    stated_costs: tuple[StatedCost, ...]
    native_columns: tuple[NativeColumn, ...]

    @property
    def passed(self) -> bool:
        """Whether every gate let the snapshot through."""
        return all(check.passed for check in self.checks)

    @property
    def period(self) -> BillingPeriod:
        """The billing period."""
        return BillingPeriod.parse(self.billing_period)


@dataclass(frozen=True)
class Landed:
    """What became of a snapshot in this run: ``new``, ``kept`` or ``refused``."""

    state: str
    landing: Landing
    seconds: float


def landing_path(data_dir: Path, snapshot: Snapshot) -> Path:
    """Return where a snapshot's landing is recorded."""
    receipt = snapshot.receipt
    folder = data_dir / "landed" / receipt.source / receipt.dataset
    return (
        folder / f"billing_period={receipt.billing_period}" / f"{receipt.snapshot_id}.landing.json"
    )


def read_landing(path: Path) -> Landing | None:
    """Read a landing; None when there is none, or an old one that says less: it lands again."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if "native_columns" not in fields:
        return None
    fields["native_columns"] = tuple(NativeColumn(**column) for column in fields["native_columns"])
    fields["stated_costs"] = tuple(StatedCost(**cost) for cost in fields["stated_costs"])
    fields["notices"] = tuple(LandingNotice(**notice) for notice in fields["notices"])
    fields["files"] = tuple(fields["files"])
    fields["checks"] = tuple(LandingCheck(**check) for check in fields["checks"])
    return Landing(**fields)


def newest_landed(data_dir: Path, snapshots: Sequence[Snapshot]) -> tuple[Snapshot, Landing] | None:
    """Return the snapshot that counts: the newest accepted one whose landing passed every gate."""
    for snapshot in reversed(snapshots):
        if snapshot.is_held:
            continue
        landing = read_landing(landing_path(data_dir, snapshot))
        if landing is not None and landing.passed:
            return snapshot, landing
    return None


def was_refused(data_dir: Path, snapshot: Snapshot) -> bool:
    """Say whether a gate refused a snapshot when it was landed last."""
    landing = read_landing(landing_path(data_dir, snapshot))
    return landing is not None and not landing.passed


def land(source: SourceConfig, data_dir: Path, say: Callable[[str], None]) -> list[Landed]:
    """Land the newest accepted snapshot of every dataset and period of a source.

    What has passed before is left alone; what was refused before, or is gone from disk, is tried
    again.

    Args:
        source: The source.
        data_dir: The installation's data folder.
        say: Receives one line of progress at a time.
    """
    landed: list[Landed] = []
    for dataset in KINDS[source.kind].datasets:
        pending: dict[BillingPeriod, Snapshot] = {}
        for folder in sorted((data_dir / "extracted" / source.name / dataset.name).glob("????-??")):
            snapshot = current_snapshot(folder)
            if snapshot is None:
                continue
            known = read_landing(landing_path(data_dir, snapshot))
            if known is not None and known.passed and _is_there(known, data_dir):
                landed.append(Landed("kept", known, 0.0))
            else:
                pending[snapshot.period] = snapshot
        landed += _land_pending(source, dataset, pending, data_dir, say)
    return landed


def _is_there(landing: Landing, data_dir: Path) -> bool:
    return all((data_dir / name).exists() for name in landing.files)


@dataclass
class _Attempt:
    """A snapshot on its way through the door."""

    snapshot: Snapshot
    files: list[Path]
    profile: Profile | None
    files_check: LandingCheck
    started: float
    notices: tuple[str, ...] = ()
    stated_costs: tuple[StatedCost, ...] = ()
    native_columns: tuple[NativeColumn, ...] = ()


def _land_pending(
    source: SourceConfig,
    dataset: Dataset,
    pending: dict[BillingPeriod, Snapshot],
    data_dir: Path,
    say: Callable[[str], None],
) -> list[Landed]:
    attempts = {
        attempt.snapshot.period: attempt
        for together in _read_together([*pending.values()])
        for attempt in _attempts(source, dataset, together, data_dir)
    }
    profiles = {period: attempt.profile for period, attempt in attempts.items() if attempt.profile}
    failed_rules: dict[BillingPeriod, set[str]] = {}
    for verdict in judge(f"{source.name} {dataset.name}", profiles):
        for period in verdict.failed_periods:
            failed_rules.setdefault(period, set()).add(verdict.rule.column)
    landed = []
    for period, attempt in attempts.items():
        checks = [attempt.files_check]
        if attempt.profile is not None:
            checks.append(_shape(attempt.profile, period in failed_rules))
            checks.append(_equals_receipt(attempt.snapshot, attempt.profile))
        notices = _notices(attempt)
        checks += [_told(source.name, notice) for notice in notices]
        landing = _record(attempt, tuple(checks), notices, data_dir)
        seconds = time.monotonic() - attempt.started
        place = f"land     {source.name} {period.key} {dataset.name}"
        if landing.passed:
            say(f"{place}: {landing.row_count:,} rows, {seconds:.1f} s")
        for check in landing.checks:
            if not check.passed:
                say(f"{place}: REFUSED ({check.name}) {check.sentence}")
            elif check.name == "notice":
                say(f"{place}: NOTICE {check.sentence}")
        landed.append(Landed("new" if landing.passed else "refused", landing, seconds))
    return landed


def _read_together(snapshots: Sequence[Snapshot]) -> Iterator[list[Snapshot]]:
    """Yield the snapshots in order, as many together as are small enough."""
    together: list[Snapshot] = []
    rows_count = 0
    for snapshot in snapshots:
        rows_count += snapshot.receipt.row_count
        if together and rows_count > _ROWS_TOGETHER:
            yield together
            together, rows_count = [], snapshot.receipt.row_count
        together.append(snapshot)
    if together:
        yield together


def _attempts(
    source: SourceConfig, dataset: Dataset, snapshots: Sequence[Snapshot], data_dir: Path
) -> list[_Attempt]:
    """Verify, write and profile snapshots; nothing of them counts yet."""
    started = time.monotonic()
    try:
        with in_memory() as connection:
            return _tried(connection, source, dataset, snapshots, data_dir)
    except duckdb.Error as error:
        if len(snapshots) > 1:
            # One that cannot be read must not stop the others, and is named.
            return [_attempts(source, dataset, [one], data_dir)[0] for one in snapshots]
        snapshot = snapshots[0]
        sentence = (
            f"{source.name} {snapshot.period.key}: the files cannot be read: "
            f"{' '.join(str(error).split())[:600]} Have the vendor deliver the period again."
        )
        return [_Attempt(snapshot, [], None, LandingCheck("files", False, sentence), started)]


def _tried(
    connection: duckdb.DuckDBPyConnection,
    source: SourceConfig,
    dataset: Dataset,
    snapshots: Sequence[Snapshot],
    data_dir: Path,
) -> list[_Attempt]:
    attempts: list[_Attempt] = []
    declared = landed_columns(source.kind, dataset.name)
    alike: dict[tuple[tuple[str, str], ...], list[tuple[_Attempt, Delivered]]] = {}
    for snapshot in snapshots:
        started = time.monotonic()
        attempt = _Attempt(snapshot, [], None, _files_are_whole(snapshot), started)
        attempts.append(attempt)
        if not attempt.files_check.passed:
            continue
        extracted = snapshot.file_paths()
        rows = _no_rows(declared)
        if extracted:
            rows = dataset.rows(connection, extracted)
            if all(dataset.in_place(path) for path in extracted):
                attempt.files = extracted
            else:
                attempt.files = [_write(connection, rows, declared, snapshot, data_dir)]
                rows = raw_rows(attempt.files)
        present = column_names(connection, rows)
        alike.setdefault(tuple(present.items()), []).append(
            (attempt, Delivered(snapshot.period, rows, present, extracted))
        )
        attempt.native_columns = native_columns(
            connection, source.kind, dataset, extracted, snapshot.receipt.unread_fields
        )
        attempt.notices = tuple(
            dataset.file_notices(connection, extracted, snapshot.receipt.format_version or "")
        )
    for group in alike.values():
        deliveries = [delivered for _, delivered in group]
        profiles = profile_each(connection, dataset, declared, deliveries)
        stated = stated_costs_each(
            connection, [one.rows for one in deliveries], dataset, deliveries[0].present
        )
        for (attempt, _), found, costs in zip(group, profiles, stated, strict=True):
            attempt.profile, attempt.stated_costs = found, costs
    return attempts


def _files_are_whole(snapshot: Snapshot) -> LandingCheck:
    """Compare every file with the receipt: size and hash."""
    for path, file in zip(snapshot.file_paths(), snapshot.receipt.files, strict=True):
        if not path.exists():
            return LandingCheck("files", False, f"{path} is on the receipt but not on disk.")
        digest = hashlib.sha256()
        with path.open("rb") as handle:
            while chunk := handle.read(_CHUNK_BYTES):
                digest.update(chunk)
        if digest.hexdigest() != file.sha256:
            return LandingCheck(
                "files",
                False,
                f"{path} is not what was received: the receipt says {file.bytes:,} bytes with "
                f"SHA-256 {file.sha256[:12]}, on disk are {path.stat().st_size:,} bytes with "
                f"{digest.hexdigest()[:12]}. Remove the snapshot's folder and pull again.",
            )
    count = len(snapshot.receipt.files)
    return LandingCheck("files", True, f"{count} file(s) are byte for byte what was received.")


def _write(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    declared: dict[str, str],
    snapshot: Snapshot,
    data_dir: Path,
) -> Path:
    """Write the declared columns of the rows as Parquet and return the file."""
    target = landing_path(data_dir, snapshot).with_name(f"{snapshot.receipt.snapshot_id}.parquet")
    target.parent.mkdir(parents=True, exist_ok=True)
    present = column_names(connection, rows)
    kept = ", ".join(quoted(name) for name in declared if name in present)
    temporary = target.with_name(f".partial-{target.name}")
    connection.execute(
        f"copy (select {kept} from ({rows})) to {path_literal(temporary)} "
        "(format parquet, compression zstd)"
    )
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, target)
    return target


def _no_rows(declared: dict[str, str]) -> str:
    columns = ", ".join(
        f"cast(null as {kind}) as {quoted(name)}" for name, kind in declared.items()
    )
    return f"select {columns} where false"


def _shape(found: Profile, failed: bool) -> LandingCheck:
    if failed:
        faults = " ".join(_in_words(broken) for broken in found.broken)
        if any(broken.rule.expectation == FINITE_NUMBER for broken in found.broken):
            faults += (
                " A number has a point for its decimals, no thousands separators and no currency "
                "sign: have the vendor deliver the period again as exported. Nothing of this "
                "delivery counts until then; the one before it stays in use."
            )
        return LandingCheck("shape", False, faults)
    return LandingCheck(
        "shape", True, f"{found.totals.row_count:,} rows keep all {len(found.rules)} rules."
    )


def _notices(attempt: _Attempt) -> tuple[LandingNotice, ...]:
    noticed = attempt.profile.noticed if attempt.profile else ()
    return (
        *(LandingNotice(None, sentence) for sentence in attempt.notices),
        *(
            LandingNotice(
                broken.rule.column,
                _expected(broken),
                broken.rows_count,
                broken.rows_by_currency,
                {currency: f"{total:f}" for currency, total in broken.money.items()},
                broken.example,
            )
            for broken in noticed
        ),
    )


def _told(source: str, notice: LandingNotice) -> LandingCheck:
    sentence = notice.sentence
    if notice.rows_count is not None:
        place = _place(notice.rows_count, str(notice.example), notice.money)
        sentence += f"; {place} The rows are kept as they are; have the provider correct them."
    return LandingCheck("notice", True, f"{source}: {sentence}")


def _in_words(broken: Broken) -> str:
    money = {currency: f"{total:f}" for currency, total in broken.money.items()}
    return f"{_expected(broken)}; {_place(broken.rows_count, broken.example, money)}"


def _expected(broken: Broken) -> str:
    return f"Every {broken.rule.column} must hold: {broken.rule.expectation}"


def _place(rows_count: int, example: str, money: Mapping[str, str]) -> str:
    billed = ", ".join(f"{total} {currency}" for currency, total in money.items())
    return (
        f"{rows_count:,} row(s) do not, first {example}{'; they bill ' + billed if billed else ''}."
    )


def _equals_receipt(snapshot: Snapshot, found: Profile) -> LandingCheck:
    """Compare rows and exact totals with the receipt."""
    receipt = snapshot.receipt
    faults = []
    if found.totals.row_count != receipt.row_count:
        faults.append(
            f"the receipt counts {receipt.row_count:,} rows, landed are {found.totals.row_count:,}"
        )
    for currency in sorted({*receipt.totals, *found.totals.exact}):
        said = receipt.totals.get(currency, Decimal(0))
        held = found.totals.exact.get(currency, Decimal(0))
        if said != held:
            unit = currency or receipt.measure
            faults.append(
                f"the receipt says {said:f} {unit}, landed are {held:f} {unit} "
                f"(difference {held - said:f})"
            )
    if faults:
        return LandingCheck("receipt", False, "; ".join(faults) + ". Pull the period again.")
    totals = ", ".join(f"{t:f} {c or receipt.measure}" for c, t in receipt.totals.items())
    return LandingCheck(
        "receipt", True, f"{receipt.row_count:,} rows and {totals or 'no money'}, as received."
    )


def _record(
    attempt: _Attempt,
    checks: Sequence[LandingCheck],
    notices: tuple[LandingNotice, ...],
    data_dir: Path,
) -> Landing:
    """Write the landing, atomically and last."""
    receipt = attempt.snapshot.receipt
    totals = attempt.profile.totals if attempt.profile else None
    landing = Landing(
        source=receipt.source,
        dataset=receipt.dataset,
        billing_period=receipt.billing_period,
        snapshot_id=receipt.snapshot_id,
        files=tuple(str(path.relative_to(data_dir)) for path in attempt.files),
        row_count=totals.row_count if totals else 0,
        landed_totals={c: f"{t:f}" for c, t in totals.rounded.items()} if totals else {},
        exact_totals={c: f"{t:f}" for c, t in totals.exact.items()} if totals else {},
        checks=tuple(checks),
        notices=notices,
        stated_costs=attempt.stated_costs,
        native_columns=attempt.native_columns,
    )
    target = landing_path(data_dir, attempt.snapshot)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}")
    with temporary.open("w", encoding="utf-8") as handle:
        json.dump(asdict(landing), handle, indent=2, ensure_ascii=False)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, target)
    return landing
