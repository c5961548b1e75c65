"""The demo company: one world, the vendors' bills made from it, and the truth behind them.

Called by the terminal entry (and by tests) only; the pipeline does not know that it runs on it.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from orchestration.demo.experiments import (
    EVERY_RUN_TABLE,
    stated_runs,
    tracked_runs,
    write_tracked_runs,
)
from orchestration.demo.received_invoices import LINE_ITEM_TYPE_SEED, write_received_invoices
from orchestration.demo.stated_figures import (
    OUTCOME_TABLE,
    TRAINING_RUN_TABLE,
    training_runs,
    write_outcomes,
    write_training_runs,
)
from orchestration.demo.vendor_bills import VendorBill, anthropic_bill, openai_bill
from orchestration.demo.world import MODEL_NAME_SEED, PRICE_SEED, World

__all__ = ["make_demo"]

_MADE = "made.json"
_MAKING = ".making-"
_INVOICES = "invoice.csv"
# Tables of the organisation that agree with the bills and are made with them.
_MADE_TABLES = (_INVOICES, OUTCOME_TABLE, TRAINING_RUN_TABLE)


class OrgTablesMissingError(FileNotFoundError):
    """The demo company's bills have no organisation to go with."""


def make_demo(
    demo_dir: Path,
    org_dir: Path,
    seed: int,
    scale: Decimal,
    today: date,
    say: Callable[[str], None],
) -> None:
    """Write the demo vendors' bills and the truth behind them, unless they are there already.

    Writes ``vendors/aws``, ``vendors/openai``, ``vendors/anthropic``, ``vendors/brightgauge`` (a
    platform that is paid in credits), the spend logs of the company's own gateway in
    ``vendors/gateway``, the training runs that one team tracks in ``vendors/mlflow``, and
    ``truth``. Both folders are made beside their
    place and renamed, so that a killed run leaves nothing half. The invoices that the company
    received, its outcomes and its training runs go to its own tables in ``org``, because they
    agree with the bills.

    Args:
        demo_dir: Where ``vendors`` and ``truth`` go.
        org_dir: The organisation's own tables; they are committed and only have to be there.
        seed: Seed of the world.
        scale: Multiplies requests and AWS lines.
        today: First day that has not happened yet.
        say: Receives one line of progress at a time.

    Raises:
        OrgTablesMissingError: There are no organisation tables to go with the bills.
    """
    if not (org_dir / "owner.csv").exists():
        raise OrgTablesMissingError(
            f"{org_dir}: the organisation's tables are missing. Restore them from the repository "
            "or point TOLLGATE_ORG_DIR at yours."
        )
    made = {
        "seed": seed,
        "scale": str(scale),
        "today": today.isoformat(),
        "made_from": _code_version(),
    }
    vendors_dir, truth_dir = demo_dir / "vendors", demo_dir / "truth"
    demo_dir.mkdir(parents=True, exist_ok=True)
    with _alone_in(demo_dir):
        org = demo_dir / "org"
        has_tables = not org.is_dir() or all((org / name).exists() for name in _MADE_TABLES)
        if has_tables and _is_made(vendors_dir, made) and _is_made(truth_dir, made):
            return
        say(f"Making the demo company's bills up to {today} (seed {seed}, scale {scale})")
        for left_over in demo_dir.glob(f"{_MAKING}*"):
            shutil.rmtree(left_over)
        with tempfile.TemporaryDirectory(prefix=_MAKING, dir=demo_dir) as making:
            fresh_vendors, fresh_truth = Path(making) / "vendors", Path(making) / "truth"
            fresh_truth.mkdir()
            _write(World(seed, scale, today), fresh_vendors, fresh_truth, say)
            for folder in (fresh_vendors, fresh_truth):
                (folder / _MADE).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
            for name in _MADE_TABLES if org.is_dir() else ():
                os.replace(fresh_truth / name, org / name)
            _put_in_place(fresh_truth, truth_dir)
            _put_in_place(fresh_vendors, vendors_dir)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two runs that start together make the bills once."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(world: World, vendors_dir: Path, truth_dir: Path, say: Callable[[str], None]) -> None:
    from orchestration.demo.aws_bill import write_aws_export
    from orchestration.demo.bedrock_logs import write_invocation_logs
    from orchestration.demo.credits_bill import FOLDER, write_credits_export
    from orchestration.demo.gateway import discrepancies, gateway_start, write_gateway_export
    from orchestration.demo.machines import machine_days
    from orchestration.demo.opencost_answers import write_opencost_answers
    from orchestration.demo.telemetry import served_usage, write_telemetry
    from orchestration.demo.traces import (
        trace_discrepancies,
        write_langfuse_export,
        write_sampled_spans,
    )

    world.inference.write_parquet(truth_dir / "inference.parquet")
    pl.DataFrame(
        [vars(event) for event in world.events],
        schema={
            "usage_date": pl.Date,
            "use_case_id": pl.String,
            "kind": pl.String,
            "note": pl.String,
        },
    ).write_parquet(truth_dir / "event.parquet")
    pl.DataFrame(
        [vars(each) for each in (*discrepancies(world), *trace_discrepancies(world))]
    ).write_parquet(truth_dir / "meter_discrepancy.parquet")
    bills = {"openai": openai_bill(world), "anthropic": anthropic_bill(world)}
    for (name, bill), (usage_name, costs_name) in zip(
        bills.items(),
        (("usage_completions", "costs"), ("usage_messages", "cost_report")),
        strict=True,
    ):
        folder = vendors_dir / name
        folder.mkdir(parents=True)
        bill.usage.write_parquet(folder / f"{usage_name}.parquet")
        bill.costs.write_parquet(folder / f"{costs_name}.parquet")
        bill.truth.write_parquet(truth_dir / f"{name}_cost.parquet")
        say(f"  {name}: {_summary(bill)}")
    credits_lines = write_credits_export(world, vendors_dir / FOLDER)
    credits_lines.write_parquet(truth_dir / f"{FOLDER}_cost.parquet")
    spent = Decimal(credits_lines["effective_cost"].sum())
    say(f"  {FOLDER}: {credits_lines.height} lines, {spent:.2f} USD of credits used")
    truth = write_aws_export(world, vendors_dir / "aws")
    truth.by_day.write_parquet(truth_dir / "aws_cost.parquet")
    truth.by_place.write_parquet(truth_dir / "aws_caused_cost.parquet")
    write_received_invoices(
        truth_dir / _INVOICES,
        {name: bill.costs for name, bill in bills.items()},
        vendors_dir / "aws",
        world.today,
    )
    write_outcomes(truth_dir / OUTCOME_TABLE, world)
    runs = training_runs(vendors_dir / "aws", world.today)
    write_training_runs(truth_dir / EVERY_RUN_TABLE, runs)
    write_training_runs(truth_dir / TRAINING_RUN_TABLE, stated_runs(runs))
    total = Decimal(truth.by_day["effective_cost"].sum())
    say(f"  aws: {total:.2f} USD of effective cost")
    tracked_count = write_tracked_runs(vendors_dir / "mlflow", tracked_runs(runs))
    say(f"  tracker: {tracked_count} training runs")
    say(f"  gateway: {write_gateway_export(world, vendors_dir / 'gateway')} requests")
    say(f"  traces: {write_langfuse_export(world, vendors_dir / 'langfuse')} observations")
    say(f"  app: {write_sampled_spans(world, vendors_dir / 'otlp')} sampled spans")
    logged = write_invocation_logs(world, vendors_dir / "aws" / "invocation-logs")
    say(f"  bedrock: {logged} logged calls")
    machines = machine_days(truth.by_machine, truth_dir / EVERY_RUN_TABLE)
    truth.by_machine.write_parquet(truth_dir / "machine.parquet")
    served_usage(world).write_parquet(truth_dir / "served_model.parquet")
    points = write_telemetry(world, machines, vendors_dir / "prometheus")
    say(f"  telemetry: {points} points")
    metered = [each for each in machines if each.usage_date >= gateway_start(world)]
    say(f"  cluster: {write_opencost_answers(metered, vendors_dir / 'opencost')} allocations")


def _summary(bill: VendorBill) -> str:
    total = Decimal(bill.costs["billed_cost"].sum())
    return f"{bill.costs.height} cost rows, {total:.2f} USD"


def _is_made(folder: Path, made: dict[str, object]) -> bool:
    try:
        found = json.loads((folder / _MADE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return bool(found == made)


def _put_in_place(fresh: Path, place: Path) -> None:
    """Move a folder to its place; what was there goes to the temporary folder, which goes next."""
    if place.exists():
        os.replace(place, fresh.parent / f"old-{place.name}")
    os.replace(fresh, place)


def _code_version() -> str:
    """Return a hash of everything that the bills are made from besides seed, scale and day."""
    digest = hashlib.sha256()
    seeds = (PRICE_SEED, MODEL_NAME_SEED, LINE_ITEM_TYPE_SEED)
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *seeds):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
