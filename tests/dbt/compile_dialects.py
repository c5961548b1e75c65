"""Compiles every model twice: for DuckDB, and with the macros that Spark would get.

dbt-spark cannot share an environment with dbt-duckdb's versions, so the second pass asks dbt's own
dispatch for ``spark__`` macros first. Run as ``python compile_dialects.py TARGET_DIR``; it leaves
``TARGET_DIR/duckdb`` and ``TARGET_DIR/spark``.
"""

import re
import shutil
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.context.providers import BaseDatabaseWrapper

from orchestration.settings import DBT_PROJECT_DIR

# The adapter quotes relations; dbt-spark does it with backticks.
_QUOTED_RELATION = re.compile(r'"(\w+)"\."(\w+)"')


def compile_models(target_dir: Path) -> None:
    """Run ``dbt compile`` into a target folder.

    Raises:
        RuntimeError: A model or a macro does not compile.
    """
    result = dbtRunner().invoke(
        [
            "--quiet",
            "compile",
            *("--select", "resource_type:model", "test_type:singular", "test_name:grain_is"),
            *("--project-dir", str(DBT_PROJECT_DIR)),
            *("--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(target_dir)),
            *("--log-path", str(target_dir)),
        ]
    )
    if not result.success:
        raise RuntimeError(f"dbt compile failed: {result.exception}")


def dispatch_to_spark() -> None:
    """Let dbt's dispatch look for ``spark__`` macros before the adapter's own."""
    own = BaseDatabaseWrapper._get_adapter_macro_prefixes

    def spark_first(self: BaseDatabaseWrapper) -> list[str]:
        return ["spark", *own(self)]

    setattr(BaseDatabaseWrapper, "_get_adapter_macro_prefixes", spark_first)  # noqa: B010


def quote_as_spark(target_dir: Path) -> None:
    """Write the names of relations in the compiled files as dbt-spark would."""
    for path in target_dir.rglob("compiled/**/*.sql"):
        path.write_text(_QUOTED_RELATION.sub(r"`\1`.`\2`", path.read_text()))


def main(target_dir: Path) -> None:
    """Compile for both engines."""
    compile_models(target_dir / "duckdb")
    (target_dir / "spark").mkdir()
    shutil.copy(target_dir / "duckdb" / "partial_parse.msgpack", target_dir / "spark")
    dispatch_to_spark()
    compile_models(target_dir / "spark")
    quote_as_spark(target_dir / "spark")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
