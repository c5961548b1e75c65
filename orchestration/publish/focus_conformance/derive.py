"""Derives the facts of the rules from a requirements model of the FOCUS specification.

``python -m orchestration.publish.focus_conformance derive MODEL COLUMNS`` reads a published model
(``model-1.4.json``) and the column model of the specification, and writes ``facts/``. Only facts
are taken: ids, levels, columns, check functions, arguments, conditions and structure.

Faults of published models are put right here, each with its reason, so that a newer model can be
derived in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestration.publish.focus_conformance.facts import COST_AND_USAGE, FACTS_DIR

_LEVELS = {"MUST NOT": "MUST", "SHOULD NOT": "SHOULD", "OPTIONAL": "MAY", "RECOMMENDED": "SHOULD"}
_KINDS = {
    "Composite": "composite",
    "Nullability": "nullability",
    "Format": "format",
    "Type": "type",
    "Presence": "presence",
    "Validation": "validation",
}
_ONE_COLUMN = {
    "ColumnPresent": "present",
    "TypeString": "text",
    "TypeDecimal": "decimal",
    "TypeDateTime": "timestamp",
    "TypeJSON": "json",
    # "String values MUST be valid Unicode strings" (StringHandling), and keep their spelling: the
    # validator asks for ASCII, which would forbid every name with an accent.
    "FormatString": "unicode",
    "FormatNumeric": "numeric_text",
    "FormatDateTime": "utc_text",
    "FormatCurrency": "currency",
    "CheckNationalCurrency": "national_currency",
    "FormatUnit": "unit",
    "FormatJSON": "json_text",
    "FormatKeyValue": "key_value",
    "CheckDecimalValue": "decimal",
    "CheckNoDuplicates": "unique",
}

# What the published models have wrong, as the rules' own sentences have it. 1.4, then 1.2.
_CONDITIONS_PUT_RIGHT: Mapping[str, Any] = {
    # Inverted: the sentences say "is not null".
    "CAU-PricingCurrencyContractedUnitPrice-C-012-C": ["not_null", "SkuPriceId"],
    "CAU-Tags-C-003-C": ["not_null", "Tags"],
    "Tags-C-003-C": ["not_null", "Tags"],
    # Inverted: the sentence says "is not Correction"; the next rule is about corrections.
    "CAU-ConsumedQuantity-C-006-C": ["is_not", "ChargeClass", "Correction"],
    "ConsumedQuantity-C-006-C": ["is_not", "ChargeClass", "Correction"],
    # Half of the condition, and that half inverted.
    "CommitmentDiscountStatus-C-004-C": [
        "all",
        ["not_null", "CommitmentDiscountId"],
        ["is", "ChargeCategory", "Usage"],
    ],
}
_CHECKS_PUT_RIGHT: Mapping[str, Any] = {
    # Other spellings than the column model has, and than the rule after it ("Full Period").
    "CCT-ContractCommitmentFulfillmentInterval-C-003-M": [
        "one_of",
        "ContractCommitmentFulfillmentInterval",
        ["Hourly", "Daily", "Weekly", "Monthly", "Quarterly", "Semi-Annual", "Annual"]
        + ["Full Period", "Transactional", "Custom"],
    ],
    # The model lists values that no version of the specification allows.
    "CommitmentDiscountStatus-C-005-M": ["one_of", "CommitmentDiscountStatus", ["Used", "Unused"]],
    # Asks for a value that is there; the rule before does, this one is about decimals.
    "ContractedCost-C-004-M": ["decimal", "ContractedCost"],
    # Names another column and asks whether that is negative; the sentence is about decimals.
    "PricingCurrencyEffectiveCost-C-004-M": ["decimal", "PricingCurrencyEffectiveCost"],
}

# Called static, yet what they ask is not in the columns: whether a charge is on an invoice (two
# rules that exclude one another), whether a purchase covers future charges. Later models call
# them dynamic.
_IN_TRUTH_DYNAMIC = frozenset({"InvoiceId-C-004-C", "InvoiceId-C-005-C", "EffectiveCost-C-005-C"})


class UnknownCheckError(ValueError):
    """A model uses a check function, or a shape of one, that has no meaning here."""


def derive(model_path: Path, columns_path: Path) -> Path:
    """Write the facts of one model and return the file.

    Args:
        model_path: A requirements model as the specification publishes it.
        columns_path: The column model, which knows since when a column exists.

    Raises:
        UnknownCheckError: The model holds a check that has no meaning here yet.
    """
    model = json.loads(model_path.read_text(encoding="utf-8"))
    columns = json.loads(columns_path.read_text(encoding="utf-8"))
    version = model["Details"].get("FOCUSVersion") or model["Details"]["ModelVersion"]
    version = ".".join(str(version).split(".")[:2])
    facts = {
        "version": version,
        "source": (
            f"Facts of the FOCUS {version} requirements model, FinOps Foundation, CC-BY-4.0; "
            "sentences and code are Tollgate's"
        ),
        "columns": _first_versions(columns),
        "schemas": {
            schema_id: _bare(schema["Schema"])
            for schema_id, schema in model.get("Schemas", {}).items()
        },
        "dynamic": sorted(
            rule_id
            for rule_id, rule in model["ModelRules"].items()
            if rule["Status"] == "Active" and not _is_static(rule_id, rule)
        ),
        "rules": list(_rules(model["ModelRules"])),
    }
    path = FACTS_DIR / f"focus_{version}.json"
    path.write_text(_compact(facts), encoding="utf-8")
    return path


def _rules(model_rules: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    static = {
        rule_id: rule
        for rule_id, rule in model_rules.items()
        if rule["Status"] == "Active" and _is_static(rule_id, rule)
    }
    for rule_id, rule in static.items():
        criteria = rule["ValidationCriteria"]
        fact: dict[str, Any] = {
            "id": rule_id,
            "dataset": rule.get("DatasetId") or COST_AND_USAGE,
            "level": _LEVELS.get(criteria["Keyword"], criteria["Keyword"]),
            "kind": _KINDS[rule["Function"]],
            "since": rule["ModelVersionIntroduced"],
        }
        requirement = criteria["Requirement"]
        items = requirement.get("Items", [requirement])
        references = [
            item["ModelRuleId"] for item in items if item["CheckFunction"] == "CheckModelRule"
        ]
        if references:
            if len(references) != len(items):
                raise UnknownCheckError(f"{rule_id} mixes other rules with checks of its own")
            # Also where the model says OR: such parts have conditions that exclude one another.
            fact["kind"] = "composite"
            fact["parts"] = [part for part in references if part in static]
            fact["dynamic_parts"] = len(references) - len(fact["parts"])
        else:
            fact["check"] = _CHECKS_PUT_RIGHT.get(rule_id) or _check(requirement)
            if fact["kind"] == "composite":
                fact["kind"] = "validation"
        if rule_id in _CONDITIONS_PUT_RIGHT:
            fact["when"] = _CONDITIONS_PUT_RIGHT[rule_id]
        elif criteria.get("Condition"):
            fact["when"] = _check(criteria["Condition"])
        if fact.get("check", [None])[0] == "present":
            fact["kind"] = "presence"
            fact["column"] = fact["check"][1]
        elif rule["EntityType"] in ("Column", "Object"):
            fact["column"] = rule["Reference"].removesuffix("Object")
        if rule["ApplicabilityCriteria"]:
            fact["criteria"] = rule["ApplicabilityCriteria"]
        yield fact


def _is_static(rule_id: str, rule: Mapping[str, Any]) -> bool:
    return rule["Type"] == "Static" and rule_id not in _IN_TRUTH_DYNAMIC


def _check(requirement: Mapping[str, Any]) -> list[Any]:
    if set(requirement) == {"AND"}:  # the 1.2 model writes two conditions so
        items = requirement["AND"]
        requirement = {
            "CheckFunction": "AND",
            "Items": items if isinstance(items, list) else [items],
        }
    function = requirement["CheckFunction"]
    if function in _ONE_COLUMN:
        return [_ONE_COLUMN[function], requirement["ColumnName"]]
    simple = _comparison(requirement)
    if simple is not None:
        return simple
    if function in ("AND", "OR"):
        items = [_check(item) for item in requirement["Items"]]
        return _gathered("all" if function == "AND" else "any", items)
    raise UnknownCheckError(f"no meaning for {json.dumps(requirement)}")


def _comparison(requirement: Mapping[str, Any]) -> list[Any] | None:
    function = requirement["CheckFunction"]
    column, value = requirement.get("ColumnName"), requirement.get("Value")
    a, b = requirement.get("ColumnAName"), requirement.get("ColumnBName")
    match function:
        case "CheckValue":
            return ["null", column] if value is None else ["is", column, value]
        case "CheckNotValue":
            return ["not_null", column] if value is None else ["is_not", column, value]
        case "CheckStringEndsWith":
            return ["ends_with", column, [value]]
        case "CheckRegexMatch":
            return ["matches", column, requirement["Pattern"]]
        case "CheckGreaterOrEqualThanValue":
            return ["at_least", column, value]
        case "CheckLessOrEqualThanValue":
            return ["at_most", column, value]
        case "CheckColumnComparison":
            return ["compare", a, requirement["Comparator"], b]
        case "CheckSameValue":
            return ["same", a, b]
        case "CheckNotSameValue":
            return ["differ", a, b]
        case "ColumnByColumnEqualsColumnValue":
            return ["product", a, b, requirement["ResultColumnName"]]
        case "CheckDistinctCount":
            return ["one_per", a, b, requirement["ExpectedCount"]]
        case "CheckJSONSchema":
            return ["json_schema", column, requirement["SchemaId"]]
    return None


def _gathered(how: str, items: list[list[Any]]) -> list[Any]:
    """Write a list of alternatives of one column (or pair of columns) as one check."""
    if how == "any":
        for single, several in (("is", "one_of"), ("ends_with", "ends_with")):
            if all(item[0] == single for item in items) and len({item[1] for item in items}) == 1:
                values = [v for i in items for v in (i[2] if single == "ends_with" else [i[2]])]
                return [several, items[0][1], values]
        pairs = [item[1:] for item in items if item[0] == "all" and len(item) == 3]
        if len(pairs) == len(items) and all(p[0][0] == p[1][0] == "is" for p in pairs):
            first, second = pairs[0][0][1], pairs[0][1][1]
            return ["pairs", first, second, [[p[0][2], p[1][2]] for p in pairs]]
    return items[0] if len(items) == 1 else [how, *items]


def _bare(schema: Any) -> Any:
    """Return a JSON schema without its prose."""
    if isinstance(schema, dict):
        prose = ("$schema", "$id", "title", "description", "default")
        return {
            key: _bare(value)
            for key, value in schema.items()
            if key not in prose or isinstance(value, dict)
        }
    if isinstance(schema, list):
        return [_bare(item) for item in schema]
    return schema


def _first_versions(columns: Mapping[str, Any]) -> dict[str, str]:
    # Columns of before 1.0 count as 1.0, the oldest version that is judged.
    found: dict[str, str] = {"ProviderName": "1.0", "PublisherName": "1.0"}
    for name, column in columns["datasets"]["Cost and Usage"]["columns"].items():
        found[name] = max(str(column["version"]), "1.0")
    return dict(sorted(found.items()))


def _compact(facts: Mapping[str, Any]) -> str:
    """Write the facts with one rule a line, so that a change of a rule is a change of a line."""
    lines = []
    for key, value in facts.items():
        if key == "rules":
            rules = ",\n".join(json.dumps(rule, separators=(",", ":")) for rule in value)
            lines.append(f'"rules":[\n{rules}\n]')
        elif key == "schemas":
            schemas = ",\n".join(
                f"{json.dumps(name)}:{json.dumps(schema, separators=(',', ':'))}"
                for name, schema in value.items()
            )
            lines.append(f'"schemas":{{\n{schemas}\n}}')
        else:
            lines.append(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}")
    return "{" + ",\n".join(lines) + "}\n"
