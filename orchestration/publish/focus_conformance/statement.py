"""The one statement that judges a relation.

Each row answers the predicates about its amounts, times and ids, and the answers become the bits of
a few integers. What it says in words of which there are few (categories, services, units,
currencies) stays as it is. Rows with the same answers and words are *alike*; a million rows are a
few thousand such. These answer the predicates about words, and those with the same answers to all
are one *kind*, of which there are a few hundred. The rules are then asked of the kinds, so that
their number costs next to nothing.

What is expensive to ask (JSON) is asked of a column's distinct values, and what is about groups
(one SkuId for each SkuPriceId) of the groups; only the wrong ones, normally none, are joined to the
rows.

The statement returns *tallies*: for each key and rule, how many rows it judged, and for each
currency which rows broke it, with their money and the three smallest of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from orchestration.publish.focus_conformance.checks import (
    ALWAYS,
    NEVER,
    Checks,
    Formula,
    Predicate,
    both,
)
from orchestration.publish.focus_conformance.dialects import Dialect
from orchestration.publish.focus_conformance.facts import Rule, RuleBook, columns_of

# Bits of a BIGINT that stay clear of its sign.
_BITS = 62
EXAMPLES = 3


@dataclass(frozen=True)
class Subject:
    """The relation that is judged, as the statement sees it.

    Attributes:
        rows: SQL of a SELECT that yields the rows.
        types: Column name to database type.
        keys: Columns by which verdicts are kept apart, none for one verdict over all rows.
        money: SQL of the money that failing rows are told with.
        currency: SQL of its currency, None where there is none.
        row_id: SQL that names a row.
    """

    rows: str
    types: Mapping[str, str]
    keys: tuple[str, ...]
    money: tuple[str, ...]
    currency: str | None
    row_id: str


@dataclass(frozen=True)
class Judgement:
    """What a rule comes down to over one relation.

    Attributes:
        rule: The rule.
        number: Its place in the dataset's rules.
        applies: The rows that it judges.
        broken: The rows that break it.
        why_not: Why it is not judged, None when it is.
    """

    rule: Rule
    number: int
    applies: Formula
    broken: Formula
    why_not: str | None


def judgements(
    book: RuleBook, dataset: str, types: Mapping[str, str], dialect: Dialect
) -> list[Judgement]:
    """Return what every rule of a dataset comes down to, in the order of the rules."""
    checks = Checks(types, book.schemas, dialect)
    found = []
    for rule_id, number in book.numbers(dataset).items():
        rule = book.rules[rule_id]
        why_not = why_not_judged(book, rule, types)
        applies, broken = ALWAYS, NEVER
        if why_not is None and not dialect.judges(rule.check[0]):
            why_not = "this database cannot judge it"
        if why_not is None and rule.parts:
            applies = checks.holds(rule.when)
        elif why_not is None:
            applies = checks.holds(rule.when)
            broken = both(applies, checks.broken(rule.check))
        found.append(Judgement(rule, number, applies, broken, why_not))
    return found


def why_not_judged(book: RuleBook, rule: Rule, types: Mapping[str, str]) -> str | None:
    """Say why a rule is not judged over these columns, None when it is."""
    if rule.is_composite:
        leaves = list(book.leaves_of(rule))
        reasons = {why_not_judged(book, leaf, types) for leaf in leaves if leaf is not rule}
        if not reasons:
            return "its parts need more than one dataset or delivery"
        return None if None in reasons else sorted(reason for reason in reasons if reason)[0]
    if rule.is_permission:
        return "it allows something and demands nothing"
    if rule.check[0] == "present":
        return None
    first = rule.column or min(columns_of(rule.check))
    if first not in types:
        return f"there is no column {first}"
    missing = sorted(columns_of(rule.check) - set(types))
    return f"there is no column {missing[0]}" if missing else None


@dataclass(frozen=True)
class _Asked:
    """Which predicates are asked of what.

    Attributes:
        of_rows: Those that each row answers.
        words: The columns whose values stay as they are until rows are alike.
        of_alike: Those about nothing but these columns, which rows that are alike answer once.
        groups: Of the predicates about groups, what the table of wrong groups is called.
    """

    of_rows: Sequence[Predicate]
    words: Sequence[str]
    of_alike: Sequence[Predicate]
    groups: Mapping[Predicate, str]

    def of_values(self) -> dict[str, list[Predicate]]:
        """Return the predicates that are asked of distinct values, by column."""
        of_values = [p for p in self.of_rows if p.of_values]
        ordered = sorted(of_values, key=lambda p: (str(p.of_values), p.words))
        return {str(c): list(group) for c, group in groupby(ordered, key=lambda p: p.of_values)}


def tallies_sql(book: RuleBook, dataset: str, subject: Subject, dialect: Dialect) -> str:
    """Return the statement that judges a relation by the rules of a dataset."""
    judged = judgements(book, dataset, subject.types, dialect)
    asked = _asked(judged, subject)
    parts = [
        ("rows_in_hand", _rows_in_hand(subject, asked)),
        *(
            (f"wrong_{column.lower()}", _wrong_values(column, predicates, subject, dialect))
            for column, predicates in asked.of_values().items()
        ),
        *_wrong_groups("rows_in_hand", asked.of_rows, asked, subject),
        ("answered", _answered(subject, asked, dialect)),
        ("alike", _alike(subject, asked, dialect)),
        *_wrong_groups("alike", asked.of_alike, asked, subject),
        ("answered_alike", _answered_alike(subject, asked, dialect)),
        ("kinds", _kinds(subject, asked, dialect)),
        ("read", _read(subject, asked, dialect)),
        ("judged", _judged(subject, book, judged, dialect)),
        ("broken", _broken(subject, book, judged, dialect)),
    ]
    written = ",\n\n".join(
        f"{name} as {dialect.inline if name == 'rows_in_hand' else ''}(\n{_indented(sql)}\n)"
        for name, sql in parts
    )
    keys = "".join(f"{key}, " for key in subject.keys)
    money = "".join(f", {name}" for name in _money(subject))
    return (
        f"with {written}\n\n"
        f"select {keys}rule_number, 'judged' as outcome, currency, rows_count{money}, example_ids\n"
        f"from judged\n"
        f"union all\n"
        f"select {keys}rule_number, 'broken' as outcome, currency, rows_count{money}, example_ids\n"
        f"from broken"
    )


# -- parts of the statement ----------------------------------------------------------------------


def _rows_in_hand(subject: Subject, asked: _Asked) -> str:
    made = sorted({pair for predicate in asked.of_rows for pair in predicate.made})
    if not made:
        return subject.rows
    told = "".join(f",\n  {sql} as {name}" for name, sql in made)
    return f"select\n  *{told}\nfrom (\n{_indented(subject.rows)}\n) as given"


def _wrong_values(
    column: str, predicates: Sequence[Predicate], subject: Subject, dialect: Dialect
) -> str:
    """Return the wrong values of a column.

    The values are grouped once more, by which nothing changes: the condition would be asked of each
    row, before its value is made distinct, if it were one about the value and not about a group.
    """
    named = [(f"max({p.sql})", dialect.named(p.words)) for p in predicates]
    answers = ",\n  ".join(f"{answer} as {name}" for answer, name in named)
    any_wrong = " or ".join(answer for answer, _ in named)
    return (
        f"select\n  value,\n  {answers}\n"
        f"from (\n  select distinct {_text_of(column, subject)} as value\n"
        f"  from rows_in_hand\n  where {column} is not null\n) as told\n"
        f"group by value\nhaving {any_wrong}"
    )


def _wrong_groups(
    rows: str, predicates: Iterable[Predicate], asked: _Asked, subject: Subject
) -> Iterator[tuple[str, str]]:
    """Yield the tables of the wrong groups of rows: their name and their SQL."""
    for predicate in predicates:
        if predicate.per:
            columns = [*subject.keys, predicate.per]
            named = ", ".join(f"{column} as group_{place}" for place, column in enumerate(columns))
            yield (
                asked.groups[predicate],
                f"select {named}\nfrom {rows}\nwhere {predicate.per} is not null\n"
                f"group by {', '.join(columns)}\nhaving {predicate.sql}",
            )


def _answered(subject: Subject, asked: _Asked, dialect: Dialect) -> str:
    told = [
        *(f"rows_in_hand.{key}" for key in subject.keys),
        f"{subject.currency or dialect.no_text} as currency",
        *(f"rows_in_hand.{column}" for column in asked.words),
        *(f"{amount} as {name}" for name, amount in _money(subject).items()),
        f"{subject.row_id} as row_id",
        *_answers("answers_of_rows", asked.of_rows, asked, dialect),
    ]
    joins = [
        f"left join wrong_{column.lower()}  -- many rows to one value\n"
        f"  on {_text_of(f'rows_in_hand.{column}', subject)} = wrong_{column.lower()}.value"
        for column in asked.of_values()
    ]
    joins += _joined_groups("rows_in_hand", asked.of_rows, asked, subject)
    return "\n".join(["select\n  " + ",\n  ".join(told), "from rows_in_hand", *joins])


def _alike(subject: Subject, asked: _Asked, dialect: Dialect) -> str:
    answers = _names("answers_of_rows", asked.of_rows)
    by = ", ".join((*subject.keys, "currency", *asked.words, *answers))
    money = "".join(f"\n  sum({name}) as {name}," for name in _money(subject))
    return (
        f"select\n  {by},\n  count(*) as rows_count,{money}\n"
        f"  {dialect.smallest('row_id', EXAMPLES)} as example_ids\n"
        f"from answered\ngroup by {by}"
    )


def _answered_alike(subject: Subject, asked: _Asked, dialect: Dialect) -> str:
    told = [
        *(f"alike.{key}" for key in subject.keys),
        "alike.currency",
        "alike.rows_count",
        *(f"alike.{name}" for name in _money(subject)),
        "alike.example_ids",
        *(f"alike.{name}" for name in _names("answers_of_rows", asked.of_rows)),
        *_answers("answers_of_words", asked.of_alike, asked, dialect),
    ]
    joins = _joined_groups("alike", asked.of_alike, asked, subject)
    return "\n".join(["select\n  " + ",\n  ".join(told), "from alike", *joins])


def _kinds(subject: Subject, asked: _Asked, dialect: Dialect) -> str:
    answers = (
        *_names("answers_of_rows", asked.of_rows),
        *_names("answers_of_words", asked.of_alike),
    )
    by = ", ".join((*subject.keys, "currency", *answers))
    money = "".join(f"\n  sum({name}) as {name}," for name in _money(subject))
    return (
        f"select\n  {by},\n  sum(rows_count) as rows_count,{money}\n"
        f"  {dialect.smallest_of_lists('example_ids', EXAMPLES)} as example_ids\n"
        f"from answered_alike\ngroup by {by}"
    )


def _read(subject: Subject, asked: _Asked, dialect: Dialect) -> str:
    read = [
        f"{dialect.bit_is_set(name, bit)} as {dialect.named(predicate.words)}"
        for answers, predicates in (
            ("answers_of_rows", asked.of_rows),
            ("answers_of_words", asked.of_alike),
        )
        for name, batch in zip(_names(answers, predicates), _batches(predicates), strict=True)
        for bit, predicate in enumerate(batch)
    ]
    own = [*subject.keys, "currency", "rows_count", *_money(subject), "example_ids"]
    return "select\n  " + ",\n  ".join([*own, *read]) + "\nfrom kinds"


def _judged(subject: Subject, book: RuleBook, judged: Iterable[Judgement], dialect: Dialect) -> str:
    """How many rows each rule looks at, and of a composite how many any of its parts does."""
    asked = [j for j in judged if j.why_not is None and not j.rule.is_composite]
    lists = []
    for applies, rules in _under_one_condition(asked, dialect).items():
        told = {book.numbers(j.rule.dataset)[above] for j in rules for above in book.above(j.rule)}
        numbers = sorted(told | {j.number for j in rules})
        lists.append(f"case when {applies} then {dialect.array(map(str, numbers))} end")
    keys = "".join(f"{key}, " for key in subject.keys)
    money = "".join(f"{dialect.no_money} as {name}, " for name in _money(subject))
    return (
        f"select {keys}rule_number, {dialect.no_text} as currency,\n"
        f"  sum(rows_count) as rows_count, {money}{dialect.no_text} as example_ids\n"
        f"from (\n  select {keys}rows_count,\n"
        f"    {dialect.each(dialect.distinct(dialect.gathered(lists)))} as rule_number\n"
        f"  from read\n) as told\ngroup by {keys}rule_number"
    )


def _broken(subject: Subject, book: RuleBook, judged: Iterable[Judgement], dialect: Dialect) -> str:
    numbers = {j.rule.rule_id: j.number for j in judged}
    lists = []
    for j in judged:
        if j.why_not is None and j.broken != NEVER and not j.rule.is_composite:
            broken = [numbers[rule_id] for rule_id in (j.rule.rule_id, *book.told_with(j.rule))]
            lists.append(
                f"case when {_said(j.broken, dialect)} "
                f"then {dialect.array(map(str, broken))} end  -- {j.rule.rule_id}"
            )
    keys = "".join(f"{key}, " for key in subject.keys)
    money = "".join(f"{name}, " for name in _money(subject))
    sums = "".join(f"sum({name}) as {name}, " for name in _money(subject))
    return (
        f"select {keys}rule_number, currency, sum(rows_count) as rows_count, {sums}\n"
        f"  {dialect.as_text(dialect.smallest_of_lists('example_ids', EXAMPLES))} as example_ids\n"
        f"from (\n  select {keys}currency, rows_count, {money}example_ids,\n"
        f"    {dialect.each(dialect.distinct(dialect.gathered(lists)))} as rule_number\n"
        f"  from read\n) as told\ngroup by {keys}currency, rule_number"
    )


# -- small things --------------------------------------------------------------------------------


def _said(formula: Formula, dialect: Dialect) -> str:
    return formula.sql(lambda predicate: dialect.named(predicate.words))


def _under_one_condition(
    judged: Iterable[Judgement], dialect: Dialect
) -> dict[str, list[Judgement]]:
    """Return the rules by the condition that they have in common."""
    found: dict[str, list[Judgement]] = {}
    for j in judged:
        found.setdefault(_said(j.applies, dialect), []).append(j)
    return found


def _asked(judged: Iterable[Judgement], subject: Subject) -> _Asked:
    found: dict[str, Predicate] = {}
    for j in judged:
        for predicate in j.applies.predicates() | j.broken.predicates():
            found.setdefault(predicate.words, predicate)
    predicates = sorted(found.values(), key=lambda p: p.words)
    told = {column for p in predicates if p.of_words for column in p.columns}
    # A service has one category: there are not many more of what has one of few words.
    told |= {p.per for p in predicates if p.per and p.columns and told.issuperset(p.columns)}
    told |= set(subject.keys)
    of_alike = [
        p
        for p in predicates
        if p.columns and told.issuperset((*p.columns, *([p.per] if p.per else [])))
    ]
    groups = [p for p in predicates if p.per]
    return _Asked(
        of_rows=[p for p in predicates if p not in of_alike],
        words=sorted(column for column in told if column not in subject.keys),
        of_alike=of_alike,
        groups={p: f"wrong_group_{place}" for place, p in enumerate(groups, 1)},
    )


def _batches(predicates: Sequence[Predicate]) -> list[Sequence[Predicate]]:
    return [predicates[i : i + _BITS] for i in range(0, len(predicates), _BITS)]


def _names(answers: str, predicates: Sequence[Predicate]) -> list[str]:
    return [f"{answers}_{place}" for place, _ in enumerate(_batches(predicates))]


def _answers(
    name: str, predicates: Sequence[Predicate], asked: _Asked, dialect: Dialect
) -> list[str]:
    """Return the integers whose bits are the answers to predicates."""

    def answer(predicate: Predicate) -> str:
        if predicate.of_values:
            wrong = f"wrong_{predicate.of_values.lower()}"
            return f"{wrong}.{dialect.named(predicate.words)}"
        if predicate.per:
            return f"({asked.groups[predicate]}.group_0 is not null)"
        return predicate.sql

    return [
        "\n  + ".join(
            f"case when {answer(predicate)} then {dialect.bit(place)} else 0 end"
            for place, predicate in enumerate(batch)
        )
        + f"\n  as {named}"
        for named, batch in zip(_names(name, predicates), _batches(predicates), strict=True)
    ]


def _joined_groups(
    rows: str, predicates: Iterable[Predicate], asked: _Asked, subject: Subject
) -> list[str]:
    joins = []
    for predicate in predicates:
        if predicate.per:
            name = asked.groups[predicate]
            same = " and ".join(
                f"{rows}.{column} = {name}.group_{place}"
                for place, column in enumerate((*subject.keys, predicate.per))
            )
            joins.append(f"left join {name}  -- many rows to one group\n  on {same}")
    return joins


def _indented(sql: str) -> str:
    return "\n".join(f"  {line}" if line else line for line in sql.splitlines())


def _text_of(column: str, subject: Subject) -> str:
    type_ = subject.types[column.split(".")[-1]]
    return column if type_.startswith("VARCHAR") else f"cast({column} as varchar)"


def above_zero(money: Sequence[str]) -> tuple[str, ...]:
    """Return SQL of the same money of rows in which it is more than nothing.

    Sums may hide a charge behind a credit. What rows have above zero and below it bounds what a
    part of them has.
    """
    return tuple(f"case when {amount} > 0 then {amount} else 0 end" for amount in money)


def _money(subject: Subject) -> dict[str, str]:
    return {f"money_{place}": column for place, column in enumerate(subject.money, 1)}
