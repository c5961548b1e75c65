"""What a long history of changes and kills ends in is what a build from nothing gives."""

from __future__ import annotations

import csv
import io
import random
import shutil
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.extract.snapshot import read_snapshot
from tests.pipeline.conftest import Installation
from tests.pipeline.contents import assert_same_content, content, leftovers
from tests.pipeline.killed_runs import Chain

SEED = 20261125

# The second installation sees each period delivered once, so it has no restatements; it is the
# only table that tells how a state was reached, not what it is.
HISTORY = "trust.rpt_restatements"

Change = Callable[[Installation, random.Random], None]


def change_line(path: Path, key: str, amount: str, rng: random.Random) -> None:
    """Let one line of a CSV bill cost more: a closed period that costs much less is held back."""
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    row = rng.choice([row for row in rows if Decimal(row[amount]) > 0 and row[key]])
    row[amount] = str(Decimal(row[amount]) + Decimal(rng.randint(1, 500)) / 100)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def append(installation: Installation, table: str, *lines: str) -> None:
    with (installation.org / f"{table}.csv").open("a", encoding="utf-8") as handle:
        handle.writelines(f"{line}\n" for line in lines)


def end(installation: Installation, table: str, line: str, ended: str) -> None:
    """Put a row of an organisation table out of force."""
    path = installation.org / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(f"{line}\n") == 1
    path.write_text(text.replace(f"{line}\n", f"{ended}\n"), encoding="utf-8")


def restate_aws(installation: Installation, rng: random.Random) -> None:
    bill = rng.choice(sorted((installation.bills / "aws_legacy").glob("*.csv")))
    change_line(bill, "identity/LineItemId", "lineItem/UnblendedCost", rng)


def restate_focus(installation: Installation, rng: random.Random) -> None:
    bill = installation.bills / "focus" / "focus_1_2.csv"
    change_line(bill, "BillingAccountId", "BilledCost", rng)


def bill_november(installation: Installation, _rng: random.Random) -> None:
    bills = installation.bills / "aws_legacy"
    text = (bills / "2026-10.csv").read_text(encoding="utf-8")
    text = text.replace("2026-11-01T", "2026-12-01T").replace("2026-10-", "2026-11-")
    (bills / "2026-11.csv").write_text(text.replace("line-10-", "line-11-"), encoding="utf-8")


def withdraw_from_the_open_month(installation: Installation, _rng: random.Random) -> None:
    bill = installation.bills / "aws_legacy" / "2026-11.csv"
    lines = bill.read_text(encoding="utf-8").splitlines(keepends=True)
    bill.write_text("".join(lines[:-1]), encoding="utf-8")


def charge_ahead(installation: Installation, _rng: random.Random) -> None:
    """Bill a day of November in October."""
    bill = installation.bills / "focus" / "focus_1_2.csv"
    *lines, last = bill.read_text(encoding="utf-8").splitlines()
    ahead = last.replace("2026-10-12T", "2026-11-05T").replace("2026-10-13T", "2026-11-06T")
    assert ahead != last
    bill.write_text("\n".join([*lines, last, ahead]) + "\n", encoding="utf-8")


def add_a_version_of_the_tax_rule(installation: Installation, rng: random.Random) -> None:
    day = f"2026-10-{rng.randint(2, 28):02d}"
    last = "tax,2,30,even,,owned,2026-10-01,,The language team joined in October"
    end(installation, "allocation_rule", last, last.replace(",,The", f",{day},The"))
    append(installation, "allocation_rule", f"tax,3,30,even,,owned,{day},,All but one")
    append(installation, "allocation_rule_condition", "tax,3,charge_category,equals,Tax")
    append(installation, "allocation_rule_target", "tax,3,vision,", "tax,3,nlp,")


def change_a_rule_ahead(installation: Installation, _rng: random.Random) -> None:
    """Change who owns unused commitments from November on; October bills a day after that."""
    payer = "billing_account_id,eur-4711,platform,,,"
    end(installation, "owner_mapping", payer, "billing_account_id,eur-4711,platform,,,2026-11-03")
    append(installation, "owner_mapping", "billing_account_id,eur-4711,finance,,2026-11-03,")


def correct_a_mapping(installation: Installation, _rng: random.Random) -> None:
    """The language team used its tag earlier than was thought."""
    mapping = "tag:team,nlp,nlp,,2026-10-15,"
    end(installation, "owner_mapping", mapping, "tag:team,nlp,nlp,,2026-10-02,")


def move_an_owner(installation: Installation, _rng: random.Random) -> None:
    owner = "vision,Vision,Data and AI,CC-20,data science,,"
    end(installation, "owner", owner, f"{owner}2026-10-20")
    append(installation, "owner", "vision,Vision,Product,CC-21,data science,2026-10-20,")


