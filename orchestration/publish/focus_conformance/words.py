"""What a rule demands, in a sentence: made from its check, so that it says what is judged."""

from __future__ import annotations

from orchestration.publish.focus_conformance.facts import Check, Rule

_ONE_COLUMN = {
    "present": "{0} {must} be a column",
    "text": "{0} {must} be text",
    "decimal": "{0} {must} be a decimal number",
    "timestamp": "{0} {must} be a date and time",
    "json": "{0} {must} be JSON",
    "unicode": "{0} {must} be Unicode text, without the character for what could not be read",
    "numeric_text": "{0} {must} be written as a plain number",
    "utc_text": "{0} {must} be a UTC time, as in 2026-10-01T00:00:00Z",
    "currency": "{0} {must} be written as a currency code",
    "national_currency": "{0} {must} be a currency of ISO 4217",
    "unit": "{0} {must} be a unit, as in Hours, 1000 Requests, GB-Months or Requests/Day",
    "json_text": "{0} {must} be valid JSON",
    "key_value": "{0} {must} be one flat JSON object whose keys are unique",
    "json_schema": "{0} {must} have the properties that its JSON schema asks for",
    "unique": "{0} {must} not be repeated",
    "null": "{0} {must} be empty",
    "not_null": "{0} {must} not be empty",
    "is": "{0} {must} be {1}",
    "is_not": "{0} {must} not be {1}",
    "at_least": "{0} {must} be at least {1}",
    "at_most": "{0} {must} be at most {1}",
    "matches": "{0} {must} be a number and a unit of time, as in 3 Years",
    "compare": "{0} {must} be {1} {2}",
    "same": "{0} {must} equal {1}",
    "differ": "{0} {must} differ from {1}",
    "product": "{2} {must} be {0} times {1}, to the last digit that they can say",
    "pairs": "{0} {must} belong to the {1} of its row",
    "one_per": "each {0} {must} have {2} {1} only",
}
_CONDITIONS = {
    "null": "{0} is empty",
    "not_null": "{0} is given",
    "is": "{0} is {1}",
    "is_not": "{0} is not {1}",
    "same": "{0} equals {1}",
    "differ": "{0} differs from {1}",
}
# More values than this are counted, not listed.
_LISTED = 10


def sentence(rule: Rule) -> str:
    """Return what a rule demands."""
    must = {"MUST": "must", "SHOULD": "should", "MAY": "may"}[rule.level]
    if rule.is_composite:
        about = rule.column or rule.dataset
        demanded = f"{about} {must} keep the rules gathered under {rule.rule_id}"
    else:
        demanded = _demanded(rule.check, must)
    where = f" where {_condition(rule.when)}" if rule.when else ""
    return f"{demanded}{where}"


def _demanded(check: Check, must: str) -> str:
    function, *arguments = check
    if function in ("one_of", "ends_with"):
        column, values = arguments
        listed = _either([str(value) for value in values])
        if len(values) > _LISTED:
            listed = f"one of its {len(values)} values in the specification"
        return f"{column} {must} {'be' if function == 'one_of' else 'end with'} {listed}"
    if function in ("all", "any"):
        first, *others = (_demanded(part, must) for part in arguments)
        word = "and" if function == "all" else "or"
        return " ".join([first, *(f"{word} {_without_subject(other, must)}" for other in others)])
    return _ONE_COLUMN[function].format(*arguments, must=must)


def _without_subject(demanded: str, must: str) -> str:
    return demanded.partition(f" {must} ")[2]


def _condition(check: Check, inner: bool = False) -> str:
    function, *arguments = check
    if function in ("all", "any"):
        word = " and " if function == "all" else " or "
        joined = word.join(_condition(part, inner=True) for part in arguments)
        return f"({joined})" if inner else joined
    if function == "one_of":
        return f"{arguments[0]} is {_either([str(value) for value in arguments[1]])}"
    return _CONDITIONS[function].format(*arguments)


def _either(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"
