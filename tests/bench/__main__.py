"""Measures Tollgate's speed: ``make bench``, or ``python -m tests.bench [--quick]``.

Each thing is measured by whole commands, as people run them, or in pairs that run one after the
other, of which the median ratio counts. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from orchestration.settings import DEMO_DIR, PROJECT_DIR
from tests.allocation_truth import owners_found
from tests.bench import (
    allocation,
    focus_converter,
    focus_rules,
    metering,
    pricing,
    unit_economics,
)
from tests.bench.floor import column_count, copy_seconds
from tests.bench.inputs import deliver_cur2, write_legacy_csv
from tests.bench.installation import Installation, conformed, steps
from tests.bench.measure import CommandFailedError, Measured, median, median_ratio
from tests.bench.report import Report, at_least, at_most, machine, table, told
from tests.referee.validator import NoRefereeError, prepare

BENCH_DIR = PROJECT_DIR / "bench"
GIB = 2**30


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        lines: Line items of a month, one measurement each.
        rounds: Pairs of conform and floor for each of them.
        months: Months of the run that shows whether memory grows with history.
        month_lines: Line items of each of those months.
        legacy_lines: Line items that both converters are given.
        metered_calls: Calls of a gateway that are brought into the hourly shape.
        priced_rows: Rows of usage that are priced.
        allocated_charges: Charges of the month that is allocated.
        token_rows: Rows of tokens of a month whose unit economics are made anew.
        judged_charges: FOCUS charges that our judge is given, one measurement each.
        referee_charges: FOCUS charges that the official validator is given.
    """

    lines: tuple[int, ...]
    rounds: tuple[int, ...]
    months: int
    month_lines: int
    legacy_lines: int
    metered_calls: int
    priced_rows: int
    allocated_charges: int
    token_rows: int
    judged_charges: tuple[int, ...]
    referee_charges: int


FULL = Sizes(
    (1_000_000, 20_000_000),
    (3, 2),
    6,
    1_000_000,
    1_000_000,
    10_000_000,
    10_000_000,
    10_000_000,
    20_000_000,
    (1_000_000, 20_000_000),
    1_000_000,
)
QUICK = Sizes(
    (1_000_000,),
    (2,),
    2,
    250_000,
    250_000,
    1_000_000,
    1_000_000,
    1_000_000,
    2_000_000,
    (1_000_000,),
    100_000,
)


