"""A plugin of dbt-duckdb that keeps compiled templates, as Python keeps compiled modules.

dbt has Jinja compile each model, test and macro anew in every invocation. In a run over few charges
that is a twelfth of dbt's work.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2
from dbt.adapters.duckdb.plugins import BasePlugin
from jinja2.bccache import FileSystemBytecodeCache

from orchestration.settings import DBT_PROJECT_DIR

# Beside what dbt keeps of its parsing, and thrown away with it by `dbt clean`.
TEMPLATES_DIR = DBT_PROJECT_DIR / "target" / "templates"

Compile = Callable[..., CodeType | str]


class Plugin(BasePlugin):
    """Stands before Jinja's own way of doing it."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take Jinja's place where it is the first to."""
        own: Compile = jinja2.Environment.compile
        if not hasattr(own, "stands_before"):
            compile_once = compiling_once(own, TEMPLATES_DIR)
            jinja2.Environment.compile = compile_once  # type: ignore[method-assign,assignment]


def compiling_once(own: Compile, folder: Path) -> Compile:
    """Return a method that compiles a template where its folder has nothing of it.

    What Jinja makes of a text depends on the kind of environment, whose code is dbt's, and on both
    versions, which all name the file: what is kept is never out of date, and what nobody asks for
    any more stays until ``dbt clean``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = FileSystemBytecodeCache(str(folder), "%s.jinja")
    versions = " ".join(f"{name} {version(name)}" for name in ("jinja2", "dbt-core", "dbt-common"))

    def compile_once(
        environment: jinja2.Environment, source: Any, *rest: Any, **named: Any
    ) -> CodeType | str:
        if not isinstance(source, str) or rest or named:
            return own(environment, source, *rest, **named)
        kind = f"{type(environment).__qualname__} {versions} {kept.get_source_checksum(source)}"
        bucket = kept.get_bucket(environment, kind, None, source)
        if bucket.code is None:
            code = own(environment, source)
            assert isinstance(code, CodeType)
            bucket.code = code
            kept.set_bucket(bucket)
        return bucket.code

    compile_once.stands_before = own  # type: ignore[attr-defined]
    return compile_once
