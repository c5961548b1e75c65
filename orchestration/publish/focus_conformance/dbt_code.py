"""Writes the dbt code that judges the published datasets on every build.

``python -m orchestration.publish.focus_conformance write`` makes two files of the facts and of the
contracts of ``models/marts/focus``: the seed ``focus_rule`` (what each rule demands) and the macros
``focus_tallies_...`` (the statement that judges a dataset, for each engine). They are checked in,
so that a reader sees the SQL that runs, and a test holds that they are what would be written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from orchestration.land.currencies import ISO_4217
from orchestration.publish.focus_conformance.dialects import Dialect, DuckDb, Spark
from orchestration.publish.focus_conformance.facts import (
    COST_AND_USAGE,
    DATASETS,
    RuleBook,
    rule_book,
)
from orchestration.publish.focus_conformance.product import Number, differs
from orchestration.publish.focus_conformance.sql_text import literal
from orchestration.publish.focus_conformance.statement import (
    Subject,
    above_zero,
    tallies_sql,
    why_not_judged,
)
from orchestration.publish.focus_conformance.words import sentence

VERSION = "1.4"
SEED = Path("seeds") / "focus_rule.csv"
MACROS = Path("macros") / "engine" / "focus_rules.sql"

MARTS = {
    COST_AND_USAGE: "cost_and_usage",
    "InvoiceDetail": "invoice_detail",
    "BillingPeriod": "billing_period",
    "ContractCommitment": "contract_commitment",
}
# What a row that breaks a rule is told with: its money, its currency and its name.
_TOLD = {
    COST_AND_USAGE: (("BilledCost", "EffectiveCost"), "BillingCurrency", "x_ChargeId"),
    "InvoiceDetail": (("BilledCost",), "BillingCurrency", "InvoiceDetailId"),
    "BillingPeriod": ((), None, "InvoiceIssuerName"),
    "ContractCommitment": (
        ("ContractCommitmentCost",),
        "BillingCurrency",
        "ContractCommitmentId",
    ),
}
_ENGINES: tuple[tuple[str, Dialect], ...] = (("duckdb", DuckDb()), ("spark", Spark()))
_COLUMNS = (
    "dataset",
    "rule_number",
    "rule_id",
    "column_name",
    "level",
    "rule_kind",
    "sentence",
    "why_not_judged",
    "breaks",
)


def files(dbt_project_dir: Path) -> dict[Path, str]:
    """Return the generated files of a dbt project: path within it, and text."""
    book = rule_book(VERSION)
    contracts = dict(_contracts(dbt_project_dir))
    return {SEED: _seed(book, contracts), MACROS: _macros(book, contracts)}


def write(dbt_project_dir: Path) -> list[Path]:
    """Write the generated files and return them."""
    written = []
    for path, text in files(dbt_project_dir).items():
        (dbt_project_dir / path).write_text(text, encoding="utf-8")
        written.append(dbt_project_dir / path)
    return written


def _contracts(dbt_project_dir: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the datasets that are published, each with the columns that its contract promises."""
    for dataset in DATASETS:
        path = dbt_project_dir / "models" / "marts" / "focus" / f"{MARTS[dataset]}.yml"
        if path.exists():
            model: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]
            yield (
                dataset,
                {column["name"]: column["data_type"].upper() for column in model["columns"]},
            )


def _seed(book: RuleBook, contracts: dict[str, dict[str, str]]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for dataset, types in contracts.items():
        for rule_id, number in book.numbers(dataset).items():
            rule = book.rules[rule_id]
            rows.writerow(
                (
                    MARTS[dataset],
                    number,
                    rule_id,
                    rule.column,
                    rule.level,
                    rule.kind,
                    sentence(rule),
                    why_not_judged(book, rule, types),
                    "".join(f"|{above}|" for above in book.told_with(rule)),
                )
            )
    return text.getvalue()


def _macros(book: RuleBook, contracts: dict[str, dict[str, str]]) -> str:
    return _HEADER + "\n".join(
        [
            _NATIONAL_CURRENCY,
            _product_macro(),
            *(_macro(book, dataset, types) for dataset, types in contracts.items()),
        ]
    )


_HEADER = """{#-
  Judges the published FOCUS datasets by the rules of the seed focus_rule. Written by
  `make focus-rules` from the facts in orchestration/publish/focus_conformance; do not edit.

  `rows` is a relation, or a subquery with its name, that has the rows of some periods and their
  columns source and billing_period. It is read several times. The result has, for each source,
  period and rule, one row that says how many rows were judged, and one for each currency that says
  which rows broke it, with their money and three of their ids.
-#}
"""


_NATIONAL_CURRENCY = f"""{{#- Whether a currency is money, by ISO 4217; else it is virtual. -#}}
{{% macro is_national_currency(currency) -%}}
{{{{ currency }}}} in ({", ".join(map(literal, sorted(ISO_4217)))})
{{%- endmacro %}}
"""


def _product_macro() -> str:
    """Return the macro of the rule about prices and quantities, for whoever makes prices."""
    name = "is_no_product"
    bodies = []
    for engine, dialect in _ENGINES:
        price, quantity = (
            Number(f"{{{{ {column} }}}}", "DECIMAL(38, 15)") for column in ("price", "quantity")
        )
        amount = Number("{{ amount }}", "DECIMAL(38, 12)")
        bodies.append(
            f"{{% macro {engine}__{name}(price, quantity, amount) -%}}\n"
            f"{differs(price, quantity, amount, dialect)}\n"
            "{%- endmacro %}\n"
        )
    head = (
        "{#- Whether a cost is not a price times a quantity, to the last digit that they can say;"
        " false where one is NULL. -#}\n"
        f"{{% macro {name}(price, quantity, amount) -%}}\n"
        f"    {{{{ return(adapter.dispatch('{name}')(price, quantity, amount)) }}}}\n"
        "{%- endmacro %}\n"
    )
    return "\n".join([head, *bodies])


def _macro(book: RuleBook, dataset: str, types: dict[str, str]) -> str:
    name = f"focus_tallies_{MARTS[dataset]}"
    head = (
        f"{{% macro {name}(rows) -%}}\n"
        f"    {{{{ return(adapter.dispatch('{name}')(rows)) }}}}\n"
        "{%- endmacro %}\n"
    )
    columns, currency, row_id = _TOLD[dataset]
    money = tuple(f"rows_in_hand.{column}" for column in columns)
    subject = Subject(
        rows="select * from {{ rows }}",
        types=types,
        keys=("source", "billing_period"),
        money=(*money, *above_zero(money)) if dataset == COST_AND_USAGE else money,
        currency=currency and f"rows_in_hand.{currency}",
        row_id=f"rows_in_hand.{row_id}",
    )
    bodies = [
        f"{{% macro {engine}__{name}(rows) -%}}\n"
        f"{tallies_sql(book, dataset, subject, dialect)}\n"
        "{%- endmacro %}\n"
        for engine, dialect in _ENGINES
    ]
    return "\n".join([head, *bodies])
