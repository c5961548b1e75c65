"""The nodes of dbt's manifest, and the questions that the project's rules ask of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.settings import DBT_PROJECT_DIR

Node = dict[str, Any]


@dataclass(frozen=True)
class DbtProject:
    """dbt's manifest, and the questions that the project's rules ask of it."""

    manifest: dict[str, Any]

    def nodes(self, resource_type: str) -> list[Node]:
        """Return the project's nodes of one type by name."""
        found = [n for n in self.manifest["nodes"].values() if n["resource_type"] == resource_type]
        return sorted(found, key=lambda node: str(node["name"]))

    @property
    def models(self) -> list[Node]:
        """Every model."""
        return self.nodes("model")

    @property
    def marts(self) -> list[Node]:
        """The models that people read."""
        return [model for model in self.models if door(model) == "marts"]

    @property
    def singular_tests(self) -> list[Node]:
        """The tests that are SQL files of their own."""
        return [test for test in self.nodes("test") if "test_metadata" not in test]

    def generic_tests_of(self, model: Node, name: str) -> list[Node]:
        """Return the generic tests of one name that are attached to a model."""
        return [
            test
            for test in self.nodes("test")
            if test.get("attached_node") == model["unique_id"]
            and test.get("test_metadata", {}).get("name") == name
        ]

    def unit_tests_of(self, model: Node) -> list[Node]:
        """Return the unit tests of a model."""
        return [
            test
            for test in self.manifest["unit_tests"].values()
            if model["unique_id"] in test["depends_on"]["nodes"]
        ]


def door(model: Node) -> str:
    """Return the folder under ``models`` that a model lives in."""
    return str(model["fqn"][1])


def model_files() -> list[Path]:
    """Return the SQL files of all models."""
    return sorted((DBT_PROJECT_DIR / "models").rglob("*.sql"))
