"""focus-validator 2.2.1, installed apart and run on one file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.publish.focus_conformance.facts import rule_book
from orchestration.settings import PROJECT_DIR

ENVIRONMENT = PROJECT_DIR / ".focus-referee"
# The corrected 1.4 model: as published it cannot be loaded (its commitment rules form a cycle).
# ``_corrected`` puts right what is left.
MODEL = (
    PROJECT_DIR.parent / "shared" / "samples" / "focus" / "spec-model" / "corrected"
) / "model-1.4.json"
VERSION = "1.4"

# It says nothing of pyarrow's version; from 22 on its pin of numpy does not go with it.
_REQUIREMENTS = ("focus-validator==2.2.1", "pyarrow>=18,<22")
_PYTHONS = ("python3.12", "python3.13", "python3.14")
# The one expression that Python before 3.12 does not read, and the same for every Python.
_NEWER_PYTHON = """f"'{k.replace('\\"', '\\"\\"')}'" for k in ignore_keys"""
_ANY_PYTHON = """"'" + k.replace('"', '""') + "'" for k in ignore_keys"""

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
# What it calls broken of a column that it dropped.
OF_UNSEEN = ("presence", "type", "format")


class NoRefereeError(RuntimeError):
    """The validator cannot be installed or run here; the message says why."""


def prepare() -> Path:
    """Install the validator unless it is there, and return its command.

    It asks for Python 3.12. Where there is none, and none can be had, the Python at hand serves:
    one expression of the validator is then written as older Pythons read it.

    Raises:
        NoRefereeError: There is no registry to get it from.
    """
    command = ENVIRONMENT / "bin" / "focus-validator"
    if command.exists():
        return command
    reasons = []
    for install in (_with_uv, _with_newer_python, _with_this_python):
        try:
            install()
            return command
        except (OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(ENVIRONMENT, ignore_errors=True)
            reasons.append(str(getattr(error, "stderr", None) or error)[-300:])
    raise NoRefereeError("focus-validator cannot be installed: " + "; ".join(reasons))


def verdicts(parquet: Path, dataset: str, model: Path = MODEL) -> dict[str, str]:
    """Return the validator's verdict on every rule of a dataset over one Parquet file.

    Args:
        parquet: The file; ids must be texts in it.
        dataset: As the validator calls it, for example ``CostAndUsage``.
        model: The requirements model.

    Raises:
        NoRefereeError: It left no verdicts.
    """
    if not model.exists():
        raise NoRefereeError(f"there is no requirements model at {model}")
    command = prepare()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        # It looks for its list of currencies beside the folder that it is started in.
        (work / "focus_validator").mkdir()
        (work / "focus_validator" / "rules").symlink_to(_package(command) / "rules")
        (work / "rules").mkdir()
        (work / "rules" / f"model-{VERSION}.json").write_text(_corrected(model), encoding="utf-8")
        done = subprocess.run(
            [
                *(str(command), "--data-file", str(parquet.resolve())),
                *("--rule-set-path", str(work / "rules"), "--block-download"),
                *("--validate-version", VERSION, "--focus-dataset", dataset),
                *("--applicability-criteria", "ALL"),
                *("--output-type", "unittest", "--output-destination", str(work / "found.xml")),
            ],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
        )
        # Its exit code is 0 whatever it finds; the verdicts are in the file.
        if not (work / "found.xml").exists():
            raise NoRefereeError(f"focus-validator left no verdicts: {done.stderr[-600:]}")
        return dict(_read(work / "found.xml"))


def unseen_columns(parquet: Path, dataset: str) -> frozenset[str]:
    """Return the columns that the validator drops before it looks: times without any value.

    Of a column of times in which nothing is a time it says that it could not be read. Whether it
    is there, and of which type it is, it then calls broken. The file tells that it is there, and
    no value breaks a rule of types and formats.

    Args:
        parquet: The file that the validator is given.
        dataset: As the validator calls it.
    """
    times = [
        str(rule.column)
        for rule in rule_book(VERSION).of(dataset)
        if rule.kind == "type" and rule.check[0] == "timestamp"
    ]
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(parquet))
        present = [column for column in times if column in rows.columns]
        counted = rows.aggregate(", ".join(f"count({column})" for column in present)).fetchone()
    return frozenset(c for c, values in zip(present, counted or (), strict=True) if not values)


def _corrected(model: Path) -> str:
    """Return the model as it says itself that it is meant.

    Texts must conform to StringHandling, whose rules ask for valid Unicode and the original
    spelling. The validator asks for ASCII instead, which fails every name with an accent; as a
    pattern the same rules ask for what Unicode text cannot have: the character for bytes that
    could not be read.
    """
    told = json.loads(model.read_text(encoding="utf-8"))
    for rule in told["ModelRules"].values():
        requirement = rule["ValidationCriteria"]["Requirement"]
        if requirement.get("CheckFunction") == "FormatString":
            requirement |= {"CheckFunction": "CheckRegexMatch", "Pattern": r"^[^\x{FFFD}]*$"}
    return json.dumps(told)


def _read(path: Path) -> Iterator[tuple[str, str]]:
    for case in ElementTree.parse(path).iter("testcase"):
        rule_id = case.attrib["name"].split(" :: ")[0]
        if case.find("skipped") is not None:
            yield rule_id, SKIPPED
        elif case.find("failure") is not None or case.find("error") is not None:
            yield rule_id, FAILED
        else:
            yield rule_id, PASSED


def _package(command: Path) -> Path:
    found = next(command.parent.parent.glob("lib/python3*/site-packages/focus_validator"), None)
    if found is None:
        raise NoRefereeError(f"there is no package beside {command}")
    return found


def _with_uv() -> None:
    if shutil.which("uv") is None:
        raise OSError("uv is not installed")
    _call("uv", "venv", "--quiet", "--python", "3.12", str(ENVIRONMENT))
    _call("uv", "pip", "install", "--quiet", "--python", str(ENVIRONMENT), *_REQUIREMENTS)


def _with_newer_python() -> None:
    _call(_newer_python(), "-m", "venv", str(ENVIRONMENT))
    _pip(*_REQUIREMENTS)


def _newer_python() -> str:
    for name in _PYTHONS:
        python = shutil.which(name)
        # A version manager has a command of that name for versions that it does not use, too.
        if (
            python
            and not subprocess.run([python, "-V"], capture_output=True, check=False).returncode
        ):
            return python
    raise OSError(f"none of {', '.join(_PYTHONS)} is installed")


def _with_this_python() -> None:
    _call(sys.executable, "-m", "venv", str(ENVIRONMENT))
    _pip("--ignore-requires-python", *_REQUIREMENTS)
    file = (
        _package(ENVIRONMENT / "bin" / "focus-validator") / "config_objects"
    ) / "focus_to_duckdb_converter.py"
    text = file.read_text(encoding="utf-8")
    if _NEWER_PYTHON not in text:
        raise OSError("the expression that older Pythons do not read is written otherwise now")
    file.write_text(text.replace(_NEWER_PYTHON, _ANY_PYTHON), encoding="utf-8")


def _pip(*arguments: str) -> None:
    pip = str(ENVIRONMENT / "bin" / "pip")
    _call(pip, "install", "--quiet", "--disable-pip-version-check", *arguments)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
