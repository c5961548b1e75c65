"""Snapshots: what a source said of one period at one time, immutable, with a receipt.

``data/extracted/<source>/<dataset>/<YYYY-MM>/<seq>-<hash>/`` holds the files and ``receipt.json``.
A pull writes into ``.partial-<id>`` and renames it when the receipt is on disk, so a half-written
snapshot is never seen. The newest accepted snapshot of a period is the current one; one that
shrank is kept under ``held-<seq>-<hash>`` until somebody accepts it or the vendor answers again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from orchestration.extract.period import BillingPeriod

RECEIPT = "receipt.json"
_HELD = "held-"
_SAME_CONTENT = "same_content.json"
_CHUNK_BYTES = 1 << 20
_LINES_AT_ONCE = 1000
_ROW_TEXT = json.JSONEncoder(ensure_ascii=False, sort_keys=True)

# A closed period that lost rows, or more than this part of its money, is held back.
_MUCH_LESS_SHARE = Decimal("0.9")


class UnchangedOriginError(Exception):
    """The origin's own tags say that nothing changed since the current snapshot."""


@dataclass(frozen=True)
class ReceiptFile:
    """A file of a snapshot.

    Attributes:
        name: File name inside the snapshot.
        bytes: Size.
        sha256: Hash of the bytes.
        origin_tag: ETag, or size and clocks, of the file that it was copied from.
    """

    name: str
    bytes: int
    sha256: str
    origin_tag: str | None = None


@dataclass(frozen=True)
class UnreadField:
    """A field of a vendor's answer that no column is made of.

    Attributes:
        name: Its name; that of an object and of its field with a dot between, where it is nested.
        values_count: Records that have a value in it.
        amounts: Where its name speaks of money, the sum of its numbers by currency, as texts.
    """

    name: str
    values_count: int
    amounts: dict[str, str]


@dataclass(frozen=True)
class Receipt:
    """What was received, on the day it was received.

    Attributes:
        source: Source name.
        kind: Kind of source.
        dataset: Dataset name.
        billing_period: Such as ``2026-10``.
        snapshot_id: Sequence number and hash.
        seq: Counts the snapshots of the period from 1.
        extracted_at: UTC, ISO 8601.
        window_start: First day that the snapshot covers, ISO 8601.
        window_end: First day that it no longer covers, ISO 8601.
        origin: Where it came from, without secrets.
        files: The files in the order in which they are read.
        row_count: Rows of the period.
        measure: ``cost`` or ``tokens``: what the control totals count.
        control_totals: Exact totals by currency (of tokens under ``""``), as decimal texts.
        declared_empty: Whether the source said in so many words that there is nothing.
        format_version: Version of the vendor's format, where it gives one.
        unread_fields: Of a bill that comes as records, the fields that no column is made of; None
            of everything else.
    """

    source: str
    kind: str
    dataset: str
    billing_period: str
    snapshot_id: str
    seq: int
    extracted_at: str
    window_start: str
    window_end: str
    origin: str
    files: tuple[ReceiptFile, ...]
    row_count: int
    measure: str
    control_totals: dict[str, str]
    declared_empty: bool
    format_version: str | None = None
    unread_fields: tuple[UnreadField, ...] | None = None

    @property
    def totals(self) -> dict[str, Decimal]:
        """The control totals as numbers."""
        return {currency: Decimal(text) for currency, text in self.control_totals.items()}


@dataclass(frozen=True)
class Snapshot:
    """A complete snapshot on disk."""

    path: Path
    receipt: Receipt
    is_held: bool = False

    @property
    def period(self) -> BillingPeriod:
        """The billing period."""
        return BillingPeriod.parse(self.receipt.billing_period)

    def file_paths(self) -> list[Path]:
        """Return the files in the order in which they are read."""
        return [self.path / file.name for file in self.receipt.files]


def read_snapshot(path: Path) -> Snapshot:
    """Read the snapshot in a folder."""
    fields = json.loads((path / RECEIPT).read_text(encoding="utf-8"))
    fields["files"] = tuple(ReceiptFile(**file) for file in fields["files"])
    if (unread := fields.get("unread_fields")) is not None:
        fields["unread_fields"] = tuple(UnreadField(**found) for found in unread)
    return Snapshot(path, Receipt(**fields), path.name.startswith(_HELD))


def period_folder(extracted_dir: Path, source: str, dataset: str, period: BillingPeriod) -> Path:
    """Return the folder that holds a period's snapshots."""
    return extracted_dir / source / dataset / period.key


