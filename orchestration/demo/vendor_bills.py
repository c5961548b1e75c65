"""What OpenAI and Anthropic bill the demo company: daily rows in the vendors' own words.

Each bill comes with its truth: the same money by the team and use case that caused it. The truth
adds up to the bill exactly, because both are sums of the same parts (tokens times list price).

The company's habits are here too: which key and project a use case sends through, the project that
two teams share, the key that was deleted and forgotten, the default workspace.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import polars as pl

from orchestration.demo.world import (
    PRICE_SEED,
    TOKEN_CLASSES,
    USE_CASES,
    World,
    canonical_model,
    money,
)

MONEY = pl.Decimal(38, 12)

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_OWNERS = MappingProxyType({use_case.use_case_id: use_case.owner_id for use_case in USE_CASES})


def opaque_id(prefix: str, name: str, length: int = 24) -> str:
    """Return an id such as a vendor makes: it says nothing, and is always the same for a name."""
    number = int.from_bytes(hashlib.sha256(f"{prefix}{name}".encode()).digest(), "big")
    characters = []
    for _ in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[rest])
    return prefix + "".join(characters)


def openai_user(owner_id: str, number: int) -> str:
    """Return the id of a team's first or second OpenAI user."""
    return opaque_id("user-", f"{owner_id} {number}")


@dataclass(frozen=True)
class OpenAIKey:
    """A key that a use case sends a part of its OpenAI requests through, while it exists.

    Attributes:
        key: Name of the key in this file; None for the playground, which has no key.
        use_case_id: Whose requests.
        project: Name of the project in this file.
        share: Weight among the keys of the use case on a day.
        user: Which of the team's two users the key belongs to.
        valid_from: First day.
        valid_to: First day after the last.
    """

    key: str | None
    use_case_id: str
    project: str
    share: int = 100
    user: int = 1
    valid_from: date = date.min
    valid_to: date = date.max

    @property
    def api_key_id(self) -> str | None:
        """The key's id as the vendor writes it."""
        return opaque_id("key_", self.key, 16) if self.key else None

    @property
    def project_id(self) -> str:
        """The project's id as the vendor writes it."""
        return opaque_id("proj_", self.project)


_KEY_CHANGE = date(2026, 3, 31)

OPENAI_KEYS: tuple[OpenAIKey, ...] = (
    OpenAIKey("care-chat-prod", "care-chat", "care", 90),
    OpenAIKey("care-chat-dev", "care-chat", "care", 10, 2),
    OpenAIKey("call-summary-prod", "call-summary", "care"),
    OpenAIKey("query-rewrite-prod", "query-rewrite", "search"),
    OpenAIKey("query-rewrite-dev", "query-rewrite", "search", 8, 2),
    OpenAIKey("product-copy-prod", "product-copy", "marketing", 85),
    OpenAIKey("product-copy-dev", "product-copy", "marketing", 15, 2),
    OpenAIKey("campaign-ideas-prod", "campaign-ideas", "marketing", 80),
    OpenAIKey("campaign-ideas-dev", "campaign-ideas", "marketing", 14, 2),
    OpenAIKey(None, "campaign-ideas", "default", 6, 2),
    OpenAIKey("checkout-assistant-prod", "checkout-assistant", "shop", 88),
    OpenAIKey("checkout-assistant-dev", "checkout-assistant", "shop", 12, 2),
    # deleted on the day of the change, and never written into the owner table
    OpenAIKey("shopping-companion-old", "shopping-companion", "shop", valid_to=_KEY_CHANGE),
    OpenAIKey("shopping-companion-prod", "shopping-companion", "shop", 90, valid_from=_KEY_CHANGE),
    OpenAIKey("shopping-companion-dev", "shopping-companion", "shop", 10, 2, _KEY_CHANGE),
    OpenAIKey("fraud-notes-prod", "fraud-notes", "risk", 93),
    OpenAIKey("fraud-notes-dev", "fraud-notes", "risk", 7, 2),
    # one key for two teams: their rule splits it evenly
    OpenAIKey("back-office", "contract-review", "back-office"),
    OpenAIKey("back-office", "invoice-reading", "back-office"),
    OpenAIKey("prompt-evals-batch", "prompt-evals", "prompt-lab", 75),
    OpenAIKey("prompt-evals-dev", "prompt-evals", "prompt-lab", 25, 2),
)


