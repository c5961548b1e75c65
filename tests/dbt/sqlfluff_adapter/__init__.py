"""What sqlfluff's own dbt builtins lack: ``adapter.dispatch``, which picks DuckDB's macros here."""

from collections.abc import Callable

from jinja2 import pass_context
from jinja2.runtime import Context


class Adapter:
    """Stands in for dbt's ``adapter`` while sqlfluff renders a model."""

    @pass_context
    def dispatch(self, context: Context, name: str) -> Callable[..., str]:
        """Return DuckDB's version of a macro."""
        macro: Callable[..., str] = context[f"duckdb__{name}"]
        return macro


adapter = Adapter()
