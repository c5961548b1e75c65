"""Meters with an API that are asked for day by day, and how their days are kept.

A day that is over is asked for until it has settled, and then never again: such a meter forgets
what is older than its retention. Its rows are kept in
``data/extracted/<source>/.parts-<fingerprint>/<day>.<asked on>.parquet`` (``.empty`` where it had
none), and a month's snapshot takes its days over without copying them. An empty answer never
replaces a day that had rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from orchestration.extract.delivered_files import count_rows
from orchestration.extract.http import reported_periods
from orchestration.extract.landed_rows import pseudonym
from orchestration.extract.metered_calls import tag_keys
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, PullContext, SourceConfig

# A kind gets the next number when what is kept of a day, or how, changes: all are asked for anew.
_SHAPE_VERSIONS: Mapping[str, int] = {"langfuse": 2}


def asking_fingerprint(source: SourceConfig, pseudonym_key: str) -> str:
    """Return a name for how a meter is asked: another key or another option is another."""
    options = json.dumps(
        {
            name: source.options.get(name)
            for name in ("labels", "step_seconds", "currency", "sampled")
        },
        sort_keys=True,
    )
    version = _SHAPE_VERSIONS.get(source.kind, 1)
    said = "|".join((str(version), source.kind, *tag_keys(source), options))
    return (pseudonym(pseudonym_key, said) or "")[2:10]


@dataclass(frozen=True)
class _Part:
    """A day as it was answered last.

    Attributes:
        path: Its file; one that ends in ``.empty`` has no rows.
        asked_on: The day on which it was asked for.
    """

    path: Path
    asked_on: date

    @property
    def has_rows(self) -> bool:
        return self.path.suffix == ".parquet"


class MeterDays:
    """A meter that is asked for day by day.

    Args:
        source: The source.
        context: What a pull may know of the installation.
        settled_days: How many days after its end a day may still change.
        held: Says which days from a first to before a last the meter holds anything of.
        write_day: Writes the landed rows of a day into a Parquet file and says whether there are
            any.
        at_once: How many days are asked for beside each other.
    """

    def __init__(
        self,
        source: SourceConfig,
        context: PullContext,
        *,
        settled_days: int,
        held: Callable[[date, date], Collection[date]],
        write_day: Callable[[date, Path], bool],
        at_once: int = 1,
    ) -> None:
        self._source, self._context = source, context
        self._settled_days, self._held, self._write_day = settled_days, held, write_day
        self._at_once = at_once
        self._fingerprint = asking_fingerprint(source, context.pseudonym_key)
        self._parts_dir = context.extracted_dir / source.name / f".parts-{self._fingerprint}"
        self._open: dict[BillingPeriod, list[date]] | None = None

    def periods(self) -> list[BillingPeriod]:
        """Return the months of which the meter holds anything, or held it when it was asked."""
        open_days = self._open_days()
        return [
            period
            for period in reported_periods(self._source, self._context)
            if open_days[period] or any(self._parts(period))
        ]

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Ask for the days that have not settled, and take over all days of the month."""
        draft.origin = self._source.url
        with ThreadPoolExecutor(max_workers=self._at_once) as pool:
            for _ in pool.map(self._ask, self._open_days()[period]):
                pass  # a day that fails is raised here
        parts = self._parts(period)
        tags = [f"{_hash_of(part.path)} {self._fingerprint}" for part in parts]
        draft.stop_if_unchanged(tags)
        for part, tag in zip(parts, tags, strict=True):
            target = draft.path / f"{part.path.name.split('.')[0]}.parquet"
            os.link(part.path, target)
            draft.add_file(target, tag)
        if parts:
            count_rows(dataset, draft, self._source.name)
        draft.declared_empty = not parts

    def _open_days(self) -> dict[BillingPeriod, list[date]]:
        """Return the days of each month that are to be asked for."""
        if self._open is None:
            self._parts_dir.mkdir(parents=True, exist_ok=True)
            self._forget_other_ways()
            self._open = {
                period: self._to_ask(period)
                for period in reported_periods(self._source, self._context)
            }
        return self._open

    def _to_ask(self, period: BillingPeriod) -> list[date]:
        days = [day for day in self._days(period) if not self._has_settled(day)]
        if not days:
            return []
        held = set(self._held(days[0], days[-1] + timedelta(days=1)))
        for day in days:
            if day not in held:
                self._keep(day, None)
        return [day for day in days if day in held]

    def _days(self, period: BillingPeriod) -> list[date]:
        end = min(period.end, self._context.today)
        return [period.start + timedelta(days=n) for n in range((end - period.start).days)]

    def _part(self, day: date) -> _Part | None:
        found = sorted(self._parts_dir.glob(f"{day}.*"))
        if not found:
            return None
        return _Part(found[-1], date.fromisoformat(found[-1].name.split(".")[1]))

    def _parts(self, period: BillingPeriod) -> list[_Part]:
        """Return the days of a month that have rows."""
        found = [self._part(day) for day in self._days(period)]
        return [part for part in found if part is not None and part.has_rows]

    def _has_settled(self, day: date) -> bool:
        part = self._part(day)
        return part is not None and part.asked_on > day + timedelta(days=self._settled_days)

    def _ask(self, day: date) -> None:
        answer = self._parts_dir / f".asking-{day}.parquet"
        try:
            has_rows = self._write_day(day, answer)
            self._keep(day, answer if has_rows else None)
        finally:
            answer.unlink(missing_ok=True)

    def _keep(self, day: date, answer: Path | None) -> None:
        """Put a day's answer in the place of the one before; an empty one only where that is."""
        before = self._part(day)
        suffix = "parquet" if answer or (before and before.has_rows) else "empty"
        target = self._parts_dir / f"{day}.{self._context.today}.{suffix}"
        if answer is not None:
            os.replace(answer, target)
        elif before is not None:
            os.replace(before.path, target)
        else:
            target.touch()
        if before is not None and before.path != target:
            before.path.unlink(missing_ok=True)

    def _forget_other_ways(self) -> None:
        for folder in self._parts_dir.parent.glob(".parts-*"):
            if folder != self._parts_dir:
                shutil.rmtree(folder)


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
