"""Usage that vendors reported for real calls costs what the data of genai-prices says it costs.

Recorded ``usage`` objects go through the project's own SQL: prices come from genai-prices' data by
the importer, usage is put into disjoint classes, and the model that prices metered usage prices it.
Which model of the list a call used is decided by the list's own matching rules, here only: the
project itself never prices by likeness.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from orchestration.extract.price_list import genai_prices
from orchestration.extract.price_list.listed import CLIFFS, PriceList
from orchestration.land.org_tables import land_org_tables
from orchestration.land.price_import import accept, compare
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR

SAMPLES = PROJECT_DIR.parent / "shared" / "samples" / "vendors" / "genai-prices"
USAGES, PRICES = SAMPLES / "usages.json.gz", SAMPLES / "v2_data_slim_2026-08-21.json"
READ_ON = date(2026, 8, 21)
CALLS_COUNT = 1577

pytestmark = pytest.mark.skipif(
    not USAGES.exists() or not PRICES.exists(),
    reason=f"the recorded usage objects are not at {SAMPLES}",
)


@dataclass(frozen=True)
class Recorded:
    """A recorded call as one provider would have priced it.

    Attributes:
        number: Of the call and the reading of it, for people.
        place: ``provider model`` in the list, whose prices hold.
        usage: Token counts by genai-prices' names; input and output include their parts.
        expected: Dollars that genai-prices' own tests expect for input and output together.
    """

    number: str
    place: str
    usage: Mapping[str, int]
    expected: Decimal


Costs = dict[str, Decimal | None]


def test_recorded_usage_is_priced_as_the_list_prices_it(
    recorded: dict[str, Recorded], ways: dict[str, Costs], listed: PriceList
) -> None:
    assert len(recorded) > 3400
    different = [
        call for number, call in recorded.items() if ways[AS_IT_IS][number] != call.expected
    ]
    explained = {call.number: explanation(call, ways, listed) for call in different}
    unexplained = [call for call in different if explained[call.number] is None]
    assert unexplained == []
    # what needs an explanation stays the small part
    assert len(different) * 10 < len(recorded), Counter(explained.values())


def test_a_wrong_price_would_be_seen(
    recorded: dict[str, Recorded], ways: dict[str, Costs], listed: PriceList
) -> None:
    dearer = [
        Recorded(call.number, call.place, call.usage, 2 * call.expected)
        for call in recorded.values()
        if ways[AS_IT_IS][call.number] == call.expected != 0
    ]
    assert len(dearer) > 3000
    assert {explanation(call, ways, listed) for call in dearer} <= {None, OTHER_HOURS, NO_CLASS}
    assert sum(explanation(call, ways, listed) is None for call in dearer) > 3000


AS_IT_IS = "as it is"
BY_SCOPE = "Bedrock sells by scope, and this usage does not tell it; with the scope it is equal"
AS_TEXT = (
    "the list has no price of its own for cached, audio or image tokens and prices them as text; "
    "the project says unknown; as text they are equal"
)
BEFORE_THE_CUT = (
    "it was recorded before the list knew of the price cut of 30 July; then it is equal"
)
OTHER_HOURS = "the list has another price at other hours, so it has none of a day"
NO_CLASS = "the list has a price of cached audio, which is no class of the book"
WAYS = (BY_SCOPE, AS_TEXT, BEFORE_THE_CUT)


def explanation(call: Recorded, ways: Mapping[str, Costs], listed: PriceList) -> str | None:
    """Return why the project prices a call otherwise than the list's tests, None when unknown."""
    for way in WAYS:
        if ways[way][call.number] == call.expected:
            return way
    places = {each.place: each.why for each in listed.left_out}
    if "at other hours" in places.get(call.place, ""):
        return OTHER_HOURS
    has_class = call.usage.get("cache_audio_read_tokens")
    return NO_CLASS if has_class and f"{call.place} cache_audio_read_mtok" in places else None


@pytest.fixture(scope="module")
def listed() -> PriceList:
    return genai_prices.read(PRICES)


