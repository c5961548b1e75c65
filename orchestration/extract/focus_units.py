"""How FOCUS writes units (UnitFormat): one pattern for whoever looks at a delivery or a ledger."""

_SIZES = "(?:[KMGTPE]i?)?[bB]"
_COUNTS = "[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*"
_TIME = "(?:Year|Month|Day|Hour|Minute|Second)"
_UNIT = f"(?:{_SIZES}|{_COUNTS})"
# GB, 1000 Requests, GB-Hours, Requests/Day, Requests/3 Months.
UNIT_TEXT = f"(?:[0-9]+ )?{_UNIT}|{_UNIT}-{_TIME}s|{_UNIT}/{_TIME}|{_UNIT}/[0-9]+ {_TIME}s"