def snapshots_of(folder: Path) -> list[Snapshot]:
    """Return the complete snapshots of a period folder by sequence, held ones included."""
    if not folder.is_dir():
        return []
    found = [
        read_snapshot(path)
        for path in folder.iterdir()
        if path.is_dir() and not path.name.startswith(".") and (path / RECEIPT).exists()
    ]
    return sorted(found, key=lambda snapshot: snapshot.receipt.seq)


def current_snapshot(folder: Path) -> Snapshot | None:
    """Return the newest accepted snapshot of a period folder."""
    accepted = [snapshot for snapshot in snapshots_of(folder) if not snapshot.is_held]
    return accepted[-1] if accepted else None


@dataclass
class Draft:
    """A snapshot being written; used as a context manager that cleans up after itself.

    The reader adds files and rows, and fills the public fields.

    Attributes:
        window: First day covered and first day no longer covered; the whole period at the most.
        origin: Where it came from, for the receipt; no secrets.
        row_count: Rows of the period.
        totals: Exact control totals by currency, of tokens under the empty text.
        declared_empty: Set when the source said that there is nothing.
        format_version: Version of the vendor's format, where it gives one.
        unread_fields: Of a bill that comes as records, the fields that no column is made of.
        previous: The current snapshot of the period, None when there is none.
        last_good: The newest accepted snapshot that landing did not refuse: what a closed period
            must not shrink from. None when there is none.
    """

    folder: Path
    period: BillingPeriod
    window: tuple[date, date]
    previous: Snapshot | None = None
    last_good: Snapshot | None = None
    origin: str = ""
    row_count: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)
    declared_empty: bool = False
    format_version: str | None = None
    unread_fields: tuple[UnreadField, ...] | None = None
    files: list[ReceiptFile] = field(default_factory=list)
    path: Path = field(init=False)

    def __enter__(self) -> Draft:
        """Make the folder that is written into; what an earlier pull left half is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob(".partial-*"):
            shutil.rmtree(leftover)
        self.path = self.folder / f".partial-{uuid.uuid4().hex[:8]}"
        self.path.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was written unless it became a snapshot."""
        shutil.rmtree(self.path, ignore_errors=True)

    def stop_if_unchanged(self, origin_tags: list[str]) -> None:
        """Stop the pull when the origin's tags are those of the current snapshot's files.

        Args:
            origin_tags: One tag a file, in the order in which they are read.

        Raises:
            UnchangedOriginError: They are; nothing needs to be copied.
        """
        if self.previous is not None and origin_tags:
            known = [file.origin_tag for file in self.previous.receipt.files]
            if origin_tags in (known, _same_content_tags(self.previous)):
                raise UnchangedOriginError

    def add_copy(self, name: str, stream: BinaryIO, origin_tag: str | None = None) -> Path:
        """Copy a stream of bytes into a file of the snapshot, hashing it on the way."""
        target = self.path / name
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as handle:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                handle.write(chunk)
            handle.flush()
            os.fsync(handle.fileno())
        self.files.append(ReceiptFile(name, size, digest.hexdigest(), origin_tag))
        return target

    def add_file(self, path: Path, origin_tag: str | None = None) -> None:
        """Take in a file that the reader wrote into the draft's folder itself."""
        digest = hashlib.sha256()
        with path.open("rb") as handle:
            while chunk := handle.read(_CHUNK_BYTES):
                digest.update(chunk)
            os.fsync(handle.fileno())
        self.files.append(
            ReceiptFile(path.name, path.stat().st_size, digest.hexdigest(), origin_tag)
        )

    def add_rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Path:
        """Write rows as gzipped JSON lines; the same rows give the same bytes.

        Numbers must come as ints or texts: a float would not be what the vendor wrote.
        """
        target = self.path / name
        with (
            target.open("wb") as raw,
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=6) as packed,
        ):
            lines = (_ROW_TEXT.encode(row) + "\n" for row in rows)
            # Many at once: to hand a line to the packer takes longer than to pack it.
            while some := "".join(islice(lines, _LINES_AT_ONCE)):
                packed.write(some.encode("utf-8", "surrogatepass"))
        self.add_file(target)
        return target


@dataclass(frozen=True)
class Committed:
    """What became of a draft: ``new``, ``unchanged`` or ``held``."""

    state: str
    snapshot: Snapshot
    reason: str = ""


