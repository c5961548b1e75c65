"""What people read is described, measured and tested; money is never divided or guessed."""

import re
from pathlib import Path

import pytest
from dbt_nodes import DbtProject, Node, model_files

from orchestration.settings import DBT_PROJECT_DIR

NUMERIC = re.compile(
    r"^(tinyint|smallint|integer|int|bigint|hugeint|double|float|real|decimal|numeric)\b"
)
# What a name ends in, and the unit that its column must then have; a count says what is counted.
UNITS_BY_NAME = {
    r"(.*_)?share": r"share",
    r"(.*_)?pct": r"percent",
    r"(.*_)?count": r"[a-z]+s",
    r"(.*_)?seconds": r"seconds",
    r"(.*_)?hours": r"hours",
    r"(?!.*_per_)(.*_)?tokens": r"tokens",
    r"(?!.*_per_)(.*_)?requests": r"requests",
    r"(billed|effective|list|contracted)_cost": r"billing_currency",
    r".*_cost_reporting": r"reporting_currency",
    r".*_per_request": r".* per request",
}
COSTS = r"(?:\w+\.)?\w*(?:_cost|_native|_usd|receipt_total|landed_total)\w*"
GATE_LINES = ("-- Detects: ", "-- Usually means: ", "-- What to do: ")


def first_lines(node: Node, count: int) -> list[str]:
    """Return the first lines of a node's SQL file."""
    return (DBT_PROJECT_DIR / str(node["original_file_path"])).read_text().splitlines()[:count]


def code_of(path: Path) -> str:
    """Return a file's SQL without comments and texts, in lower case."""
    text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"--[^\n]*", "", text)
    return re.sub(r"'(?:[^']|'')*'", "''", text).lower()


def money_faults(code: str) -> list[str]:
    """Return what SQL does to money that must not be done."""
    patterns = {
        "a division": r"(?<!/)/(?!/)",
        "an average": r"\bavg\s*\(",
        "a float": r"\b(float|double|real)\b",
        "an unknown cost taken as free": rf"\bcoalesce\s*\(\s*{COSTS}\s*,\s*0(?:\.0*)?\s*\)",
        "an unknown sum taken as free": rf"\bcoalesce\s*\(\s*sum\s*\(\s*{COSTS}\s*\)\s*,\s*0",
    }
    return [name for name, pattern in patterns.items() if re.search(pattern, code)]


@pytest.fixture(scope="module")
def models(project: DbtProject) -> dict[str, Node]:
    """Every model by name."""
    return {model["name"]: model for model in project.models}


@pytest.mark.parametrize("path", model_files(), ids=lambda path: path.stem)
def test_a_model_says_what_a_row_is(path: Path, models: dict[str, Node]) -> None:
    model = models[path.stem]
    assert model["description"].startswith("One row per ")
    header = first_lines(model, 3)
    assert header[0].startswith("-- One row per ")
    assert header[1].startswith("-- Invariant: ")
    assert header[2].startswith("-- ")


@pytest.mark.parametrize("path", model_files(), ids=lambda path: path.stem)
def test_a_model_is_described_beside_its_sql(path: Path, models: dict[str, Node]) -> None:
    assert models[path.stem]["patch_path"] == (
        f"tollgate://{path.relative_to(DBT_PROJECT_DIR).with_suffix('.yml')}"
    )


def test_every_column_of_a_mart_is_described(project: DbtProject) -> None:
    silent = [
        f"{mart['name']}.{column['name']}"
        for mart in project.marts
        for column in mart["columns"].values()
        if not column["description"].strip()
    ]
    assert silent == []


def test_every_number_of_a_mart_has_a_unit(project: DbtProject) -> None:
    without_unit = [
        f"{mart['name']}.{column['name']}"
        for mart in project.marts
        for column in mart["columns"].values()
        if NUMERIC.match(column["data_type"] or "") and not column["config"]["meta"].get("unit")
    ]
    assert without_unit == []


def test_a_unit_is_the_one_that_the_name_says(project: DbtProject) -> None:
    wrong = [
        f"{mart['name']}.{column['name']} in {unit}"
        for mart in project.marts
        for column in mart["columns"].values()
        for name, expected in UNITS_BY_NAME.items()
        if re.fullmatch(name, column["name"])
        and not re.fullmatch(expected, unit := str(column["config"]["meta"].get("unit")))
    ]
    assert wrong == []


def test_every_mart_is_tested_for_its_grain(project: DbtProject) -> None:
    untested = [
        mart["name"] for mart in project.marts if not project.generic_tests_of(mart, "grain_is")
    ]
    assert untested == []


def test_every_gate_says_what_it_detects_means_and_asks_for(project: DbtProject) -> None:
    assert project.singular_tests
    for test in project.singular_tests:
        for line, start in zip(first_lines(test, 3), GATE_LINES, strict=True):
            assert line.startswith(start), test["name"]


def test_every_gate_shows_in_dagster_at_a_model_that_it_reads(
    project: DbtProject, models: dict[str, Node]
) -> None:
    for test in project.singular_tests:
        attached_to = test["config"]["meta"]["dagster"]["ref"]["name"]
        # Dagster looks for a model's checks among the tests that read it
        assert models[attached_to]["unique_id"] in test["depends_on"]["nodes"], test["name"]


def test_every_test_stops_publication_or_says_why_it_only_warns(project: DbtProject) -> None:
    for test in project.nodes("test"):
        config = test["config"]
        only_warns = bool(config["meta"].get("only_warns_because"))
        assert config["severity"].lower() == ("warn" if only_warns else "error"), test["name"]
        assert (config["error_if"], config["enabled"]) == ("!= 0", True), test["name"]


@pytest.mark.parametrize(
    "path",
    [*model_files(), *sorted((DBT_PROJECT_DIR / "macros").glob("*.sql"))],
    ids=lambda path: path.stem,
)
def test_money_is_not_divided_averaged_made_a_float_or_taken_as_free(path: Path) -> None:
    assert money_faults(code_of(path)) == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("select billed_cost / 100 as cost_usd", "a division"),
        ("select avg(list_cost) as cost", "an average"),
        ("select cast(billed_cost as double)", "a float"),
        (
            "select coalesce(charges.list_cost, 0) as cost",
            "an unknown cost taken as free",
        ),
        ("select coalesce(sum(list_cost), 0) as list_cost", "an unknown sum taken as free"),
    ],
)
def test_a_fault_with_money_is_seen(code: str, fault: str) -> None:
    assert fault in money_faults(code)


def test_what_is_right_with_money_is_not_a_fault() -> None:
    assert money_faults("select sum(cost * share) as cost, coalesce(tokens, 0) as tokens") == []
