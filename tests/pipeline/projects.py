"""Copies of the project that a test may change, and runs of this process by such a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

from orchestration.publish.dbt_manifest import project_fingerprint, remember_unit_tests
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR

# The modules that say where the dbt project is.
_KNOW_THE_PROJECT = ("resources", "warehouse", "publish")


def copied_project(folder: Path) -> Path:
    """Return a copy of the dbt project, beside the code that it imports."""
    project = folder / "dbt_project"
    shutil.copytree(DBT_PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
    (folder / "orchestration").symlink_to(PROJECT_DIR / "orchestration")
    # What dbt knows of the files that stay as they are saves it from reading them again.
    (project / "target").mkdir()
    for known in ("partial_parse.msgpack", "manifest.json"):
        shutil.copy(DBT_PROJECT_DIR / "target" / known, project / "target")
    return project


@contextmanager
def project_at(project: Path) -> Iterator[None]:
    """Let a run in this process use a copy of the dbt project, whose unit tests count as passed.

    Its changed lines must leave names, columns and gates as they are: of these the run is told by
    the manifest of the project that was copied. dbt itself reads the changed files when it runs.
    """
    (project / "target" / "manifest.stamp").write_text(project_fingerprint(project))
    remember_unit_tests(project)
    with ExitStack() as stack:
        for module in _KNOW_THE_PROJECT:
            name = f"orchestration.defs.{module}.DBT_PROJECT_DIR"
            stack.enter_context(mock.patch(name, project))
        yield
