"""The dbt models as assets, and the inputs that dbt reads.

They are not partitioned: dbt builds whatever changed, by key.
"""

import io
import logging
import re
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import dagster as dg

from orchestration.defs import gate_sentences
from orchestration.defs.dbt_apart import (
    DagsterDbtError,
    DagsterDbtTranslator,
    DbtCliInvocation,
    DbtProject,
    dbt_assets,
)
from orchestration.defs.resources import Dbt, RunLock
from orchestration.extract.source import SourceConfig
from orchestration.land.catalogue import landed_catalogue, write_warehouse_inputs
from orchestration.land.held import NOTHING_HELD, Held
from orchestration.land.org_tables import land_org_tables, listed
from orchestration.publish.audit import PublicationRefusedError
from orchestration.publish.build import (
    BuildPaths,
    inputs_fingerprint,
    is_published,
    make_period_folders,
    open_build,
    period_files_are_there,
    write_made_from,
    write_settings_input,
)
from orchestration.publish.dbt_manifest import (
    load_manifest,
    manifest_path,
    project_fingerprint,
    remember_unit_tests,
    remove_run_targets,
    unit_tests_passed,
)
from orchestration.publish.holding import (
    CannotHoldError,
    gate_failures,
    hold,
    newly_stopped,
)
from orchestration.publish.model_facts import Facts, model_facts
from orchestration.publish.statements import (
    closed_shapes,
    closed_versions,
    verify_statements,
    write_closed_inputs,
)
from orchestration.settings import DBT_PROJECT_DIR, Settings

# What a run says of its progress: the terminal shows it, Dagster keeps it in the run's log.
progress = logging.getLogger("tollgate")

# dbt puts a clock and colours before each line.
_CLOCK = re.compile(r"^(?:\x1b\[[0-9;]*m)*\d{2}:\d{2}:\d{2}\s+|\x1b\[[0-9;]*m")

# A gate's own sentences begin with FAIL or WARN; dbt says how many rows it found, and what broke.
_FAILED = ("Failure in", " Error in ", " FAIL ")

ORG_TABLES_KEY = dg.AssetKey(["land", "org"])


class DbtLines(io.TextIOBase):
    """Takes dbt's output and passes on what the materializations say, and what failed.

    `of_gates` keeps what each gate said of its first rows, by the gate's name.
    """

    def __init__(self) -> None:
        super().__init__()
        self._outer = sys.stdout
        self.of_gates: dict[str, list[str]] = {}

    def writable(self) -> bool:
        """Say that lines may be written."""
        return True

    def write(self, text: str) -> int:
        """Log the lines that begin with a door's name or tell of a failure."""
        # A log handler may print: that must reach the outer stream, not come back here.
        with redirect_stdout(self._outer):
            for line in text.splitlines():
                said = _CLOCK.sub("", line).rstrip()
                if said.startswith(("FAIL ", "WARN ")):
                    gate, _, row = said[len("FAIL ") :].partition(": ")
                    self.of_gates.setdefault(gate, []).append(row)
                if said.startswith(("conform ", "allocate ", "marts ")):
                    progress.info(said)
                elif said.startswith("WARN "):
                    progress.warning(said)
                elif said.startswith("FAIL ") or any(word in said for word in _FAILED):
                    progress.error(said.strip())
        return len(text)


@dataclass
class _Attempt:
    """What one build of the warehouse came to.

    Attributes:
        models: The models that were built.
        failed: Checks that found something, by key.
        failure: Why dbt ended with a fault, None where it did not.
    """

    models: list[dg.Output[Any]] = field(default_factory=list)
    failed: dict[tuple[dg.AssetKey, str], dg.AssetCheckResult] = field(default_factory=dict)
    failure: DagsterDbtError | None = None


def _attempt(
    invocation: DbtCliInvocation,
    manifest: Mapping[str, Any],
    told: set[tuple[dg.AssetKey, str]],
) -> Generator[Any, None, _Attempt]:
    """Yield the checks that passed as they come, and return everything else.

    Checks wait for nothing: Dagster writes them down while dbt goes on. What another attempt has
    told of a check stands; `told` holds their keys and grows.
    """
    attempt = _Attempt()
    said = DbtLines()
    stream = iter(invocation.stream())
    while True:
        try:
            with redirect_stdout(said):
                event = next(stream)
        except StopIteration:
            return attempt
        except DagsterDbtError as error:
            attempt.failure = error
            return attempt
        if isinstance(event, dg.Output):
            attempt.models.append(event)
        elif isinstance(event, dg.AssetCheckResult):
            assert event.asset_key is not None and event.check_name is not None
            key = (event.asset_key, event.check_name)
            if not event.passed:
                attempt.failed[key] = _with_sentence(event, manifest, said.of_gates)
            elif key not in told:
                told.add(key)
                yield _with_sentence(event, manifest, said.of_gates)
        else:
            yield event


