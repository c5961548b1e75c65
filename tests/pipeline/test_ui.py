"""The Dagster UI as people meet it: opened in a browser, and a month of one source made from there.

Needs Chromium for the browser's part; ``.ci/run`` installs it.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.defs.automation import JOB_NAME
from orchestration.settings import PROJECT_DIR
from tests.pipeline.browser import chromium
from tests.pipeline.conftest import Installation

DOORS = ["1_extract", "2_land", "3_conform", "4_allocate", "5_marts", "6_publish"]
OTHER_SOURCE = "focus_small"
_READY_SECONDS = 180
_RUN_SECONDS = 300


@dataclass(frozen=True)
class Ui:
    """A running UI and the installation that it shows."""

    installation: Installation
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, **variables: Any) -> Any:
        """Ask the endpoint that the UI itself asks."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def ui(published_once: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """``make ui`` over a copy of the small installation, stopped as a terminal stops it."""
    installation = published_once.copy(tmp_path_factory.mktemp("ui") / "installation")
    shown = Ui(installation, free_port())
    log = installation.root / "ui.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration", "ui", "--port", str(shown.port)],
            cwd=PROJECT_DIR,
            env=installation.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not is_up(shown.url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(1)
        yield shown
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    assert not is_up(shown.url), "the servers outlived the command that started them"


@pytest.fixture(scope="module")
def page(ui: Ui) -> Iterator[Any]:
    """The first page in a browser."""
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1800, "height": 1000})


def test_the_browser_shows_the_graph_by_door(ui: Ui, page: Any) -> None:
    page.goto(f"{ui.url}/asset-groups")
    for door in DOORS:
        page.get_by_text(door).first.wait_for(timeout=60_000)
    # From left to right: each door's box stands to the right of the one before it.
    boxes = [page.get_by_text(door, exact=True).last.bounding_box() for door in DOORS]
    lefts = [box["x"] for box in boxes]
    assert lefts == sorted(lefts) and len(set(lefts)) == len(DOORS)
    assert page.get_by_role("dialog").count() == 0, "no sign-up stands in the way"


def test_the_browser_shows_a_gate_and_what_it_said(ui: Ui, page: Any) -> None:
    page.goto(f"{ui.url}/assets/land/aws_small?view=checks&checkDetail=receipt")
    page.get_by_text("Rows and control totals equal the receipt exactly.").first.wait_for(
        timeout=60_000
    )
    page.get_by_text("Passed").first.wait_for(timeout=60_000)


def test_the_server_listens_on_this_machine_only(ui: Ui) -> None:
    listening = {
        tuple(line.split()[1].split(":"))
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    addresses = {address for address, port in listening if int(port, 16) == ui.port}
    assert addresses == {"0100007F"}


def test_schedule_and_sensor_are_there_and_off(ui: Ui) -> None:
    found = ui.ask(
        "{ repositoriesOrError { ... on RepositoryConnection { nodes { "
        "schedules { name scheduleState { status } } sensors { name sensorState { status } } "
        "} } } }"
    )["repositoriesOrError"]["nodes"][0]
    assert {s["name"]: s["scheduleState"]["status"] for s in found["schedules"]} == {
        "daily_over_open_periods": "STOPPED"
    }
    assert {s["name"]: s["sensorState"]["status"] for s in found["sensors"]}[
        "new_deliveries"
    ] == "STOPPED"


def test_a_restated_month_of_one_source_is_made_from_the_ui(ui: Ui) -> None:
    """Launches what the button launches: the source's October, and all that hangs on it."""
    bill = ui.installation.bills / "aws_legacy" / "2026-10.csv"
    restated = bill.read_text().replace("7.70", "9.75")
    assert restated != bill.read_text()
    bill.write_text(restated)
    nodes = ui.ask("{ assetNodes { assetKey { path } } }")["assetNodes"]
    chosen = [
        {"path": node["assetKey"]["path"]}
        for node in nodes
        if node["assetKey"]["path"][-1] != OTHER_SOURCE
    ]
    before = ui.installation.scalar(OCTOBER_OF_AWS)
    launched = ui.ask(
        "mutation Launch($execution: ExecutionParams!) { "
        "launchPipelineExecution(executionParams: $execution) { __typename "
        "... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }",
        execution={
            "selector": {
                "repositoryLocationName": "orchestration.definitions",
                "repositoryName": "__repository__",
                "jobName": JOB_NAME,
                "assetSelection": chosen,
            },
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": "2026-10-01"}]},
        },
    )["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    assert final_status(ui, launched["run"]["runId"]) == "SUCCESS"
    assert ui.installation.scalar(OCTOBER_OF_AWS) - before == Decimal("2.05")
    assert ui.installation.query("select source, total_change from trust.rpt_restatements") == [
        ("aws_small", Decimal("2.05"))
    ]


OCTOBER_OF_AWS = (
    "select sum(BilledCost) from focus.cost_and_usage "
    "where x_Source = 'aws_small' and x_BillingPeriod = date '2026-10-01'"
)


def final_status(ui: Ui, run_id: str) -> str:
    """Wait for a run to end and return its status."""
    deadline = time.monotonic() + _RUN_SECONDS
    while time.monotonic() < deadline:
        found = ui.ask(
            "query Status($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }",
            run=run_id,
        )["runOrError"]["status"]
        if found in ("SUCCESS", "FAILURE", "CANCELED"):
            return str(found)
        time.sleep(1)
    raise AssertionError("the run did not end")
