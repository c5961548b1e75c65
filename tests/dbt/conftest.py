"""The dbt project as the tests see it: its manifest and its compiled SQL."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbt_nodes import DbtProject

from orchestration.publish.dbt_manifest import load_manifest
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR


@pytest.fixture(scope="session")
def project() -> DbtProject:
    """The dbt project's manifest."""
    return DbtProject(load_manifest(DBT_PROJECT_DIR))


@pytest.fixture(scope="session")
def compiled_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with ``duckdb`` and ``spark``: every model's SQL as each engine would get it."""
    work = tmp_path_factory.mktemp("dialects")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "TOLLGATE_BUILD_PATH": str(work / "build.duckdb"),
            "TOLLGATE_WAREHOUSE_DIR": str(work),
            "TOLLGATE_MEMORY_LIMIT": "1GB",
            "TOLLGATE_THREADS": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "PYTHONPATH": str(PROJECT_DIR),
        }.items():
            patch.setenv(name, value)
        result = subprocess.run(
            [
                sys.executable,
                str(Path(__file__).with_name("compile_dialects.py")),
                str(work / "target"),
            ],
            cwd=DBT_PROJECT_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    yield work / "target"
