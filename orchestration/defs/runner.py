"""Runs the job from a terminal: the same definitions, over every period that the sources hold."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import dagster as dg

from orchestration.defs import build_definitions
from orchestration.defs.automation import JOB_NAME, range_tags
from orchestration.defs.extract import pull_context
from orchestration.defs.publish import PUBLISHED_KEY
from orchestration.defs.resources import HOLDS_LOCK, mark_killed_runs
from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import held_periods
from orchestration.extract.source import SourceConfig, SourceError, load_sources
from orchestration.publish.run_lock import RunLockedError, run_lock
from orchestration.publish.summary import DOORS, GateResult
from orchestration.settings import Settings

_ASKED_AT_ONCE = 2


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


def execute_everything(settings: Settings, *, say: Callable[[str], None]) -> RunOutcome:
    """Execute the job over every period that the sources hold.

    Args:
        settings: The installation.
        say: Receives one line of progress at a time.

    Raises:
        RunLockedError: Another run is going on.
    """
    _listen(say)
    sources = load_sources(settings.sources)
    definitions = build_definitions(settings)
    first, last = _whole_range(settings, sources)
    say(f"run      {len(sources)} source(s), {first} to {last}")
    with dg.DagsterInstance.get() as instance:
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


def _listen(say: Callable[[str], None]) -> None:
    """Send what the doors say to the terminal, and Dagster's own warnings nowhere."""

    class Say(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage())

    logger = logging.getLogger("tollgate")
    logger.handlers = [Say()]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _whole_range(
    settings: Settings, sources: Sequence[SourceConfig]
) -> tuple[BillingPeriod, BillingPeriod]:
    """Return the first and the last period that any source holds; today's when none can say."""
    held: list[BillingPeriod] = [BillingPeriod.of(settings.today)]
    context = pull_context(settings)

    def periods(source: SourceConfig) -> list[BillingPeriod]:
        try:
            return held_periods(source, context)
        except SourceError:
            return []  # the extract step meets the same fault and reports it

    # One source's server is waited for while another's files are read.
    with ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE) as pool:
        for found in pool.map(periods, sources):
            held += found
    return min(held), max(held)


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