class Bench:
    """One run of the bench in a scratch folder."""

    def __init__(
        self, sizes: Sizes, threads: int, scratch: Path, say: Callable[[str], None]
    ) -> None:
        self._sizes = sizes
        self._threads = threads
        self._scratch = scratch
        self._say = say
        self.failed: list[str] = []
        now = datetime.now(UTC)
        self.report = Report(now.date(), sizes is QUICK, machine(threads))

    def run(self) -> None:
        """Measure everything; a part that fails is told as such and the others go on."""
        parts: list[tuple[str, Callable[[], None]]] = [("the demo", self.demo)]
        for lines, rounds in zip(self._sizes.lines, self._sizes.rounds, strict=True):
            name = f"{lines / 1e6:g} M lines in one month"
            parts.append((name, partial(self.one_month, lines, rounds)))
        parts += [("memory by months", self.months), ("focus-converter", self.converter)]
        parts += [("metering", self.metering), ("pricing", self.pricing)]
        parts += [("allocation", self.allocation)]
        parts += [("unit economics", self.unit_economics)]
        parts += [("FOCUS rules", self.focus_rules)]
        for name, measure in parts:
            try:
                measure()
            except (
                CommandFailedError,
                focus_converter.NoConverterError,
                NoRefereeError,
            ) as error:
                self._say(str(error))
                self.failed.append(name)
                self.report.results.append(told(name, f"failed: {str(error).splitlines()[-1]}"))

    def demo(self) -> None:
        """Thirteen months of the demo company from nothing, then a run without news."""
        demo = Installation(self._scratch / "demo", self._threads, is_demo=True)
        first = self._run(demo, "the demo's 13 months, from nothing")
        again = self._run(demo, "the same again, nothing changed")
        found = owners_found(
            demo.data / "published" / "warehouse.duckdb",
            DEMO_DIR / "truth",
            date(2025, 11, 1),
            date(2026, 11, 1),
        )
        shutil.rmtree(demo.root)
        self.report.results += [
            at_most("13 months of the demo, first run", first.seconds, 60, "s", _where(first)),
            at_most("a run in which nothing changed", again.seconds, 30, "s", _where(again)),
            at_most("the demo's cost with a wrong owner", float(found.wrong_pct), 2, "%"),
            at_most("the demo's cost without an owner", float(found.unallocated_pct), 5, "%"),
        ]
        self._keep("demo_first", first)
        self._keep("demo_unchanged", again)

    def one_month(self, lines: int, rounds: int) -> None:
        """One month of an AWS bill: from delivered file to published warehouse, then conform."""
        place = self._aws(f"aws-{lines}", lines, 1)
        name = f"{lines / 1e6:g} M lines in one month"
        run = self._run(place, name)
        seconds = steps(run.output)
        if lines >= 20_000_000:
            self.report.results += [
                at_most(f"{name}, file to published", run.seconds, 240, "s", _where(run)),
                at_most(f"{name}, memory of all processes", run.peak_bytes / GIB, 8, "GiB"),
            ]
        else:
            self.report.results += [
                told(f"{name}, file to published", f"{run.seconds:.0f} s ({_where(run)})"),
                told(f"{name}, memory of all processes", f"{run.peak_bytes / GIB:.2f} GiB"),
            ]
        self._keep(f"month_{lines}", run)
        self._conform_and_floor(place, lines, rounds)
        shutil.rmtree(place.root)
        self.report.details[f"month_{lines}_steps"] = seconds

    def _conform_and_floor(self, place: Installation, lines: int, rounds: int) -> None:
        landed = sorted(place.data.glob("extracted/aws/line_items/*/*/*.parquet"))
        ledger = sorted(
            place.warehouse.glob("conform/int_charges_conformed_aws_cur2/*/*/*.parquet")
        )
        rows: list[dict[str, float]] = []
        for number in range(1, rounds + 1):
            self._say(f"conform and floor, {lines:,} lines, round {number} of {rounds}")
            target = self._scratch / "floor.parquet"
            rows.append(
                {
                    "conform": place.conform_again("aws_cur2", self._scratch / "conform"),
                    "floor": copy_seconds(landed, target, self._threads, column_count(ledger[0])),
                    "landed_copy": copy_seconds(landed, target, self._threads),
                    "ledger_copy": copy_seconds(ledger, target, self._threads),
                }
            )
            shutil.rmtree(self._scratch / "conform")
        self.report.details[f"conform_{lines}"] = {
            "rounds": rows,
            "landed_columns": column_count(landed[0]),
            "ledger_columns": column_count(ledger[0]),
        }
        pairs = [(row["conform"], row["floor"]) for row in rows]
        conform_seconds = median([first for first, _ in pairs])
        floor_seconds = median([second for _, second in pairs])
        self.report.results.append(
            at_most(
                f"conform over the floor, {lines / 1e6:g} M lines",
                median_ratio(pairs),
                2,
                "times",
                f"{conform_seconds:.1f} s against {floor_seconds:.1f} s",
            )
        )

    def months(self) -> None:
        """The same month once and several times: memory must not grow with history."""
        lines, count = self._sizes.month_lines, self._sizes.months
        one = self._run(self._aws("one", lines, 1), f"1 month of {lines:,} lines")
        several = self._run(self._aws("several", lines, count), f"{count} months of {lines:,}")
        for name in ("one", "several"):
            shutil.rmtree(self._scratch / name)
        self._keep("one_month", one)
        self._keep("several_months", several)
        self.report.results.append(
            at_most(
                f"memory of {count} months over 1, {lines / 1e6:g} M lines each",
                several.peak_bytes / one.peak_bytes,
                1.25,
                "times",
                f"{several.peak_bytes / GIB:.2f} against {one.peak_bytes / GIB:.2f} GiB, "
                f"{several.seconds:.0f} against {one.seconds:.0f} s",
            )
        )

    def converter(self) -> None:
        """Tollgate and focus-converter on the same legacy lines."""
        lines = self._sizes.legacy_lines
        csv = write_legacy_csv(self._scratch / "legacy" / "cur.csv", lines)
        few = write_legacy_csv(self._scratch / "few" / "cur.csv", 1_000)
        start = focus_converter.convert(few, self._scratch / "converted")
        self._say(f"focus-converter, {lines:,} lines")
        other = focus_converter.convert(csv, self._scratch / "converted")
        if (rows := focus_converter.row_count(self._scratch / "converted")) != lines:
            raise CommandFailedError(f"focus-converter wrote {rows:,} of {lines:,} lines")
        place = Installation(self._scratch / "legacy-run", self._threads)
        place.write_sources([{"name": "aws", "kind": "aws_cur_legacy", "url": str(csv.parent)}])
        run = self._run(place, f"the same {lines:,} legacy lines")
        taken = steps(run.output)
        ((rows, conform_seconds),) = conformed(run.output)
        doors = taken["extract"] + taken["land"] + conform_seconds
        # its start is taken off, because Tollgate's three doors are timed without theirs
        its_seconds = other.seconds - start.seconds
        if its_seconds <= 0:
            raise CommandFailedError("focus-converter's start took longer than its conversion")
        its_rate = (lines - 1_000) / its_seconds
        self._keep("focus_converter_start", start)
        self._keep("focus_converter", other)
        self._keep("legacy_run", run)
        self.report.results += [
            at_least(
                "rows a second of extract, land and conform over focus-converter's",
                rows / doors / its_rate,
                10,
                "times",
                f"{rows / doors:,.0f} against {its_rate:,.0f}",
            ),
            told(
                "rows a second of conform alone over focus-converter's",
                f"{rows / conform_seconds / its_rate:.3g} times "
                f"({rows / conform_seconds:,.0f} against {its_rate:,.0f})",
            ),
            told(
                "memory, Tollgate and focus-converter, same lines",
                f"{run.peak_bytes / GIB:.2f} and {other.peak_bytes / GIB:.2f} GiB",
            ),
        ]

    def metering(self) -> None:
        """Calls of a gateway, from the exported file to the hourly shape of usage."""
        calls = self._sizes.metered_calls
        self._say(f"making and metering {calls:,} calls of a gateway")
        place = Installation(self._scratch / "metering", self._threads)
        metering.make_calls(place, calls)
        found = metering.meter(place)
        shutil.rmtree(place.root)
        name = f"{calls / 1e6:g} M calls of a gateway, file to hourly usage"
        doors = ", ".join(f"{door} {seconds:.1f}" for door, seconds in found.seconds.items())
        doors += f"; {found.run.seconds:.0f} s with the starts of dbt and Great Expectations"
        self.report.results += [
            at_most(name, sum(found.seconds.values()), 30, "s", doors)
            if calls >= 10_000_000
            else told(name, f"{sum(found.seconds.values()):.1f} s ({doors})"),
            at_most(f"{name}, memory", found.run.peak_bytes / GIB, 4, "GiB"),
        ]
        self._keep("metering", found.run)

    def pricing(self) -> None:
        """Usage against a book of 10,000 dated prices."""
        rows = self._sizes.priced_rows
        self._say(f"pricing {rows:,} rows of usage by 10,000 dated prices")
        run, seconds = pricing.price(
            pricing.make_file(rows, self._scratch / "usage.parquet"), self._threads
        )
        name = f"{rows / 1e6:g} M rows of usage priced by 10,000 dated prices"
        self.report.results += [
            at_most(name, seconds, 10, "s", f"{run.seconds:.0f} s with dbt's start"),
            at_most(f"{name}, memory", run.peak_bytes / GIB, 4, "GiB"),
        ]
        self._keep("pricing", run)

    def allocation(self) -> None:
        """One month under 200 rules, among 500 owners, passed on in five tiers."""
        charges = self._sizes.allocated_charges
        self._say(f"allocating {charges:,} charges")
        file = allocation.make_file(charges, self._scratch / "ledger.parquet")
        run, said = allocation.allocate(file, self._threads)
        if said["lost"] != 0:
            raise CommandFailedError(f"{said['lost']} of the allocated cost was lost")
        name = (
            f"{charges / 1e6:g} M charges allocated: {allocation.RULES} rules, "
            f"{allocation.OWNERS} owners, {allocation.TIERS} tiers"
        )
        seconds, floor = said["allocation_seconds"], said["floor_seconds"]
        processor = f"{said['allocation_cpu_seconds']:.0f} s of processor"
        showback = f"{name}, daily showback"
        if charges >= 10_000_000:
            self.report.results += [
                at_most(name, seconds, 20, "s", processor),
                at_most(f"{name}, memory", run.peak_bytes / GIB, 4, "GiB"),
                at_most(showback, said["showback_seconds"], 20, "s"),
            ]
        else:
            self.report.results += [
                told(name, f"{seconds:.1f} s ({processor}), {run.peak_bytes / GIB:.2f} GiB"),
                told(showback, f"{said['showback_seconds']:.1f} s"),
            ]
        self.report.results.append(
            told(
                f"{name}, rows a second",
                f"{charges / seconds:,.0f}; a join and an aggregate alone {charges / floor:,.0f}",
            )
        )
        self.report.details[f"allocation_{charges}"] = said
        self._keep("allocation", run)

    def unit_economics(self) -> None:
        """Thirteen months of unit economics, of which the large last one changed."""
        rows = self._sizes.token_rows
        self._say(f"making 13 months of unit economics, the last of {rows:,} rows of tokens")
        place = Installation(self._scratch / "unit-economics", self._threads)
        months = unit_economics.make_months(place, rows)
        first = unit_economics.build_all(months)
        remade = unit_economics.remake(months)
        floor = unit_economics.floor_seconds(months)
        shutil.rmtree(place.root)
        seconds = sum(remade.seconds.values())
        slowest = sorted(remade.seconds, key=lambda name: -remade.seconds[name])[:3]
        name = f"unit economics of a changed month, {months.token_rows / 1e6:.3g} M rows of tokens"
        self.report.results += [
            at_most(
                name,
                seconds,
                60,
                "s",
                ", ".join(f"{mart} {remade.seconds[mart]:.0f}" for mart in slowest)
                + f"; {remade.run.cpu_seconds:.0f} s of processor, dbt's start included",
            ),
            told(f"{name}, over adding them up once", f"{seconds / floor:.1f} times {floor:.1f} s"),
            told(f"{name}, periods written", f"{max(remade.periods.values())} of 13 a mart"),
            told(f"{name}, memory", f"{remade.run.peak_bytes / GIB:.2f} GiB"),
        ]
        self._keep("unit_economics_all_months", first)
        self._keep("unit_economics_changed_month", remade.run)
        self.report.details["unit_economics_marts"] = dict(remade.seconds)

    def focus_rules(self) -> None:
        """All static FOCUS rules, and the official validator on the same file."""
        file = self._scratch / "charges.parquet"
        for charges in self._sizes.judged_charges:
            self._say(f"judging {charges:,} FOCUS charges by all static rules")
            run = focus_rules.ours(focus_rules.make_file(charges, file), self._threads)
            name = f"all FOCUS rules, {charges / 1e6:g} M charges"
            self.report.results += [
                at_most(name, run.seconds, 5 * charges / 1e6 + 3, "s", "3 s are Python's start"),
                at_most(f"{name}, memory", run.peak_bytes / GIB, 4, "GiB"),
            ]
            self._keep(f"focus_rules_{charges}", run)
        charges = self._sizes.referee_charges
        prepare()
        self._say(f"the official validator on {charges:,} charges")
        focus_rules.make_file(charges, file)
        ours, theirs = focus_rules.ours(file, self._threads), focus_rules.theirs(file)
        self.report.results.append(
            at_least(
                f"faster than focus-validator on {charges:,} charges",
                theirs.seconds / ours.seconds,
                5,
                "x",
                f"{theirs.seconds:.0f} s and {theirs.peak_bytes / GIB:.2f} GiB",
            )
        )
        self._keep("focus_validator", theirs)

    def _aws(self, name: str, lines: int, months: int) -> Installation:
        place = Installation(self._scratch / name, self._threads)
        self._say(f"making {months} month(s) of {lines:,} line items")
        export = deliver_cur2(place.root / "export", lines, months)
        place.write_sources([{"name": "aws", "kind": "aws_cur2", "url": str(export)}])
        return place

    def _run(self, place: Installation, what: str) -> Measured:
        self._say(f"running {what}")
        measured = place.run()
        self._say(
            f"  {measured.seconds:.1f} s, {measured.cpu_seconds:.1f} s of processor, "
            f"{measured.peak_bytes / GIB:.2f} GiB"
        )
        return measured

    def _keep(self, name: str, measured: Measured) -> None:
        self.report.details[name] = {
            "seconds": round(measured.seconds, 2),
            "cpu_seconds": round(measured.cpu_seconds, 2),
            "peak_bytes": measured.peak_bytes,
            "steps": steps(measured.output),
        }


def _where(run: Measured) -> str:
    """Say what a run was spent on: its steps, and what Dagster and Python took around them.

    With the seconds from the extracted files on: without vendors' answers and without the start.
    """
    taken = steps(run.output)
    inside = {name: seconds for name, seconds in taken.items() if name != "all"}
    parts = [
        f"{name.strip('_').replace('__', ' ')} {seconds:.0f}" for name, seconds in inside.items()
    ]
    around = run.seconds - sum(inside.values())
    behind = sum(seconds for name, seconds in inside.items() if name != "extract")
    return ", ".join([*parts, f"start and end {around:.0f}"]) + f"; from extracted on {behind:.0f}"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table and write the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1 M lines only, a few minutes")
    parser.add_argument("--threads", type=int, default=2, help="processors that DuckDB may use")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    BENCH_DIR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=BENCH_DIR) as scratch:
        bench = Bench(QUICK if options.quick else FULL, options.threads, Path(scratch), _say)
        bench.run()
    files = bench.report.write(BENCH_DIR)
    _say("\n".join(["", *table(bench.report.results), ""]))
    _say(f"{time.monotonic() - started:.0f} s in all. Written: {', '.join(map(str, files))}")
    return 1 if bench.failed else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