@pytest.fixture(scope="module")
def recorded(listed: PriceList) -> dict[str, Recorded]:
    """Every recorded call that the list's tests know a price of, by its number."""
    providers = {each["id"]: each for each in json.loads(PRICES.read_text(encoding="utf-8"))}
    with gzip.open(USAGES) as handle:
        calls = json.load(handle)
    assert len(calls) == CALLS_COUNT
    found = {}
    for number, call in enumerate(calls):
        name = call.get("model") or call["body"].get("model")
        for reading, extracted in enumerate(call["extracted"]):
            for extractor in extracted["extractors"]:
                place = place_of(providers, extractor["provider_id"], name or "")
                if "input_price" not in extractor or place is None:
                    continue
                one = Recorded(
                    f"{number} {reading} {extractor['provider_id']} {extractor['api_flavor']}",
                    place,
                    extracted["usage"],
                    Decimal(extractor["input_price"]) + Decimal(extractor["output_price"]),
                )
                found[one.number] = one
    return found


def place_of(providers: Mapping[str, Any], provider: str, name: str) -> str | None:
    """Return ``provider model`` of the list for a model's name, by the list's own rules."""
    for model in providers[provider]["models"]:
        if is_match(model["match"], name.lower()):
            return f"{provider} {model['id']}"
    fallbacks = providers[provider].get("fallback_model_providers") or ()
    return next((place for other in fallbacks if (place := place_of(providers, other, name))), None)


def is_match(rule: Mapping[str, Any], name: str) -> bool:
    """Say whether a matching rule of the list takes a name."""
    ((kind, value),) = rule.items()
    if kind in ("or", "and"):
        return (any if kind == "or" else all)(is_match(each, name) for each in value)
    text = value.lower()
    return {
        "equals": name == text,
        "starts_with": name.startswith(text),
        "ends_with": name.endswith(text),
        "contains": text in name,
        "regex": kind == "regex" and re.search(text, name) is not None,
    }[kind]


def classes_of(usage: Mapping[str, int], own_price: Collection[str]) -> dict[str, int]:
    """Return disjoint classes: what genai-prices counts as input and output includes its parts.

    Args:
        usage: Counts by genai-prices' names.
        own_price: Classes that are told apart; the tokens of others stay text.
    """
    of = {name: usage.get(f"{name}_tokens", 0) for name in NAMES}
    hour = min(of["cache_write_1h"], of["cache_write"])
    parts = {
        "cache_read": of["cache_read"],
        "cache_write_5m": of["cache_write"] - hour,
        "cache_write_1h": hour,
        "audio_input": max(of["input_audio"] - of["cache_audio_read"], 0),
        "image_input": max(of["input_image"] - of["cache_image_read"], 0),
        "audio_output": of["output_audio"],
        "image_output": of["output_image"],
    }
    parts = {name: tokens if name in own_price else 0 for name, tokens in parts.items()}
    output = parts["audio_output"] + parts["image_output"]
    parts["input_uncached"] = of["input"] - sum(parts.values()) + output
    parts["output"] = of["output"] - output
    return {f"{name}_tokens": tokens for name, tokens in parts.items()}


PARTS = (
    "cache_read", "cache_write_5m", "cache_write_1h", "audio_input", "image_input", "audio_output",
    "image_output",
)  # fmt: skip
NAMES = (
    "input", "cache_read", "cache_write", "cache_write_1h", "input_audio", "cache_audio_read",
    "input_image", "cache_image_read", "output", "output_audio", "output_image",
)  # fmt: skip


@pytest.fixture(scope="module")
def ways(
    recorded: dict[str, Recorded],
    listed: PriceList,
    compiled_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Costs]:
    """What the project's SQL says that each call cost, as it is and in the ways that explain."""
    work = tmp_path_factory.mktemp("recorded")
    import_all(listed, work / "org")
    land_org_tables(work / "org", work / "data")
    own_prices: dict[str, set[str]] = {}
    for each in listed.prices:
        own_prices.setdefault(each.place.rsplit(" ", 1)[0], set()).add(each.sold.token_class)
    with duckdb.connect() as connection:
        make_inputs(connection, recorded, listed, work)
        make(connection, compiled_dir, "reference/dim_price")

        def priced(day: date, told_apart: Mapping[str, Collection[str]] | None) -> Costs:
            use(connection, recorded, listed, day, told_apart)
            return costs(connection, compiled_dir, recorded)

        found = {
            AS_IT_IS: priced(READ_ON, None),
            AS_TEXT: priced(READ_ON, own_prices),
            BEFORE_THE_CUT: priced(date(2026, 7, 29), None),
        }
        connection.execute("delete from reference.dim_price where region_scope = 'global'")
        connection.execute("update reference.dim_price set region_scope = null")
        return {**found, BY_SCOPE: priced(READ_ON, None)}


