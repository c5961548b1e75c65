"""The questions of ``dbt_project/docs/questions.md``: read, asked of the published file, answered.

A question is a heading of third level, an SQL block and the table of its answer, which is written
by this module and never by hand.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publish.summary import as_in_sql
from orchestration.settings import DBT_PROJECT_DIR

QUESTIONS_PATH = DBT_PROJECT_DIR / "docs" / "questions.md"

_QUESTION = re.compile(
    r"^### (?P<title>.+?)\n(?P<before>.*?)```sql\n(?P<sql>.*?)```\n(?P<answer>(?:\n?\|[^\n]*)*)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Question:
    """A question with its SQL and the names of the columns that its written answer has."""

    title: str
    sql: str
    columns: tuple[str, ...]


def read_questions(text: str) -> list[Question]:
    """Return the questions of the document's text in their order."""
    found = []
    for match in _QUESTION.finditer(text):
        header = match["answer"].strip().split("\n")[0]
        columns = tuple(name.strip() for name in header.strip("|").split("|") if name.strip())
        found.append(Question(match["title"], match["sql"], columns))
    return found


def with_answers(text: str, published_path: Path) -> str:
    """Return the document's text with the answers of a published file.

    Raises:
        FileNotFoundError: Nothing is published yet.
        duckdb.Error: A question is no valid SQL.
    """
    if not published_path.exists():
        raise FileNotFoundError(f"{published_path}: nothing is published yet; make run does it.")
    with duckdb.connect(str(published_path), read_only=True) as connection:
        return _QUESTION.sub(
            lambda match: (
                f"### {match['title']}\n{match['before']}```sql\n{match['sql']}```\n\n"
                f"{_table(connection.execute(match['sql']))}"
            ),
            text,
        )


def _table(asked: duckdb.DuckDBPyConnection) -> str:
    """Return an answer as a Markdown table: NULL is shown as a dash, numbers stand to the right."""
    described = asked.description or []
    names = [column[0] for column in described]
    rules = ["---:" if _is_number(str(column[1])) else "---" for column in described]
    rows = [[_shown(value) for value in row] for row in asked.fetchall()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (names, rules, *rows))


def _is_number(type_name: str) -> bool:
    return type_name.upper().startswith(("NUMBER", "DECIMAL", "BIGINT", "INTEGER", "HUGEINT"))


def _shown(value: object) -> str:
    return "–" if value is None else str(as_in_sql(value)).replace("|", "\\|")
