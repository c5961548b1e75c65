"""dagster-dbt without dbt, which runs as a process of its own and is not needed in this one.

dagster-dbt can do without it, as it does beside a dbt that is no Python. It would import dbt for
the names of its statuses and for asking what a selection is; ours is the default one, everything.
The process that it starts is forked from one that has dbt loaded.
"""

import subprocess
from types import SimpleNamespace

from orchestration.imports import without
from orchestration.publish.dbt_process import DbtProcess

with without("dbt.version"):
    from dagster_dbt import (
        DagsterDbtTranslator,
        DbtCliInvocation,
        DbtCliResource,
        DbtProject,
        dbt_assets,
    )
    from dagster_dbt.core import dbt_cli_invocation
    from dagster_dbt.errors import DagsterDbtError

# It asks Python for a process in one place, and has no other way of being given one.
dbt_cli_invocation.subprocess = SimpleNamespace(  # type: ignore[assignment,attr-defined]
    Popen=DbtProcess, PIPE=subprocess.PIPE, STDOUT=subprocess.STDOUT
)

__all__ = [
    "DagsterDbtError",
    "DagsterDbtTranslator",
    "DbtCliInvocation",
    "DbtCliResource",
    "DbtProject",
    "dbt_assets",
]