def _with_facts(
    event: dg.Output[Any], manifest: Mapping[str, Any], facts: Mapping[str, Facts]
) -> Any:
    """Return a model's event with its rows, periods, money and seconds as metadata."""
    node = manifest["nodes"].get(event.metadata["unique_id"].value, {})
    found = facts.get(f"{node.get('schema')}.{node.get('alias')}", {})
    shown: dict[str, Any] = {
        name: f"{fact:f}" if isinstance(fact, Decimal) else fact for name, fact in found.items()
    }
    duration = event.metadata.get("Execution Duration")
    if duration is not None:
        shown["seconds"] = round(float(str(duration.value)), 1)
    return event.with_metadata({**event.metadata, **shown})


def _with_sentence(
    event: dg.AssetCheckResult, manifest: Mapping[str, Any], said: Mapping[str, Sequence[str]]
) -> dg.AssetCheckResult:
    """Return a check's result with what it looked for and what it found as its description."""
    test = manifest["nodes"][str(event.metadata["unique_id"].value)]
    failed = event.metadata.get("dagster_dbt/failed_row_count")
    return event._replace(
        description=gate_sentences.found(
            gate_sentences.looks_for(test),
            event.passed,
            None if failed is None else int(str(failed.value)),
            said.get(test["name"], ()),
        )
    )


