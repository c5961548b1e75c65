"""One pull of one source over a range of periods; a failure stops only what it touches."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.extract.period import BillingPeriod
from orchestration.extract.registry import KINDS
from orchestration.extract.snapshot import (
    Draft,
    Snapshot,
    UnchangedOriginError,
    commit,
    current_snapshot,
    period_folder,
    put_aside_held,
    snapshots_of,
)
from orchestration.extract.source import (
    Dataset,
    Kind,
    PullContext,
    Reader,
    SourceConfig,
    SourceError,
)

FAILURE = "failure.json"


@dataclass(frozen=True)
class Pulled:
    """What became of one dataset of one period.

    Attributes:
        source: Source name.
        dataset: Dataset name, empty when the source as a whole failed.
        period: Billing period, None when the source as a whole failed.
        state: ``new``, ``unchanged``, ``held`` or ``failed``.
        snapshot: The snapshot, None when it failed.
        reason: Why it was held or failed, with what to do.
        seconds: Time that it took.
    """

    source: str
    dataset: str
    period: BillingPeriod | None
    state: str
    snapshot: Snapshot | None
    reason: str
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A pull that failed, as it is kept beside the snapshots until a pull succeeds."""

    source: str
    dataset: str | None
    billing_period: str | None
    reason: str
    remedy: str
    failed_at: str


def held_periods(source: SourceConfig, context: PullContext) -> list[BillingPeriod]:
    """Return the periods that a source holds within the installation's range.

    Raises:
        SourceError: The source cannot be opened or listed.
    """
    with KINDS[source.kind].open(source, context) as reader:
        return _in_range(source, reader.periods(), context)


def pull(
    source: SourceConfig, asked: Sequence[BillingPeriod] | None, context: PullContext
) -> list[Pulled]:
    """Pull the asked periods that the source holds; all of them when none are named.

    Never raises for a fault of the source: that is in the returned states, and is kept in
    ``failure.json`` beside the snapshots until a later pull succeeds.
    """
    kind = KINDS[source.kind]
    source_folder = context.extracted_dir / source.name
    started = time.monotonic()
    try:
        with kind.open(source, context) as reader:
            held = _in_range(source, reader.periods(), context)
            _forget_failure(source_folder)
            wanted = held if asked is None else [period for period in held if period in set(asked)]
            return list(_pull_periods(source, kind, reader, wanted, context))
    except SourceError as error:
        _remember_failure(source_folder, error)
        context.say(f"extract  {source.name}: FAILED {error.reason}")
        reason = f"{error.reason} What to do: {error.remedy}"
        return [Pulled(source.name, "", None, "failed", None, reason, time.monotonic() - started)]


def _pull_periods(
    source: SourceConfig,
    kind: Kind,
    reader: Reader,
    periods: Sequence[BillingPeriod],
    context: PullContext,
) -> Iterator[Pulled]:
    for period in periods:
        for dataset in kind.datasets:
            started = time.monotonic()
            folder = period_folder(context.extracted_dir, source.name, dataset.name, period)
            place = f"extract  {source.name} {period.key} {dataset.name}"
            try:
                state, snapshot, reason = _pull_one(source, kind, reader, dataset, period, context)
            except SourceError as error:
                _remember_failure(folder, error)
                reason = f"{error.reason} What to do: {error.remedy}"
                context.say(f"{place}: FAILED {reason}")
                seconds = time.monotonic() - started
                yield Pulled(source.name, dataset.name, period, "failed", None, reason, seconds)
                continue
            _forget_failure(folder)
            seconds = time.monotonic() - started
            if state != "unchanged":
                totals = snapshot.receipt.totals if dataset.has_measure else {}
                told = [
                    f"{snapshot.receipt.row_count:,} rows",
                    *(
                        f"{total:,.2f} {currency}"
                        if currency
                        else f"{total:,.0f} {snapshot.receipt.measure}"
                        for currency, total in totals.items()
                    ),
                    *(["declared empty"] if snapshot.receipt.declared_empty else []),
                    f"{state}{' (' + reason + ')' if reason else ''}",
                ]
                context.say(f"{place}: {', '.join(told)}, {seconds:.1f} s")
            yield Pulled(source.name, dataset.name, period, state, snapshot, reason, seconds)


