"""The other converter: focus-converter 1.0.0, in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT_DIR
from tests.bench.measure import Measured, run_command

ENVIRONMENT = PROJECT_DIR / ".focus-converter"
# The last two are what it needs and does not say.
_REQUIREMENTS = ("focus-converter==1.0.0", "click<8.2", "multimethod<2")
# Its engine has wheels for these versions of Python only.
_PYTHONS = ("python3.11", "python3.10", "python3.9")


class NoConverterError(RuntimeError):
    """It could not be installed here; the message says why."""


def prepare() -> Path:
    """Install it unless it is there, and return its command.

    Raises:
        NoConverterError: There is no Python for it, or no registry to get it from.
    """
    command = ENVIRONMENT / "bin" / "focus-converter"
    if command.exists():
        return command
    try:
        if shutil.which("uv"):
            _call("uv", "venv", "--quiet", "--python", "3.11", str(ENVIRONMENT))
            _call("uv", "pip", "install", "--quiet", "--python", str(ENVIRONMENT), *_REQUIREMENTS)
        else:
            _call(_python(), "-m", "venv", str(ENVIRONMENT))
            pip = str(ENVIRONMENT / "bin" / "pip")
            _call(pip, "install", "--quiet", "--disable-pip-version-check", *_REQUIREMENTS)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        detail = getattr(error, "stderr", None) or str(error)
        raise NoConverterError(f"focus-converter cannot be installed: {detail[-400:]}") from None
    return command


def convert(csv: Path, target: Path, limit_seconds: float = 600) -> Measured:
    """Convert a legacy CUR in CSV to FOCUS in Parquet.

    The limit is needed: with a column missing it raises in a thread and then waits for ever.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    return run_command(
        [
            *(str(prepare()), "convert", "--provider", "aws-cur"),
            *("--data-path", str(csv), "--data-format", "csv"),
            *("--export-path", f"{target}/", "--export-format", "parquet"),
            "--no-export-include-source-columns",
        ],
        os.environ,
        PROJECT_DIR,
        limit_seconds,
    )


def row_count(target: Path) -> int:
    """Return how many rows it wrote."""
    with duckdb.connect() as connection:
        found = connection.execute(
            "select count(*) from read_parquet($1)", [f"{target}/*.parquet"]
        ).fetchone()
    return int(found[0]) if found else 0


def _python() -> str:
    if sys.version_info[:2] <= (3, 11):
        return sys.executable
    found = next((path for name in _PYTHONS if (path := shutil.which(name))), None)
    if found is None:
        raise OSError(f"it needs one of {', '.join(_PYTHONS)}")
    return found


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
