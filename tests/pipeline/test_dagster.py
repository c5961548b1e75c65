"""What Dagster shows: the graph by door, its gates, its schedule and sensor, and a month's run."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs import build_definitions
from orchestration.defs.automation import JOB_NAME, RANGE_END, RANGE_START
from orchestration.publish.dbt_manifest import load_manifest
from orchestration.settings import DBT_PROJECT_DIR
from tests.pipeline.conftest import Installation, small_installation

DOORS = ["1_extract", "2_land", "3_conform", "4_allocate", "5_marts", "6_publish"]
OCTOBER = "2026-10-01"


@pytest.fixture(scope="module")
def clean_environment() -> Iterator[None]:
    """Put the environment back: the definitions export to it what dbt reads."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith("TOLLGATE_"):
                environment.delenv(name)
        before = dict(os.environ)
        yield
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, parsed_project: None) -> Installation:
    return small_installation(tmp_path_factory.mktemp("dagster") / "small")


@pytest.fixture(scope="module")
def definitions(small: Installation, clean_environment: None) -> dg.Definitions:
    return build_definitions(small.settings)


@pytest.fixture(scope="module")
def own_nodes(definitions: dg.Definitions) -> list[Any]:
    """Every asset that a run can make."""
    graph = definitions.resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    return [node for node in nodes if node.is_materializable]