def _pull_one(
    source: SourceConfig,
    kind: Kind,
    reader: Reader,
    dataset: Dataset,
    period: BillingPeriod,
    context: PullContext,
) -> tuple[str, Snapshot, str]:
    folder = period_folder(context.extracted_dir, source.name, dataset.name, period)
    previous = current_snapshot(folder)
    good = [
        snapshot
        for snapshot in snapshots_of(folder)
        if not snapshot.is_held and not context.was_refused(snapshot)
    ]
    window = (period.start, min(period.end, context.today))
    with Draft(folder, period, window, previous, good[-1] if good else None) as draft:
        try:
            reader.fetch(dataset, period, draft)
        except UnchangedOriginError:
            assert previous is not None
            put_aside_held(folder)
            return "unchanged", previous, ""
        except SourceError as error:
            raise _placed(error, dataset, period) from None
        if draft.row_count == 0 and not draft.declared_empty:
            raise SourceError(
                source.name,
                "the answer has no rows and the source did not say that there are none.",
                "look at the source for this period; an empty answer is never taken for zero cost.",
                dataset=dataset.name,
                period=period,
            )
        committed = commit(
            draft,
            source=source.name,
            kind=kind.name,
            dataset=dataset.name,
            measure=dataset.measure,
            is_closed=period.end <= context.today,
            accept_shrink=period.key
            in [str(key) for key in source.options.get("accept_shrink", [])],
        )
    if committed.state == "held":
        remedy = (
            "The old snapshot stays in use. If the vendor is right, add the period to "
            f"'accept_shrink: [\"{period.key}\"]' of this source."
        )
        return "held", committed.snapshot, f"the answer shrank: {committed.reason} {remedy}"
    put_aside_held(folder)
    return committed.state, committed.snapshot, committed.reason


def _placed(error: SourceError, dataset: Dataset, period: BillingPeriod) -> SourceError:
    """Return the error with the dataset and the period that it was raised for."""
    return SourceError(
        error.source, error.reason, error.remedy, dataset=dataset.name, period=period
    )


def _in_range(
    source: SourceConfig, periods: Sequence[BillingPeriod], context: PullContext
) -> list[BillingPeriod]:
    """Return the periods that the installation asks for, and say which it leaves out.

    Raises:
        SourceError: The source bills a period that has not begun: its money must not be left out.
    """
    ahead = sorted(period.key for period in periods if period.start >= context.today)
    if ahead:
        raise SourceError(
            source.name,
            f"it bills {', '.join(ahead)}, which has not begun on {context.today}.",
            "correct the dates of the bill, or TOLLGATE_TODAY.",
        )
    before = sorted(period.key for period in periods if period < context.first_period)
    if before:
        context.say(
            f"extract  {source.name}: {len(before)} period(s) before TOLLGATE_FIRST_PERIOD="
            f"{context.first_period.key} are left out, {before[0]} to {before[-1]}"
        )
    return sorted({period for period in periods if period >= context.first_period})


def failures(extracted_dir: Path, source: str) -> list[Failure]:
    """Return the failures of a source that no later pull has mended."""
    folder = extracted_dir / source
    found = sorted([*folder.glob(FAILURE), *folder.glob(f"*/*/{FAILURE}")])
    return [Failure(**json.loads(path.read_text(encoding="utf-8"))) for path in found]


def _remember_failure(folder: Path, error: SourceError) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / FAILURE
    failure = {
        "source": error.source,
        "dataset": error.dataset,
        "billing_period": error.period.key if error.period else None,
        "reason": error.reason,
        "remedy": error.remedy,
    }
    if known.exists():
        # The same failure keeps its first clock, so that it does not look like a new one each day.
        before = json.loads(known.read_text(encoding="utf-8"))
        if {key: before.get(key) for key in failure} == failure:
            return
    temporary = folder / f".{FAILURE}"
    content = failure | {"failed_at": datetime.now(UTC).isoformat("T", "seconds")}
    temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    os.replace(temporary, known)


def _forget_failure(folder: Path) -> None:
    (folder / FAILURE).unlink(missing_ok=True)
