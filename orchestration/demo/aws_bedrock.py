"""The Bedrock lines of the demo company's AWS bill, on both channels that AWS sells models on.

Anthropic's models come as AWS Marketplace products (opaque product codes, ``Units`` that are
millions of tokens); the others as AmazonBedrock, in thousands or, on the newer endpoint, millions.
A day's tokens reach the bill by several routes, and not every route carries tags.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from orchestration.demo.aws_lines import Bill, account_of
from orchestration.demo.world import TOKEN_CLASSES, World, canonical_model

_VENDOR = "aws_bedrock"

# Names on the bill, which follow neither the model's id nor one another: (name, endpoint, unit).
_BILLED_NAMES = {
    "nova-micro": ("NovaMicro", "runtime", "1K tokens"),
    "nova-lite": ("NovaLite", "runtime", "1K tokens"),
    "nova-pro": ("NovaPro", "runtime", "1K tokens"),
    "nova-premier": ("NovaPremier", "runtime", "1K tokens"),
    "nova-2-lite": ("Nova2.0Lite", "runtime", "1K tokens"),
    "llama-3.3-70b": ("Llama3-3-70B", "runtime", "1K tokens"),
    "llama-4-scout-17b": ("Llama4-Scout-17B", "runtime", "1K tokens"),
    "llama-4-maverick-17b": ("Llama4-Maverick-17B", "runtime", "1K tokens"),
    "gpt-oss-120b": ("openai.gpt-oss-120b", "mantle", "1M tokens"),
    "gpt-oss-20b": ("openai.gpt-oss-20b", "mantle", "1M tokens"),
}
_RUNTIME_CLASSES = {
    "input_uncached": "input-tokens",
    "cache_read": "cache-read-input-token-count",
    "cache_write_5m": "cache-write-input-token-count",
    "cache_write_1h": "cache-write-1h-input-token-count",
    "output": "output-tokens",
}
_MARKETPLACE_CLASSES = {
    "input_uncached": ("InputTokenCount", "Input Tokens"),
    "cache_read": ("CacheReadInputTokenCount", "Cache Read Input Tokens"),
    "cache_write_5m": ("CacheWriteInputTokenCount", "Cache Write Input Tokens"),
    "cache_write_1h": ("CacheWrite1hInputTokenCount", "Cache Write 1h Input Tokens"),
    "output": ("OutputTokenCount", "Response Tokens"),
}


@dataclass(frozen=True)
class Route:
    """One way in which a use case's calls reach Bedrock.

    Attributes:
        name: What it is called in resource names.
        percent: Share of the tokens; the first route also gets what rounding leaves.
        has_profile: Whether calls name an application inference profile, which carries the tags.
        principal: The caller's ARN, in which the account and the use case are filled in.
        outcome: What the bill alone lets anybody say about the owner.
        is_global: Whether calls may be answered in any region, where that is sold.
    """

    name: str
    percent: int
    has_profile: bool
    principal: str
    outcome: str
    is_global: bool = False


_ROLE = "arn:aws:sts::{account}:assumed-role"
ROUTES = (
    Route("live", 52, True, f"{_ROLE}/{{use_case}}-app/live", "owned"),
    Route("jobs", 17, True, f"{_ROLE}/{{use_case}}-app/jobs", "owned", is_global=True),
    Route("legacy", 14, False, f"{_ROLE}/{{use_case}}-app/legacy", "owned"),
    Route("gateway", 9, False, f"{_ROLE}/shared-model-gateway/gateway", "unallocated"),
    Route("console", 5, False, f"{_ROLE}/AWSReservedSSO_Developer/{{person}}", "unallocated"),
    Route("key", 3, False, "arn:aws:iam::{account}:user/BedrockAPIKey-{key}", "unallocated"),
)


def role_arn(owner_id: str, use_case_id: str) -> str:
    """Return the ARN, without session, of the role that a use case's application assumes."""
    return f"arn:aws:sts::{account_of(owner_id)}:assumed-role/{use_case_id}-app"


