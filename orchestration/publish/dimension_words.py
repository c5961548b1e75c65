"""The words for what metrics are asked by, the same for all of them.

A mart has its own columns: some say ``x_model``, some ``hosted_model``, some know a use case by its
id alone. Here is what else each of them is called, and where a name is found that a mart lacks.
"""

from collections.abc import Iterable

MONTH = "month"

# What a person may write: what the marts say for it. Of several, the first that a metric has.
WORDS: dict[str, tuple[str, ...]] = {
    "billing_period": (MONTH,),
    "basis": ("x_basis",),
    "context_window": ("x_context_window",),
    "model": ("x_model", "hosted_model", "trained_model"),
    "owner": ("owner_id",),
    "region_scope": ("x_region_scope",),
    "service": ("service_name",),
    "service_tier": ("x_service_tier",),
    "token_class": ("x_token_class",),
}

# A name for people: the id that it belongs to, and the table that knows both.
ID_OF_NAME: dict[str, str] = {"use_case": "use_case_id"}
# Names change, and may be known ahead: the last one within the published months is shown.
NAMES_SQL: dict[str, str] = {
    "use_case": (
        "select use_case_id, arg_max(use_case, coalesce(valid_from, date '0001-01-01')) "
        "as use_case\n"
        "    from reference.dim_use_case\n"
        "    where valid_from is null or valid_from < "
        "(select max(period_end_date) from reference.dim_billing_period)\n"
        "    group by use_case_id"
    )
}


def said_as(word: str, known: Iterable[str]) -> str:
    """Return what a metric with the known dimensions calls what a person calls by a word."""
    names = set(known)
    if word in names:
        return word
    return next((name for name in WORDS.get(word, ()) if name in names), word)


def looked_up(known: Iterable[str]) -> dict[str, str]:
    """Return the names that are found by an id among the known dimensions, with that id."""
    names = set(known)
    return {
        name: by_id for name, by_id in ID_OF_NAME.items() if by_id in names and name not in names
    }


def words_for(known: Iterable[str]) -> dict[str, str]:
    """Return the other words for the known dimensions, with what they stand for."""
    names = list(known)
    found = {word: said_as(word, names) for word in WORDS}
    return {word: name for word, name in found.items() if name != word}
