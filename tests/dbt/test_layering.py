"""A bill walks through the doors in order: a model reads its own door or the one before."""

import pytest
from dbt_nodes import DbtProject, Node, door

# The tables that each door's models may read: their own door, the one before, and the tables that
# are no door of a bill (the organisation's, the curated seeds, what the run recorded of itself).
MAY_READ = {
    "land": {"source land", "land"},
    "conform": {"land", "conform", "seed"},
    "allocate": {"conform", "allocate", "seed", "source org", "source tollgate"},
    "marts": {"conform", "allocate", "marts", "seed", "source org", "source tollgate"},
}
MATERIALIZED = {
    "land": {"period_view"},
    "conform": {"period_files", "period_view"},
    "allocate": {"period_files"},
    "marts": {"period_table", "published_view"},
}


def kind_of_input(project: DbtProject, unique_id: str) -> str:
    """Return what a model reads: a door, ``seed`` or the name of a group of source tables."""
    if unique_id.startswith("source."):
        return f"source {project.manifest['sources'][unique_id]['source_name']}"
    if unique_id.startswith("seed."):
        return "seed"
    return door(project.manifest["nodes"][unique_id])


def wrong_inputs(project: DbtProject, model: Node) -> list[str]:
    """Return the inputs of a model that lie behind another door."""
    return [
        unique_id
        for unique_id in model["depends_on"]["nodes"]
        if kind_of_input(project, unique_id) not in MAY_READ[door(model)]
    ]


def test_every_model_stands_behind_a_door(project: DbtProject) -> None:
    assert {door(model) for model in project.models} == set(MAY_READ)


def test_a_model_reads_its_own_door_or_the_one_before(project: DbtProject) -> None:
    wrong = {model["name"]: wrong_inputs(project, model) for model in project.models}
    assert {name: inputs for name, inputs in wrong.items() if inputs} == {}


def test_a_mart_that_read_a_landed_table_would_be_named(project: DbtProject) -> None:
    landed = next(model for model in project.models if door(model) == "land")
    mart = {**project.marts[0], "depends_on": {"nodes": [landed["unique_id"]]}}
    assert wrong_inputs(project, mart) == [landed["unique_id"]]


def test_a_landed_table_is_read_by_models_of_its_own_kind(project: DbtProject) -> None:
    # land and conform have one folder a kind of source; adding a kind touches no other folder
    wrong = [
        (model["name"], unique_id)
        for model in project.models
        if door(model) in ("land", "conform")
        for unique_id in model["depends_on"]["nodes"]
        if door_of_landed(project, unique_id) not in (None, model["fqn"][2])
    ]
    assert wrong == []


def door_of_landed(project: DbtProject, unique_id: str) -> str | None:
    """Return the kind of source whose landed data an input is, None for any other input."""
    node = project.manifest["nodes"].get(unique_id)
    if node is not None and node["resource_type"] == "model" and door(node) == "land":
        return str(node["fqn"][2])
    source = project.manifest["sources"].get(unique_id)
    if source is not None and source["source_name"] == "land":
        return str(source["name"]).split("__")[0]
    return None


@pytest.mark.parametrize("name", sorted(MATERIALIZED))
def test_a_door_has_one_way_to_keep_its_rows(project: DbtProject, name: str) -> None:
    wrong = {
        model["name"]: model["config"]["materialized"]
        for model in project.models
        if door(model) == name and model["config"]["materialized"] not in MATERIALIZED[name]
    }
    assert wrong == {}


def test_a_view_in_conform_only_unites_the_kinds(project: DbtProject) -> None:
    views = [
        model
        for model in project.models
        if door(model) == "conform" and model["config"]["materialized"] == "period_view"
    ]
    assert views
    for view in views:
        read = [project.manifest["nodes"][name] for name in view["depends_on"]["nodes"]]
        assert {door(model) for model in read} == {"conform"}
        branches = [
            model["name"]
            for model in project.models
            if model["name"].startswith(view["name"] + "_")
        ]
        assert sorted(model["name"] for model in read) == branches


def test_marts_are_public_and_contracted_and_nothing_else_is(project: DbtProject) -> None:
    assert project.marts
    for model in project.models:
        is_mart = door(model) == "marts"
        assert (model["config"]["access"] == "public") is is_mart, model["name"]
        assert model["config"]["contract"]["enforced"] is is_mart, model["name"]


def test_every_column_of_a_mart_has_a_type(project: DbtProject) -> None:
    untyped = [
        f"{mart['name']}.{column['name']}"
        for mart in project.marts
        for column in mart["columns"].values()
        if not column["data_type"]
    ]
    assert untyped == []


def test_a_schema_is_the_name_of_its_folder(project: DbtProject) -> None:
    for model in project.models:
        folder = model["fqn"][2] if door(model) == "marts" else door(model)
        assert model["schema"] == folder, model["name"]


def test_every_model_has_an_owner_and_the_group_of_its_door(project: DbtProject) -> None:
    for model in project.models:
        dagster = model["config"]["meta"]["dagster"]
        assert dagster["group"].endswith(f"_{door(model)}"), model["name"]
        assert dagster["owners"], model["name"]
