"""Whether the organisation's allocation rules can be followed: each has what its method needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from orchestration.land.org_rows import Faults, Row

METHODS = ("direct", "even", "fixed", "proportional", "metric")
BASIS_METHODS = ("proportional", "metric")
CAPACITY_KINDS = (
    "provisioned throughput",
    "GPU reservation",
    "capacity block",
    "Kubernetes nodes",
    "on-premises GPUs",
    "seats",
    "other",
)
BASIS_WITHIN = (
    "all",
    "source",
    "billing_account",
    "sub_account",
    "service",
    "sub_account_service",
    "sub_account_model",
)
# Where vendors' own counts of use can be told apart.
_USAGE_WITHIN = tuple(within for within in BASIS_WITHIN if within != "billing_account")
# What int_basis_quantities adds up, beside the metrics of usage_metric.csv.
COST_METRICS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
# The same and the idle capacity that an owner holds.
COST_METRICS_WITH_IDLE = tuple(f"{cost}_with_idle" for cost in COST_METRICS)
USAGE_METRICS = ("tokens", "price_weighted_tokens", "requests")
METERED_METRICS = (
    "metered_tokens",
    "metered_estimated_cost",
    "metered_requests",
    "metered_seconds",
    "requested_gpu_seconds",
    "used_gpu_seconds",
)

LAST_TIER = 5

_Versions = Mapping[tuple[object, object], Row]
_OF_A_VERSION = ("allocation_rule_condition", "allocation_rule_target", "allocation_rule_basis")


def check_rules(org_dir: Path, tables: Mapping[str, Sequence[Row]], faults: Faults) -> None:
    """Each method has what it needs, and conditions and targets belong to a version that exists."""
    versions: dict[tuple[object, object], Row] = {}
    rule_path = org_dir / "allocation_rule.csv"
    for row in tables["allocation_rule"]:
        version = (row.values["rule_id"], row.values["rule_version"])
        if version in versions:
            faults.add(rule_path, row.line, "rule_version", f"{version} stands in the file twice.")
        versions[version] = row
    for row in versions.values():
        if row.values["method"] == "direct" and row.values["evidence"] is None:
            faults.add(rule_path, row.line, "evidence", "a direct rule must say by which evidence.")
    _check_targets(org_dir, versions, tables["allocation_rule_target"], faults)
    _check_bases(org_dir, versions, tables, faults)
    _check_capacities(org_dir / "capacity.csv", tables["capacity"], faults)
    _check_passing_on(org_dir, versions, tables, faults)
    _check_virtual_tags(org_dir, tables, faults)
    for name in _OF_A_VERSION:
        path = org_dir / f"{name}.csv"
        for row in tables[name]:
            version = (row.values["rule_id"], row.values["rule_version"])
            if row.values["rule_id"] is not None and version not in versions:
                faults.add(
                    path, row.line, "rule_version", f"{version} is not in allocation_rule.csv."
                )
    for row in tables["allocation_rule_condition"]:
        needs_value = row.values["operator"] not in ("is_null", "is_not_null", None)
        if needs_value and row.values["value"] is None:
            faults.add(
                org_dir / "allocation_rule_condition.csv", row.line, "value", "a value is missing."
            )


def _check_virtual_tags(org_dir: Path, tables: Mapping[str, Sequence[Row]], faults: Faults) -> None:
    """Whatever looks at a virtual tag looks at one that some name rule gives."""
    given = {f"virtual:{row.values['virtual_tag']}" for row in tables["virtual_tag"]}
    for row in tables["virtual_tag"]:
        if "#" in str(row.values["virtual_tag"]):
            faults.add(org_dir / "virtual_tag.csv", row.line, "virtual_tag", "it may have no '#'.")
    for table, column in (
        ("allocation_rule", "evidence"),
        ("allocation_rule_condition", "attribute"),
        ("owner_mapping", "evidence"),
    ):
        for row in tables[table]:
            text = str(row.values[column])
            if text.startswith("virtual:") and text not in given:
                what = f"no row of virtual_tag.csv gives {text.removeprefix('virtual:')!r}."
                faults.add(org_dir / f"{table}.csv", row.line, column, what)


def _by_version(rows: Iterable[Row]) -> dict[tuple[object, object], list[Row]]:
    found: dict[tuple[object, object], list[Row]] = {}
    for row in rows:
        found.setdefault((row.values["rule_id"], row.values["rule_version"]), []).append(row)
    return found


def _check_targets(
    org_dir: Path, versions: _Versions, targets: Sequence[Row], faults: Faults
) -> None:
    """Even and fixed rules have targets, fixed percentages are given and sum to exactly 100."""
    rule_path, path = org_dir / "allocation_rule.csv", org_dir / "allocation_rule_target.csv"
    by_version = _by_version(targets)
    for version, rule in versions.items():
        method = rule.values["method"]
        listed = by_version.get(version, [])
        among = [row for row in listed if row.values["target_kind"] != "excluded"]
        if method in ("even", "fixed") and not among:
            article = "an" if method == "even" else "a"
            faults.add(
                rule_path,
                rule.line,
                "method",
                f"{article} {method} rule needs targets in allocation_rule_target.csv.",
            )
        for row in listed:
            percent, is_excluded = row.values["fixed_pct"], row.values["target_kind"] == "excluded"
            if is_excluded and method not in BASIS_METHODS:
                what = "only proportional and metric rules leave owners out; take the row away."
                faults.add(path, row.line, "target_kind", what)
            if (percent is None) is (method == "fixed" and not is_excluded):
                what = (
                    "a target of a fixed rule needs its percentage."
                    if percent is None
                    else f"only targets of fixed rules have a percentage, this rule is {method}."
                )
                faults.add(path, row.line, "fixed_pct", what)
        percents = [row.values["fixed_pct"] for row in among]
        given = [percent for percent in percents if isinstance(percent, Decimal)]
        if method == "fixed" and among and len(given) == len(percents) and sum(given) != 100:
            name, number = version
            what = f"the percentages of {name} version {number} sum to {sum(given)}, not to 100."
            faults.add(path, among[-1].line, "fixed_pct", what)


def _check_bases(
    org_dir: Path, versions: _Versions, tables: Mapping[str, Sequence[Row]], faults: Faults
) -> None:
    """Proportional and metric rules have a basis that exists, and what it needs when it is zero."""
    path = org_dir / "allocation_rule_basis.csv"
    own_metrics = {row.values["metric"] for row in tables["usage_metric"]}
    bases = _by_version(tables["allocation_rule_basis"])
    targets = _by_version(tables["allocation_rule_target"])
    for version, rule in versions.items():
        method = rule.values["method"]
        if method in BASIS_METHODS and version not in bases:
            what = f"a {method} rule needs its basis in allocation_rule_basis.csv."
            faults.add(org_dir / "allocation_rule.csv", rule.line, "method", what)
        among = [row for row in targets.get(version, []) if row.values["target_kind"] != "excluded"]
        for row in bases.get(version, []):
            _check_basis(path, row, method, own_metrics, faults)
            _check_capacity_of(path, row, tables["capacity"], faults)
            if row.values["when_zero"] == "even" and method in BASIS_METHODS and not among:
                what = "even parts need targets in allocation_rule_target.csv; list them, or hold."
                faults.add(path, row.line, "when_zero", what)
        whole_owners = {row.values["owner_id"] for row in among if not row.values["use_case_id"]}
        for row in among:
            if (
                method in BASIS_METHODS
                and row.values["use_case_id"]
                and row.values["owner_id"] in whole_owners
            ):
                what = "the owner is listed without a use case too, which counts all of them."
                faults.add(org_dir / "allocation_rule_target.csv", row.line, "use_case_id", what)


def _check_basis(
    path: Path, row: Row, method: object, own_metrics: set[object], faults: Faults
) -> None:
    metric, within = row.values["metric"], row.values["basis_within"]
    if method not in BASIS_METHODS:
        what = f"only proportional and metric rules have a basis, this rule is {method}."
        faults.add(path, row.line, "rule_version", what)
        return
    known: set[object] = {*COST_METRICS, *COST_METRICS_WITH_IDLE}
    if method == "metric":
        known = {*USAGE_METRICS, *METERED_METRICS, *own_metrics}
    if metric is not None and metric not in known:
        named = ", ".join(sorted(str(name) for name in known))
        source = ", nor in usage_metric.csv" if method == "metric" else ""
        what = f"{metric!r} is no metric of a {method} rule{source}; there are {named}."
        faults.add(path, row.line, "metric", what)
    is_of_vendor = metric in USAGE_METRICS
    places = _USAGE_WITHIN if is_of_vendor else ("all",)
    if method == "metric" and within not in (None, *places):
        what = (
            f"vendors do not count {metric} by billing account; write sub_account or another."
            if is_of_vendor
            else "what meters and the organisation count is of no account or service; write all."
        )
        faults.add(path, row.line, "basis_within", what)
    is_own = metric in own_metrics
    for name, is_free in (("basis_source", is_own), ("basis_model", is_own)):
        if row.values[name] is not None and is_free:
            faults.add(path, row.line, name, "a metric of usage_metric.csv has none; leave it.")
    if is_own and row.values["basis_window"] == "hour":
        what = f"usage_metric.csv tells {metric!r} of a day, never of an hour; write day."
        faults.add(path, row.line, "basis_window", what)
    floor, cap = row.values["floor_pct"], row.values["cap_pct"]
    if floor is not None and cap is not None:
        faults.add(path, row.line, "cap_pct", "give a floor or a cap, not both.")
    if cap == 0:
        faults.add(path, row.line, "cap_pct", "a cap of 0 would leave nobody; it must be more.")


def _check_capacity_of(path: Path, row: Row, capacities: Sequence[Row], faults: Faults) -> None:
    """A rule that divides a capacity weighs by what the capacity is measured in, without bounds."""
    capacity_id = row.values["capacity_id"]
    if capacity_id is None:
        return
    for name in ("floor_pct", "cap_pct"):
        if row.values[name] is not None:
            faults.add(path, row.line, name, "unused capacity has no floor or cap; leave it empty.")
    for capacity in capacities:
        metric = capacity.values["metric"]
        if capacity.values["capacity_id"] == capacity_id and metric != row.values["metric"]:
            what = f"{capacity_id!r} is measured in {metric!r} (capacity.csv, row {capacity.line})."
            faults.add(path, row.line, "metric", what)


def _check_capacities(path: Path, capacities: Sequence[Row], faults: Faults) -> None:
    """No more is deployed than was bought."""
    for row in capacities:
        bought, deployed = row.values["daily_quantity"], row.values["deployed_daily_quantity"]
        if isinstance(bought, Decimal) and isinstance(deployed, Decimal) and deployed > bought:
            what = f"no more than the {bought.normalize():f} that were bought can be deployed."
            faults.add(path, row.line, "deployed_daily_quantity", what)


def _check_passing_on(
    org_dir: Path, versions: _Versions, tables: Mapping[str, Sequence[Row]], faults: Faults
) -> None:
    """Owners pass on tier after tier, by one rule at a time, and nothing comes back."""
    path = org_dir / "allocation_rule.csv"
    passing = {
        version: rule
        for version, rule in versions.items()
        if rule.values["passes_on_owner_id"] is not None or rule.values["tier"] is not None
    }
    conditions = _by_version(tables["allocation_rule_condition"])
    windows = _by_version(tables["allocation_rule_basis"])
    for version, rule in passing.items():
        owner, tier = rule.values["passes_on_owner_id"], rule.values["tier"]
        if owner is None or not isinstance(tier, int) or not 1 <= tier <= LAST_TIER:
            what = f"a rule that passes on names its owner and a tier from 1 to {LAST_TIER}."
            faults.add(path, rule.line, "passes_on_owner_id" if owner is None else "tier", what)
        if rule.values["method"] == "direct":
            what = "what an owner passes on has no evidence; use another method."
            faults.add(path, rule.line, "method", what)
        if rule.values["outcome"] == "idle":
            faults.add(path, rule.line, "outcome", "what is passed on is owned, not idle.")
        for row in conditions.get(version, []):
            what = "a rule that passes on takes no charges, so it has no conditions."
            faults.add(org_dir / "allocation_rule_condition.csv", row.line, "attribute", what)
        for row in windows.get(version, []):
            where = org_dir / "allocation_rule_basis.csv"
            if row.values["basis_window"] in ("day", "hour"):
                what = "what an owner holds is passed on by the month."
                faults.add(where, row.line, "basis_window", what)
            if row.values["basis_within"] not in ("all", None):
                what = "what is passed on is of no single account or service; write all."
                faults.add(where, row.line, "basis_within", what)
    rules = [rule for rule in passing.values() if rule.values["passes_on_owner_id"] is not None]
    for number, rule in enumerate(rules):
        for other in rules[:number]:
            if rule.values["passes_on_owner_id"] == other.values["passes_on_owner_id"] and _meet(
                rule, other
            ):
                what = f"the owner already passes on by the rule in row {other.line}."
                faults.add(path, rule.line, "passes_on_owner_id", what)
    _check_order_of_tiers(org_dir, rules, tables, faults)


def _check_order_of_tiers(
    org_dir: Path,
    rules: Sequence[Row],
    tables: Mapping[str, Sequence[Row]],
    faults: Faults,
) -> None:
    path = org_dir / "allocation_rule_target.csv"
    targets = _by_version(tables["allocation_rule_target"])
    # Of each owner those it passes on to: the row that says so, and the tiers of the two.
    receivers: dict[object, dict[object, tuple[Row, object, object]]] = {}
    for rule in rules:
        owner = rule.values["passes_on_owner_id"]
        for row in targets.get((rule.values["rule_id"], rule.values["rule_version"]), []):
            for other in rules:
                is_receiver = other.values["passes_on_owner_id"] == row.values["owner_id"]
                if is_receiver and _meet(rule, other) and row.values["target_kind"] != "excluded":
                    passed_to = receivers.setdefault(owner, {})
                    passed_to[row.values["owner_id"]] = (
                        row,
                        rule.values["tier"],
                        other.values["tier"],
                    )
    circles = _circles({owner: list(rows) for owner, rows in receivers.items()})
    for circle in circles:
        row = receivers[circle[-1]][circle[0]][0]
        way = " -> ".join(str(owner) for owner in (*circle, circle[0]))
        faults.add(path, row.line, "owner_id", f"cost would go in a circle: {way}.")
    in_a_circle = {owner for circle in circles for owner in circle}
    for owner, rows in receivers.items():
        for receiver, (row, before, after) in rows.items():
            if not isinstance(before, int) or not isinstance(after, int):
                continue
            if after <= before and not {owner, receiver} <= in_a_circle:
                what = (
                    f"{receiver!r} passes on in tier {after}, {owner!r} in tier {before}; "
                    "an owner passes on later than those who pass on to it."
                )
                faults.add(path, row.line, "owner_id", what)


def _circles(receivers: Mapping[object, Sequence[object]]) -> list[tuple[object, ...]]:
    """Return each way that comes back to where it began, from its first owner by name."""
    found: set[tuple[object, ...]] = set()
    for start in receivers:
        ways: list[tuple[object, ...]] = [(start,)]
        while ways:
            way = ways.pop()
            for receiver in receivers.get(way[-1], ()):
                if receiver == start:
                    first = min(range(len(way)), key=lambda place: str(way[place]))
                    found.add(way[first:] + way[:first])
                elif receiver not in way and len(way) <= LAST_TIER:
                    ways.append((*way, receiver))
    return sorted(found, key=str)


def _meet(rule: Row, other: Row) -> bool:
    """Whether there is a day on which both rules are in force."""
    start, end = rule.validity
    other_start, other_end = other.validity
    return start < other_end and other_start < end
