"""A snapshot is there whole or not at all, and only when it says something new."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.extract import registry
from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import Pulled, failures, held_periods, pull
from orchestration.extract.snapshot import (
    Draft,
    Snapshot,
    current_snapshot,
    period_folder,
    read_snapshot,
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

SEPTEMBER, OCTOBER, NOVEMBER = (
    BillingPeriod.parse(f"2026-{month}") for month in ("09", "10", "11")
)
TODAY = date(2026, 11, 16)
CHARGES = Dataset(
    "charges",
    "day",
    lambda _connection, _paths: "",
    money_column="cost",
    currency_column="currency",
)


@dataclass
class Vendor:
    """A source that answers as a test tells it to.

    Attributes:
        content: Bytes of the one file of each period, ``None`` for none.
        totals: The control totals of each period.
        rows: The number of rows of each period.
        tags: The origin's tag of each period's file.
        fault: Called in the middle of a fetch.
    """

    content: dict[str, bytes | None] = field(default_factory=lambda: {"2026-10": b"one"})
    totals: dict[str, str] = field(default_factory=lambda: {"USD": "100"})
    rows: int = 10
    tags: dict[str, str] = field(default_factory=dict)
    fault: Callable[[Draft], None] = lambda _draft: None
    declares_empty: bool = False
    fetched: list[str] = field(default_factory=list)

    def periods(self) -> list[BillingPeriod]:
        return [BillingPeriod.parse(key) for key in self.content]

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        content, tag = self.content[period.key], self.tags.get(period.key)
        draft.stop_if_unchanged([tag] if tag else [])
        self.fetched.append(period.key)
        if content is not None:
            draft.add_copy("bill.csv", io.BytesIO(content), tag)
        self.fault(draft)
        draft.origin = "nowhere"
        draft.declared_empty = self.declares_empty
        draft.row_count = 0 if content is None else self.rows
        draft.totals = {name: Decimal(total) for name, total in self.totals.items()}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    vendor = Vendor()

    @contextmanager
    def opened(_source: SourceConfig, _context: PullContext) -> Iterator[Reader]:
        yield vendor

    kinds = registry.KINDS | {"told": Kind("told", (CHARGES,), opened)}
    monkeypatch.setattr("orchestration.extract.pull.KINDS", kinds)
    return vendor


@dataclass(frozen=True)
class Installed:
    """Where snapshots go, and what a pull is asked with."""

    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def context(self) -> PullContext:
        return PullContext(
            self.folder,
            TODAY,
            BillingPeriod.parse("2026-01"),
            "k",
            lambda _: None,
            self.said.append,
        )

    def pull(self, *asked: BillingPeriod, **options: Any) -> list[Pulled]:
        source = SourceConfig("bill", "told", "somewhere", options)
        return pull(source, list(asked) or None, self.context)

    def pull_one(self, **options: Any) -> Pulled:
        (pulled,) = self.pull(**options)
        return pulled

    def folder_of(self, period: BillingPeriod = OCTOBER) -> Path:
        return period_folder(self.folder, "bill", "charges", period)

    def names(self, period: BillingPeriod = OCTOBER) -> list[str]:
        return sorted(path.name for path in self.folder_of(period).iterdir())

    def current(self) -> Snapshot:
        snapshot = current_snapshot(self.folder_of())
        assert snapshot is not None
        return snapshot


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path / "extracted")


def test_a_pull_makes_a_snapshot_with_a_receipt(vendor: Vendor, installed: Installed) -> None:
    pulled = installed.pull_one()
    assert pulled.state == "new" and pulled.snapshot is not None
    assert [path.read_bytes() for path in pulled.snapshot.file_paths()] == [b"one"]
    written = json.loads((pulled.snapshot.path / "receipt.json").read_text())
    digest = hashlib.sha256(b"one").hexdigest()
    assert written["files"] == [
        {"name": "bill.csv", "bytes": 3, "sha256": digest, "origin_tag": None}
    ]
    assert written["control_totals"] == {"USD": "100"}
    assert (written["window_start"], written["window_end"]) == ("2026-10-01", "2026-11-01")
    assert (written["row_count"], written["measure"], written["seq"]) == (10, "cost", 1)
    assert read_snapshot(pulled.snapshot.path) == installed.current() == pulled.snapshot


def test_the_receipt_of_an_open_month_ends_today(vendor: Vendor, installed: Installed) -> None:
    vendor.content = {"2026-11": b"one"}
    snapshot = installed.pull_one().snapshot
    assert snapshot is not None
    assert snapshot.receipt.window_end == "2026-11-16"


def test_unchanged_bytes_make_no_new_snapshot(vendor: Vendor, installed: Installed) -> None:
    first = installed.pull_one()
    before = installed.names()
    second = installed.pull_one()
    assert (second.state, second.snapshot) == ("unchanged", first.snapshot)
    assert installed.names() == before
    assert vendor.fetched == ["2026-10", "2026-10"]


def test_an_unchanged_tag_is_not_even_fetched(vendor: Vendor, installed: Installed) -> None:
    vendor.tags = {"2026-10": "etag-1"}
    first = installed.pull_one()
    second = installed.pull_one()
    assert (second.state, second.snapshot) == ("unchanged", first.snapshot)
    assert vendor.fetched == ["2026-10"]


def test_known_bytes_under_a_new_tag_are_fetched_once(vendor: Vendor, installed: Installed) -> None:
    vendor.tags = {"2026-10": "etag-1"}
    first = installed.pull_one()
    vendor.tags = {"2026-10": "etag-2"}
    for _ in range(3):
        again = installed.pull_one()
        assert (again.state, again.snapshot) == ("unchanged", first.snapshot)
    assert vendor.fetched == ["2026-10", "2026-10"]
    # The receipt says what was known when it was written.
    assert installed.current().receipt.files[0].origin_tag == "etag-1"


def test_a_tag_that_came_back_does_not_hide_new_bytes(vendor: Vendor, installed: Installed) -> None:
    vendor.tags = {"2026-10": "etag-1"}
    installed.pull_one()
    vendor.tags, vendor.content = {"2026-10": "etag-2"}, {"2026-10": b"two"}
    installed.pull_one()
    vendor.tags, vendor.content = {"2026-10": "etag-1"}, {"2026-10": b"three"}
    third = installed.pull_one()
    assert third.state == "new" and third.snapshot is not None
    assert third.snapshot.file_paths()[0].read_bytes() == b"three"


def test_new_bytes_are_a_new_snapshot_beside_the_old(vendor: Vendor, installed: Installed) -> None:
    first = installed.pull_one()
    vendor.content = {"2026-10": b"two"}
    second = installed.pull_one()
    assert first.snapshot is not None and second.snapshot is not None
    assert second.state == "new"
    assert [s.receipt.seq for s in snapshots_of(installed.folder_of())] == [1, 2]
    assert installed.current() == second.snapshot
    assert first.snapshot.file_paths()[0].read_bytes() == b"one"


def test_old_bytes_that_come_again_are_current_again(vendor: Vendor, installed: Installed) -> None:
    for content in (b"one", b"two", b"one"):
        vendor.content = {"2026-10": content}
        assert installed.pull_one().state == "new"
    assert installed.current().receipt.seq == 3
    assert installed.current().file_paths()[0].read_bytes() == b"one"


class StoppedError(BaseException):
    """Stands for a signal: nothing catches it."""


def stop(_draft: Draft) -> None:
    raise StoppedError


def test_a_pull_that_is_stopped_leaves_nothing_that_counts(
    vendor: Vendor, installed: Installed
) -> None:
    vendor.fault = stop
    with pytest.raises(StoppedError):
        installed.pull()
    assert installed.names() == []


def test_a_pull_that_is_stopped_leaves_the_old_snapshot(
    vendor: Vendor, installed: Installed
) -> None:
    first = installed.pull_one()
    before = installed.names()
    vendor.content, vendor.fault = {"2026-10": b"two"}, stop
    with pytest.raises(StoppedError):
        installed.pull()
    assert (installed.current(), installed.names()) == (first.snapshot, before)


def test_what_a_killed_pull_left_is_never_seen_and_is_swept_by_the_next(
    vendor: Vendor, installed: Installed
) -> None:
    """After SIGKILL no cleaning runs: the half folder stays, even with a receipt in it."""
    first = installed.pull_one()
    assert first.snapshot is not None
    half = installed.folder_of() / ".partial-dead"
    half.mkdir()
    (half / "receipt.json").write_bytes((first.snapshot.path / "receipt.json").read_bytes())
    assert [s.path.name for s in snapshots_of(installed.folder_of())] == [first.snapshot.path.name]
    assert installed.pull_one().state == "unchanged"
    assert not half.exists()


def test_a_folder_without_a_receipt_is_no_snapshot(vendor: Vendor, installed: Installed) -> None:
    first = installed.pull_one()
    (installed.folder_of() / "0002-aaaaaaaaaaaa").mkdir()
    assert installed.current() == first.snapshot


def test_a_source_that_fails_in_the_middle_keeps_the_old_and_says_why(
    vendor: Vendor, installed: Installed
) -> None:
    first = installed.pull_one()

    def fail(_draft: Draft) -> None:
        raise SourceError("bill", "the disk at the vendor is full.", "wait.")

    vendor.content, vendor.fault = {"2026-10": b"two"}, fail
    pulled = installed.pull_one()
    assert (pulled.state, pulled.snapshot) == ("failed", None)
    assert pulled.reason == "the disk at the vendor is full. What to do: wait."
    assert installed.current() == first.snapshot
    (failure,) = failures(installed.folder, "bill")
    assert (failure.dataset, failure.billing_period) == ("charges", "2026-10")
    assert installed.pull_one().state == "failed"
    # The same failure keeps its first clock.
    assert failures(installed.folder, "bill") == [failure]
    vendor.fault = lambda _draft: None
    assert installed.pull_one().state == "new"
    assert failures(installed.folder, "bill") == []


def test_one_period_that_fails_does_not_stop_the_others(
    vendor: Vendor, installed: Installed
) -> None:
    def fail(draft: Draft) -> None:
        if draft.period == OCTOBER:
            raise SourceError("bill", "no October.", "wait.")

    vendor.content = {"2026-09": b"a", "2026-10": b"b", "2026-11": b"c"}
    vendor.fault = fail
    assert [(p.period, p.state) for p in installed.pull()] == [
        (SEPTEMBER, "new"),
        (OCTOBER, "failed"),
        (NOVEMBER, "new"),
    ]


def test_only_the_asked_periods_are_pulled(vendor: Vendor, installed: Installed) -> None:
    vendor.content = {"2026-09": b"a", "2026-10": b"b"}
    assert [p.period for p in installed.pull(OCTOBER, NOVEMBER)] == [OCTOBER]


def test_an_empty_answer_is_never_taken_for_nothing(vendor: Vendor, installed: Installed) -> None:
    first = installed.pull_one()
    vendor.content, vendor.totals = {"2026-10": None}, {}
    pulled = installed.pull_one()
    assert pulled.state == "failed"
    assert "has no rows and the source did not say that there are none" in pulled.reason
    assert installed.current() == first.snapshot


def test_an_empty_answer_that_is_declared_is_a_snapshot(
    vendor: Vendor, installed: Installed
) -> None:
    vendor.content, vendor.totals, vendor.declares_empty = {"2026-10": None}, {}, True
    pulled = installed.pull_one()
    assert pulled.state == "new" and pulled.snapshot is not None
    receipt = pulled.snapshot.receipt
    assert (receipt.declared_empty, receipt.row_count, receipt.totals) == (True, 0, {})
    assert installed.pull_one().state == "unchanged"


def test_a_declared_empty_answer_for_a_closed_period_that_had_rows_is_held(
    vendor: Vendor, installed: Installed
) -> None:
    installed.pull_one()
    vendor.content, vendor.totals, vendor.declares_empty = {"2026-10": None}, {}, True
    assert installed.pull_one().state == "held"


@pytest.mark.parametrize(
    ("rows", "totals", "reason"),
    [
        (9, {"USD": "100"}, "it has 9 rows, the last complete snapshot had 10."),
        (10, {"USD": "89.99"}, "it amounts to 89.99 USD, the last complete snapshot to 100."),
        (10, {"EUR": "100"}, "it amounts to 0 USD, the last complete snapshot to 100."),
        (12, {"USD": "-5"}, "it amounts to -5 USD, the last complete snapshot to 100."),
    ],
)
def test_a_closed_period_that_shrank_is_held_and_named(
    vendor: Vendor, installed: Installed, rows: int, totals: dict[str, str], reason: str
) -> None:
    first = installed.pull_one()
    vendor.content, vendor.rows, vendor.totals = {"2026-10": b"less"}, rows, totals
    held = installed.pull_one()
    assert held.state == "held"
    assert reason in held.reason
    assert 'accept_shrink: ["2026-10"]' in held.reason
    assert installed.current() == first.snapshot
    # Asked again, it is the same held snapshot and not another one.
    assert installed.pull_one().snapshot == held.snapshot
    assert [s.is_held for s in snapshots_of(installed.folder_of())] == [False, True]


@pytest.mark.parametrize(
    ("rows", "totals"),
    [(10, {"USD": "90"}), (11, {"USD": "99", "EUR": "-3"}), (10, {"USD": "500"})],
)
def test_a_little_less_money_is_a_normal_restatement(
    vendor: Vendor, installed: Installed, rows: int, totals: dict[str, str]
) -> None:
    installed.pull_one()
    vendor.content, vendor.rows, vendor.totals = {"2026-10": b"less"}, rows, totals
    assert installed.pull_one().state == "new"


def test_a_shrunken_period_that_is_accepted_comes_in(vendor: Vendor, installed: Installed) -> None:
    installed.pull_one()
    vendor.content, vendor.rows = {"2026-10": b"less"}, 1
    assert installed.pull_one().state == "held"
    accepted = installed.pull_one(accept_shrink=["2026-10"])
    assert accepted.state == "new"
    assert installed.current() == accepted.snapshot
    assert [s.is_held for s in snapshots_of(installed.folder_of())] == [False, False]


def test_an_open_period_may_shrink(vendor: Vendor, installed: Installed) -> None:
    vendor.content = {"2026-11": b"one"}
    installed.pull_one()
    vendor.content, vendor.rows = {"2026-11": b"less"}, 1
    assert installed.pull_one().state == "new"


def test_a_full_answer_after_a_held_one_comes_in(vendor: Vendor, installed: Installed) -> None:
    installed.pull_one()
    vendor.content, vendor.rows = {"2026-10": b"less"}, 1
    installed.pull_one()
    vendor.content, vendor.rows = {"2026-10": b"more"}, 11
    pulled = installed.pull_one()
    assert pulled.state == "new" and pulled.snapshot is not None
    assert pulled.snapshot.receipt.seq == 3


def test_a_period_that_has_not_begun_is_refused(vendor: Vendor, installed: Installed) -> None:
    vendor.content = {"2026-10": b"a", "2026-12": b"b"}
    pulled = installed.pull_one()
    assert pulled.state == "failed"
    assert "it bills 2026-12, which has not begun on 2026-11-16." in pulled.reason
    assert not (installed.folder / "bill" / "charges").exists()


def test_periods_before_the_first_are_left_out_and_said(
    vendor: Vendor, installed: Installed
) -> None:
    vendor.content = {"2025-11": b"a", "2025-12": b"b", "2026-10": b"c"}
    assert [p.period for p in installed.pull()] == [OCTOBER]
    assert any(
        "2 period(s) before TOLLGATE_FIRST_PERIOD=2026-01" in line for line in installed.said
    )
    assert held_periods(SourceConfig("bill", "told"), installed.context) == [OCTOBER]


def test_a_long_total_is_kept_to_the_last_digit(vendor: Vendor, installed: Installed) -> None:
    vendor.totals = {"USD": "12345678901234567890.123456789012345678", "EUR": "1E-18"}
    receipt = installed.pull_one().snapshot.receipt  # type: ignore[union-attr]
    assert receipt.control_totals == {
        "EUR": "0.000000000000000001",
        "USD": "12345678901234567890.123456789012345678",
    }
    assert receipt.totals["USD"] == Decimal("12345678901234567890.123456789012345678")


def test_rows_that_a_reader_writes_give_the_same_bytes_each_time(tmp_path: Path) -> None:
    rows: Sequence[dict[str, object]] = [
        {"b": "2", "a": "\ud800 ü \u202e"},
        {"a": 10**30, "b": None},
    ]
    written = []
    for name in ("one", "two"):
        with Draft(tmp_path / name, OCTOBER, (OCTOBER.start, OCTOBER.end)) as draft:
            written.append(draft.add_rows("rows.ndjson.gz", rows).read_bytes())
    assert written[0] == written[1]


def test_a_receipt_cannot_be_changed(vendor: Vendor, installed: Installed) -> None:
    receipt = installed.pull_one().snapshot.receipt  # type: ignore[union-attr]
    with pytest.raises(AttributeError):
        receipt.row_count = 5  # type: ignore[misc]
    assert replace(receipt, row_count=5) != receipt


@pytest.mark.parametrize("key", ["2026-13", "2026-00", "2026-1", "202610", "2026-10-01", ""])
def test_what_is_no_billing_period_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is no billing period"):
        BillingPeriod.parse(key)


def test_a_billing_period_is_a_half_open_month() -> None:
    december = BillingPeriod.of(date(2026, 12, 31))
    assert (december.key, december.start, december.end) == (
        "2026-12",
        date(2026, 12, 1),
        date(2027, 1, 1),
    )
    span = [period.key for period in BillingPeriod.span(OCTOBER, BillingPeriod.parse("2027-01"))]
    assert span == ["2026-10", "2026-11", "2026-12", "2027-01"]
    with pytest.raises(ValueError, match="first day of a month"):
        BillingPeriod(date(2026, 10, 2))