@dataclass(frozen=True)
class AnthropicAccess:
    """The way that a part of a use case's Claude requests goes.

    Attributes:
        key: Name of the key in this file; None for the Workbench, which has no key.
        use_case_id: Whose requests.
        workspace: Name of the workspace in this file; None for the default workspace.
        share: Weight among the ways of the use case.
        user: Which of the team's two users works in the Workbench.
        valid_from: First day.
        valid_to: First day after the last.
    """

    key: str | None
    use_case_id: str
    workspace: str | None
    share: int = 100
    user: int | None = None
    valid_from: date = date.min
    valid_to: date = date.max

    @property
    def api_key_id(self) -> str | None:
        """The key's id as the vendor writes it."""
        return opaque_id("apikey_01", self.key, 22) if self.key else None

    @property
    def workspace_id(self) -> str | None:
        """The workspace's id as the vendor writes it."""
        return opaque_id("wrkspc_01", self.workspace, 22) if self.workspace else None

    @property
    def account_id(self) -> str | None:
        """The user's account where a person and no service asked."""
        if self.user is None:
            return None
        return opaque_id("user_01", f"{_OWNERS[self.use_case_id]} {self.user}", 22)


ANTHROPIC_ACCESS: tuple[AnthropicAccess, ...] = (
    AnthropicAccess("coding-agent", "coding-agent", "engineering", 92),
    AnthropicAccess("company-tools-code", "coding-agent", "company-tools", 8),
    AnthropicAccess("code-review", "code-review", "engineering"),
    AnthropicAccess("incident-helper", "incident-helper", "reliability", 85),
    AnthropicAccess(
        "company-tools-incident",
        "incident-helper",
        "company-tools",
        15,
        valid_from=date(2026, 7, 1),
    ),
    AnthropicAccess("policy-check", "policy-check", "legal", 70),
    AnthropicAccess("company-tools-policy", "policy-check", "company-tools", 30),
    AnthropicAccess("demand-explainer", "demand-explainer", "demand-science"),
    AnthropicAccess(None, "prompt-workbench", None, 60, 1),
    AnthropicAccess(None, "prompt-workbench", None, 40, 2),
    AnthropicAccess("delivery-agent", "delivery-agent", "logistics"),
    AnthropicAccess("returns-triage", "returns-triage", "care"),
)


@dataclass(frozen=True)
class Extra:
    """Something that is charged beside tokens: one unit for so many requests of a use case.

    Attributes:
        use_case_id: Whose requests.
        words: The vendor's words for the line.
        requests_per_unit: Requests that take one unit.
        unit_price: Dollars a unit.
        unit: The vendor's quantity unit, or its cost type.
        valid_from: First day that the vendor charges it.
        model: The model it is charged for, if the vendor says.
        token_type: The vendor's token type, if it says one.
    """

    use_case_id: str
    words: str
    requests_per_unit: int
    unit_price: Decimal
    unit: str | None = None
    valid_from: date = date.min
    model: str | None = None
    token_type: str | None = None


# The last two of each vendor are words that no curated list knows yet, as new products are.
OPENAI_EXTRAS: tuple[Extra, ...] = (
    Extra("shopping-companion", "web search tool calls", 40, Decimal("0.01")),
    Extra("campaign-ideas", "web search tool calls", 12, Decimal("0.01")),
    Extra("prompt-evals", "code interpreter sessions", 400, Decimal("0.03")),
    Extra("care-chat", "Vector storage", 30, Decimal("0.0041"), "gibibyte_hours"),
    Extra("call-summary", "file search tool calls", 25, Decimal("0.0025")),
    Extra(
        "campaign-ideas", "sora-2-pro, video", 50, Decimal("0.3"), "duration_seconds",
        date(2026, 8, 3),
    ),
    Extra("care-chat", "hosted agent runs", 600, Decimal("0.05"), None, date(2026, 9, 1)),
)  # fmt: skip
ANTHROPIC_EXTRAS: tuple[Extra, ...] = (
    Extra("policy-check", "Web Search Usage", 9, Decimal("0.01"), "web_search"),
    Extra("incident-helper", "Web Search Usage", 6, Decimal("0.01"), "web_search"),
    Extra("prompt-workbench", "Web Search Usage", 30, Decimal("0.01"), "web_search"),
    Extra("coding-agent", "Code Execution Usage", 250, Decimal("0.05"), "code_execution"),
    Extra(
        "delivery-agent", "Managed Agent Runtime Usage", 120, Decimal("0.08"),
        "managed_agent_runtime", date(2026, 8, 10),
    ),
    Extra(
        "prompt-workbench", "Claude Opus 5 Usage - Input Tokens, Cache Write (24h)", 90,
        Decimal("0.02"), "tokens", date(2026, 9, 7), "claude-opus-5",
        "cache_creation.ephemeral_24h_input_tokens",
    ),
)  # fmt: skip

