"""Importing without what nothing here uses."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestration.imports import without


def test_a_module_cannot_be_imported_in_the_block_and_can_after_it() -> None:
    sys.modules.pop("this", None)
    with without("this"), pytest.raises(ImportError):
        import this  # noqa: F401
    assert importlib.util.find_spec("this") is not None


def test_a_module_can_be_imported_by_another_thread_meanwhile() -> None:
    sys.modules.pop("this", None)
    with without("this"), ThreadPoolExecutor(1) as other:
        found = other.submit(importlib.import_module, "this").result()
    assert sys.modules.pop("this") is found


def test_a_module_that_is_there_stays() -> None:
    import json

    with without("json"):
        import json as again
    assert again is json and sys.modules["json"] is json


def test_an_error_in_the_block_leaves_nothing_behind() -> None:
    with pytest.raises(ValueError), without("antigravity"):
        raise ValueError
    assert "antigravity" not in sys.modules
    assert importlib.util.find_spec("antigravity") is not None


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


def test_great_expectations_is_loaded_once_and_beside_other_work() -> None:
    script = (
        "import sys, threading\n"
        "from orchestration.land import suite\n"
        "suite.stand_ready()\n"
        "assert threading.active_count() == 2\n"
        "import botocore\n"
        "suite._load()\n"
        "suite.stand_ready()\n"
        "print([name for name in ('botocore', 'boto3') if name in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.stdout.splitlines()[-1:] == ["['botocore']"], run.stderr
