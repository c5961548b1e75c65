"""What a build holds of each model, for who looks at it in Dagster: rows, periods, money."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.extract.control_totals import quoted

# FOCUS spells its columns its own way in the published ledger.
_MONEY_COLUMNS = (("billed_cost", "billing_currency"), ("BilledCost", "BillingCurrency"))

_CONFORMANCE = "trust.rpt_focus_conformance"
_RULES_BY_VERDICT = """
    with rules as (
        select
            dataset,
            rule_id,
            bool_or(verdict = 'failed' and known_gap is null) as failed,
            bool_or(known_gap is not null) as has_known_gap,
            bool_or(verdict = 'passed') as passed
        from (
            select dataset, rule_id, verdict, known_gap from trust.rpt_focus_conformance
            union all
            select dataset, rule_id, verdict, known_gap from trust.rpt_focus_list_conformance
        )
        group by all
    )
    select
        dataset,
        count(*),
        count(*) filter (where passed and not failed and not has_known_gap),
        count(*) filter (where failed),
        count(*) filter (where has_known_gap and not failed),
        count(*) filter (where not passed and not failed and not has_known_gap)
    from rules
    group by grouping sets ((dataset), ())
"""

Facts = dict[str, int | Decimal]


def model_facts(build_path: Path) -> dict[str, Facts]:
    """Return rows, periods and billed money by currency of every model, by ``schema.name``.

    Money is added up where a model is a table of the build file. Ledgers that are kept in period
    files may be any size; their rows come from the keys, which cost nothing to read.

    Args:
        build_path: The build file, closed by whoever wrote it.
    """
    if not build_path.exists():
        return {}
    # Closed at once: an open reader would stop the next writer of this process.
    with duckdb.connect(str(build_path), read_only=True) as connection:
        facts = _from_keys(connection)
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'tollgate'"
        ).fetchall():
            facts.setdefault(f"{schema}.{table}", {}).update(_of_table(connection, schema, table))
        if _CONFORMANCE in facts:
            for relation, verdicts in _rules_by_verdict(connection).items():
                facts.setdefault(relation, {}).update(verdicts)
    return facts


def _rules_by_verdict(connection: duckdb.DuckDBPyConnection) -> dict[str, Facts]:
    """Return how many FOCUS rules each dataset keeps, of each dataset and of all together.

    A rule that any period breaks is not kept; one that no period could break is not applicable.
    """
    found: dict[str, Facts] = {}
    for dataset, rules, passed, failed, known_gaps, not_applicable in connection.execute(
        _RULES_BY_VERDICT
    ).fetchall():
        found[f"focus.{dataset}" if dataset else _CONFORMANCE] = {
            "focus_rules": rules,
            "focus_rules_passed": passed,
            "focus_rules_failed": failed,
            "focus_rules_with_known_gap": known_gaps,
            "focus_rules_not_applicable": not_applicable,
        }
    return found


def _from_keys(connection: duckdb.DuckDBPyConnection) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    for relation, periods, rows in connection.execute(
        "select relation, count(distinct billing_period), sum(row_count) from tollgate.period_key "
        "group by relation"
    ).fetchall():
        found[relation] = {"periods": periods} if periods else {}
        if rows is not None:
            found[relation]["rows"] = int(rows)
    return found


def _of_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> Facts:
    name = f"{quoted(schema)}.{quoted(table)}"
    columns = {row[0] for row in connection.execute(f"describe {name}").fetchall()}
    counted = connection.execute(f"select count(*) from {name}").fetchone()
    facts: Facts = {"rows": counted[0] if counted else 0}
    for money, currency in _MONEY_COLUMNS:
        if {money, currency} <= columns:
            for code, total in connection.execute(
                f"select {quoted(currency)}, sum({quoted(money)}) from {name} "
                f"where {quoted(money)} is not null group by 1 order by 1"
            ).fetchall():
                facts[f"billed_{str(code).lower()}"] = total
    return facts
