"""The demo company's people and their use cases: what is written down, before any chance.

The organisation's tables in ``data/demo/org`` say the same of them as these tuples do; a test
holds that. How much each use case uses, day by day, is made in ``world``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType


@dataclass(frozen=True)
class TokenShape:
    """How many tokens a request takes, as mean and coefficient of variation of a log-normal."""

    input_mean: float
    input_variation: float
    output_mean: float
    output_variation: float
    source: str


TOKEN_SHAPES: Mapping[str, TokenShape] = MappingProxyType(
    {
        "chat": TokenShape(
            1154.7, 0.96, 211.1, 0.77, "Azure LLM inference trace 2023, conversation"
        ),
        "code": TokenShape(2047.8, 0.96, 27.9, 2.15, "Azure LLM inference trace 2023, code"),
        "agent": TokenShape(12035.1, 1.31, 342.6, 0.73, "Mooncake trace 2024, conversation"),
    }
)


@dataclass(frozen=True)
class Team:
    """A team of the demo company, as its owner table names it."""

    owner_id: str
    team: str
    department: str
    cost_centre: str
    persona: str


@dataclass(frozen=True)
class ModelUse:
    """A model that a use case sends a part of its requests to, from a day to before another.

    From ``priority_from`` to before ``priority_to`` it pays for the vendor's priority tier.
    """

    model: str
    share_pct: int = 100
    valid_from: date = date.min
    valid_to: date = date.max
    batch_pct: int = 0
    priority_from: date = date.max
    priority_to: date = date.max

    def service_tier(self, day: date) -> str:
        """Return the tier of a day's requests that are not sent as a batch."""
        return "priority" if self.priority_from <= day < self.priority_to else "standard"


@dataclass(frozen=True)
class UseCase:
    """A use case of the demo company and how it uses its models."""

    use_case_id: str
    use_case: str
    owner_id: str
    stage: str
    started_on: date
    first_production_on: date | None
    data_classification: str
    legal_approval: str
    vendor: str
    uses: tuple[ModelUse, ...]
    shape: str
    requests_per_day: int
    monthly_growth_pct: int = 4
    week: str = "office"
    cache_read_pct: int = 0
    cache_write_5m_pct: int = 0
    cache_write_1h_pct: int = 0

    @property
    def models(self) -> tuple[str, ...]:
        """The vendor's names of the models that it ever uses, in order of first mention."""
        return tuple(dict.fromkeys(use.model for use in self.uses))


TEAMS: tuple[Team, ...] = (
    Team("ml-platform", "ML Platform", "Data and AI", "CC-1100", "engineering"),
    Team("demand-science", "Demand Science", "Data and AI", "CC-1110", "data science"),
    Team("fraud-science", "Fraud Science", "Data and AI", "CC-1120", "data science"),
    Team("prompt-studio", "Prompt Studio", "Data and AI", "CC-1130", "prompt engineering"),
    Team("search", "Search and Discovery", "Product", "CC-1200", "product"),
    Team("checkout", "Checkout", "Product", "CC-1210", "product"),
    Team("mobile-app", "Mobile App", "Product", "CC-1220", "product"),
    Team("developer-experience", "Developer Experience", "Engineering", "CC-1300", "engineering"),
    Team("site-reliability", "Site Reliability", "Engineering", "CC-1310", "engineering"),
    Team("customer-care", "Customer Care", "Operations", "CC-1400", "line of business"),
    Team("marketing", "Marketing", "Operations", "CC-1410", "line of business"),
    Team("logistics", "Logistics", "Operations", "CC-1420", "line of business"),
    Team(
        "legal-compliance", "Legal and Compliance", "Corporate", "CC-1500", "legal and compliance"
    ),
    Team("finance", "Finance", "Corporate", "CC-1510", "finance"),
    Team("procurement", "Procurement", "Corporate", "CC-1520", "procurement"),
)


def _d(text: str) -> date:
    return date.fromisoformat(text)


