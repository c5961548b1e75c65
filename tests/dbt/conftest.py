"""The dbt project as the tests see it: its manifest and its compiled SQL."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dbt_nodes import DbtProject

from orchestration.publish.dbt_manifest import load_manifest
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR
from tests.conftest import one_worker_at_a_time


@pytest.fixture(scope="session")
def project() -> DbtProject:
    """The dbt project's manifest."""
    return DbtProject(load_manifest(DBT_PROJECT_DIR))


@pytest.fixture(scope="session")
def compiled_dir(shared_dir: Path, project: DbtProject) -> Path:
    """A folder with ``duckdb`` and ``spark``: every model's SQL as each engine would get it."""
    work = shared_dir / "dialects"
    with one_worker_at_a_time(shared_dir / "dialects.lock"):
        done = shared_dir / "dialects.done"
        if not done.exists():
            shutil.rmtree(work, ignore_errors=True)
            compile_dialects(work)
            done.touch()
    return work / "target"


def compile_dialects(work: Path) -> None:
    # What dbt knows of the project's files from the last time saves it from reading them again.
    (work / "target" / "duckdb").mkdir(parents=True)
    shutil.copy(DBT_PROJECT_DIR / "target" / "partial_parse.msgpack", work / "target" / "duckdb")
    own = {
        "TOLLGATE_BUILD_PATH": str(work / "build.duckdb"),
        "TOLLGATE_WAREHOUSE_DIR": str(work),
        "TOLLGATE_MEMORY_LIMIT": "1GB",
        "TOLLGATE_THREADS": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONPATH": str(PROJECT_DIR),
    }
    result = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("compile_dialects.py")),
            str(work / "target"),
        ],
        cwd=DBT_PROJECT_DIR,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