def commit(
    draft: Draft,
    *,
    source: str,
    kind: str,
    dataset: str,
    measure: str,
    is_closed: bool,
    accept_shrink: bool,
) -> Committed:
    """Turn a draft into a snapshot, unless it says nothing new.

    Args:
        draft: A draft whose files, counts and totals are complete.
        source: Source name.
        kind: Kind of source.
        dataset: Dataset name.
        measure: What the control totals count.
        is_closed: Whether the period is over, so that it should not shrink.
        accept_shrink: Whether the organisation accepts a shrunken answer for this period.
    """
    content = hashlib.sha256()
    for file in draft.files:
        content.update(f"{file.name} {file.sha256}\n".encode())
    content.update(f"{draft.window[1]} {draft.declared_empty}".encode() if not draft.files else b"")
    # A field that the vendor adds is news, also where all that is read stays the same.
    content.update("".join(f"{found.name}\n" for found in draft.unread_fields or ()).encode())
    short = content.hexdigest()[:12]
    known = snapshots_of(draft.folder)
    if draft.previous is not None and draft.previous.receipt.snapshot_id.endswith(f"-{short}"):
        _remember_tags(draft)
        return Committed("unchanged", draft.previous)
    reason = "" if accept_shrink or not is_closed else _shrunken(draft)
    for snapshot in known:
        if snapshot.is_held and snapshot.receipt.snapshot_id.endswith(f"-{short}"):
            if reason:
                return Committed("held", snapshot, reason)
            # Accepted now: it comes in under a new number.
            _discard(snapshot)
    seq = 1 + max((snapshot.receipt.seq for snapshot in known), default=0)
    receipt = Receipt(
        source=source,
        kind=kind,
        dataset=dataset,
        billing_period=draft.period.key,
        snapshot_id=f"{seq:04d}-{short}",
        seq=seq,
        extracted_at=datetime.now(UTC).isoformat("T", "seconds"),
        window_start=draft.window[0].isoformat(),
        window_end=draft.window[1].isoformat(),
        origin=draft.origin,
        files=tuple(draft.files),
        row_count=draft.row_count,
        measure=measure,
        control_totals={key: f"{total:f}" for key, total in sorted(draft.totals.items())},
        declared_empty=draft.declared_empty,
        format_version=draft.format_version,
        unread_fields=draft.unread_fields,
    )
    _write_receipt(draft.path / RECEIPT, receipt)
    _fsync_folder(draft.path)
    target = draft.folder / f"{_HELD if reason else ''}{receipt.snapshot_id}"
    os.rename(draft.path, target)
    _fsync_folder(draft.folder)
    return Committed("held" if reason else "new", Snapshot(target, receipt, bool(reason)), reason)


def put_aside_held(folder: Path) -> None:
    """Put the held snapshots of a period aside: the vendor has answered again since.

    They stay on disk as ``.answered-<id>``, as a record that nothing reads any more.
    """
    for snapshot in snapshots_of(folder):
        if snapshot.is_held:
            aside = folder / f".answered-{snapshot.receipt.snapshot_id}"
            if aside.exists():
                _discard(snapshot)
            else:
                os.rename(snapshot.path, aside)


def _discard(snapshot: Snapshot) -> None:
    """Remove a snapshot: at once out of sight, so that half of one is never seen."""
    hidden = snapshot.path.with_name(f".partial-{uuid.uuid4().hex[:8]}")
    os.rename(snapshot.path, hidden)
    shutil.rmtree(hidden)


def _same_content_tags(snapshot: Snapshot) -> list[str] | None:
    """Return the tags under which a snapshot's content was delivered once more, None without."""
    try:
        seen = json.loads((snapshot.path.parent / _SAME_CONTENT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return seen["tags"] if seen["snapshot_id"] == snapshot.receipt.snapshot_id else None


def _remember_tags(draft: Draft) -> None:
    """Keep new tags of known content, or each later pull would copy it again; a receipt stays."""
    if draft.previous is None or not any(file.origin_tag for file in draft.files):
        return
    seen = {
        "snapshot_id": draft.previous.receipt.snapshot_id,
        "tags": [file.origin_tag for file in draft.files],
    }
    temporary = draft.path / _SAME_CONTENT
    temporary.write_text(json.dumps(seen), encoding="utf-8")
    os.replace(temporary, draft.folder / _SAME_CONTENT)


def _shrunken(draft: Draft) -> str:
    """Say how a closed period shrank, or nothing."""
    if draft.last_good is None:
        return ""
    before = draft.last_good.receipt
    if draft.row_count < before.row_count:
        return (
            f"it has {draft.row_count:,} rows, the last complete snapshot had {before.row_count:,}."
        )
    for currency, total in before.totals.items():
        now = draft.totals.get(currency, Decimal(0))
        if total > 0 and now < total * _MUCH_LESS_SHARE:
            return f"it amounts to {now:f} {currency}, the last complete snapshot to {total:f}."
    return ""


def _write_receipt(path: Path, receipt: Receipt) -> None:
    with path.open("w", encoding="utf-8") as handle:
        json.dump(asdict(receipt), handle, indent=2, ensure_ascii=False)
        handle.flush()
        os.fsync(handle.fileno())


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