def make(connection: duckdb.DuckDBPyConnection, compiled_dir: Path, name: str) -> None:
    """Make a mart by its compiled SQL."""
    path = compiled_dir / "duckdb" / "compiled" / "tollgate" / "models" / "marts" / f"{name}.sql"
    connection.execute(f"create or replace table {name.replace('/', '.')} as {path.read_text()}")


def costs(
    connection: duckdb.DuckDBPyConnection, compiled_dir: Path, recorded: Mapping[str, Recorded]
) -> Costs:
    """Return what each call cost, None where a price is unknown."""
    make(connection, compiled_dir, "unit_economics/fct_metered_cost_daily")
    rows = connection.execute(
        """
        select x_use_case, sum(estimated_list_cost), count(*) = count(estimated_list_cost)
        from unit_economics.fct_metered_cost_daily group by all
        """
    ).fetchall()
    found = {number: cost if is_known else None for number, cost, is_known in rows}
    # a call without a token is no row, and costs nothing
    return {number: found.get(number, Decimal(0)) for number in recorded}


def import_all(listed: PriceList, org_dir: Path) -> None:
    """Import every price of the list into an organisation that has none."""
    org_dir.mkdir()
    for table in (PROJECT_DIR / "tests" / "fixtures" / "org").glob("*.csv"):
        (org_dir / table.name).write_bytes(table.read_bytes())
    seed = org_dir.parent / "no_prices.csv"
    header = (DBT_PROJECT_DIR / "seeds" / "ai_price.csv").read_text().splitlines()[0]
    seed.write_text(header + "\n", encoding="utf-8")
    services = {each.sold.service_name for each in listed.prices}
    difference = compare(listed, seed, org_dir, READ_ON, date(2025, 1, 1), services)
    confirmed = {change.name: "as the list has it" for change in difference.changes if change.jump}
    assert accept(difference, listed.name, org_dir, READ_ON, confirmed) > 3000


def make_inputs(
    connection: duckdb.DuckDBPyConnection,
    recorded: Mapping[str, Recorded],
    listed: PriceList,
    work: Path,
) -> None:
    """Make the tables beside usage that the two models read."""
    for schema in ("seed", "org", "allocate", "reference", "unit_economics"):
        connection.execute(f"create schema {schema}")
    for table in ("price", "contract_price"):
        (landed,) = (work / "data" / "landed" / "org" / table).glob("*.parquet")
        connection.execute(f"create table org.{table} as from read_parquet('{landed}')")
    connection.execute("create table reference.dim_contract_price as from org.contract_price")
    connection.execute(
        "create table seed.ai_price as select *, cast(null as date) as valid_to "
        "from org.price where false"
    )
    for name in ("openai_service_tier", "anthropic_service_tier"):
        connection.execute(
            f"create table seed.{name} as from read_csv('{DBT_PROJECT_DIR}/seeds/{name}.csv')"
        )
    services = sorted({each.sold.service_name for each in listed.prices})
    providers = pl.DataFrame({"service_name": services}).with_columns(
        pl.col("service_name").str.to_lowercase().alias("provider")
    )
    connection.register("providers", providers)
    connection.execute("create table seed.meter_provider as from providers")


def use(
    connection: duckdb.DuckDBPyConnection,
    recorded: Mapping[str, Recorded],
    listed: PriceList,
    day: date,
    told_apart: Mapping[str, Collection[str]] | None,
) -> None:
    """Make the recorded calls the metered usage of a day."""
    sold = {each.place.rsplit(" ", 1)[0]: each.sold for each in listed.prices}
    calls = pl.DataFrame(
        [
            {
                "x_use_case": call.number,
                "x_provider": sold[call.place].service_name if call.place in sold else call.place,
                "x_model": sold[call.place].model if call.place in sold else call.place,
                "context_above_tokens": max(
                    (cliff for cliff in CLIFFS if call.usage.get("input_tokens", 0) > cliff),
                    default=0,
                ),
                **classes_of(
                    call.usage, PARTS if told_apart is None else told_apart.get(call.place, ())
                ),
            }
            for call in recorded.values()
        ]
    )
    connection.register("calls", calls)
    connection.execute(
        f"""
        create or replace table allocate.int_usage_metered_daily as
        select *, 'recorded' as source, date '{day}' as usage_date,
            date '2026-08-01' as billing_period, 'counted' as standing,
            null::varchar as x_service_tier, null::varchar as region_id,
            null::varchar as x_region_scope, null::varchar as x_team,
            null::varchar as x_environment, 0::bigint as output_reasoning_tokens
        from calls
        """
    )
    connection.execute("set variable this_period = date '2026-08-01'")