_OPENAI_PIECES = MappingProxyType(
    {
        "input_uncached": "input",
        "cache_read": "cached input",
        "cache_write_5m": "cache writes",
        "output": "output",
    }
)
_ANTHROPIC_PIECES = MappingProxyType(
    {
        "input_uncached": ("uncached_input_tokens", "Input Tokens"),
        "cache_read": ("cache_read_input_tokens", "Input Tokens, Cache Read"),
        "cache_write_5m": (
            "cache_creation.ephemeral_5m_input_tokens",
            "Input Tokens, Cache Write (5m)",
        ),
        "cache_write_1h": (
            "cache_creation.ephemeral_1h_input_tokens",
            "Input Tokens, Cache Write (1h)",
        ),
        "output": ("output_tokens", "Output Tokens"),
    }
)

OPENAI_USAGE_KEYS = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier")
OPENAI_COST_KEYS = ("project_id", "user_id", "line_item", "api_key_id")
ANTHROPIC_USAGE_KEYS = (
    "api_key_id",
    "workspace_id",
    "model",
    "service_tier",
    "context_window",
    "inference_geo",
    "account_id",
)
ANTHROPIC_COST_KEYS = (
    "workspace_id",
    "description",
    "cost_type",
    "model",
    "token_type",
    "context_window",
    "service_tier",
    "inference_geo",
)

_COUNTS = ("requests", *(f"{name}_tokens" for name in TOKEN_CLASSES))
_CAUSE = ("owner_id", "use_case_id")


@dataclass(frozen=True)
class VendorBill:
    """A vendor's costs and usage by day and group, and who caused the costs."""

    costs: pl.DataFrame
    usage: pl.DataFrame
    truth: pl.DataFrame


_Way = OpenAIKey | AnthropicAccess


def openai_bill(world: World) -> VendorBill:
    """Return what OpenAI bills and measures: costs by key, user and line item, usage by model."""
    parts = _parts(
        world,
        "openai",
        [
            (
                way,
                {
                    "project_id": way.project_id,
                    "api_key_id": way.api_key_id,
                    "user_id": openai_user(_OWNERS[way.use_case_id], way.user),
                },
            )
            for way in OPENAI_KEYS
        ],
    )
    ids = ("project_id", "user_id", "api_key_id")
    truth = _priced(
        world,
        parts,
        ids,
        lambda row, token_class: {
            "line_item": ("" if row["service_tier"] == "standard" else f"{row['service_tier']} | ")
            + f"{row['model']}, {_OPENAI_PIECES[token_class]}",
            "quantity_unit": "tokens",
        },
        lambda extra: {"line_item": extra.words, "quantity_unit": extra.unit},
        OPENAI_EXTRAS,
    )
    usage = (
        parts.with_columns(
            (pl.col("service_tier") == "batch").alias("batch"),
            # batch is a mark of its own; a request of one is in the default tier
            pl.col("service_tier").replace({"standard": "default", "batch": "default"}),
        )
        .group_by("usage_date", *OPENAI_USAGE_KEYS)
        .agg(pl.sum(*_COUNTS))
        .sort("usage_date", *OPENAI_USAGE_KEYS)
    )
    return VendorBill(_bill(truth, (*OPENAI_COST_KEYS, "quantity_unit")), usage, truth)


def anthropic_bill(world: World) -> VendorBill:
    """Return what Anthropic bills by workspace and description, and measures by key."""
    parts = _parts(
        world,
        "anthropic",
        [
            (
                way,
                {
                    "workspace_id": way.workspace_id,
                    "api_key_id": way.api_key_id,
                    "account_id": way.account_id,
                },
            )
            for way in ANTHROPIC_ACCESS
        ],
    ).with_columns(
        pl.lit("0-200k").alias("context_window"),
        # the vendor tells the geography of models since Claude 4.6 only
        pl.when(pl.col("model").str.contains("4-5"))
        .then(pl.lit("not_available"))
        .otherwise(pl.lit("global"))
        .alias("inference_geo"),
    )
    truth = _priced(
        world,
        parts,
        ("workspace_id",),
        _anthropic_token_line,
        lambda extra: {
            "description": extra.words,
            "cost_type": extra.unit,
            "model": extra.model,
            "token_type": extra.token_type,
            "context_window": None,
            "service_tier": None,
            "inference_geo": None,
        },
        ANTHROPIC_EXTRAS,
    )
    searches = {
        extra.use_case_id: extra.requests_per_unit
        for extra in ANTHROPIC_EXTRAS
        if extra.unit == "web_search"
    }
    usage = (
        parts.with_columns(
            (
                pl.col("requests")
                // pl.col("use_case_id").replace_strict(
                    searches, default=None, return_dtype=pl.Int64
                )
            )
            .fill_null(0)
            .alias("web_search_requests")
        )
        .group_by("usage_date", *ANTHROPIC_USAGE_KEYS)
        .agg(pl.sum(*_COUNTS, "web_search_requests"))
        .sort("usage_date", *ANTHROPIC_USAGE_KEYS)
        .drop("requests")
    )
    return VendorBill(_bill(truth, ANTHROPIC_COST_KEYS), usage, truth)


