"""Runs the job from a terminal: the same definitions, over every period that the sources hold."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import dagster as dg

from orchestration.defs import build_definitions
from orchestration.defs.automation import JOB_NAME, range_tags
from orchestration.defs.publish import PUBLISHED_KEY
from orchestration.defs.resources import HOLDS_LOCK, mark_killed_runs
from orchestration.extract.period import BillingPeriod
from orchestration.extract.source import load_sources
from orchestration.publish.run_lock import RunLockedError, run_lock
from orchestration.publish.summary import DOORS, GateResult
from orchestration.settings import Settings


@dataclass(frozen=True)
class RunOutcome:
    """What a run came to.

    Attributes:
        succeeded: Whether every step went through.
        outcome: One line: published, unchanged, refused or failed, and why.
        gates: What each gate said, in the order of the doors.
        seconds: Seconds by step.
    """

    succeeded: bool
    outcome: str
    gates: tuple[GateResult, ...]
    seconds: tuple[tuple[str, float], ...]


def execute_everything(
    settings: Settings,
    *,
    whole_range: Callable[[], tuple[BillingPeriod, BillingPeriod]],
    say: Callable[[str], None],
) -> RunOutcome:
    """Execute the job over every period that the sources hold.

    Args:
        settings: The installation.
        whole_range: Returns the first and the last period that any source holds; asked for when
            all else is ready.
        say: Receives a line on what is run.

    Raises:
        RunLockedError: Another run is going on.
    """
    definitions = build_definitions(settings)
    with dg.DagsterInstance.get() as instance:
        first, last = whole_range()
        say(f"run      {len(load_sources(settings.sources))} source(s), {first} to {last}")
        result = definitions.resolve_job_def(JOB_NAME).execute_in_process(
            instance=instance,
            # Tagged from its first moment: a run that is killed early is found as well.
            tags=range_tags(first, last) | {HOLDS_LOCK: str(settings.lock_path)},
            raise_on_error=False,
            # Dagster's own events go to its database; the terminal shows ours.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        return _outcome(result)


def close_killed_runs(settings: Settings) -> None:
    """Mark runs that were killed as failed, unless a run is going on."""
    with (
        suppress(RunLockedError),
        run_lock(settings.lock_path, "make ui"),
        dg.DagsterInstance.get() as instance,
    ):
        mark_killed_runs(instance, str(settings.lock_path))


def _outcome(result: dg.ExecuteInProcessResult) -> RunOutcome:
    gates: list[GateResult] = []
    seconds: list[tuple[str, float]] = []
    failures: list[str] = []
    outcome = "Nothing changed since the last publication; the published file stays as it is."
    for event in result.all_events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            found = event.asset_check_evaluation_data
            gates.append(
                GateResult(
                    _door(found.asset_key),
                    f"{' '.join(found.asset_key.path)}: {found.check_name}",
                    found.passed,
                    found.description or "",
                    found.severity == dg.AssetCheckSeverity.WARN,
                )
            )
        elif event.is_step_success:
            seconds.append((str(event.step_key), event.step_success_data.duration_ms / 1000))
        if event.event_type_value in ("STEP_FAILURE", "RUN_FAILURE", "PIPELINE_FAILURE"):
            failures += _failure_text(event)
        if event.is_step_materialization and event.asset_key == PUBLISHED_KEY:
            said = event.step_materialization_data.materialization.metadata["outcome"].value
            outcome = f"{str(said).capitalize()}."
    if not result.success:
        locked = next((text for text in failures if "Another run is going on" in text), None)
        if locked:
            raise RunLockedError(locked)
        reasons = "\n".join(dict.fromkeys(failures)) or "see the run in the UI"
        outcome = f"The run failed; the published file is untouched.\n{reasons}"
    return RunOutcome(result.success, outcome, tuple(gates), tuple(seconds))


def _door(key: dg.AssetKey) -> str:
    """Return the door that an asset stands behind; each mart's schema has a name of its own."""
    first = key.path[0]
    return first if first in DOORS else "facts" if first == "seed" else "marts"


def _failure_text(event: dg.DagsterEvent) -> list[str]:
    data = event.event_specific_data
    failure = getattr(data, "user_failure_data", None)
    if failure is not None and failure.description:
        return [failure.description]
    error = getattr(data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    return [error.message.strip()] if error is not None else []
