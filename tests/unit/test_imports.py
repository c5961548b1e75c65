"""Importing without what nothing here uses."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from orchestration.imports import without


def test_a_module_cannot_be_imported_in_the_block_and_can_after_it() -> None:
    sys.modules.pop("this", None)
    with without("this"), pytest.raises(ImportError):
        import this  # noqa: F401
    assert importlib.util.find_spec("this") is not None


def test_a_module_that_is_there_stays() -> None:
    import json

    with without("json"):
        import json as again
    assert again is json and sys.modules["json"] is json


def test_an_error_in_the_block_leaves_nothing_behind() -> None:
    with pytest.raises(ValueError), without("antigravity"):
        raise ValueError
    assert "antigravity" not in sys.modules


def test_dagster_does_not_load_dbt_and_great_expectations_no_clouds() -> None:
    script = (
        "import sys\n"
        "import orchestration.definitions\n"
        "from orchestration.land.suite import judge\n"
        "from orchestration.land.profile import Profile\n"
        "from orchestration.extract.period import BillingPeriod\n"
        "from datetime import date\n"
        "judge('bills', {BillingPeriod(date(2026, 9, 1)): Profile((), (), None)})\n"
        "asked = ('azure', 'boto3', 'dagster_dbt', 'dbt', 'great_expectations')\n"
        "print([name for name in asked if name in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.stdout.splitlines()[-1:] == ["['dagster_dbt', 'great_expectations']"], run.stderr