def correct_a_rate(installation: Installation, _rng: random.Random) -> None:
    end(installation, "fx_rate", "EUR,USD,1.1,,2026-10-15", "EUR,USD,1.12,,2026-10-15")


CHANGES: tuple[Change, ...] = (
    restate_aws,
    restate_aws,
    restate_focus,
    withdraw_from_the_open_month,
    charge_ahead,
    add_a_version_of_the_tax_rule,
    change_a_rule_ahead,
    correct_a_mapping,
    move_an_owner,
    correct_a_rate,
)


def repeating_files(installation: Installation) -> set[str]:
    """Return the period files that lack amounts which repeat others, as models and periods."""
    folder = installation.settings.warehouse_dir
    with duckdb.connect() as connection:
        found = connection.execute(
            "select distinct file_name from parquet_kv_metadata($files) "
            "where decode(key) = 'repeated'",
            {"files": f"{folder}/*/*/*/*/*.parquet"},
        ).fetchall()
    return {str(Path(name).parent.relative_to(folder)) for (name,) in found}


def test_a_history_of_changes_and_kills_ends_as_a_build_from_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    rng = random.Random(SEED)
    changes = rng.sample(CHANGES, len(CHANGES))
    steps = [[bill_november, *changes[:2]], changes[2:5], changes[5:7], changes[7:]]
    # A rule that changes ahead of a day that is billed already is where keys could miss a change.
    assert changes.index(charge_ahead) < changes.index(change_a_rule_ahead)
    chain = Chain(installation)
    for number, step in enumerate(steps, start=1):
        for change in step:
            change(installation, rng)
        if number == 1:
            run = chain.finish(has_gates=False)
            assert run.exit_code == 0, run.text
        elif number == 2:
            chain.kill_at_line(("conform ", "allocate "), nth=rng.randint(1, 12), alone=True)
        elif number == 3:
            started = time.monotonic()
            chain.kill_at_line("publish  auditing", alone=False)
            duration = time.monotonic() - started
        else:
            chain.kill_at_moment(rng.uniform(0.1, 0.5) * duration, alone=False)
            chain.kill_at_moment(rng.uniform(0.5, 0.9) * duration, alone=True)
    run = installation.run_here()
    assert run.exit_code == 0, run.text
    assert leftovers(installation) == []
    # Published were the first step and what a kill came too late for, which is the whole of it.
    first, *later = chain.publications
    assert len(later) <= 1 and all(was == content(installation) for was in later)

    from_nothing = Installation(tmp_path / "from_nothing")
    from_nothing.root.mkdir()
    for kept in ("bills", "org"):
        shutil.copytree(installation.root / kept, from_nothing.root / kept)
    shutil.copy(installation.sources_file, from_nothing.sources_file)
    run = from_nothing.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    expected = content(installation, without=[HISTORY])
    assert_same_content(expected, content(from_nothing, without=[HISTORY]))
    assert repeating_files(from_nothing) == set()
    # A large month is made by other statements, and its file has each amount once. Where two files
    # are lost and made again so, a ledger that is a view over them is still the same.
    large = {
        f"{model}/source=aws_small/billing_period=2026-09"
        for model in ("conform/int_charges_conformed_aws_cur_legacy", "allocate/int_charge_splits")
    }
    for folder in large:
        (lost,) = (from_nothing.settings.warehouse_dir / folder).iterdir()
        lost.unlink()
    run = from_nothing.run_here(has_gates=False, TOLLGATE_LEDGER_TABLE_ROWS="0")
    assert run.exit_code == 0, run.text
    assert repeating_files(from_nothing) == large
    found = content(from_nothing, without=[HISTORY])
    # A view says of every column that it may be NULL.
    described = "columns and what they mean"
    assert_same_content({**expected, described: found[described]}, found)
    # The history itself: from what was delivered first, the restatements lead to what is there now.
    changes_by_period = {
        (source, period): change
        for source, period, change in installation.query(
            "select source, strftime(billing_period, '%Y-%m'), sum(total_change) "
            f"from {HISTORY} group by all"
        )
    }
    assert {source for source, _ in changes_by_period} == {"aws_small", "focus_small"}
    for source, period, total in installation.query(
        "select source, strftime(billing_period, '%Y-%m'), receipt_total "
        "from trust.rpt_control_totals"
    ):
        (first,) = installation.settings.extracted_dir.glob(f"{source}/*/{period}/0001-*")
        (delivered_first,) = read_snapshot(first).receipt.totals.values()
        assert delivered_first + changes_by_period.get((source, period), Decimal(0)) == total
