"""The questions of the documentation are read and answered; nothing else of it changes."""

from pathlib import Path

import duckdb
import pytest

from orchestration.publish.questions import Question, read_questions, with_answers

TEXT = """# Questions

## Finance

### 1. What did it cost?

Before taxes.

```sql
select team, cost_usd from costs order by team
```

| |
|---|

### 2. Who?

```sql
select max(team) as who from costs
```

| old |
| --- |
| wrong |
| wrong |

The end.
"""
ANSWERED = """# Questions

## Finance

### 1. What did it cost?

Before taxes.

```sql
select team, cost_usd from costs order by team
```

| team | cost_usd |
| --- | ---: |
| Ads \\| Media | 12.50 |
| Search | – |

### 2. Who?

```sql
select max(team) as who from costs
```

| who |
| --- |
| Search |

The end.
"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table costs (team varchar, cost_usd decimal(18, 2))")
        connection.execute("insert into costs values ('Search', null), ('Ads | Media', 12.5)")
    return path


def test_questions_are_read_with_the_columns_of_their_answers() -> None:
    assert read_questions(TEXT) == [
        Question("1. What did it cost?", "select team, cost_usd from costs order by team\n", ()),
        Question("2. Who?", "select max(team) as who from costs\n", ("old",)),
    ]


def test_answers_are_written_in_their_place_and_stay_when_nothing_changed(published: Path) -> None:
    assert with_answers(TEXT, published) == ANSWERED
    assert with_answers(ANSWERED, published) == ANSWERED


def test_answers_are_written_as_duckdb_prints_them(published: Path) -> None:
    """Python would write True and 0E-12, which no client of the file shows."""
    asked = "select 1 = 1 as is_same, cast(0 as decimal(18, 12)) as rest, null as nobody"
    text = f"### 1. Same?\n\n```sql\n{asked}\n```\n\n| |\n|---|\n"
    assert with_answers(text, published).splitlines()[-1] == "| true | 0.000000000000 | – |"


def test_nothing_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is published yet; make run does it"):
        with_answers(TEXT, tmp_path / "warehouse.duckdb")