def _use(
    model: str,
    share: int = 100,
    *,
    since: str = "",
    until: str = "",
    batch: int = 0,
    priority: tuple[str, str] | None = None,
) -> ModelUse:
    return ModelUse(
        model,
        share,
        _d(since) if since else date.min,
        _d(until) if until else date.max,
        batch,
        *(_d(text) for text in priority or ()),
    )


# fmt: off

USE_CASES: tuple[UseCase, ...] = (
    UseCase(
        "care-chat", "Customer chat answers", "customer-care", "production",
        _d("2025-03-03"), _d("2025-06-16"), "personal data", "approved", "openai",
        (
            _use("gpt-5-mini-2025-08-07", until="2026-04-06"),
            _use("gpt-5.4-mini-2026-03-17", since="2026-04-06", until="2026-07-06"),
            _use("gpt-5.6-luna-2026-06-25", since="2026-07-06"),
        ),
        "chat", 11000, 5, "shop", cache_read_pct=38, cache_write_5m_pct=6,
    ),
    UseCase(
        "call-summary", "Call summaries", "customer-care", "production",
        _d("2025-04-01"), _d("2025-09-01"), "personal data", "approved", "openai",
        (_use("gpt-4.1-mini-2025-04-14", batch=90),),
        "agent", 2600, 2, "every_day", cache_read_pct=5,
    ),
    UseCase(
        "query-rewrite", "Search query rewriting", "search", "production",
        _d("2025-05-05"), _d("2025-10-06"), "internal", "approved", "openai",
        (
            _use("gpt-5-nano-2025-08-07", until="2026-08-03"),
            _use("gpt-5.6-luna-2026-06-25", since="2026-08-03"),
        ),
        "code", 42000, 4, "shop", cache_read_pct=45, cache_write_5m_pct=3,
    ),
    UseCase(
        "product-copy", "Product descriptions", "marketing", "production",
        _d("2025-06-02"), _d("2025-10-01"), "public", "approved", "openai",
        (
            _use("gpt-4.1-2025-04-14", batch=60, until="2026-07-13"),
            _use("gpt-5.6-terra-2026-06-25", batch=60, since="2026-07-13"),
        ),
        "chat", 5200, 3, "office", cache_read_pct=12, cache_write_5m_pct=4,
    ),
    UseCase(
        "campaign-ideas", "Campaign ideas", "marketing", "pilot",
        _d("2026-05-04"), None, "internal", "pending", "openai",
        (
            _use("gpt-5.5-2026-04-23", until="2026-10-05"),
            _use("gpt-5.5-2026-04-23", share=60, since="2026-10-05"),
            _use("gpt-6-astra", share=40, since="2026-10-05"),
        ),
        "chat", 26000, 6, "office", cache_read_pct=10,
    ),
    UseCase(
        "checkout-assistant", "Checkout assistant", "checkout", "production",
        _d("2026-02-02"), _d("2026-06-15"), "personal data", "approved", "openai",
        (
            _use("gpt-5-2025-08-07", until="2026-03-16"),
            _use("gpt-5.4-2026-03-05", since="2026-03-16", until="2026-04-27"),
            _use("gpt-5.5-2026-04-23", since="2026-04-27", until="2026-07-06"),
            _use("gpt-5.6-sol-2026-07-01", since="2026-07-06"),
        ),
        "chat", 7800, 7, "shop", cache_read_pct=42, cache_write_5m_pct=7,
    ),
    UseCase(
        "shopping-companion", "Shopping companion in the app", "mobile-app", "production",
        _d("2025-12-01"), _d("2026-04-20"), "personal data", "approved", "openai",
        (
            _use("gpt-5-2025-08-07", until="2026-03-16"),
            _use("gpt-5.4-2026-03-05", since="2026-03-16"),
        ),
        "chat", 6400, 6, "shop", cache_read_pct=30,
    ),
    UseCase(
        "fraud-notes", "Fraud case notes", "fraud-science", "production",
        _d("2025-02-03"), _d("2025-07-01"), "confidential", "approved", "openai",
        (
            _use("o4-mini-2025-04-16", until="2026-03-23"),
            _use("gpt-5.4-mini-2026-03-17", since="2026-03-23"),
        ),
        "agent", 900, 3, "every_day", cache_read_pct=24,
    ),
    UseCase(
        "contract-review", "Supplier contract review", "procurement", "production",
        _d("2025-08-04"), _d("2025-11-17"), "confidential", "approved", "openai",
        # three days of hurry before the quarter's end
        (_use("gpt-5-2025-08-07", priority=("2026-09-28", "2026-10-01")),),
        "agent", 420, 4, "office", cache_read_pct=18,
    ),
    UseCase(
        "prompt-evals", "Prompt evaluations", "prompt-studio", "production",
        _d("2025-03-03"), _d("2025-04-01"), "internal", "not required", "openai",
        (
            _use("gpt-4.1-2025-04-14", batch=85, until="2026-05-04"),
            _use("gpt-5.5-2026-04-23", share=55, batch=85, since="2026-05-04"),
            _use("gpt-5.4-mini-2026-03-17", share=45, batch=85, since="2026-05-04"),
        ),
        "chat", 4200, 3, "office",
    ),
    UseCase(
        "invoice-reading", "Invoice reading", "finance", "production",
        _d("2025-07-01"), _d("2026-01-12"), "confidential", "approved", "openai",
        (_use("gpt-4.1-mini-2025-04-14", batch=50),),
        "agent", 1500, 3, "office",
    ),
    UseCase(
        "coding-agent", "Coding agent", "developer-experience", "production",
        _d("2025-04-14"), _d("2025-08-18"), "confidential", "approved", "anthropic",
        (
            _use("claude-sonnet-4-5-20250929", until="2026-02-23"),
            _use("claude-sonnet-4-6", share=75, since="2026-02-23", until="2026-07-13"),
            _use("claude-opus-4-6", share=25, since="2026-02-23", until="2026-07-13"),
            _use("claude-sonnet-5", share=70, since="2026-07-13"),
            _use("claude-opus-4-8", share=30, since="2026-07-13"),
        ),
        "agent", 3300, 5, "office", cache_read_pct=62, cache_write_5m_pct=14, cache_write_1h_pct=3,
    ),
    UseCase(
        "code-review", "Pull request review", "developer-experience", "production",
        _d("2025-06-02"), _d("2025-10-20"), "confidential", "approved", "anthropic",
        (
            _use("claude-sonnet-4-5-20250929", share=60, until="2026-03-02"),
            _use("claude-sonnet-4-6", share=60, since="2026-03-02"),
            _use("claude-haiku-4-5-20251001", share=40),
        ),
        "agent", 650, 4, "office", cache_read_pct=20, cache_write_5m_pct=12,
    ),
    UseCase(
        "incident-helper", "Incident helper", "site-reliability", "production",
        _d("2025-09-01"), _d("2026-01-19"), "internal", "approved", "anthropic",
        (
            _use("claude-sonnet-4-5-20250929", until="2026-02-16"),
            _use("claude-opus-4-6", since="2026-02-16", until="2026-07-20"),
            _use("claude-opus-4-8", since="2026-07-20"),
        ),
        "agent", 330, 2, "every_day",
        cache_read_pct=40, cache_write_5m_pct=15, cache_write_1h_pct=5,
    ),
    UseCase(
        "policy-check", "Policy and claims check", "legal-compliance", "production",
        _d("2025-06-16"), _d("2025-12-01"), "confidential", "approved", "anthropic",
        (
            _use("claude-sonnet-4-5-20250929", batch=30, until="2026-03-09"),
            _use("claude-opus-4-6", batch=30, since="2026-03-09"),
        ),
        "agent", 300, 3, "office", cache_read_pct=15, cache_write_1h_pct=10,
    ),
    UseCase(
        "demand-explainer", "Demand forecast explainer", "demand-science", "production",
        _d("2025-10-01"), _d("2026-02-02"), "internal", "approved", "anthropic",
        (_use("claude-haiku-4-5-20251001"),),
        "chat", 3600, 4, "office", cache_read_pct=22, cache_write_5m_pct=8,
    ),
    UseCase(
        "prompt-workbench", "Prompt workbench", "prompt-studio", "development",
        _d("2025-10-06"), None, "internal", "not required", "anthropic",
        (
            _use("claude-sonnet-4-5-20250929", until="2026-06-01"),
            _use("claude-opus-5", share=50, since="2026-06-01"),
            _use("claude-sonnet-5", share=50, since="2026-06-01"),
        ),
        "chat", 26000, 2, "office",
    ),
    UseCase(
        "delivery-agent", "Delivery exception agent", "logistics", "production",
        _d("2026-03-02"), _d("2026-08-10"), "personal data", "approved", "anthropic",
        (
            _use("claude-sonnet-4-6", until="2026-07-13"),
            _use("claude-sonnet-5", since="2026-07-13"),
        ),
        "agent", 1700, 8, "every_day", cache_read_pct=45, cache_write_5m_pct=12,
    ),
    UseCase(
        "returns-triage", "Returns triage", "customer-care", "production",
        _d("2025-09-15"), _d("2025-12-08"), "personal data", "approved", "anthropic",
        (_use("claude-haiku-4-5-20251001", batch=40),),
        "chat", 9000, 3, "shop", cache_read_pct=25, cache_write_5m_pct=5,
    ),
    UseCase(
        "knowledge-search", "Knowledge search", "ml-platform", "production",
        _d("2025-05-12"), _d("2025-09-22"), "internal", "approved", "aws_bedrock",
        (
            _use("amazon.nova-pro", until="2026-02-02"),
            _use("amazon.nova-2-lite", since="2026-02-02"),
        ),
        "agent", 2300, 3, "office", cache_read_pct=20,
    ),
    UseCase(
        "catalogue-tags", "Catalogue tagging", "search", "production",
        _d("2025-06-30"), _d("2025-10-13"), "public", "approved", "aws_bedrock",
        (_use("amazon.nova-lite", batch=80),),
        "code", 60000, 4, "every_day",
    ),
    UseCase(
        "claim-extraction", "Supplier claim extraction", "logistics", "production",
        _d("2025-07-07"), _d("2025-11-24"), "confidential", "approved", "aws_bedrock",
        (_use("meta.llama3-3-70b-instruct"),),
        "agent", 1100, 3, "office",
    ),
    UseCase(
        "company-assistant", "Company assistant", "ml-platform", "production",
        _d("2025-04-07"), _d("2025-10-27"), "internal", "approved", "aws_bedrock",
        (
            _use("anthropic.claude-sonnet-4-5", until="2026-03-30"),
            _use("anthropic.claude-sonnet-4-6", since="2026-03-30", until="2026-08-17"),
            _use("anthropic.claude-sonnet-5", since="2026-08-17"),
        ),
        "chat", 7000, 4, "office", cache_read_pct=28, cache_write_5m_pct=8,
    ),
    UseCase(
        "archive-tags", "Compliance archive tagging", "legal-compliance", "production",
        _d("2025-11-03"), _d("2026-03-16"), "confidential", "approved", "aws_bedrock",
        (_use("openai.gpt-oss-120b-1:0"),),
        "agent", 1900, 2, "every_day",
    ),
    UseCase(
        "finance-questions", "Questions to the ledger", "finance", "pilot",
        _d("2026-04-13"), None, "confidential", "pending", "aws_bedrock",
        (_use("anthropic.claude-haiku-4-5"),),
        "chat", 30000, 5, "office", cache_read_pct=15, cache_write_5m_pct=5,
    ),
)
# fmt: on
