"""What landing may keep: the columns that dbt's sources declare, and nothing else.

``dbt_project/models/land/<kind>/_<kind>__sources.yml`` is the one place that names the landed
columns and their types; what it does not name never reaches the landed files.
"""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import DBT_PROJECT_DIR

# These come from the place of a file, not from its rows.
_PLACE = ("source", "billing_period", "snapshot_id")
_MONEY = re.compile(r"amount|cost|fee|charge|credit|discount|refund|tax|spend", re.IGNORECASE)


def relation_name(kind: str, dataset: str) -> str:
    """Return the name of a landed dataset, as dbt's sources spell it."""
    return f"{kind}__{dataset}"


@cache
def landed_columns(kind: str, dataset: str, project_dir: Path = DBT_PROJECT_DIR) -> dict[str, str]:
    """Return the landed columns of a dataset and their types, in order.

    Raises:
        KeyError: dbt declares no such landed dataset.
    """
    return {
        column["name"]: column["data_type"].lower()
        for column in _declared(kind, dataset, project_dir)
        if column["name"] not in _PLACE
    }


@cache
def landed_keys(
    kind: str, dataset: str, column: str, project_dir: Path = DBT_PROJECT_DIR
) -> frozenset[str]:
    """Return the keys that a landed map may hold: those that dbt's source names, and no others.

    Raises:
        KeyError: dbt declares no such landed dataset.
    """
    for declared in _declared(kind, dataset, project_dir):
        if declared["name"] == column:
            return frozenset(declared["config"]["meta"]["keys"])
    raise KeyError(f"dbt declares no {column} of {relation_name(kind, dataset)}")


@cache
def left_out_columns(kind: str, project_dir: Path = DBT_PROJECT_DIR) -> frozenset[str]:
    """Return the native columns of a kind of bill that are left out for a stated reason.

    Those of the seed ``focus_native_column``.
    """
    with (project_dir / "seeds" / "focus_native_column.csv").open(encoding="utf-8") as lines:
        return frozenset(
            row["native_column"]
            for row in csv.DictReader(lines)
            if row["kind"] == kind and row["exclusion_reason"]
        )


def speaks_of_money(name: str) -> bool:
    """Say whether a vendor's name for a column or field speaks of money."""
    return _MONEY.search(name) is not None


def _declared(kind: str, dataset: str, project_dir: Path) -> list[dict[str, Any]]:
    path = project_dir / "models" / "land" / kind / f"_{kind}__sources.yml"
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    for source in declared["sources"]:
        for table in source["tables"]:
            if table["name"] == relation_name(kind, dataset):
                return list(table["columns"])
    raise KeyError(f"{path} declares no {relation_name(kind, dataset)}")


def is_number(data_type: str) -> bool:
    """Say whether a declared type is a number."""
    return data_type.startswith(("decimal", "bigint", "integer"))
