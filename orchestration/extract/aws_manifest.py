"""AWS deliveries: the manifest decides which files a billing period consists of, never a listing.

AWS writes a manifest after all its data files. With overwriting exports a month has one manifest;
with CREATE_NEW exports every execution leaves its own files, and reading the folder would count
the month as many times as it was delivered. A legacy report keeps a manifest a month at the top of
the month's folder and a copy in each assembly's folder; the top one names the newest assembly.

Layouts: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html and
https://docs.aws.amazon.com/cur/latest/userguide/cur-ate-manifest.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.extract.object_store import ObjectStore, StoredFile
from orchestration.extract.period import BillingPeriod
from orchestration.extract.source import SourceError

_MANIFEST = re.compile(r"-manifest\.json$", re.IGNORECASE)
_MONTH_FOLDER = re.compile(r"(?:^|/)billing_period=(\d{4}-\d{2})(?:-\d{2})?(?=/)", re.IGNORECASE)
_LEGACY_FOLDER = re.compile(r"(?:^|/)(\d{4})(\d{2})\d{2}-\d{8}(?=/)")
_MONTH_PART = re.compile(r"billing_period=.*|\d{8}-\d{8}|year=\d+", re.IGNORECASE)
_FILE_LISTS = ("dataFiles", "data_files", "reportKeys")


@dataclass(frozen=True)
class Delivery:
    """The files of one billing period as the newest manifest names them.

    Attributes:
        period: The billing period.
        manifest: Path of the manifest below the source's url.
        files: The data files in the manifest's order.
        version: Execution or assembly that the manifest belongs to.
    """

    period: BillingPeriod
    manifest: str
    files: tuple[StoredFile, ...]
    version: str


def find_manifests(files: Sequence[StoredFile], source: str) -> dict[BillingPeriod, StoredFile]:
    """Return the manifest that counts for each period.

    Of several CREATE_NEW executions, whose folders begin with their time, the last by name counts;
    of a legacy report the manifest at the top of the month. A data export has one at the top only
    where it overwrites: beside executions it is from before or after the export was switched, and
    nothing in it says which.

    Raises:
        SourceError: They are of several exports, so that the one that counts would hide the others'
            bills, or of both layouts, so that it might be an old one.
    """
    chosen: dict[BillingPeriod, StoredFile] = {}
    exports: set[str] = set()
    for file in files:
        place = _month_of_path(file.path)
        if not _MANIFEST.search(file.path) or place is None:
            continue
        export, period = place
        exports.add(export)
        known = chosen.get(period)
        if known is not None and _MONTH_FOLDER.search(file.path):
            _stop_at_two_layouts(known.path, file.path, period, source)
        if known is None or _rank(file.path) > _rank(known.path):
            chosen[period] = file
    if len(exports) > 1:
        raise SourceError(
            source,
            f"its url holds the manifests of several exports: {', '.join(sorted(exports))}.",
            "make a source of each, with a url that ends at the export's own folder.",
        )
    return chosen


def _stop_at_two_layouts(one: str, other: str, period: BillingPeriod, source: str) -> None:
    top, execution = sorted((one, other), key=_rank, reverse=True)
    if top.count("/") == execution.count("/"):
        return
    raise SourceError(
        source,
        f"{period.key} has a manifest of an overwriting export, {top}, and one of an export that "
        f"keeps its executions, {execution}: the export was switched, and either may be old.",
        "move the manifests of the layout that AWS no longer writes out of the folder; the months "
        "that are here stay in use until then.",
    )


def read_delivery(
    store: ObjectStore,
    files: Sequence[StoredFile],
    manifest: StoredFile,
    period: BillingPeriod,
    source: str,
) -> Delivery:
    """Read a manifest and find its files.

    Raises:
        SourceError: The manifest cannot be read, or names a file that is not there.
    """
    try:
        content = json.loads(store.read(manifest.path).decode("utf-8-sig"))
        keys = _file_keys(content)
    except (ValueError, TypeError) as error:
        raise SourceError(
            source,
            f"{manifest.path} is not a manifest that names its files: {error}.",
            "wait for the next delivery, or have AWS deliver the month again.",
        ) from None
    by_path = {file.path: file for file in files}
    found: list[StoredFile] = []
    for key in keys:
        file = _match(key, by_path)
        if file is None:
            raise SourceError(
                source,
                f"{manifest.path} names {key}, which is not there ({len(keys)} files in all).",
                "restore the file or have AWS deliver the month again; nothing of it was taken in.",
            )
        found.append(file)
    if len({file.path for file in found}) != len(found):
        raise SourceError(
            source,
            f"{manifest.path} names a file twice.",
            "have AWS deliver the month again; its cost would be counted twice.",
        )
    return Delivery(period, manifest.path, tuple(found), _version(content, manifest.path))


def _month_of_path(path: str) -> tuple[str, BillingPeriod] | None:
    """Return the folder above a month's folder, and the month."""
    if match := _MONTH_FOLDER.search(path):
        return path[: match.start()], BillingPeriod.parse(match[1])
    if match := _LEGACY_FOLDER.search(path):
        return path[: match.start()], BillingPeriod.parse(f"{match[1]}-{match[2]}")
    return None


def _rank(path: str) -> tuple[int, str]:
    return (-path.count("/"), path)


def _file_keys(content: Any) -> list[str]:
    if not isinstance(content, Mapping):
        raise TypeError("it is no JSON object")
    for name in _FILE_LISTS:
        keys = content.get(name)
        if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
            return keys
    raise ValueError(f"it has none of the lists {', '.join(_FILE_LISTS)}")


def _match(key: str, by_path: Mapping[str, StoredFile]) -> StoredFile | None:
    """Find a manifest's key below the source's url.

    A key is whole (``s3://bucket/prefix/export/data/...`` or from the bucket on); the url may
    point to the bucket, the prefix or the export, so leading parts are dropped one by one. The
    part that names the month stays: a stray file of the same name is not the file.
    """
    parts = re.sub(r"^[a-z0-9]+://", "", key).split("/")
    months = [number for number, part in enumerate(parts[:-1]) if _MONTH_PART.fullmatch(part)]
    for start in range(months[0] + 1 if months else len(parts)):
        candidate = "/".join(parts[start:])
        if candidate in by_path:
            return by_path[candidate]
    return None


def _version(content: Mapping[str, Any], path: str) -> str:
    for name in ("executionId", "execution_id", "assemblyId"):
        if isinstance(content.get(name), str):
            return str(content[name])
    return path.rsplit("/", 2)[-2] if "/" in path else path