def _anthropic_token_line(row: Mapping[str, object], token_class: str) -> dict[str, str | None]:
    token_type, words = _ANTHROPIC_PIECES[token_class]
    batch = " (Batch)" if row["service_tier"] == "batch" else ""
    return {
        "description": f"{_anthropic_title(str(row['model']))} Usage - {words}{batch}",
        "cost_type": "tokens",
        "model": str(row["model"]),
        "token_type": token_type,
        "context_window": str(row["context_window"]),
        "service_tier": str(row["service_tier"]),
        "inference_geo": str(row["inference_geo"]),
    }


def _anthropic_title(model: str) -> str:
    """Return ``Claude Sonnet 4.5`` for ``claude-sonnet-4-5-20250929``."""
    _, family, *version = canonical_model(model).split("-")
    return f"Claude {family.title()} {'.'.join(version)}"


def _parts(
    world: World, vendor: str, ways: Iterable[tuple[_Way, Mapping[str, str | None]]]
) -> pl.DataFrame:
    """Split the world's rows over the ways that requests go; the parts add up exactly."""
    table = pl.DataFrame(
        [
            {
                "use_case_id": way.use_case_id,
                "way_number": number,
                "share": way.share,
                "valid_from": way.valid_from,
                "valid_to": way.valid_to,
                **ids,
            }
            for number, (way, ids) in enumerate(ways)
        ],
        infer_schema_length=None,
    )
    row_keys = ("usage_date", "use_case_id", "model", "service_tier")
    upper = pl.col("share").cum_sum().over(row_keys, order_by="way_number")
    total = pl.col("share").sum().over(row_keys)
    return (
        world.inference.filter(pl.col("vendor") == vendor)
        .join(table, on="use_case_id")
        .filter(
            pl.col("valid_from") <= pl.col("usage_date"), pl.col("usage_date") < pl.col("valid_to")
        )
        .with_columns(upper.alias("upper"), total.alias("total"))
        .with_columns(
            pl.col(name) * pl.col("upper") // pl.col("total")
            - pl.col(name) * (pl.col("upper") - pl.col("share")) // pl.col("total")
            for name in _COUNTS
        )
        .filter(pl.sum_horizontal(*_COUNTS) > 0)
        .sort(*row_keys, "way_number")
    )


def _priced(
    world: World,
    parts: pl.DataFrame,
    ids: tuple[str, ...],
    token_line: Callable[[Mapping[str, object], str], Mapping[str, str | None]],
    extra_line: Callable[[Extra], Mapping[str, str | None]],
    extras: tuple[Extra, ...],
) -> pl.DataFrame:
    """Return one row per part and line of the bill: what it cost and who caused it."""
    rows: list[dict[str, object]] = []
    for part in parts.iter_rows(named=True):
        day, vendor = part["usage_date"], part["vendor"]
        known = {name: part[name] for name in ("usage_date", *ids, *_CAUSE)}
        prices = world.prices(vendor, part["model"], day, part["service_tier"])
        if prices is None:
            raise LookupError(
                f"{PRICE_SEED.name} has no price of {vendor} {part['model']} on {day}"
            )
        for token_class in TOKEN_CLASSES:
            tokens = part[f"{token_class}_tokens"]
            if tokens:
                rows.append(
                    {
                        **known,
                        **token_line(part, token_class),
                        "quantity": tokens,
                        "billed_cost": money(tokens, prices[token_class]),
                    }
                )
        for extra in extras:
            units = part["requests"] // extra.requests_per_unit
            if extra.use_case_id == part["use_case_id"] and day >= extra.valid_from and units:
                rows.append(
                    {
                        **known,
                        **extra_line(extra),
                        "quantity": units,
                        "billed_cost": units * extra.unit_price,
                    }
                )
    amounts = pl.Series("billed_cost", [row.pop("billed_cost") for row in rows], dtype=MONEY)
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(amounts)


def _bill(truth: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    return (
        truth.group_by("usage_date", *keys)
        .agg(pl.sum("quantity"), pl.sum("billed_cost"))
        .sort("usage_date", *keys, nulls_last=True)
    )
