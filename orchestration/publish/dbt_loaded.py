"""What dbt needs before it can begin: its code, and its project as it read it.

Imported by the process that dbt is forked from, and by nobody else.
"""

from pathlib import Path

from dbt.cli.exceptions import DbtUsageException
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from orchestration.publish.dbt_manifest import project_fingerprint
from orchestration.settings import DBT_PROJECT_DIR


def _read(project_dir: Path) -> Manifest | None:
    """Return the project as dbt read it, None where it could not, which dbt will tell of itself."""
    read = dbtRunner().invoke(
        [
            *("--quiet", "--log-level-file", "none"),
            *("parse", "--no-write-json"),
            *("--project-dir", str(project_dir), "--profiles-dir", str(project_dir)),
        ]
    )
    return read.result if isinstance(read.result, Manifest) else None


_READ_AS_IT_WAS = project_fingerprint(DBT_PROJECT_DIR)
_MANIFEST = _read(DBT_PROJECT_DIR)


def invoke(arguments: list[str], project_dir: Path) -> int:
    """Do what a command of dbt does, and return its exit code.

    Args:
        arguments: What follows the word ``dbt``.
        project_dir: The project. One that is not what was read before is read by this invocation.
    """
    is_read = project_dir == DBT_PROJECT_DIR and (
        project_fingerprint(project_dir) == _READ_AS_IT_WAS
    )
    done = dbtRunner(_MANIFEST if is_read else None).invoke(arguments)
    if isinstance(done.exception, DbtUsageException):
        # Of all that can go wrong this alone is told by the command, not by dbt.
        print(f"Error: {done.exception}")
    if done.success:
        return 0
    return 1 if done.exception is None else 2