def test_the_definitions_load_and_every_input_is_an_asset(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    # An input that nothing makes would stand outside the six doors.
    assert [key for key in graph.get_all_asset_keys() if not graph.get(key).is_materializable] == []


def test_every_asset_has_a_description_an_owner_and_a_group(own_nodes: list[Any]) -> None:
    assert len(own_nodes) > 40
    assert [n.key for n in own_nodes if len(n.description or "") < 30] == []
    assert [n.key for n in own_nodes if not n.owners] == []
    groups = {node.group_name for node in own_nodes}
    assert groups - {"0_reference_facts"} == set(DOORS)
    # Dagster sorts groups by name: so must the doors.
    assert sorted(DOORS) == DOORS


def test_the_graph_reads_from_left_to_right(
    definitions: dg.Definitions, own_nodes: list[Any]
) -> None:
    graph = definitions.resolve_asset_graph()
    backward = [
        (parent, node.key)
        for node in own_nodes
        for parent in node.parent_keys
        if graph.get(parent).group_name > node.group_name
    ]
    assert backward == []
    starts = {node.group_name for node in own_nodes if not node.parent_keys}
    # The organisation's own tables come in at the second door.
    assert starts <= {"0_reference_facts", "1_extract", "2_land"}


def test_every_source_is_pulled_and_landed_by_month(own_nodes: list[Any]) -> None:
    by_key = {node.key.to_user_string(): node for node in own_nodes}
    for source in ("aws_small", "focus_small"):
        land = by_key[f"land/{source}"]
        assert land.parent_keys == {dg.AssetKey(["extract", source])}
        for node in (land, by_key[f"extract/{source}"]):
            keys = node.partitions_def.get_partition_keys(datetime(2026, 11, 16, tzinfo=UTC))
            # The open month is offered too.
            assert OCTOBER in keys and keys[-1] == "2026-11-01"


def test_every_dbt_gate_is_an_asset_check(definitions: dg.Definitions) -> None:
    tests = [
        node
        for node in load_manifest(DBT_PROJECT_DIR)["nodes"].values()
        if node["resource_type"] == "test"
    ]
    singular = {node["name"] for node in tests if "gates/" in node["original_file_path"]}
    files = {path.stem for path in (DBT_PROJECT_DIR / "tests" / "gates").glob("*.sql")}
    assert singular == files and len(files) >= 15
    checks = definitions.resolve_asset_graph().asset_check_keys
    shown = {check.name for check in checks}
    assert files - shown == set()
    assert {node["name"] for node in tests} - shown == set()
    graph = definitions.resolve_asset_graph()
    warehouse = [key for key in checks if key.name in {node["name"] for node in tests}]
    assert warehouse
    for key in warehouse:
        said = graph.get_check_spec(key).description
        assert said is not None and said.startswith("Looks for: "), key


def test_the_doors_of_python_have_their_gates(definitions: dg.Definitions) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    own = {
        (key.asset_key.to_user_string(), key.name)
        for key in checks
        if not key.asset_key.path[-1].startswith("stg_")
        and key.asset_key.path[0] in ("extract", "land", "publish")
    }
    expected = {
        ("land/org", "rules"),
        ("publish/warehouse", "audit"),
        ("publish/report", "written"),
    }
    for source in ("aws_small", "focus_small"):
        expected.add((f"extract/{source}", "every_period_was_pulled"))
        expected |= {(f"land/{source}", gate) for gate in ("files", "shape", "receipt")}
    assert own == expected


@pytest.mark.parametrize(("allow_stale", "blocks"), [(False, True), (True, False)])
def test_landing_gates_block_unless_stale_is_allowed(
    small: Installation, clean_environment: None, allow_stale: bool, blocks: bool
) -> None:
    repository = build_definitions(small.settings_with(allow_stale=allow_stale))
    graph = repository.resolve_asset_graph()
    gates = [
        graph.get(key).blocking
        for key in graph.asset_check_keys
        if key.asset_key.to_user_string() == "land/aws_small"
    ]
    assert gates == [blocks] * 3


def test_one_process_runs_a_job(definitions: dg.Definitions) -> None:
    assert definitions.executor is dg.in_process_executor
    job = definitions.resolve_job_def(JOB_NAME)
    assert job.executor_def is dg.in_process_executor


def test_the_schedule_is_off_and_covers_the_open_months(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily_over_open_periods")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.cron_schedule == "0 6 * * *"
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 11, 16, 6, tzinfo=UTC)
    )
    (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.tags[RANGE_START] == "2026-09-01"
    assert request.tags[RANGE_END] == "2026-11-01"


def test_the_schedule_reaches_over_the_turn_of_the_year(
    small: Installation, clean_environment: None
) -> None:
    january = build_definitions(small.settings_with(today_override=date(2027, 1, 1)))
    schedule = january.resolve_schedule_def("daily_over_open_periods")
    (request,) = schedule.evaluate_tick(dg.build_schedule_context()).run_requests or []
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("2026-11-01", "2027-01-01")


def test_the_sensor_asks_for_a_run_when_a_file_changed_and_only_then(
    small: Installation, definitions: dg.Definitions
) -> None:
    sensor = definitions.resolve_sensor_def("new_deliveries")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    with dg.DagsterInstance.ephemeral() as instance:

        def tick(cursor: str | None) -> Any:
            context = dg.build_sensor_context(instance=instance, cursor=cursor)
            return sensor.evaluate_tick(context)

        first = tick(None)
        assert len(first.run_requests or []) == 1
        second = tick(first.cursor)
        assert second.run_requests == [] and "no file" in (second.skip_message or "")

        bill = small.bills / "aws_legacy" / "2026-10.csv"
        original, status = bill.read_bytes(), bill.stat()
        try:
            bill.write_bytes(original + b"\n")
            third = tick(second.cursor or first.cursor)
            (request,) = third.run_requests or []
            assert request.tags[RANGE_END] == "2026-11-01"
        finally:
            bill.write_bytes(original)
            os.utime(bill, ns=(status.st_atime_ns, status.st_mtime_ns))
        # A file that is put back as it was is a delivery too, and no run key holds that run back.
        (back,) = tick(third.cursor).run_requests or []
        assert back.run_key is None
        added = small.bills / "focus" / "late.csv"
        added.write_text("x")
        try:
            assert len(tick(third.cursor).run_requests or []) == 1
        finally:
            added.unlink()


@pytest.fixture(scope="module")
def month(small: Installation, definitions: dg.Definitions) -> dg.ExecuteInProcessResult:
    """One month of one source, as materialising it from the UI does, with all that hangs on it."""
    job = definitions.resolve_job_def(JOB_NAME)
    other = {dg.AssetKey(["extract", "focus_small"]), dg.AssetKey(["land", "focus_small"])}
    chosen = set(job.asset_layer.executable_asset_keys) - other
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            instance=instance,
            partition_key=OCTOBER,
            asset_selection=sorted(chosen),
            raise_on_error=True,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def test_one_month_of_one_source_materialises_with_every_check_passing(
    month: dg.ExecuteInProcessResult, small: Installation, own_nodes: list[Any]
) -> None:
    assert month.success
    made = {event.asset_key for event in month.all_events if event.is_step_materialization}
    other = {dg.AssetKey(["extract", "focus_small"]), dg.AssetKey(["land", "focus_small"])}
    assert made == {node.key for node in own_nodes} - other
    checks = month.get_asset_check_evaluations()
    assert len(checks) > 150
    assert [(c.asset_key, c.check_name, c.description) for c in checks if not c.passed] == []
    tests = [
        n for n in load_manifest(DBT_PROJECT_DIR)["nodes"].values() if n["resource_type"] == "test"
    ]
    said = {c.check_name: str(c.description) for c in checks}
    assert said["journal_balances"].startswith(
        "Nothing found. Looks for: a journal whose debits are not its credits"
    )
    assert {said[test["name"]].partition(":")[0] for test in tests} == {"Nothing found. Looks for"}
    assert small.snapshots() == [
        path for path in small.snapshots() if path.startswith("aws_small/line_items/2026-10/")
    ]
    assert small.query(
        "select source, cast(billing_period as varchar), sum(billed_cost) "
        "from allocation.charge_split group by all"
    ) == [("aws_small", OCTOBER, october_total(small))]


def october_total(small: Installation) -> Decimal:
    lines = (small.bills / "aws_legacy" / "2026-10.csv").read_text().splitlines()
    return sum(
        (Decimal(row["lineItem/UnblendedCost"]) for row in csv.DictReader(lines)), Decimal(0)
    )


def metadata_of(month: dg.ExecuteInProcessResult, *path: str) -> dict[str, Any]:
    key = dg.AssetKey(list(path))
    (event,) = [e for e in month.all_events if e.is_step_materialization and e.asset_key == key]
    found = event.step_materialization_data.materialization.metadata
    return {name: value.value for name, value in found.items()}


@pytest.mark.parametrize(("door", "table"), [("extract", "pulls"), ("land", "landings")])
def test_a_source_shows_rows_money_periods_snapshots_and_seconds(
    month: dg.ExecuteInProcessResult, small: Installation, door: str, table: str
) -> None:
    shown = metadata_of(month, door, "aws_small")
    assert shown["rows"] == 6
    assert Decimal(shown["billed_usd"]) == october_total(small)
    assert shown["periods"] == 1
    assert shown["seconds"] >= 0
    (record,) = shown[table].records
    snapshot = small.snapshots()[0].rsplit("/", 1)[-1]
    assert record.data["snapshot"] == snapshot and record.data["rows"] == 6
    assert record.data["period"] == "2026-10"


def test_the_publication_shows_its_file_and_what_was_audited(
    month: dg.ExecuteInProcessResult, small: Installation
) -> None:
    shown = metadata_of(month, "publish", "warehouse")
    assert shown["outcome"] == "published"
    assert Path(shown["file"]) == small.published_path
    assert shown["bytes"] == small.published_path.stat().st_size
    assert shown["audited_periods"] == 1


def test_a_dbt_model_shows_what_it_holds(
    month: dg.ExecuteInProcessResult, small: Installation
) -> None:
    shown = metadata_of(month, "allocation", "charge_split")
    assert shown["rows"] == 6
    assert Decimal(shown["billed_usd"]) == october_total(small)
    assert shown["periods"] == 1
    assert shown["seconds"] >= 0
