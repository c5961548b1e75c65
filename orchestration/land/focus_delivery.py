"""What a provider's FOCUS files are before they are lifted: version, columns and broken rules.

The files are judged as they were delivered, by the rules of their own FOCUS version, once for each
landed snapshot. ``<snapshot>.focus.json`` beside the landing keeps what was found; the fingerprint
in it says by which rules and which code, and another fingerprint judges again. dbt reads all of it
as two tables of ``tollgate`` and adds what lifting did.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from orchestration.extract.control_totals import quoted
from orchestration.extract.delivered_files import (
    FileColumn,
    alike_files,
    delivered_file,
    delivered_place,
    is_parquet,
    raw_rows,
)
from orchestration.extract.focus import KIND, text_of
from orchestration.extract.focus_notices import (
    DRAFT,
    OLD_NAMES,
    SINCE,
    UNTIL,
    letters_of,
    version_of,
)
from orchestration.extract.landed_columns import landed_columns, landed_keys
from orchestration.extract.landed_rows import path_literal
from orchestration.extract.snapshot import Snapshot, snapshots_of
from orchestration.extract.source import SourceConfig
from orchestration.land.currencies import ISO_4217
from orchestration.land.landing import Landing, landing_path, newest_landed
from orchestration.publish.focus_conformance import facts
from orchestration.publish.focus_conformance.facts import COST_AND_USAGE, Rule, rule_book
from orchestration.publish.focus_conformance.judge import (
    FAILED,
    PASSED,
    Verdict,
    criteria_of,
    judge_apart,
)
from orchestration.publish.focus_conformance.words import sentence

# Columns of ours in the relation that is judged.
_ROW = "tollgate_row"
_GROUP = "tollgate_group"
_SHOWN_FILES = 3
# What is told in the pricing currency, and the same in the billing currency.
_IN_MONEY = {
    "PricingCurrency": "BillingCurrency",
    "PricingCurrencyContractedUnitPrice": "ContractedUnitPrice",
    "PricingCurrencyEffectiveCost": "EffectiveCost",
    "PricingCurrencyListUnitPrice": "ListUnitPrice",
}
# The version that the ledger is lifted to.
_TODAY = "1.4"
# Batches of deliveries that are judged side by side, and the rows of a batch.
_AT_ONCE = 2
_TOGETHER_ROWS = 200_000


@dataclass(frozen=True)
class Finding:
    """One thing that is to be said of a delivery.

    Attributes:
        file_group: Its files of the same columns, numbered from 1; None for the whole delivery.
        delivered_files: The names of the first of them, and how many more there are.
        focus_version: Their FOCUS version; None for the whole delivery.
        version_basis: What tells the version.
        judged_by: The rules that they were judged by, and what of them was left out.
        finding: judged, column_missing, rule_broken, notice, or today_broken: a rule of FOCUS 1.4,
            to which the ledger lifts the files, that they break already, absent columns as NULL.
        level: MUST, SHOULD, or CONDITIONAL for a column that only some providers must deliver.
        rule_id: The rule, None where it is none of FOCUS's.
        column_name: The FOCUS column that it is about; of a notice the landed one.
        sentence: What is demanded, or what was found.
        judged_rows_count: Rows that were looked at.
        rows_count: Rows that it concerns.
        currency: Their currency.
        billed_cost: What they bill, as text; None where it is unknown.
        effective_cost: What they cost effectively, as text.
        billed_cost_above_zero: Of today_broken what those of them bill that bill more than nothing,
            as text.
        effective_cost_above_zero: The same of the effective cost.
        examples: Up to three of them by file and row.
    """

    file_group: int | None
    delivered_files: str | None
    focus_version: str | None
    version_basis: str | None
    judged_by: str | None
    finding: str
    level: str | None = None
    rule_id: str | None = None
    column_name: str | None = None
    sentence: str = ""
    judged_rows_count: int | None = None
    rows_count: int | None = None
    currency: str | None = None
    billed_cost: str | None = None
    effective_cost: str | None = None
    billed_cost_above_zero: str | None = None
    effective_cost_above_zero: str | None = None
    examples: str | None = None


@dataclass(frozen=True)
class DeliveredColumn:
    """A column of the delivered files and what becomes of it.

    Attributes:
        file_group: The group of files that have it.
        delivered_files: Their names.
        delivered_column: Its name there.
        column_name: Its name in FOCUS, also one that 1.4 has no more; its own where it is landed
            without being of FOCUS; None where it is not landed.
        is_kept: Whether it is landed at all.
        values_count: Rows that have a value in it.
        rows_count: Rows of the group.
    """

    file_group: int
    delivered_files: str
    delivered_column: str
    column_name: str | None
    is_kept: bool
    values_count: int
    rows_count: int


@dataclass(frozen=True)
class Delivery:
    """What was found in one delivery."""

    findings: tuple[Finding, ...]
    columns: tuple[DeliveredColumn, ...]

    @property
    def is_judged(self) -> bool:
        """Whether judging it came to an end; else it is told that nobody knows what it breaks."""
        return all(
            found.focus_version is not None for found in self.findings if found.finding == "judged"
        )


def judge_deliveries(source: SourceConfig, data_dir: Path, say: Callable[[str], None]) -> None:
    """Judge what counts of a FOCUS source, unless these rules have judged it already.

    A delivery whose judging failed, for want of memory for example, is judged again each time.

    Args:
        source: The source; of another kind than ``focus`` nothing is done.
        data_dir: The installation's data folder.
        say: Receives one line for each delivery that was judged.
    """
    if source.kind != KIND.name:
        return
    pending: list[tuple[Snapshot, Landing]] = []
    for dataset in KIND.datasets:
        for folder in sorted((data_dir / "extracted" / source.name / dataset.name).glob("????-??")):
            found = newest_landed(data_dir, snapshots_of(folder))
            if found is None:
                continue
            known = delivery_of(data_dir, found[0])
            if known is None or not known.is_judged:
                pending.append(found)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for told in pool.map(lambda batch: _judge(batch, data_dir), _small_batches(pending)):
            for line in told:
                say(line)


def _small_batches(
    pending: Sequence[tuple[Snapshot, Landing]],
) -> Iterator[Sequence[tuple[Snapshot, Landing]]]:
    """Yield deliveries that are judged together, of so few rows that memory is no matter.

    To plan some hundred rules takes longer than to judge a small month by them.
    """
    batch: list[tuple[Snapshot, Landing]] = []
    rows_count = 0
    for snapshot, landing in pending:
        if batch and rows_count + landing.row_count > _TOGETHER_ROWS:
            yield batch
            batch, rows_count = [], 0
        batch.append((snapshot, landing))
        rows_count += landing.row_count
    if batch:
        yield batch


def _judge(batch: Sequence[tuple[Snapshot, Landing]], data_dir: Path) -> list[str]:
    """Judge deliveries, keep what was found in each and return it in a line."""
    started = time.monotonic()
    found = _verdicts_on([snapshot for snapshot, _ in batch], data_dir)
    seconds = f"{time.monotonic() - started:.1f} s"
    if len(batch) > 1:
        seconds += f" for {len(batch)} deliveries"
    told = []
    for (snapshot, landing), delivery in zip(batch, found, strict=True):
        findings = (*delivery.findings, *_notices(landing))
        _write(_path(data_dir, snapshot), Delivery(findings, delivery.columns))
        told.append(_in_a_line(landing, delivery, findings, seconds))
    return told


def _in_a_line(landing: Landing, found: Delivery, findings: Sequence[Finding], seconds: str) -> str:
    place = f"land     {landing.source} {landing.billing_period} {landing.dataset}"
    if not found.is_judged:
        return f"{place}: {found.findings[0].sentence}"
    broken = {f.rule_id for f in findings if f.finding == "rule_broken"}
    missing = {
        f.column_name for f in findings if (f.finding, f.level) == ("column_missing", "MUST")
    }
    versions = " and ".join(sorted({f.focus_version for f in findings if f.focus_version}))
    return (
        f"{place}: delivered as FOCUS {versions or 'of unknown version'}, which it breaks in "
        f"{len(broken)} rules and {len(missing)} missing columns before it is lifted "
        f"(trust.rpt_focus_delivery), {seconds}"
    )


def _verdicts_on(snapshots: Sequence[Snapshot], data_dir: Path) -> list[Delivery]:
    """Judge snapshots; what fails together is judged apart, where one alone may fail."""
    if len(snapshots) > 1:
        with suppress(duckdb.Error):
            return _judged_on(snapshots, data_dir, {})
    return [_verdict_on(snapshot, data_dir) for snapshot in snapshots]


def _judged_on(
    snapshots: Sequence[Snapshot], data_dir: Path, config: dict[str, Any]
) -> list[Delivery]:
    files = [(s.file_paths(), s.receipt.format_version or "") for s in snapshots]
    with (
        tempfile.TemporaryDirectory(
            prefix=".judged-", dir=_path(data_dir, snapshots[0]).parent
        ) as scratch,
        duckdb.connect(config=config) as connection,
    ):
        connection.execute("set TimeZone = 'UTC'")
        return judge_files(connection, files, Path(scratch))


def _verdict_on(snapshot: Snapshot, data_dir: Path) -> Delivery:
    """Judge a snapshot; what fails is tried again on one thread, which needs the least memory."""
    reason = ""
    configs: tuple[dict[str, Any], ...] = ({}, {"threads": 1})
    for config in configs:
        try:
            return _judged_on([snapshot], data_dir, config)[0]
        except duckdb.Error as error:
            shown = "".join(letter if letter.isprintable() else " " for letter in str(error))
            reason = " ".join(shown.split())[:300]
    # Its money has landed; that nobody judged it is said in its place until one does.
    said = (
        f"the files could not be judged, on one thread neither; the next run tries again: {reason}"
    )
    return Delivery((Finding(None, None, None, None, None, "judged", sentence=said),), ())


def delivery_of(data_dir: Path, snapshot: Snapshot) -> Delivery | None:
    """Return what was found in a snapshot, None where nobody looked by these rules."""
    fields = _read(_path(data_dir, snapshot))
    if fields is None:
        return None
    return Delivery(
        tuple(Finding(**finding) for finding in fields["findings"]),
        tuple(DeliveredColumn(**column) for column in fields["columns"]),
    )


def judge_files(
    connection: duckdb.DuckDBPyConnection,
    deliveries: Sequence[tuple[Sequence[Path], str]],
    scratch: Path,
) -> list[Delivery]:
    """Judge files as they were delivered; those of the same columns in one statement.

    Args:
        connection: Where the files are read; its thread and memory limits hold.
        deliveries: The files of each delivery, and what its manifest says of their format; empty
            where there is none.
        scratch: A folder for the rows of text files, which are read many times.
    """
    of_delivery = [
        [
            _Group(connection, f"{place}_{number}", number, columns, alike, claim, scratch)
            for number, (columns, alike) in enumerate(alike_files(connection, paths), start=1)
        ]
        for place, (paths, claim) in enumerate(deliveries, start=1)
    ]
    alike_groups: dict[object, list[_Group]] = {}
    for group in chain.from_iterable(of_delivery):
        alike_groups.setdefault(group.shape, []).append(group)
    findings: dict[str, list[Finding]] = {}
    for alike in alike_groups.values():
        own, today = _judged_together(connection, alike)
        for group in alike:
            findings[group.name] = group.findings(own(group.name), today(group.name))
    return [
        Delivery(
            tuple(found for group in groups for found in findings[group.name]),
            tuple(column for group in groups for column in group.delivered_columns()),
        )
        for groups in of_delivery
    ]


def _judged_together(
    connection: duckdb.DuckDBPyConnection, alike: Sequence[_Group]
) -> tuple[Callable[[str], list[Verdict]], Callable[[str], list[Verdict]]]:
    """Judge groups of the same shape by the rules of their version and by those of today."""
    rows = " union all ".join(
        f"select '{group.name}' as {_GROUP}, * from ({group.rows})" for group in alike
    )
    first = alike[0]
    absent = sorted(_columns_of_version(_TODAY) - first.present)
    nulls = "".join(f", cast(null as varchar) as {quoted(column)}" for column in absent)
    own, today = (
        judge_apart(connection, relation, version, _GROUP, row_id=f"rows_in_hand.{_ROW}")
        for relation, version in (
            (rows, first.judged_as),
            (_without_virtual_currency(f"select *{nulls} from ({rows})", first.present), _TODAY),
        )
    )
    return own, today


class _Group:
    """Files that have the same columns: they are of one version and are judged together."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        number: int,
        columns: Sequence[FileColumn],
        paths: Sequence[Path],
        claim: str,
        scratch: Path,
    ) -> None:
        self._connection = connection
        self.name = name
        self._number = number
        self._columns = columns
        self._paths = paths
        headers = [column.header for column in columns]
        self._version, self._basis = version_of(headers, delivered_file(paths[0]), claim)
        # A draft has no rules; it is judged by the first version that has.
        self.judged_as = "1.0" if self._version == DRAFT else self._version
        self._book = rule_book(self.judged_as)
        self._named = self._focus_names()
        self.present = set(self._named.values())
        self.rows = self._relation(scratch)
        self._values = self._count_values()

    @property
    def shape(self) -> tuple[object, ...]:
        """What groups have in common that can be judged in one statement."""
        return self.judged_as, tuple(self._columns)

    def delivered_columns(self) -> Iterator[DeliveredColumn]:
        """Yield what becomes of each column."""
        landed = {letters_of(name) for name in landed_columns("focus", "charges")}
        keys = landed_keys("focus", "charges", "x_native") | landed_keys(
            "focus", "charges", "x_provider"
        )
        for place, column in enumerate(self._columns):
            letters = letters_of(column.header)
            name = self._named.get(place)
            is_second = name is None and letters in _names_by_letters()
            yield DeliveredColumn(
                file_group=self._number,
                delivered_files=self._shown_files(),
                delivered_column=column.header,
                column_name=name or (column.header if column.header in keys else None),
                is_kept=not is_second and (letters in landed or column.header in keys),
                values_count=self._values[place + 1],
                rows_count=self._values[0],
            )

    def findings(self, own: Sequence[Verdict], today: Sequence[Verdict]) -> list[Finding]:
        """Return what the files lack and break, the verdict on the whole first.

        Args:
            own: The verdicts by the rules of their version.
            today: Those by the rules of today.
        """
        supported = criteria_of(self.judged_as, self.present)
        verdicts = [
            verdict
            for verdict in own
            # What concerns providers of several features concerns those that have all of them.
            if not verdict.rule.is_composite and set(verdict.rule.criteria) <= supported
        ]
        missing = self._missing(supported)
        broken = [v for v in verdicts if v.verdict == FAILED and v.rule.check[0] != "present"]
        kept = sum(verdict.verdict == PASSED for verdict in verdicts)
        whole = self._finding(
            "judged",
            sentence=(
                f"of {len(verdicts)} rules that concern this file {kept} are kept, {len(broken)} "
                f"are broken by rows, {sum(f.level == 'MUST' for f in missing)} columns are "
                "missing that must be there; the others have no row to judge"
            ),
            rows_count=self._values[0],
        )
        return [
            whole,
            *missing,
            *(
                self._finding(
                    "rule_broken",
                    level=verdict.rule.level,
                    rule_id=verdict.rule.rule_id,
                    column_name=verdict.rule.column,
                    sentence=sentence(verdict.rule),
                    judged_rows_count=verdict.judged_rows_count,
                    rows_count=failure.rows_count,
                    currency=failure.currency,
                    billed_cost=_plain(failure.money),
                    effective_cost=_plain(failure.effective_cost),
                    examples=self._places(failure.example_ids),
                )
                for verdict in broken
                for failure in verdict.failures
            ),
            *self._broken_today(today),
        ]

    def _broken_today(self, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
        """Yield what the files break of today's rules, so that only more than that is lifting's."""
        today = f"the rules of FOCUS {_TODAY}, which the files need not know"
        for verdict in verdicts:
            for failure in () if verdict.rule.is_composite else verdict.failures:
                found = self._finding(
                    "today_broken",
                    level=verdict.rule.level,
                    rule_id=verdict.rule.rule_id,
                    column_name=verdict.rule.column,
                    sentence=sentence(verdict.rule),
                    judged_rows_count=verdict.judged_rows_count,
                    rows_count=failure.rows_count,
                    currency=failure.currency,
                    billed_cost=_plain(failure.money),
                    effective_cost=_plain(failure.effective_cost),
                    billed_cost_above_zero=_plain(failure.money_above_zero),
                    effective_cost_above_zero=_plain(failure.effective_cost_above_zero),
                )
                yield replace(found, judged_by=today)

    def _finding(self, finding: str, **fields: object) -> Finding:
        left_out = f" without {self._book.left_out}" if self._book.left_out else ""
        by = f"the rules of FOCUS {self._book.model_version}{left_out}"
        if self._version == DRAFT:
            by += "; drafts have no rules, and their names are taken for today's"
        return Finding(
            self._number,
            self._shown_files(),
            self._version,
            self._basis,
            by,
            finding,
            **fields,  # type: ignore[arg-type]
        )

    def _missing(self, supported: Collection[str]) -> list[Finding]:
        """Return the columns of the version that the files do not have, strictest demand first."""
        demands: dict[str, list[Rule]] = {}
        for demand in self._book.of(COST_AND_USAGE):
            if demand.check[0] == "present" and demand.column:
                demands.setdefault(demand.column, []).append(demand)
        found = []
        for column in sorted(_columns_of_version(self.judged_as) - self.present):
            rules = [r for r in demands.get(column, []) if r.level != "MAY"]
            asked = [r for r in rules if set(r.criteria) <= set(supported)]
            rule = min(asked or rules, key=lambda r: r.level, default=None)
            said = f"{column} is a column of FOCUS {self.judged_as}"
            if rule is not None:
                said = sentence(rule)
            if rule is not None and not asked:
                wanted = " and ".join(_feature(criterion) for criterion in rule.criteria)
                said += f", of a provider with {wanted}; no column of this file speaks of it"
            found.append(
                self._finding(
                    "column_missing",
                    level=rule.level if rule is not None and asked else "CONDITIONAL",
                    rule_id=rule.rule_id if rule is not None else None,
                    column_name=column,
                    sentence=said,
                    rows_count=self._values[0],
                )
            )
        return sorted(found, key=lambda f: ("MUST", "SHOULD", "CONDITIONAL").index(str(f.level)))

    def _focus_names(self) -> dict[int, str]:
        """Return the FOCUS name of each column that has one, by its place; the first counts."""
        named: dict[int, str] = {}
        for place, column in enumerate(self._columns):
            letters = letters_of(column.header)
            name = _names_by_letters().get(letters)
            if name is not None and name not in named.values():
                named[place] = name
        return named

    def _relation(self, scratch: Path) -> str:
        """Return SQL of the rows under FOCUS's names; text files are kept as Parquet for that."""
        files = [
            f"select *, concat('{place:06}:', lpad(cast({row} as varchar), 12, '0')) as {_ROW} "
            f"from ({rows})"
            for place, path in enumerate(self._paths)
            for row, rows in [_numbered(path)]
        ]
        rows = " union all ".join(files)
        selected = [_ROW]
        for place, column in enumerate(self._columns):
            name = self._named.get(place)
            is_text = column.type == "VARCHAR"
            value = text_of(column) if is_text else quoted(column.name)
            selected.append(f"{value} as {quoted(name or f'unknown {place}')}")
        relation = f"select {', '.join(selected)} from ({rows})"
        if all(is_parquet(path) for path in self._paths):
            # A view, so that no name of the file's own stands in the SQL that is made of it.
            view = f"delivered_{self.name}"
            self._connection.execute(f"create or replace temp view {view} as {relation}")
            return f"select * from {view}"
        kept = scratch / f"{self.name}.parquet"
        self._connection.execute(f"copy ({relation}) to {path_literal(kept)} (format parquet)")
        return f"select * from read_parquet({path_literal(kept)})"

    def _count_values(self) -> Sequence[int]:
        """Return the rows, and for each column those that have a value in it."""
        counted = ", ".join(
            f"count({quoted(self._named.get(place, f'unknown {place}'))})"
            for place in range(len(self._columns))
        )
        row = self._connection.execute(f"select count(*), {counted} from ({self.rows})").fetchone()
        assert row is not None
        return [int(value) for value in row]

    def _shown_files(self) -> str:
        names = [delivered_file(path) for path in self._paths]
        more = len(names) - _SHOWN_FILES
        return ", ".join(names[:_SHOWN_FILES]) + (f" and {more} more" if more > 0 else "")

    def _places(self, row_ids: Sequence[str]) -> str:
        places = []
        for row_id in row_ids:
            place, _, row = row_id.partition(":")
            file, number = delivered_place(self._connection, self._paths[int(place)], int(row))
            places.append(f"{file} row {number:,}")
        return "; ".join(places)


def _without_virtual_currency(rows: str, present: Collection[str]) -> str:
    """Return SQL of rows as today's FOCUS has them, which lets money alone be a pricing currency.

    What is priced in credits is judged, as it is published, by its prices in the billing currency.
    """
    if "PricingCurrency" not in present:
        return rows
    codes = ", ".join(f"'{code}'" for code in sorted(ISO_4217))
    replaced = ", ".join(
        f"case when upper(PricingCurrency) not in ({codes}) then {of_money} else {priced} end "
        f"as {priced}"
        for priced, of_money in _IN_MONEY.items()
    )
    return f"select * replace ({replaced}) from ({rows})"


def _numbered(path: Path) -> tuple[str, str]:
    """Return SQL of a row's number in its file, from 1, and of the rows that have it."""
    if is_parquet(path):
        rows = (
            f"select * from read_parquet({path_literal(path)}, file_row_number = true, "
            "hive_partitioning = false)"
        )
        return "file_row_number + 1", rows
    return "numbered", f"select *, row_number() over () as numbered from ({raw_rows([path])})"


@cache
def _names_by_letters() -> Mapping[str, str]:
    """Return the names of FOCUS columns by their letters, those of drafts among them."""
    today = {letters_of(name): name for name in _since()}
    return today | {letters_of(old): new for old, new in OLD_NAMES.items()}


@cache
def _since() -> Mapping[str, str]:
    model = json.loads((facts.FACTS_DIR / "focus_1.4.json").read_text(encoding="utf-8"))
    since: Mapping[str, str] = model["columns"]
    return since


def _columns_of_version(version: str) -> set[str]:
    return {
        name
        for name, since in _since().items()
        if SINCE.get(name, since) <= version <= UNTIL.get(name, version)
    }


def _feature(criterion: str) -> str:
    return criterion.removesuffix("_SUPPORTED").replace("_", " ").lower()


def _plain(amount: object) -> str | None:
    return None if amount is None else f"{amount:f}"


def _notices(landing: Landing) -> Iterator[Finding]:
    """Yield what landing noticed, by currency."""
    for notice in landing.notices:
        by_currency: list[tuple[str | None, int | None]] = [*notice.rows_by_currency.items()]
        for currency, rows_count in by_currency or [(None, notice.rows_count)]:
            yield Finding(
                None,
                None,
                None,
                None,
                None,
                "notice",
                column_name=notice.column,
                sentence=notice.sentence,
                judged_rows_count=None if notice.rows_count is None else landing.row_count,
                rows_count=rows_count,
                currency=None if currency == "NULL" else currency,
                billed_cost=notice.money.get(currency or ""),
                examples=notice.example,
            )


def _path(data_dir: Path, snapshot: Snapshot) -> Path:
    return landing_path(data_dir, snapshot).with_name(f"{snapshot.receipt.snapshot_id}.focus.json")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return fields if fields.get("fingerprint") == _fingerprint() else None


def _write(path: Path, found: Delivery) -> None:
    temporary = path.with_name(f".{path.name}")
    content = {"fingerprint": _fingerprint(), **asdict(found)}
    with temporary.open("w", encoding="utf-8") as handle:
        json.dump(content, handle, indent=1, ensure_ascii=False)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, path)


@cache
def _fingerprint() -> str:
    """Return a hash of the rules and of the code that judges by them."""
    package = facts.FACTS_DIR.parent
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.json")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()
