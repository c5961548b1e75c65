"""dbt's manifest, made anew whenever a file of the dbt project changed.

Dagster reads the manifest when it loads, and uses a stale one without a word; only ``dagster dev``
would prepare it. So whoever loads the definitions asks here.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

_READ_BY_DBT = ("*.sql", "*.yml", "*.csv", "*.md")


class DbtParseError(RuntimeError):
    """dbt could not parse its project; the message is dbt's own."""


def manifest_path(project_dir: Path) -> Path:
    """Return the path of a manifest that is true to the project's files.

    Who asks while another process has it made waits for it: two would write into one file.
    """
    target = project_dir / "target"
    manifest, stamp = target / "manifest.json", target / "manifest.stamp"
    target.mkdir(exist_ok=True)
    with (target / "manifest.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        fingerprint = project_fingerprint(project_dir)
        if not (manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint):
            # A parse that is killed leaves half a manifest, which no old stamp may vouch for.
            stamp.unlink(missing_ok=True)
            _parse(project_dir)
            stamp.write_text(fingerprint)
    return manifest


def load_manifest(project_dir: Path) -> dict[str, Any]:
    """Return the manifest as a dictionary."""
    manifest: dict[str, Any] = json.loads(manifest_path(project_dir).read_text(encoding="utf-8"))
    return manifest


def unit_tests_passed(project_dir: Path) -> bool:
    """Say whether the project's unit tests passed as its files are now."""
    stamp = project_dir / "target" / "unit_tests.stamp"
    return stamp.exists() and stamp.read_text() == project_fingerprint(project_dir)


def remember_unit_tests(project_dir: Path) -> None:
    """Remember that the unit tests passed: they judge the code, which data cannot change."""
    stamp = project_dir / "target" / "unit_tests.stamp"
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(project_fingerprint(project_dir))


def remove_run_targets(target_dir: Path) -> None:
    """Remove the folder that a dbt invocation left behind."""
    shutil.rmtree(target_dir, ignore_errors=True)


def project_fingerprint(project_dir: Path) -> str:
    """Return a hash of every file that dbt reads."""
    digest = hashlib.sha256()
    folders = ("models", "macros", "seeds", "tests")
    files = [project_dir / "dbt_project.yml", project_dir / "profiles.yml"]
    for folder in folders:
        for pattern in _READ_BY_DBT:
            files += (project_dir / folder).rglob(pattern)
    for file in sorted(files):
        digest.update(str(file.relative_to(project_dir)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _parse(project_dir: Path) -> None:
    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--quiet",
            "parse",
            "--project-dir",
            str(project_dir),
            "--profiles-dir",
            str(project_dir),
        ],
        cwd=project_dir,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise DbtParseError(f"dbt parse failed:\n{result.stdout}{result.stderr}")
