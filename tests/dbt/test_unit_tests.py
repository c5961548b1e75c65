"""Every dbt unit test passes, and the models that calculate have one.

The unit tests run once here; the runs of the pipeline's tests take them as passed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from dbt_nodes import DbtProject, Node, door

from orchestration.land.catalogue import write_warehouse_inputs
from orchestration.land.org_tables import land_org_tables
from orchestration.publish.build import write_settings_input
from orchestration.publish.statements import closed_shapes, write_closed_inputs
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR, Settings, export_for_dbt

COMMENTS = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
# An operator between two operands, as sqlfluff writes it; `select *` is none.
ARITHMETIC = re.compile(
    r"[\w)'](?<!select) [-+*/] [\w('{]|\b(?:sum|per_unit|per_request|part_of)\("
)


@dataclass(frozen=True)
class Ran:
    """What dbt said of the unit tests: status and message of each by its id."""

    exit_code: int
    output: str
    results: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, project: DbtProject) -> Iterator[Ran]:
    """Build the models of a company that has no bills yet, with the unit tests of each."""
    work = tmp_path_factory.mktemp("unit_tests")
    settings = Settings(data_dir=work, threads=2, memory_limit="1GB")
    write_settings_input(settings.warehouse_dir, "USD", date(2026, 11, 16))
    land_org_tables(PROJECT_DIR / "tests" / "fixtures" / "org", work)
    write_warehouse_inputs(work, [])
    write_closed_inputs([], settings.warehouse_dir, closed_shapes(project.manifest))
    # What dbt knows of the project's files from the last time saves it from reading them again.
    (work / "target").mkdir()
    shutil.copy(DBT_PROJECT_DIR / "target" / "partial_parse.msgpack", work / "target")
    with mock.patch.dict(os.environ, PYTHONPATH=str(PROJECT_DIR)):
        export_for_dbt(settings)
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("dbt")),
                *("build", "--exclude-resource-type", "test"),
                *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
                *("--target-path", str(work / "target"), "--log-path", str(work / "target")),
            ],
            cwd=DBT_PROJECT_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    found = json.loads((work / "target" / "run_results.json").read_text())["results"]
    yield Ran(
        done.returncode,
        done.stdout,
        {result["unique_id"]: (result["status"], str(result["message"])) for result in found},
    )


def test_every_unit_test_passes(ran: Ran, project: DbtProject) -> None:
    wanted = {test["unique_id"]: ("pass", "") for test in project.manifest["unit_tests"].values()}
    assert wanted
    found = {
        name: (status, "" if status == "pass" else message)
        for name, (status, message) in ran.results.items()
        if name.startswith("unit_test.")
    }
    assert found == wanted
    assert ran.exit_code == 0, ran.output


def test_every_model_is_built_for_a_company_without_bills(ran: Ran, project: DbtProject) -> None:
    built = {name for name, (status, _) in ran.results.items() if status == "success"}
    assert {model["unique_id"] for model in project.models} <= built


def test_every_unit_test_says_what_it_shows(project: DbtProject) -> None:
    silent = [
        test["name"] for test in project.manifest["unit_tests"].values() if not test["description"]
    ]
    assert silent == []


def calculates(model: Node) -> bool:
    return ARITHMETIC.search(COMMENTS.sub("", model["raw_code"])) is not None


def statements(model: Node) -> str:
    """Return a model's SQL with the name of its kind of source taken out."""
    return COMMENTS.sub("", model["raw_code"]).replace(model["fqn"][2], "").strip()


def untested(project: DbtProject, models: list[Node]) -> list[str]:
    """Return the models without a unit test, theirs or that of a model with the same SQL."""
    tested = {statements(model) for model in project.models if project.unit_tests_of(model)}
    assert models
    return [model["name"] for model in models if statements(model) not in tested]


def test_every_model_of_allocate_has_a_unit_test(project: DbtProject) -> None:
    assert untested(project, [m for m in project.models if door(m) == "allocate"]) == []


def test_every_model_that_conforms_a_kind_of_source_has_a_unit_test(project: DbtProject) -> None:
    conform = [m for m in project.models if door(m) == "conform" and len(m["fqn"]) == 4]
    assert untested(project, conform) == []


def test_every_staging_model_that_calculates_has_a_unit_test(project: DbtProject) -> None:
    assert (
        untested(project, [m for m in project.models if door(m) == "land" and calculates(m)]) == []
    )


def test_every_mart_of_unit_economics_has_a_unit_test(project: DbtProject) -> None:
    assert untested(project, [m for m in project.marts if m["fqn"][2] == "unit_economics"]) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("select a - b as c from t", True),
        ("select coalesce(a, 0) * 2 from t", True),
        ("select sum(a) from t", True),
        ("select * from t", False),
        ("select a as b from {{ source('land', 'x-y') }} {# a - b #}", False),
        ("-- a / b\nselect a, 'x-y' as b", False),
    ],
)
def test_a_calculation_is_seen(code: str, expected: bool) -> None:
    model: dict[str, Any] = {"raw_code": code}
    assert calculates(model) is expected


def line_item_types() -> list[str]:
    seed = (DBT_PROJECT_DIR / "seeds" / "aws_line_item_type.csv").read_text().splitlines()
    return [line.split(",")[0] for line in seed[1:]]


@pytest.mark.parametrize("line_item_type", line_item_types())
def test_every_line_item_type_of_aws_has_its_amortised_cost_in_a_unit_test(
    project: DbtProject, line_item_type: str
) -> None:
    given = [
        (row["line_item_type"], row["charge_description"], test)
        for test in project.manifest["unit_tests"].values()
        if test["model"] == "int_charges_conformed_aws_cur2"
        for row in test["given"][0]["rows"]
        if "line_item_type" in row and "charge_description" in row
    ]
    proven = {
        kind
        for kind, description, test in given
        for row in test["expect"]["rows"]
        if row.get("charge_description") == description and row.get("effective_cost") is not None
    }
    assert line_item_type in proven
