"""``python -m orchestration.publish.focus_conformance``: writes what is made of the rules."""

from __future__ import annotations

import argparse
from pathlib import Path

from orchestration.publish.focus_conformance import dbt_code
from orchestration.publish.focus_conformance.derive import derive
from orchestration.settings import DBT_PROJECT_DIR


def main() -> None:
    """Write the facts of a model, or the dbt code of the facts."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.publish.focus_conformance")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="write the dbt seed and macros of the facts")
    derived = commands.add_parser("derive", help="write the facts of a requirements model")
    derived.add_argument("model", type=Path, help="as published, for example model-1.4.json")
    derived.add_argument("columns", type=Path, help="the column model, focus_1_4_model.json")
    arguments = parser.parse_args()
    if arguments.command == "derive":
        print(derive(arguments.model, arguments.columns))
    for path in dbt_code.write(DBT_PROJECT_DIR):
        print(path)


if __name__ == "__main__":
    main()
