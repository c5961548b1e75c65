"""What a check of the warehouse looks for and what it found, in sentences.

dbt says of a test that it passed or how many rows failed. A gate's SQL file begins with three
sentences (what it detects, what that usually means, what to do); a generic test has its arguments.
The graph shows them where a person looks when a check is red.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_DETECTS, _MEANS, _ADVISES = "-- Detects: ", "-- Usually means: ", "-- What to do: "


def looks_for(test: Mapping[str, Any]) -> str:
    """Return what a test of dbt's manifest looks for, what that means and what to do.

    Args:
        test: A node of the manifest with `resource_type` `test`.

    Raises:
        KeyError: A generic test that has no sentence here.
    """
    generic = test.get("test_metadata")
    if not generic:
        return " ".join(_head_of(test["raw_code"]))
    arguments = generic["kwargs"]
    column = arguments.get("column_name") or test.get("column_name")
    match generic["name"]:
        case "grain_is":
            return f"Looks for: rows that share their {_listed(arguments['columns'])}."
        case "unique":
            return f"Looks for: values of {column} that several rows have."
        case "relationships":
            parent = arguments["to"].removeprefix("ref('").removesuffix("')")
            return f"Looks for: values of {column} that no {arguments['field']} of {parent} is."
        case "columns_hold":
            faults = []
            if never_null := arguments.get("never_null"):
                faults.append(f"NULL in {_listed(never_null)}")
            if accepted := arguments.get("accepted_values"):
                faults.append(f"values outside their list in {_listed(list(accepted))}")
            return f"Looks for: {'; '.join(faults)}."
        case "parts_add_up":
            parts = _listed(arguments["parts"])
            return f"Looks for: rows whose {arguments['whole']} is not the sum of {parts}."
        case "shares_sum_to_one":
            return (
                f"Looks for: {_listed(arguments['by'])} whose {column} do not sum to exactly 1, "
                "or has one that is negative or unknown."
            )
    raise KeyError(f"No sentence says what the test {generic['name']} looks for.")


def advises(test: Mapping[str, Any]) -> str:
    """Return what to do about what a gate finds, of the third sentence of its SQL file."""
    return _head_of(test["raw_code"])[2].removeprefix("What to do: ")


def found(sentence: str, passed: bool, failed_rows: int | None, said: Sequence[str]) -> str:
    """Return what a check found, for the person who opens it.

    Args:
        sentence: What it looks for, of `looks_for`.
        passed: Whether it holds.
        failed_rows: Rows that break it; None where the test could not be run.
        said: The first of these rows in words (place, what, money), as the run's log has them.
    """
    if passed:
        return f"Nothing found. {sentence}"
    count = (
        "The test could not be run."
        if failed_rows is None
        else f"{failed_rows} {'row' if failed_rows == 1 else 'rows'} found."
    )
    return "\n".join([f"{count} {sentence}", *(f"- {line}" for line in said)])


def _head_of(raw_code: str) -> list[str]:
    lines = raw_code.splitlines()
    return [
        next(line for line in lines if line.startswith(mark)).replace(mark, shown)
        for mark, shown in (
            (_DETECTS, "Looks for: "),
            (_MEANS, "Usually means: "),
            (_ADVISES, "What to do: "),
        )
    ]


def _listed(names: Sequence[str]) -> str:
    """Return names as a person lists them."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
