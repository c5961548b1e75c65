"""OpenCost: what workloads of a cluster held and used, by the day, and what it takes that to cost.

The allocation API answers one object a container and day. Besides workloads it names what is idle
(``__idle__``), storage that nothing mounts (``__unmounted__``) and what belongs to nobody
(``__unallocated__``): they keep their names as operations. Its costs are list prices until it has
read the cloud's bill, a day or two later, so a day is asked for again until it is three days old.
They are an estimate beside the bill and never added to it.

Answers that somebody saved are read as well, in steps of a day: of two files with one day the later
by name counts.
API: https://opencost.io/docs/integrations/api/. It gives no currency; the source may say one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from orchestration.extract.delivered_files import count_rows
from orchestration.extract.http import ApiClient, Params, RefusedRequestError, admin_key
from orchestration.extract.metered_calls import tag_keys
from orchestration.extract.metered_days import MeterDays, asking_fingerprint
from orchestration.extract.metered_windows import (
    named_labels,
    window_dataset,
)
from orchestration.extract.object_store import ObjectStore, StoredFile
from orchestration.extract.opencost_windows import Allocations
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, Kind, PullContext, Reader, SourceConfig

# Newer versions answer at the first path, older ones at the second.
_PATHS = ("/allocation/compute", "/allocation")
_SETTLED_DAYS = 3
_SUFFIXES = (".json", ".json.gz")
_DAYS = "days.json"


@dataclass(frozen=True)
class _Api:
    """OpenCost's API, asked a day at a time."""

    client: ApiClient
    allocations: Allocations

    def held_days(self, first: date, last: date) -> Collection[date]:
        """Return all days: the API does not say which it holds."""
        return [first + timedelta(days=number) for number in range((last - first).days)]

    def write_day(self, day: date, target: Path) -> bool:
        """Write the landed windows of a day and say whether there are any."""
        place = f"{_PATHS[0]} of {day}"
        window = f"{day}T00:00:00Z,{day + timedelta(days=1)}T00:00:00Z"
        body = self._answer({"window": window, "step": "1d", "includeIdle": "true"})

        def file_of(answered: date) -> Path:
            if answered != day:
                raise self.allocations.refusal(place, f"it answers {answered}")
            return target

        return bool(self.allocations.write_days(body, place, file_of))

    def _answer(self, params: Params) -> str:
        try:
            return self.client.text(_PATHS[0], params)
        except RefusedRequestError as error:
            if error.status != 404:
                raise
            return self.client.text(_PATHS[1], params)


@dataclass(frozen=True)
class _Files:
    """Answers in files; each file is read once, into a part a day."""

    source: SourceConfig
    context: PullContext
    allocations: Allocations

    def periods(self) -> list[BillingPeriod]:
        """Return the months of which the files hold days."""
        return sorted({BillingPeriod.of(day) for day in self._parts})

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Take over the month's days, each from the last file that has it."""
        draft.origin = self.source.url
        parts = {
            day: part
            for day, part in sorted(self._parts.items())
            if BillingPeriod.of(day) == period
        }
        tags = [part.parent.name for part in parts.values()]
        draft.stop_if_unchanged(tags)
        for (day, part), tag in zip(parts.items(), tags, strict=True):
            target = draft.path / f"{day}.parquet"
            os.link(part, target)
            draft.add_file(target, tag)
        count_rows(dataset, draft, self.source.name)

    @cached_property
    def _parts(self) -> dict[date, Path]:
        """The part of each day."""
        store = ObjectStore(self.source)
        files = sorted(
            (file for file in store.files() if file.path.lower().endswith(_SUFFIXES)),
            key=lambda file: file.path,
        )
        if not files:
            raise self.allocations.refusal(self.source.url, "it holds no JSON file")
        fingerprint = asking_fingerprint(self.source, self.context.pseudonym_key)
        folder = self.context.extracted_dir / self.source.name / f".parts-{fingerprint}"
        found: dict[date, Path] = {}
        kept = set()
        for file in files:
            name = hashlib.sha256(f"{file.path} {file.tag} {fingerprint}".encode()).hexdigest()[:24]
            kept.add(folder / name)
            for day in self._read_once(store, file, folder / name):
                found[day] = folder / name / f"{day}.parquet"
        for other in folder.parent.glob(".parts-*/*"):
            if other not in kept:
                shutil.rmtree(other)
        if not found:
            raise self.allocations.refusal(
                self.source.url, f"its {len(files)} file(s) hold no allocation"
            )
        return found

    def _read_once(self, store: ObjectStore, file: StoredFile, place: Path) -> list[date]:
        """Write a file's parts unless they are there, and return its days."""
        if not (place / _DAYS).exists():
            unfinished = place.with_name(f".{place.name}")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            try:
                days = self.allocations.write_days(
                    self._text(store, file), file.path, lambda day: unfinished / f"{day}.parquet"
                )
                (unfinished / _DAYS).write_text(json.dumps([str(day) for day in days]))
                os.replace(unfinished, place)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
        return [date.fromisoformat(day) for day in json.loads((place / _DAYS).read_bytes())]

    def _text(self, store: ObjectStore, file: StoredFile) -> str:
        content = store.read(file.path)
        try:
            if file.path.lower().endswith(".gz"):
                content = gzip.decompress(content)
            return content.decode("utf-8")
        except (EOFError, OSError, zlib.error):
            raise self.allocations.refusal(file.path, "it is cut off or damaged") from None
        except UnicodeDecodeError:
            raise self.allocations.refusal(file.path, "it is no text in UTF-8") from None


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[Reader]:
    allocations = Allocations(source, named_labels(source), tag_keys(source), context.pseudonym_key)
    if not source.url.startswith(("http://", "https://")):
        yield _Files(source, context, allocations)
        return
    key = admin_key(source, context) if "admin_key_env" in source.options else None
    with ApiClient(source.name, source.url, key, say=context.say) as client:
        api = _Api(client, allocations)
        yield MeterDays(
            source,
            context,
            settled_days=_SETTLED_DAYS,
            held=api.held_days,
            write_day=api.write_day,
        )


KIND = Kind(
    "opencost",
    (window_dataset(),),
    _open,
    ("admin_key_env", "first_period", "currency", "labels", "tags", "storage_options"),
)
