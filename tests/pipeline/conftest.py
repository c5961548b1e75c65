"""A small installation of Tollgate in a temporary folder, and one that has already published.

The bills and organisation tables of ``tests/fixtures`` are run once for all workers; tests work on
copies of that installation, or on it when they only read.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import pytest
import yaml

from orchestration.defs.resources import Dbt
from orchestration.publish.dbt_manifest import manifest_path, remember_unit_tests
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR, Settings
from tests.conftest import one_worker_at_a_time
from tests.pipeline.samples import AWS_SAMPLE, FOCUS, FOCUS_SAMPLE, SAMPLES, TAKEN, sample_files

FIXTURES = PROJECT_DIR / "tests" / "fixtures"
TODAY = date(2026, 11, 16)
SMALL_SOURCES: tuple[Mapping[str, Any], ...] = (
    {"name": "aws_small", "kind": "aws_cur_legacy", "url": "bills/aws_legacy"},
    {"name": "focus_small", "kind": "focus", "url": "bills/focus"},
)

# The one that a run prints when the audit or a gate said no.
UNTOUCHED = "the published file is untouched"


@dataclass(frozen=True)
class Run:
    """How a run ended and what it printed."""

    exit_code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The output as one text."""
        return "\n".join(self.lines)

    def __iter__(self) -> Iterator[Any]:
        """Let a test write ``exit_code, lines = installation.run()``."""
        return iter((self.exit_code, self.lines))