def add_bedrock(bill: Bill) -> None:
    """Insert a line for each day, route, use case, model, tier and token class."""
    usage = bill.world.inference.filter(pl.col("vendor") == _VENDOR)
    sold = usage.select("use_case_id", "owner_id", "model", "service_tier").unique()
    sold = sold.sort(sold.columns)
    bill.create("bedrock_usage", usage)
    _create_meters(bill, sold)
    bill.create("bedrock_route", _routes(sold))
    classes = " union all ".join(
        f"select *, '{name}' as token_class, {name}_tokens as day_tokens from bedrock_usage"
        for name in TOKEN_CLASSES
    )
    _refuse_unknown_meters(bill, classes)
    # the first route takes what the other routes' rounding down leaves, so no token is lost
    bill.insert(
        f"""
        with by_class as ({classes}),

        by_route as (
            select
                by_class.*,
                bedrock_route.* exclude (use_case_id, owner_id, model),
                case
                    when bedrock_route.route_number = 0
                        then day_tokens - sum(day_tokens * percent // 100) over (
                            partition by usage_date, by_class.use_case_id, by_class.model,
                                service_tier, token_class
                        ) + day_tokens * percent // 100
                    else day_tokens * percent // 100
                end::bigint as tokens
            from by_class
            inner join bedrock_route using (use_case_id, model)
        )

        select
            date_trunc('month', usage_date)::date as month,
            usage_date as started_on,
            (usage_date + interval 1 day)::date as ended_on,
            meter.billing_entity,
            meter.legal_entity,
            by_route.account_id,
            by_route.iam_principal,
            case when has_profile then owner_id end as tag_team,
            case when has_profile then use_case_id end as tag_use_case,
            meter.product_code,
            meter.product_name,
            meter.product_family,
            meter.usage_type,
            meter.operation,
            by_route.resource_id,
            meter.description,
            'OnDemand' as term,
            meter.pricing_unit,
            (tokens * meter.unit_per_token)::decimal(18, 6) as usage_amount,
            meter.rate as unblended_rate,
            priced((tokens * meter.unit_per_token)::decimal(18, 6), meter.rate) as unblended_cost,
            meter.rate as public_rate,
            priced((tokens * meter.unit_per_token)::decimal(18, 6), meter.rate) as public_cost,
            owner_id,
            use_case_id,
            by_route.outcome
        from by_route
        inner join bedrock_meter as meter
            on by_route.model = meter.model
            and by_route.service_tier = meter.service_tier
            and by_route.is_global = meter.is_global
            and by_route.token_class = meter.token_class
            and by_route.usage_date = meter.day
        where tokens > 0
        """
    )


def _refuse_unknown_meters(bill: Bill, classes: str) -> None:
    """Raise where used tokens have no known price: the bill would lack them in silence."""
    unknown = bill.connection.execute(
        f"""
        select distinct model, service_tier, token_class
        from ({classes}) as used
        anti join bedrock_meter as meter
            on used.model = meter.model
            and used.service_tier = meter.service_tier
            and used.token_class = meter.token_class
            and used.usage_date = meter.day
        where day_tokens > 0
        order by all
        """
    ).fetchall()
    if unknown:
        raise ValueError(f"No price is known for these tokens on Bedrock: {unknown}")


def _create_meters(bill: Bill, sold: pl.DataFrame) -> None:
    """Create the meters of each day: names, unit and rate by model, tier, scope and token class.

    Prices seldom change, so a meter is made once for each set of prices and days refer to it.
    """
    versions: dict[tuple[object, ...], int] = {}
    meters: list[dict[str, object]] = []
    days: list[tuple[str, str, bool, date, int]] = []
    for model, tier in sold.select("model", "service_tier").unique(maintain_order=True).rows():
        for is_global in (False, True):
            for day in bill.world.days:
                prices, is_sold_globally = _prices(bill.world, model, tier, day, is_global)
                key = (model, tier, is_sold_globally, *prices.items())
                if key not in versions:
                    versions[key] = len(versions)
                    meters += [
                        {"version": versions[key], **meter}
                        for meter in _meters(model, tier, prices, is_sold_globally)
                    ]
                days.append((model, tier, is_global, day, versions[key]))
    bill.create("meter_version", _with_decimals(meters))
    bill.create(
        "meter_day",
        pl.DataFrame(
            days,
            schema={
                "model": pl.String,
                "service_tier": pl.String,
                "is_global": pl.Boolean,
                "day": pl.Date,
                "version": pl.Int64,
            },
            orient="row",
        ),
    )
    bill.connection.execute(
        "create table bedrock_meter as"
        " select * from meter_day inner join meter_version using (version)"
    )


def _prices(
    world: World, model: str, tier: str, day: date, is_global: bool
) -> tuple[Mapping[str, Decimal], bool]:
    """Return a day's prices and whether they are the global ones: not all models have those."""
    regional = world.prices(_VENDOR, model, day, tier, "regional") or {}
    worldwide = world.prices(_VENDOR, model, day, tier, "global") or {}
    is_sold_globally = is_global and bool(worldwide) and worldwide != regional
    return (worldwide if is_sold_globally else regional), is_sold_globally


def _meters(
    model: str, tier: str, prices: Mapping[str, Decimal], is_global: bool
) -> list[dict[str, object]]:
    make = _marketplace_meter if model.startswith("anthropic.") else _own_meter
    return [
        make(canonical_model(model), tier, token_class, price, is_global=is_global)
        for token_class, price in prices.items()
        if token_class in TOKEN_CLASSES
    ]


def _with_decimals(meters: list[dict[str, object]]) -> pl.DataFrame:
    """Return the meters as a frame; a decimal inside a row would lose its scale."""
    numbers = {"rate": pl.Decimal(18, 10), "unit_per_token": pl.Decimal(9, 6)}
    frame = pl.DataFrame(
        [{key: value for key, value in row.items() if key not in numbers} for row in meters],
        infer_schema_length=None,
    )
    return frame.with_columns(
        pl.Series(name, [str(row[name]) for row in meters]).cast(kind)
        for name, kind in numbers.items()
    )


