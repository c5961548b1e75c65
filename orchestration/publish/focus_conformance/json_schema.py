"""A JSON schema as a condition in SQL, so that a column of JSON is judged where it lies.

Only the keywords that the FOCUS schemas use are understood; any other is an error, because a
keyword that nobody looks at would be a rule that nobody judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.publish.focus_conformance.sql_text import literal

_JSON_TYPES = {
    "object": ("OBJECT",),
    "array": ("ARRAY",),
    "string": ("VARCHAR",),
    "boolean": ("BOOLEAN",),
    "null": ("NULL",),
    "number": ("UBIGINT", "BIGINT", "HUGEINT", "UHUGEINT", "DOUBLE"),
}
_UNDERSTOOD = frozenset(
    {"type", "const", "enum", "minimum", "maximum"}
    | {"required", "properties", "patternProperties", "additionalProperties"}
    | {"items", "minItems", "maxItems", "contains"}
    | {"anyOf", "oneOf", "allOf", "not", "if", "then", "$ref", "$defs"}
)


class UnknownKeywordError(ValueError):
    """A schema uses a keyword that has no meaning here."""


def conforms(value: str, schema: Mapping[str, Any]) -> str:
    """Return SQL that is true where a JSON value conforms to a schema, and never NULL.

    Args:
        value: SQL of a valid JSON value that is not NULL.
        schema: The schema; ``$ref`` may name its own ``$defs``.
    """
    return _Schema(schema.get("$defs", {})).condition(value, schema, 0)


class _Schema:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def condition(self, value: str, schema: Any, depth: int) -> str:
        """Return the condition of a schema that lies ``depth`` arrays deep."""
        if isinstance(schema, bool):
            return "true" if schema else "false"
        unknown = set(schema) - _UNDERSTOOD
        if unknown:
            raise UnknownKeywordError(f"no meaning for {sorted(unknown)}")
        if "$ref" in schema:
            schema = self._definitions[schema["$ref"].removeprefix("#/$defs/")]
            return self.condition(value, schema, depth)
        parts = [
            *self._of_value(value, schema),
            *self._of_object(value, schema, depth),
            *self._of_array(value, schema, depth),
            *self._of_others(value, schema, depth),
        ]
        return "(" + " and ".join(parts or ["true"]) + ")"

    @staticmethod
    def _of_value(value: str, schema: Mapping[str, Any]) -> list[str]:
        parts = []
        if "type" in schema:
            names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            types = [type_ for name in names for type_ in _JSON_TYPES[name]]
            parts.append(f"json_type({value}) in ({', '.join(map(literal, types))})")
        constants = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if constants is not None:
            written = ", ".join(literal(_json_text(constant)) for constant in constants)
            parts.append(f"cast({value} as varchar) in ({written})")
        numbers = ", ".join(map(literal, _JSON_TYPES["number"]))
        for keyword, sign in (("minimum", ">="), ("maximum", "<=")):
            if keyword in schema:
                parts.append(
                    f"(json_type({value}) not in ({numbers}) "
                    f"or try_cast({value} as double) {sign} {schema[keyword]})"
                )
        return parts

    def _of_object(self, value: str, schema: Mapping[str, Any], depth: int) -> list[str]:
        parts = [f"{_has(value, key)}" for key in schema.get("required", ())]
        if parts:
            parts = [f"(json_type({value}) <> 'OBJECT' or ({' and '.join(parts)}))"]
        properties = schema.get("properties", {})
        for key, part in properties.items():
            inner = self.condition(f"json_extract({value}, {_path(key)})", part, depth)
            parts.append(f"(not {_has(value, key)} or {inner})")
        patterns = schema.get("patternProperties", {})
        if any(set(part) - {"description"} for part in patterns.values()):
            raise UnknownKeywordError("no meaning for conditions on properties by pattern")
        if schema.get("additionalProperties", True) is False:
            known = [f"key{depth} in ({', '.join(map(literal, properties))})"] if properties else []
            known += [f"regexp_matches(key{depth}, {literal(pattern)})" for pattern in patterns]
            parts.append(
                f"(json_type({value}) <> 'OBJECT' or len(list_filter(json_keys({value}), "
                f"lambda key{depth}: not ({' or '.join(known) or 'false'}))) = 0)"
            )
        return parts

    def _of_array(self, value: str, schema: Mapping[str, Any], depth: int) -> list[str]:
        bounds = []
        if "minItems" in schema:
            bounds.append(f"json_array_length({value}) >= {schema['minItems']}")
        if "maxItems" in schema:
            bounds.append(f"json_array_length({value}) <= {schema['maxItems']}")
        item = f"item{depth}"
        items = f"json_extract({value}, '$[*]')"
        if "items" in schema:
            wrong = f"not {self.condition(item, schema['items'], depth + 1)}"
            bounds.append(f"len(list_filter({items}, lambda {item}: {wrong})) = 0")
        if "contains" in schema:
            found = self.condition(item, schema["contains"], depth + 1)
            bounds.append(f"len(list_filter({items}, lambda {item}: {found})) > 0")
        return [f"(json_type({value}) <> 'ARRAY' or {bound})" for bound in bounds]

    def _of_others(self, value: str, schema: Mapping[str, Any], depth: int) -> list[str]:
        def each(keyword: str) -> list[str]:
            return [self.condition(value, part, depth) for part in schema.get(keyword, ())]

        parts = each("allOf")
        if "anyOf" in schema:
            parts.append(f"({' or '.join(each('anyOf'))})")
        if "oneOf" in schema:
            parts.append(f"({' + '.join(f'cast({c} as integer)' for c in each('oneOf'))} = 1)")
        if "not" in schema:
            parts.append(f"(not {self.condition(value, schema['not'], depth)})")
        if "if" in schema:
            met = self.condition(value, schema["if"], depth)
            parts.append(f"(not {met} or {self.condition(value, schema['then'], depth)})")
        return parts


def _has(value: str, key: str) -> str:
    return f"json_exists({value}, {_path(key)})"


def _path(key: str) -> str:
    return literal(f'$."{key}"')


def _json_text(constant: Any) -> str:
    if isinstance(constant, bool):
        return "true" if constant else "false"
    return f'"{constant}"'
