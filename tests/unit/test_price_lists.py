"""Public price lists are read into one shape; what is not understood is left out by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.extract.price_list.listed import CLIFFS, PriceList, PriceListError
from orchestration.extract.price_list.readers import read_list

Write = Callable[[Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_json(content: Any) -> Path:
        path = tmp_path / "list.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write_json


def prices(listed: PriceList) -> dict[tuple[str, date | None], str]:
    return {
        (each.sold.name, each.valid_from): format(each.price.normalize(), "f")
        for each in listed.prices
    }


def why_left_out(listed: PriceList) -> dict[str, str]:
    return {each.place: each.why for each in listed.left_out}


def test_litellm_is_by_the_token_and_a_key_says_what_it_is_of(write: Write) -> None:
    path = write(
        """{"sample_spec": {"input_cost_per_token": 0, "litellm_provider": "one of ..."},
        "openai/gpt-5.4-2026-03-05": {"litellm_provider": "openai", "mode": "chat",
            "input_cost_per_token": 2.5e-06, "output_cost_per_token": 0.000015,
            "cache_read_input_token_cost": 2.5e-07,
            "input_cost_per_token_above_272k_tokens_flex": 2.5e-06,
            "output_cost_per_token_batches": 7.5e-06, "output_cost_per_reasoning_token": 1e-05},
        "claude-opus-4-6": {"litellm_provider": "anthropic",
            "cache_creation_input_token_cost": 6.25e-06,
            "cache_creation_input_token_cost_above_1hr": 1e-05},
        "text-embedding-3-small": {"litellm_provider": "openai", "mode": "embedding",
            "input_cost_per_token": 2e-08, "output_cost_per_token": 0.0}}"""
    )
    listed = read_list("litellm", path)
    assert prices(listed) == {
        ("OpenAI API / gpt-5.4 / input_uncached / standard", None): "2.5",
        ("OpenAI API / gpt-5.4 / output / standard", None): "15",
        ("OpenAI API / gpt-5.4 / cache_read / standard", None): "0.25",
        ("OpenAI API / gpt-5.4 / input_uncached / flex / above 272000", None): "2.5",
        ("OpenAI API / gpt-5.4 / output / batch", None): "7.5",
        ("Claude API / claude-opus-4-6 / cache_write_5m / standard", None): "6.25",
        ("Claude API / claude-opus-4-6 / cache_write_1h / standard", None): "10",
        ("OpenAI API / text-embedding-3-small / embedding / standard", None): "0.02",
        ("OpenAI API / text-embedding-3-small / output / standard", None): "0",
    }
    assert why_left_out(listed) == {
        "openai/gpt-5.4-2026-03-05 output_cost_per_reasoning_token": (
            "the book has no such class or tier"
        )
    }


def test_litellm_s_zeros_second_prices_and_regions_are_left_out(write: Write) -> None:
    listed = read_list(
        "litellm",
        write(
            {
                "free": {"litellm_provider": "groq", "input_cost_per_token": 0},
                "nobody's": {"input_cost_per_token": 1e-6},
                "o3": {"litellm_provider": "openai", "input_cost_per_token": "cheap"},
                "gpt-5": {"litellm_provider": "openai", "input_cost_per_token": 1e-6},
                "openai/gpt-5": {"litellm_provider": "openai", "input_cost_per_token": 2e-6},
                "bedrock/us-east-1/amazon.nova-pro": {
                    "litellm_provider": "bedrock",
                    "input_cost_per_token": 1e-6,
                },
                "global.anthropic.claude-sonnet-4-5-20250929-v1:0": {
                    "litellm_provider": "bedrock_converse",
                    "input_cost_per_token": 3e-6,
                },
                "eu.anthropic.claude-sonnet-4-5-20250929-v1:0": {
                    "litellm_provider": "bedrock_converse",
                    "input_cost_per_token": 3.3e-6,
                },
                "gpt-5.5": {
                    "litellm_provider": "openai",
                    "input_cost_per_token_above_77k_tokens": 1e-6,
                },
            }
        ),
    )
    assert prices(listed) == {
        ("Amazon Bedrock / claude-sonnet-4-5 / input_uncached / standard / global", None): "3",
        ("Amazon Bedrock / claude-sonnet-4-5 / input_uncached / standard / regional", None): "3.3",
    }
    reasons = why_left_out(listed)
    assert "which LiteLLM also writes for unknown" in reasons["free"]
    assert "names no litellm_provider" in reasons["nobody's"]
    assert "'cheap' is no price" in reasons["o3 input_cost_per_token"]
    both = "gpt-5 input_cost_per_token, openai/gpt-5 input_cost_per_token"
    assert reasons[both].endswith("has several prices in the list")
    assert "one region" in reasons["bedrock/us-east-1/amazon.nova-pro"]
    assert "above 77000 tokens" in reasons["gpt-5.5 input_cost_per_token_above_77k_tokens"]


def test_genai_prices_is_by_the_million_with_dates_and_cliffs(write: Write) -> None:
    listed = read_list(
        "genai-prices",
        write(
            [
                {
                    "id": "openai",
                    "models": [
                        {
                            "id": "gpt-5.6-sol",
                            "prices": [
                                {"prices": {"output_mtok": {
                                    "base": 30, "tiers": [{"start": 272000, "price": 45}]}}},
                                {"constraint": {"start_date": "2026-08-21"},
                                 "prices": {"output_mtok": 20, "web_searches_kcount": 10}},
                            ],
                        }
                    ],
                },
                {
                    "id": "aws",
                    "models": [
                        {
                            "id": "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
                            "prices": {"cache_write_mtok": 3.75},
                        }
                    ],
                },
                {
                    "id": "deepseek",
                    "models": [
                        {
                            "id": "deepseek-reasoner",
                            "prices": [
                                {"prices": {"input_mtok": 0.14}},
                                {"constraint": {"start_time": "00:30", "end_time": "16:30"},
                                 "prices": {"input_mtok": 0.55}},
                            ],
                        }
                    ],
                },
            ]
        ),
    )  # fmt: skip
    sol = "OpenAI API / gpt-5.6-sol / output / standard"
    assert prices(listed) == {
        (sol, None): "30",
        (f"{sol} / above 272000", None): "45",
        (sol, date(2026, 8, 21)): "20",
        ("Amazon Bedrock / claude-sonnet-4-5 / cache_write_5m / standard / global", None): "3.75",
    }
    # a price of some hours is none of a day, and neither is that of the other hours
    assert "usage has days" in why_left_out(listed)["deepseek deepseek-reasoner"]


def test_azure_s_meters_are_read_word_by_word(write: Write) -> None:
    def meter(name: str, unit: str, price: float, **more: Any) -> dict[str, Any]:
        return {
            "meterName": name,
            "unitOfMeasure": unit,
            "retailPrice": price,
            "effectiveStartDate": "2026-03-01T00:00:00Z",
            **more,
        }

    listed = read_list(
        "azure",
        write(
            {
                "Items": [
                    meter("5.4 Batch opt Dz 1M Tokens", "1M", 8.25),
                    meter("gpt 4.1 mini cached Inp glbl Tokens", "1K", 0.0001),
                    meter("5.4 pro longco inp Gl 1M Tokens", "1M", 60.0),
                    meter("5.4 hasty opt Dz 1M Tokens", "1M", 8.25),
                    meter("Provisioned Managed Regional Unit", "1/Hour", 2.2),
                    meter("5.4 opt Gl 1M Tokens", "1M", 13.5, currencyCode="EUR"),
                    meter("5.4 opt Gl 1M Tokens", "1M", 10, type="Reservation"),
                ]
            }
        ),
    )
    since = date(2026, 3, 1)
    assert prices(listed) == {
        ("Azure OpenAI / gpt-5.4 / output / batch / data_zone", since): "8.25",
        ("Azure OpenAI / gpt-4.1-mini / cache_read / standard / global", since): "0.1",
        (
            "Azure OpenAI / gpt-5.4-pro / input_uncached / standard / above 272000 / global",
            since,
        ): "60",
    }
    assert sorted(each.why for each in listed.left_out) == [
        "a word of the meter or its model is not known",
        "it is no price of use",
        "it is not sold by tokens",
        "its price is not in US dollars",
    ]


def offer(*products: tuple[str, dict[str, str], str, str]) -> dict[str, Any]:
    return {
        "offerCode": "AmazonBedrock",
        "products": {
            sku: {"sku": sku, "attributes": attributes} for sku, attributes, *_ in products
        },
        "terms": {
            "OnDemand": {
                sku: {
                    f"{sku}.X": {
                        "effectiveDate": "2026-10-01T00:00:00Z",
                        "priceDimensions": {
                            "d": {"unit": unit, "pricePerUnit": {"USD": price}},
                        },
                    }
                }
                for sku, _, unit, price in products
            }
        },
    }


def test_an_aws_offer_has_prices_of_a_region_by_unit(write: Write) -> None:
    def product(
        inference: str, region: str = "us-east-1", model: str = "Nova Lite"
    ) -> dict[str, str]:
        return {
            "model": model,
            "inferenceType": inference,
            "feature": "On-demand Inference",
            "regionCode": region,
        }

    path = write(
        offer(
            ("A", product("Input tokens"), "1K tokens", "0.00006"),
            ("B", product("Output tokens batch"), "1M tokens", "0.12"),
            ("C", product("Prompt cache read input tokens"), "1K tokens", "0.000015"),
            ("D", product("Input tokens", "eu-west-1"), "1K tokens", "0.00007"),
            ("E", product("Input tokens", model="Nova Unheard"), "1K tokens", "1"),
            ("F", product("Input tokens"), "Hrs", "1"),
        )
    )
    listed = read_list("aws", path, "us-east-1")
    since = date(2026, 10, 1)
    assert prices(listed) == {
        ("Amazon Bedrock / nova-lite / input_uncached / standard", since): "0.06",
        ("Amazon Bedrock / nova-lite / output / batch", since): "0.12",
        ("Amazon Bedrock / nova-lite / cache_read / standard", since): "0.015",
    }
    assert why_left_out(listed) == {
        "E": "its model, or what of it is sold, is not known",
        "F": "no dollars by tokens: Hrs",
    }
    with pytest.raises(PriceListError, match="prices of 2 regions; say which"):
        read_list("aws", path)
    with pytest.raises(PriceListError, match="no prices of mars-1, but of eu-west-1, us-east-1"):
        read_list("aws", path, "mars-1")


@pytest.mark.parametrize("name", ["litellm", "genai-prices", "azure", "aws"])
@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}', '[{"id": "x"}]', "\x00"])
def test_another_file_is_refused_with_what_it_should_be(
    write: Write, name: str, content: str
) -> None:
    if (name, content) == ("genai-prices", "[]"):
        return  # a list of no providers is one
    with pytest.raises(PriceListError, match=r"list\.json: "):
        read_list(name, write(content))


def test_numbers_stay_exact(write: Write) -> None:
    listed = read_list(
        "litellm",
        write('{"o3": {"litellm_provider": "openai", "input_cost_per_token": 1.1000000001e-06}}'),
    )
    assert [each.price for each in listed.prices] == [Decimal("1.1000000001")]


def test_the_cliffs_are_those_that_the_sql_tells_apart() -> None:
    macro = Path("dbt_project/macros/prices_in_force.sql").read_text(encoding="utf-8")
    assert f"return([{', '.join(map(str, CLIFFS))}])" in macro
