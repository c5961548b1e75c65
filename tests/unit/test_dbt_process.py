"""dbt is forked from a process that has loaded it, and is what its own command is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from dagster_dbt.core import dbt_cli_invocation

from orchestration.defs import dbt_apart
from orchestration.publish.dbt_manifest import manifest_path
from orchestration.publish.dbt_process import DbtProcess
from orchestration.settings import DBT_PROJECT_DIR

DBT = str(Path(sys.executable).with_name("dbt"))
LIST = (
    *("list", "--resource-type", "model", "--output", "name"),
    *("--select", "stg_focus__charges", "no_such_model"),
)
# A word that only this dbt's environment has, in the SQL of a model's inline query.
ASK_ENVIRONMENT = ("compile", "--quiet", "--inline", "select '{{ env_var('TOLLGATE_TOLD') }}'")


@pytest.fixture(scope="module", autouse=True)
def parsed_project() -> None:
    manifest_path(DBT_PROJECT_DIR)


def started(*arguments: str, tmp_path: Path, **environment: str) -> DbtProcess:
    folders = ("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "target"))
    profiles = ("--profiles-dir", str(DBT_PROJECT_DIR))
    return DbtProcess(
        [DBT, *arguments, *profiles, *folders],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(tmp_path) | environment,
        cwd=DBT_PROJECT_DIR,
    )


def _environment(tmp_path: Path) -> Mapping[str, str]:
    return os.environ | {
        "TOLLGATE_BUILD_PATH": str(tmp_path / "build.duckdb"),
        "TOLLGATE_WAREHOUSE_DIR": str(tmp_path),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def said(dbt: DbtProcess) -> str:
    with dbt.stdout as stdout:
        return stdout.read().decode()


def test_dagster_starts_dbt_by_the_fork() -> None:
    assert dbt_apart.dbt_cli_invocation is dbt_cli_invocation
    assert dbt_cli_invocation.subprocess.Popen is DbtProcess


def test_it_says_and_ends_as_the_command_does(tmp_path: Path) -> None:
    forked = started(*LIST, tmp_path=tmp_path / "forked", NO_COLOR="1")
    own = subprocess.run(
        [
            *(DBT, *LIST, "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--log-path", str(tmp_path / "own")),
        ],
        cwd=DBT_PROJECT_DIR,
        env=_environment(tmp_path) | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    told = _without_clocks(said(forked))
    assert told == _without_clocks(own.stdout)
    assert "The selection criterion 'no_such_model' does not match any enabled nodes" in told
    assert "stg_focus__charges" in told
    assert forked.wait() == forked.returncode == own.returncode == 0


def test_what_it_refuses_is_told(tmp_path: Path) -> None:
    refused = started("list", "--output", "nonsense", tmp_path=tmp_path)
    assert said(refused).startswith("Error: 'nonsense' is not one of 'json', 'name'")
    assert refused.wait() == 2


def _without_clocks(text: str) -> list[str]:
    return [line.split("  ", 1)[-1].rstrip() for line in text.splitlines() if line.strip()]


def test_each_has_an_environment_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLGATE_TOLD", "by this process, after the other was loaded")
    for number in ("one", "two"):
        told = started(*ASK_ENVIRONMENT, tmp_path=tmp_path / number, TOLLGATE_TOLD=number)
        assert f"'{number}'" in said(told)
        assert told.wait() == 0


def test_it_is_waited_for_and_interrupted_as_a_command(tmp_path: Path) -> None:
    dbt = started("debug", tmp_path=tmp_path)
    assert dbt.pid is not None
    os.kill(dbt.pid, signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        dbt.wait(timeout=0.1)
    assert dbt.returncode is None
    dbt.send_signal(signal.SIGTERM)
    os.kill(dbt.pid, signal.SIGCONT)
    assert dbt.wait(timeout=60) == -signal.SIGTERM
    dbt.send_signal(signal.SIGTERM)  # nobody is there who could take it
    dbt.stdout.close()