class DoorsTranslator(DagsterDbtTranslator):
    """Wires dbt's land sources to the land assets of the configured sources.

    A dbt source is one kind and dataset; the assets are one source each. So a staging model hangs
    on every source of its kind, and a model that reads the organisation's tables on those.
    """

    def __init__(self, sources: Sequence[SourceConfig]) -> None:
        super().__init__()
        self._sources = sources

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Return dbt's spec with the sources replaced by the assets that fill them."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id)
        if node is None:
            return spec
        deps: set[dg.AssetKey] = set()
        for upstream in node.get("depends_on", {}).get("nodes", []):
            deps |= self._filled_by(manifest, upstream)
        return spec.replace_attributes(deps=[dg.AssetDep(key) for key in sorted(deps)])

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """Return dbt's check with what it looks for as its description."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        return spec._replace(description=gate_sentences.looks_for(manifest["nodes"][unique_id]))

    def _filled_by(self, manifest: Mapping[str, Any], upstream: str) -> set[dg.AssetKey]:
        source = manifest["sources"].get(upstream)
        if source is None:
            return {self.get_asset_key(manifest["nodes"][upstream])}
        if source["source_name"] == "org":
            return {ORG_TABLES_KEY}
        if source["source_name"] == "land":
            kind = source["name"].split("__")[0]
            return {dg.AssetKey(["land", s.name]) for s in self._sources if s.kind == kind}
        return {ORG_TABLES_KEY}


def write_inputs(
    settings: Settings, sources: Sequence[SourceConfig], held: Held = NOTHING_HELD
) -> None:
    """Write what dbt is told of the settings, the doors before it and the closed months.

    Args:
        settings: The installation.
        sources: The configured sources.
        held: The months of which not the newest counts.

    Raises:
        PublicationRefusedError: A frozen statement is not as it was closed.
    """
    paths = build_paths(settings)
    findings = verify_statements(paths.statements_dir, paths.published_path)
    if findings:
        raise PublicationRefusedError(findings)
    write_settings_input(
        paths.warehouse_dir,
        settings.reporting_currency,
        settings.today,
        settings.fiscal_year_start_month,
    )
    write_warehouse_inputs(settings.data_dir, sources, held)
    write_closed_inputs(
        closed_versions(paths.statements_dir),
        paths.warehouse_dir,
        closed_shapes(load_manifest(DBT_PROJECT_DIR)),
    )


def _more_to_hold(
    settings: Settings,
    sources: Sequence[SourceConfig],
    paths: BuildPaths,
    attempt: _Attempt,
    held: Held,
    advice: Mapping[str, str],
) -> Held | None:
    """Return what to hold in another attempt, None where this one stands as it is."""
    if attempt.failure is None:
        return None
    try:
        months = newly_stopped(gate_failures(paths.build_path), held, advice)
        if months is None:
            return None
        more = hold(paths, settings.data_dir, sources, held, months, settings.today)
    except CannotHoldError as error:
        progress.error(str(error))
        return None
    for month in months:
        progress.warning(
            "HELD  %s %s: %s", month.source, f"{month.billing_period:%Y-%m}", month.reason
        )
    progress.warning("HELD  the others are built once more without what stopped these months")
    return more


def build_paths(settings: Settings) -> BuildPaths:
    """Return where an installation keeps its warehouse."""
    return BuildPaths(settings.warehouse_dir, settings.build_path, settings.published_path)


def build_warehouse_assets(
    settings: Settings, sources: Sequence[SourceConfig]
) -> list[dg.AssetsDefinition]:
    """Return the organisation's tables and the dbt assets."""
    translator = DoorsTranslator(sources)

    @dg.asset(
        key=ORG_TABLES_KEY,
        group_name="2_land",
        owners=["team:finops"],
        kinds={"csv", "parquet"},
        description=(
            "The organisation's own tables: owners, use cases, mappings, rules, model register, "
            "exchange rates. Every fault is named by file, row and column."
        ),
        check_specs=[
            dg.AssetCheckSpec(
                "rules",
                asset=ORG_TABLES_KEY,
                description="The rules can be followed; else the last good ones stay in force.",
            )
        ],
    )
    def org_tables(lock: RunLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
        tables = land_org_tables(settings.org_dir, settings.data_dir, settings.today_now())
        faults = tables.rule_faults
        sentence = "The rules can be followed."
        if faults:
            sentence = (
                f"The organisation's rules have {len(faults)} fault(s); the last good rules stay "
                f"in force until they are mended:\n{listed(faults)}"
            )
            progress.warning("WARN  %s", sentence)
        return dg.MaterializeResult(
            metadata=tables.row_counts(),
            check_results=[
                dg.AssetCheckResult(
                    check_name="rules",
                    passed=not faults,
                    severity=dg.AssetCheckSeverity.WARN,
                    description=sentence,
                )
            ],
        )

    @dbt_assets(
        manifest=manifest_path(DBT_PROJECT_DIR),
        dagster_dbt_translator=translator,
        name="warehouse",
    )
    def warehouse(context: dg.AssetExecutionContext, dbt: Dbt, lock: RunLock) -> Iterator[Any]:
        paths = build_paths(settings)
        try:
            write_inputs(settings, sources)
        except PublicationRefusedError as refused:
            progress.error(str(refused))
            raise dg.Failure(description=str(refused), allow_retries=False) from None
        manifest = load_manifest(DBT_PROJECT_DIR)
        project = project_fingerprint(DBT_PROJECT_DIR)
        inputs = inputs_fingerprint(paths.warehouse_dir, project, settings.ledger_table_rows)
        if (
            is_published(paths, inputs)
            and not settings.judge_all
            and period_files_are_there(paths, manifest)
        ):
            # Without outputs here the publish step is skipped too.
            progress.info("warehouse  nothing changed since the last publication")
            return
        advice = {
            node["name"]: gate_sentences.advises(node)
            for node in manifest["nodes"].values()
            if node["resource_type"] == "test" and node["config"]["meta"].get("stops_its_month")
        }
        # Without dbt's own account of its project in JSON, which is there already.
        arguments = ["build", "--no-write-json"]
        if unit_tests_passed(DBT_PROJECT_DIR):
            arguments += ["--exclude-resource-type", "unit_test"]
        targets = settings.warehouse_dir / "dbt_target"
        remove_run_targets(targets)  # of runs that failed or were killed
        target = targets / context.run_id
        held = NOTHING_HELD
        told: set[tuple[dg.AssetKey, str]] = set()
        stopped: dict[tuple[dg.AssetKey, str], dg.AssetCheckResult] = {}
        while True:
            open_build(paths)
            # What a run was given says whether the next one has news, also where it holds a month.
            write_made_from(paths.build_path, inputs)
            landed = landed_catalogue(settings.data_dir, sources, held)
            make_period_folders(
                paths.warehouse_dir,
                manifest,
                {(current.source, current.billing_period) for current in landed},
            )
            invocation = dbt.cli(arguments, context=context, target_path=target)
            attempt = yield from _attempt(invocation, manifest, told)
            more = _more_to_hold(settings, sources, paths, attempt, held, advice)
            if more is None:
                break
            # Each attempt holds months that the one before it did not.
            held = more
            stopped |= {
                key: check
                for key, check in attempt.failed.items()
                if check.severity == dg.AssetCheckSeverity.ERROR
            }
            told |= stopped.keys()
            write_inputs(settings, sources, held)
        for check in attempt.failed.values():
            yield check
        facts = {} if attempt.failure else model_facts(paths.build_path)
        yield from (_with_facts(model, manifest, facts) for model in attempt.models)
        if attempt.failure is not None:
            raise attempt.failure
        for key, check in stopped.items():
            if key not in attempt.failed:
                yield check._replace(severity=dg.AssetCheckSeverity.WARN)
        remember_unit_tests(DBT_PROJECT_DIR)
        remove_run_targets(target)

    return [org_tables, warehouse]