@dataclass(frozen=True)
class Installation:
    """One installation in a folder of its own.

    ``bills`` holds what vendors deliver, ``org`` the organisation's tables, ``data`` all that
    Tollgate writes, ``dagster`` the history of its runs.
    """

    root: Path

    @property
    def bills(self) -> Path:
        return self.root / "bills"

    @property
    def org(self) -> Path:
        return self.root / "org"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def sources_file(self) -> Path:
        return self.root / "sources.yaml"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    @property
    def settings(self) -> Settings:
        """The settings, as ``orchestration`` reads them from the environment of a run."""
        return self.settings_with()

    def settings_with(self, **changed: Any) -> Settings:
        """Return the settings with some of them changed."""
        given: dict[str, Any] = {
            "data_dir": self.data,
            "org_dir": self.org,
            "sources": self.sources_file,
            "today_override": TODAY,
            "threads": 2,
            "memory_limit": "2GB",
        }
        return Settings(**(given | changed))

    def environment(self, **changed: str) -> dict[str, str]:
        """Return the environment of a run, without any setting of the machine's own."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TOLLGATE_", "DAGSTER_", "DBT_"))
        }
        own = {
            "TOLLGATE_DATA_DIR": str(self.data),
            "TOLLGATE_ORG_DIR": str(self.org),
            "TOLLGATE_SOURCES": str(self.sources_file),
            "TOLLGATE_TODAY": TODAY.isoformat(),
            "TOLLGATE_THREADS": "2",
            "TOLLGATE_MEMORY_LIMIT": "2GB",
            "DAGSTER_HOME": str(self.dagster_home),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
        }
        return inherited | own | changed

    def write_sources(self, sources: Sequence[Mapping[str, Any]]) -> None:
        """Write the sources file."""
        text = yaml.safe_dump({"sources": [dict(source) for source in sources]}, sort_keys=False)
        self.sources_file.write_text(text, encoding="utf-8")

    def start(self, **changed: str) -> subprocess.Popen[str]:
        """Start a run in a process of its own and return it."""
        return subprocess.Popen(
            self.command(),
            cwd=PROJECT_DIR,
            env=self.environment(**changed),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def command(self) -> list[str]:
        """Return the command of a run, as ``make run`` gives it."""
        return [sys.executable, "-m", "orchestration", "run"]

    def run(self, **changed: str) -> Run:
        """Run the pipeline in a process of its own, as ``make run`` does.

        Args:
            changed: Environment variables that differ from the installation's own.
        """
        done = subprocess.run(
            self.command(),
            cwd=PROJECT_DIR,
            env=self.environment(**changed),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        return Run(done.returncode, tuple(done.stdout.splitlines()))

    def run_here(
        self, *, keeps_history: bool = False, has_gates: bool = True, **changed: str
    ) -> Run:
        """Run the pipeline in this process: the same command, without ten seconds of imports.

        Args:
            keeps_history: Whether Dagster writes its history to disk, as it does for people.
                Writing it takes a third of a small run, and few tests read it.
            has_gates: Whether dbt judges what it makes, which takes another third. The audit
                judges in any case. Without gates is for tests that compare all that a run made
                with what was to be made.
            changed: Environment variables that differ from the installation's own.
        """
        with ExitStack() as around:
            if not keeps_history:
                around.enter_context(
                    mock.patch.object(dg.DagsterInstance, "get", dg.DagsterInstance.ephemeral)
                )
            if not has_gates:
                around.enter_context(mock.patch.object(Dbt, "cli", _cli_without_gates))
            return self.command_here("run", **changed)

    def command_here(self, *arguments: str, **changed: str) -> Run:
        """Give a command of the terminal in this process.

        Args:
            arguments: The command and what it is told.
            changed: Environment variables that differ from the installation's own.
        """
        from orchestration.__main__ import main

        said = io.StringIO()
        environment = mock.patch.dict(os.environ, self.environment(**changed), clear=True)
        with environment, redirect_stdout(said):
            exit_code = main([*arguments])
        return Run(exit_code, tuple(said.getvalue().splitlines()))

    @property
    def published_path(self) -> Path:
        return self.settings.published_path

    def published_hash(self) -> str | None:
        """Return the hash of the published file's bytes, None when nothing is published."""
        if not self.published_path.exists():
            return None
        return hashlib.sha256(self.published_path.read_bytes()).hexdigest()

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the published file as an analyst does."""
        with duckdb.connect(str(self.published_path), read_only=True) as connection:
            yield connection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the published file."""
        with self.open() as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    def scalar(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Ask the published file for one value."""
        rows = self.query(sql, parameters)
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return rows[0][0]

    def snapshots(self) -> list[str]:
        """Return the snapshots on disk, relative to the extracted folder."""
        extracted = self.settings.extracted_dir
        return sorted(str(path.parent.relative_to(extracted)) for path in _receipts(extracted))

    def copy(self, to: Path) -> Installation:
        """Return a copy of the whole installation in another folder."""
        shutil.copytree(self.root, to)
        return Installation(to)


_cli = Dbt.cli


def _cli_without_gates(dbt: Dbt, arguments: Sequence[str], **options: Any) -> Any:
    return _cli(dbt, [*arguments, "--exclude-resource-type", "test"], **options)


def _receipts(extracted: Path) -> Iterator[Path]:
    return extracted.glob("*/*/*/*/receipt.json")


def new_installation(root: Path, sources: Sequence[Mapping[str, Any]]) -> Installation:
    """Return an installation with the small company's tables, whose sources are yet to deliver."""
    installation = Installation(root)
    installation.bills.mkdir(parents=True)
    shutil.copytree(FIXTURES / "org", installation.org)
    installation.write_sources(sources)
    return installation


def small_installation(root: Path) -> Installation:
    """Return an installation with the bills and tables of ``tests/fixtures``."""
    installation = new_installation(root, SMALL_SOURCES)
    for name in ("aws_legacy", "focus"):
        shutil.copytree(FIXTURES / name, installation.bills / name)
    return installation


def sample_installation(root: Path) -> Installation:
    """Return an installation with the published samples, each a source of its own."""
    installation = new_installation(
        root,
        [
            {"name": "aws_sample", "kind": "aws_cur_legacy", "url": str(AWS_SAMPLE)},
            {"name": "focus_sample", "kind": "focus", "url": str(FOCUS_SAMPLE)},
            *({"name": name, "kind": "focus", "url": f"bills/{name}"} for name in TAKEN),
        ],
    )
    for name in TAKEN:
        (installation.bills / name).mkdir()
        for path in sample_files(name):
            shutil.copy(path, installation.bills / name)
    # An invoice of a vendor whose bills are nowhere.
    (installation.org / "invoice.csv").write_text(
        "invoice_number,source,invoice_issuer,billing_period,billing_currency,charge_category,"
        "billed_amount,issued_on,due_on,payment_terms,purchase_order,corrects_invoice_number\n"
        "I-10,gone_vendor,Acme,2026-10-01,EUR,Usage,12.50,2026-11-03,,Net 30,,\n"
    )
    return installation


@pytest.fixture(scope="session")
def parsed_project(shared_dir: Path) -> None:
    """Have dbt's manifest ready, and its unit tests taken as passed.

    ``tests/dbt/test_unit_tests.py`` runs them all; each run here would run them again.
    """
    with one_worker_at_a_time(shared_dir / "parse.lock"):
        manifest_path(DBT_PROJECT_DIR)
        remember_unit_tests(DBT_PROJECT_DIR)


@pytest.fixture(scope="session")
def published_once(shared_dir: Path, parsed_project: None) -> Installation:
    """Return the small installation after its first run; to be read, never to be changed."""
    root = shared_dir / "published"
    with one_worker_at_a_time(shared_dir / "published.lock"):
        done = shared_dir / "published.done"
        if not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            run = small_installation(root).run()
            assert run.exit_code == 0, run.text
            done.write_text(run.text)
    return Installation(root)


@pytest.fixture(scope="session")
def published(published_once: Installation) -> Installation:
    """The small installation after its first run, for tests that only read it."""
    return published_once


@pytest.fixture(scope="session")
def samples(shared_dir: Path, parsed_project: None) -> Installation:
    """The installation of the published samples after its first run; to be read only."""
    if not all(folder.is_dir() for folder in (FOCUS, FOCUS_SAMPLE, AWS_SAMPLE)):
        pytest.skip(f"the samples are not at {SAMPLES}")
    root = shared_dir / "samples"
    with one_worker_at_a_time(shared_dir / "samples.lock"):
        done = shared_dir / "samples.done"
        if not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            run = sample_installation(root).run_here()
            assert run.exit_code == 0, run.text
            done.write_text(run.text)
    return Installation(root)


@pytest.fixture
def installation(published_once: Installation, tmp_path: Path) -> Installation:
    """Return a copy of the published small installation that a test may change."""
    return published_once.copy(tmp_path / "installation")
