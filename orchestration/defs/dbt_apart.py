"""dagster-dbt without dbt, which runs as a process of its own and is not needed in this one.

dagster-dbt can do without it, as it does beside a dbt that is no Python. It would import dbt for
the names of its statuses and for asking what a selection is; ours is the default one, everything.
"""

from orchestration.imports import without

with without("dbt.version"):
    from dagster_dbt import (
        DagsterDbtTranslator,
        DbtCliInvocation,
        DbtCliResource,
        DbtProject,
        dbt_assets,
    )
    from dagster_dbt.errors import DagsterDbtError

__all__ = [
    "DagsterDbtError",
    "DagsterDbtTranslator",
    "DbtCliInvocation",
    "DbtCliResource",
    "DbtProject",
    "dbt_assets",
]
