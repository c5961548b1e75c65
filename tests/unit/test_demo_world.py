"""The demo company's world: the same for the same seed, and its bills add up to the truth."""

import csv
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from orchestration.demo import make_demo
from orchestration.demo.aws_bill import AwsTruth
from orchestration.demo.vendor_bills import (
    ANTHROPIC_ACCESS,
    OPENAI_KEYS,
    VendorBill,
    anthropic_bill,
    openai_bill,
)
from orchestration.demo.world import (
    TEAMS,
    TOKEN_CLASSES,
    USE_CASES,
    World,
    canonical_model,
    list_prices,
    money,
)
from orchestration.land.allocation_rules import METHODS
from orchestration.settings import DEMO_DIR

ORG_DIR = DEMO_DIR / "org"
TODAY = date(2026, 11, 16)
WORLD = World(20261116, Decimal(1), TODAY)
PERSONAS = {
    "data science",
    "engineering",
    "finance",
    "legal and compliance",
    "line of business",
    "procurement",
    "product",
    "prompt engineering",
}


@pytest.fixture(scope="module")
def openai() -> VendorBill:
    return openai_bill(WORLD)


@pytest.fixture(scope="module")
def anthropic() -> VendorBill:
    return anthropic_bill(WORLD)


def org_rows(name: str) -> list[dict[str, str]]:
    with (ORG_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def test_the_company_has_every_persona_and_every_use_case_has_a_team() -> None:
    assert {team.persona for team in TEAMS} == PERSONAS
    assert len({team.department for team in TEAMS}) == 5
    assert len(USE_CASES) == 25
    assert {use_case.owner_id for use_case in USE_CASES} <= {team.owner_id for team in TEAMS}


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    again = World(WORLD.seed, WORLD.scale, TODAY).inference
    other = World(WORLD.seed + 1, WORLD.scale, TODAY).inference
    assert again.equals(WORLD.inference)
    assert not other.equals(WORLD.inference)


def test_the_world_covers_thirteen_months_and_not_today() -> None:
    days = WORLD.inference["usage_date"].unique().sort()
    assert WORLD.first_day == date(2025, 11, 1)
    assert days.to_list() == WORLD.days
    assert WORLD.days[-1] == date(2026, 11, 15)


def test_a_row_is_a_day_use_case_model_and_tier_with_whole_counts() -> None:
    keys = ["usage_date", "use_case_id", "vendor", "model", "service_tier"]
    inference = WORLD.inference
    assert not inference.select(keys).is_duplicated().any()
    assert inference.select(keys).equals(inference.select(keys).sort(keys))
    counts = inference.select("requests", *(f"{name}_tokens" for name in TOKEN_CLASSES))
    assert set(counts.dtypes) == {pl.Int64}
    assert counts.min().row(0) >= (1, 0, 0, 0, 0, 0)


def test_scale_multiplies_the_requests() -> None:
    large = int(World(WORLD.seed, Decimal(3), TODAY).inference["requests"].sum())
    assert large / int(WORLD.inference["requests"].sum()) == pytest.approx(3, rel=0.001)


def test_every_token_that_is_used_has_a_price() -> None:
    for row in WORLD.inference.iter_rows(named=True):
        prices = WORLD.prices(row["vendor"], row["model"], row["usage_date"], row["service_tier"])
        assert prices is not None
        for token_class in TOKEN_CLASSES:
            assert token_class in prices or row[f"{token_class}_tokens"] == 0


def test_prices_are_those_of_the_day() -> None:
    before = list_prices("openai", "gpt-5.6-sol-2026-07-01", date(2026, 8, 20))
    after = list_prices("openai", "gpt-5.6-sol-2026-07-01", date(2026, 8, 21))
    assert before is not None and after is not None
    assert (before["output"], after["output"]) == (Decimal(30), Decimal(20))
    assert list_prices("anthropic", "gpt-5", date(2026, 8, 21)) is None


def test_a_model_that_nobody_knows_is_an_error_and_not_a_guess() -> None:
    assert canonical_model("claude-haiku-4-5-20251001") == "claude-haiku-4-5"
    with pytest.raises(KeyError):
        canonical_model("oracle-of-delphi-1")


def test_money_keeps_every_digit() -> None:
    assert money(1, Decimal("0.004375")) == Decimal("0.000000004375")
    assert money(123_456_789, Decimal("1.25")) == Decimal("154.32098625")


def test_the_runaway_days_are_thirty_times_as_busy() -> None:
    daily = dict(
        WORLD.inference.filter(pl.col("use_case_id") == "incident-helper")
        .group_by("usage_date")
        .agg(pl.sum("requests"))
        .iter_rows()
    )
    september = [daily[day] for day in daily if (day.year, day.month) == (2026, 9)]
    usual = sorted(september)[len(september) // 2]
    assert WORLD.runaway_days == (date(2026, 9, 9), date(2026, 9, 10))
    for day in WORLD.runaway_days:
        assert 20 * usual < daily[day] < 45 * usual
    assert {e.usage_date for e in WORLD.events if e.kind == "runaway"} == set(WORLD.runaway_days)


def test_a_launch_brings_the_customers() -> None:
    requests = WORLD.inference.filter(pl.col("use_case_id") == "checkout-assistant")
    before = requests.filter(pl.col("usage_date") == date(2026, 6, 14))["requests"].sum()
    after = requests.filter(pl.col("usage_date") == date(2026, 6, 15))["requests"].sum()
    assert after > 10 * before > 0


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_usage_adds_up_to_the_world(vendor: str, openai: VendorBill, anthropic: VendorBill) -> None:
    usage = (openai if vendor == "openai" else anthropic).usage
    world = WORLD.inference.filter(pl.col("vendor") == vendor)
    counts = [f"{name}_tokens" for name in TOKEN_CLASSES]
    daily = [
        frame.group_by("usage_date").agg(pl.sum(*counts)).sort("usage_date")
        for frame in (usage, world)
    ]
    assert daily[0].equals(daily[1])


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_the_truth_adds_up_to_the_bill_exactly(
    vendor: str, openai: VendorBill, anthropic: VendorBill
) -> None:
    bill = openai if vendor == "openai" else anthropic
    keys = [name for name in bill.costs.columns if name not in ("quantity", "billed_cost")]
    billed = dict_of(bill.costs, keys)
    assert billed == dict_of(bill.truth, keys)
    assert len(billed) == bill.costs.height
    assert sum(billed.values()) > 10_000


def dict_of(frame: pl.DataFrame, keys: list[str]) -> dict[tuple[object, ...], Decimal]:
    totals: dict[tuple[object, ...], Decimal] = {}
    for row in frame.iter_rows(named=True):
        key = tuple(row[name] for name in keys)
        totals[key] = totals.get(key, Decimal(0)) + row["billed_cost"]
    return totals


def test_tokens_cost_their_list_price(openai: VendorBill) -> None:
    day = openai.costs.filter(
        pl.col("usage_date") == date(2026, 8, 21),
        pl.col("line_item") == "gpt-5.6-sol-2026-07-01, output",
    )
    assert day.height == 2  # the live key and the developers' key
    for row in day.iter_rows(named=True):
        assert row["billed_cost"] == Decimal(row["quantity"]) * 20 / 1_000_000


def test_the_bills_hold_what_real_bills_hold(openai: VendorBill, anthropic: VendorBill) -> None:
    old_key = next(key for key in OPENAI_KEYS if key.key == "shopping-companion-old")
    seen = openai.costs.filter(pl.col("api_key_id") == old_key.api_key_id)["usage_date"]
    assert seen.max() == date(2026, 3, 30)
    assert openai.costs["api_key_id"].is_null().any()  # the playground
    assert anthropic.costs["workspace_id"].is_null().any()  # the default workspace
    assert anthropic.usage["account_id"].n_unique() == 3  # nobody, and two people
    words = set(openai.costs["line_item"]) | set(anthropic.costs["description"])
    assert {"web search tool calls", "Web Search Usage", "hosted agent runs"} <= words
    astra = openai.truth.filter(pl.col("line_item").str.starts_with("gpt-6-astra"))
    assert set(astra["owner_id"]) == {"marketing"}
    register = {row["model"] for row in org_rows("ai_model")}
    assert "gpt-6-astra" not in register


def test_the_owner_table_says_what_the_world_says() -> None:
    current = {row["owner_id"]: row for row in org_rows("owner") if not row["valid_to"]}
    assert set(current) == {team.owner_id for team in TEAMS}
    for team in TEAMS:
        for name in ("team", "department", "cost_centre", "persona"):
            assert current[team.owner_id][name] == getattr(team, name)


def test_the_use_case_table_says_what_the_world_says() -> None:
    current = {row["use_case_id"]: row for row in org_rows("use_case") if not row["valid_to"]}
    assert set(current) == {use_case.use_case_id for use_case in USE_CASES}
    for use_case in USE_CASES:
        row = current[use_case.use_case_id]
        for name in ("use_case", "owner_id", "stage", "data_classification", "legal_approval"):
            assert row[name] == getattr(use_case, name)
        first = use_case.first_production_on
        assert row["started_on"] == use_case.started_on.isoformat()
        assert row["first_production_on"] == (first.isoformat() if first else "")


def test_the_owner_mapping_knows_every_key_but_the_forgotten_ones() -> None:
    mapped = {
        row["value"]: row["owner_id"]
        for row in org_rows("owner_mapping")
        if row["evidence"] == "x_credential_id"
    }
    owners = {use_case.use_case_id: use_case.owner_id for use_case in USE_CASES}
    expected = {
        key.api_key_id: owners[key.use_case_id]
        for key in OPENAI_KEYS
        if key.key not in (None, "shopping-companion-old", "back-office")
    } | {
        # of the workspace that teams share; Anthropic's bill does not name keys, its usage does
        way.api_key_id: owners[way.use_case_id]
        for way in ANTHROPIC_ACCESS
        if way.workspace == "company-tools"
    }
    assert mapped == expected


def test_the_owner_mapping_knows_every_project_and_workspace_of_one_team() -> None:
    mapped = {
        row["value"]: row["owner_id"]
        for row in org_rows("owner_mapping")
        if row["evidence"] == "sub_account_id"
    }
    targets = {row["value"] for row in org_rows("allocation_rule_condition")}
    owners = {use_case.use_case_id: use_case.owner_id for use_case in USE_CASES}
    for way in ANTHROPIC_ACCESS:
        workspace = way.workspace_id or "default"
        if way.workspace == "company-tools":
            assert workspace in targets and workspace not in mapped
        else:
            assert mapped[workspace] == owners[way.use_case_id]


def test_the_organisation_tables_point_only_at_what_exists() -> None:
    owners = {row["owner_id"] for row in org_rows("owner")}
    use_cases = {row["use_case_id"] for row in org_rows("use_case")}
    rules = {(row["rule_id"], row["rule_version"]) for row in org_rows("allocation_rule")}
    for name in ("use_case", "owner_mapping", "allocation_rule_target", "ai_model"):
        for row in org_rows(name):
            assert row["owner_id"] in owners
            assert row.get("use_case_id", "") in use_cases | {""}
    for name in ("allocation_rule_condition", "allocation_rule_target"):
        assert {(row["rule_id"], row["rule_version"]) for row in org_rows(name)} <= rules
    by_table = {
        name: {(row["rule_id"], row["rule_version"]) for row in org_rows(name)}
        for name in ("allocation_rule_target", "allocation_rule_basis")
    }
    methods = {
        (row["rule_id"], row["rule_version"]): row["method"] for row in org_rows("allocation_rule")
    }
    # the demo company shows every method
    assert {*methods.values()} == {*METHODS}
    for version, method in methods.items():
        has_basis = version in by_table["allocation_rule_basis"]
        assert has_basis is (method in ("proportional", "metric"))
        assert method in ("proportional", "metric") or (
            version in by_table["allocation_rule_target"]
        ) is (method in ("even", "fixed"))


NO_MACHINES = pl.DataFrame(
    schema={
        "resource_id": pl.String,
        "instance_type": pl.String,
        "usage_date": pl.Date,
        "hours": pl.Decimal(18, 6),
        "owner_id": pl.String,
        "use_case_id": pl.String,
        "list_cost": pl.Decimal(28, 10),
    }
)


@pytest.fixture(scope="module")
def no_aws() -> Iterator[None]:
    """Leave the AWS export out: its own tests make it, and it takes the longest."""

    def write(world: World, target: Path) -> AwsTruth:
        target.mkdir(parents=True)
        (target / "export").write_text(str(world.seed), encoding="utf-8")
        costs = pl.DataFrame({"effective_cost": [Decimal(1)]})
        return AwsTruth(costs, costs, NO_MACHINES)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("orchestration.demo.aws_bill.write_aws_export", write)
        yield


def make_small(demo_dir: Path, seed: int, said: list[str]) -> None:
    make_demo(demo_dir, ORG_DIR, seed, Decimal("0.05"), date(2026, 1, 5), said.append)


def stamps(folder: Path) -> dict[Path, int]:
    """Return when each file below a folder was written."""
    return {p.relative_to(folder): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def contents(folder: Path) -> dict[Path, bytes]:
    return {name: (folder / name).read_bytes() for name in stamps(folder)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, no_aws: None) -> Path:
    """What was made of seed 7 where a making had been killed; to be read, never to be changed."""
    folder = tmp_path_factory.mktemp("made")
    (folder / ".making-killed").mkdir()
    said: list[str] = []
    make_small(folder, 7, said)
    assert said
    return folder


@pytest.fixture
def again(made: Path, tmp_path: Path) -> Path:
    """A copy of what was made, with its times, that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "again"))


def test_make_demo_writes_once_and_the_same_bytes_again_when_something_changed(
    made: Path, again: Path
) -> None:
    files = stamps(made)
    assert Path("vendors/openai/costs.parquet") in files
    assert Path("truth/anthropic_cost.parquet") in files
    assert not list(made.glob(".making-*"))

    said: list[str] = []
    make_small(again, 7, said)
    assert not said
    assert stamps(again) == files

    (again / "vendors" / "made.json").write_text("{", encoding="utf-8")
    make_small(again, 7, said)
    assert said
    assert stamps(again).keys() == files.keys()
    assert not set(stamps(again).items()) & set(files.items())
    assert contents(again) == contents(made)

    said.clear()
    make_small(again, 8, said)
    assert (again / "vendors" / "aws" / "export").read_text(encoding="utf-8") == "8"


def test_a_making_that_fails_leaves_the_old_bills(
    made: Path, again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_world: World, _target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("orchestration.demo.aws_bill.write_aws_export", fail)
    with pytest.raises(OSError, match="no space left"):
        make_small(again, 8, [])
    assert stamps(again) == stamps(made)
    assert not list(again.glob(".making-*"))


def test_make_demo_wants_the_organisation_tables(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="TOLLGATE_ORG_DIR"):
        make_demo(tmp_path, tmp_path / "org", 7, Decimal(1), TODAY, lambda _: None)