def _own_meter(
    model: str, tier: str, token_class: str, price: Decimal, *, is_global: bool
) -> dict[str, object]:
    """Return a meter of the AmazonBedrock product."""
    if model not in _BILLED_NAMES:
        raise ValueError(f"Bedrock's name on the bill is not known for the model {model!r}.")
    name, endpoint, unit = _BILLED_NAMES[model]
    usage_class = _RUNTIME_CLASSES[token_class]
    if endpoint == "mantle":
        usage_type = f"USE1-{name}-mantle-{usage_class}-{tier}"
    else:
        usage_type = f"USE1-{name}-{usage_class}"
        usage_type += "" if tier == "standard" else f"-{tier}"
        usage_type += "-cross-region-global" if is_global else ""
    tokens_per_unit = 1_000_000 if unit == "1M tokens" else 1_000
    rate = price * tokens_per_unit / 1_000_000
    return {
        "token_class": token_class,
        "billing_entity": "AWS",
        "legal_entity": "Amazon Web Services, Inc.",
        "product_code": "AmazonBedrock",
        "product_name": "Amazon Bedrock",
        "product_family": "Amazon Bedrock",
        "usage_type": usage_type,
        "operation": "CreateInference" if endpoint == "mantle" else "InvokeModelInference",
        "pricing_unit": unit,
        "description": f"${rate:f} per {unit} for {usage_type}",
        "rate": rate,
        "unit_per_token": Decimal(1) / tokens_per_unit,
    }


def _marketplace_meter(
    model: str, tier: str, token_class: str, price: Decimal, *, is_global: bool
) -> dict[str, object]:
    """Return a meter of a Marketplace product: the unit is only told by the description."""
    counter, words = _MARKETPLACE_CLASSES[token_class]
    infix = ("_Batch" if tier == "batch" else "") + ("_Global" if is_global else "")
    name = product_name(model)
    described = " ".join(
        part
        for part in ("Million", words, "Batch" * (tier == "batch"), "Global" * is_global)
        if part
    )
    return {
        "token_class": token_class,
        "billing_entity": "AWS Marketplace",
        "legal_entity": "Anthropic, PBC",
        "product_code": hashlib.sha256(name.encode()).hexdigest()[:25],
        "product_name": name,
        "product_family": None,
        "usage_type": f"USE1-MP:USE1_{counter}{infix}-Units",
        "operation": None,
        "pricing_unit": "Units",
        "description": f"AWS Marketplace software usage|us-east-1|{described}",
        "rate": price,
        "unit_per_token": Decimal("0.000001"),
    }


def product_name(model: str) -> str:
    """Return a Claude model's name on Marketplace: ``claude-sonnet-4-6`` is Claude Sonnet 4.6."""
    match = re.fullmatch(r"claude-([a-z]+)-(\d+)(?:-(\d+))?", model)
    if match is None:
        raise ValueError(f"Bedrock's name on the bill is not known for the model {model!r}.")
    family, major, minor = match.groups()
    version = major if minor is None else f"{major}.{minor}"
    return f"Claude {family.capitalize()} {version} (Amazon Bedrock Edition)"


def _routes(sold: pl.DataFrame) -> pl.DataFrame:
    """Return one row per use case, model and route: account, caller and resource."""
    return pl.DataFrame(
        [
            {
                "use_case_id": use_case_id,
                "owner_id": owner_id,
                "model": model,
                "route_number": number,
                "percent": route.percent,
                "has_profile": route.has_profile,
                "is_global": route.is_global,
                "outcome": route.outcome,
                "account_id": account_of(owner_id),
                "iam_principal": principal_of(route, owner_id, use_case_id),
                "resource_id": called_model(route, owner_id, use_case_id, model),
            }
            for use_case_id, owner_id, model in sold.select("use_case_id", "owner_id", "model")
            .unique(maintain_order=True)
            .rows()
            for number, route in enumerate(ROUTES)
        ],
        schema_overrides={"route_number": pl.Int64, "percent": pl.Int64},
    )


def principal_of(route: Route, owner_id: str, use_case_id: str) -> str:
    """Return the ARN of a route's caller, with its session."""
    return route.principal.format(
        account=account_of(owner_id),
        use_case=use_case_id,
        person=f"dev{int(_hex(use_case_id, 'person'), 16) % 40:02d}@example.com",
        key=_hex(use_case_id, "key")[:4],
    )


def called_model(route: Route, owner_id: str, use_case_id: str, model: str) -> str:
    """Return the ARN of the profile or model that a route's calls name."""
    start = f"arn:aws:bedrock:us-east-1:{account_of(owner_id)}"
    if route.has_profile:
        profile = _hex(use_case_id, model, route.name)[:12]
        return f"{start}:application-inference-profile/{profile}"
    if model.startswith("anthropic."):
        return f"{start}:inference-profile/us.{model}-v1:0"
    return f"arn:aws:bedrock:us-east-1::foundation-model/{model}"


def _hex(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
