"""Prices: from the settings, else the table; and the most that a call can cost."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from alex.errors import Misconfigured
from alex.settings import Settings
from researcher.llm.prices import (
    FREE,
    FlatTariff,
    ListedTariff,
    Tariff,
    Tokens,
    highest_price,
    tariff_of,
)

OFFLINE = Settings("local", Path("nowhere"))


def asking(provider: str, model: str, base_url: str = "") -> Settings:
    return Settings.from_env(
        {
            "ALEX_PROVIDER": provider,
            "ALEX_MODEL": model,
            "ALEX_MODEL_BASE_URL": base_url or "http://127.0.0.1:1/v1",
        }
    )


def dollars(tariff: Tariff | None, tokens: Tokens) -> Decimal:
    assert tariff is not None
    return tariff.price(tokens)


def test_the_offline_model_is_free() -> None:
    assert tariff_of(OFFLINE) is FREE
    assert FREE.price(Tokens(10**6, 10**6)) == 0


@pytest.mark.parametrize(
    ("provider", "model", "base_url"),
    [
        ("openai", "gpt-4.1-mini", ""),
        ("openai", "gpt-4.1-mini-2025-04-14", ""),
        ("bedrock", "openai.gpt-oss-120b-1:0", ""),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", ""),
        ("compatible", "llama-3.3-70b-versatile", "https://api.groq.com/openai/v1"),
    ],
)
def test_known_models_have_their_listed_price(provider: str, model: str, base_url: str) -> None:
    tariff = tariff_of(asking(provider, model, base_url))
    assert dollars(tariff, Tokens(1_000_000, 0)) > 0
    assert dollars(tariff, Tokens(0, 1_000_000)) > dollars(tariff, Tokens(1_000_000, 0))


def test_cached_tokens_cost_what_the_table_says() -> None:
    tariff = tariff_of(asking("openai", "gpt-4.1-mini"))
    whole = dollars(tariff, Tokens(1_000_000, 0))
    assert 0 < dollars(tariff, Tokens(1_000_000, 0, cached=1_000_000)) < whole


def test_the_settings_price_goes_before_the_table() -> None:
    priced = replace(asking("openai", "gpt-4.1-mini"), model_price=(Decimal(7), Decimal(9)))
    assert dollars(tariff_of(priced), Tokens(1_000_000, 2_000_000)) == 25


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:11434/v1",
        "http://localhost:8000/v1",
        "http://ollama:11434/v1",
        "http://192.168.1.20:8080/v1",
        "http://[::1]:8080/v1",
        "http://host.docker.internal:11434/v1",
    ],
)
def test_a_server_of_ones_own_sends_no_bill(base_url: str) -> None:
    assert tariff_of(asking("compatible", "llama3.3", base_url)) is None


@pytest.mark.parametrize(
    ("provider", "model", "base_url"),
    [
        ("openai", "a-model-of-tomorrow", ""),
        ("bedrock", "a-model-of-tomorrow", ""),
        ("compatible", "llama3.3", "https://models.example.com/v1"),
        ("compatible", "a-model-of-tomorrow", "https://api.groq.com/openai/v1"),
        ("compatible", "llama3.3", "http://8.8.8.8/v1"),
    ],
)
def test_an_unknown_price_is_refused_and_says_what_to_set(
    provider: str, model: str, base_url: str
) -> None:
    with pytest.raises(Misconfigured, match="ALEX_MODEL_PRICE_INPUT and ALEX_MODEL_PRICE_OUTPUT"):
        tariff_of(asking(provider, model, base_url))


PAID = [
    pytest.param(ListedTariff(model.get_prices(datetime.now(UTC))), id=f"{provider.id}-{model.id}")
    for provider in get_snapshot().providers
    if provider.id in {"openai", "aws"}
    for model in provider.models
]
tokens = st.integers(0, 400_000)


@pytest.mark.parametrize("tariff", PAID)
def test_no_call_costs_more_than_the_most_it_can(tariff: Tariff) -> None:
    @settings(max_examples=8, deadline=None)
    @given(limit=st.tuples(tokens, tokens), data=st.data())
    def holds(limit: tuple[int, int], data: st.DataObject) -> None:
        used = [data.draw(st.integers(0, most_of)) for most_of in limit]
        cached = data.draw(st.integers(0, used[0]))
        written = data.draw(st.integers(0, used[0] - cached))
        cost = tariff.price(Tokens(used[0], used[1], cached, written))
        assert cost <= highest_price(tariff, Tokens(*limit))

    holds()


def test_a_flat_price_is_by_the_million() -> None:
    flat = FlatTariff(Decimal("0.5"), Decimal(2))
    assert flat.price(Tokens(200, 100, cached=50)) == Decimal("0.0003")


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"ALEX_MODEL_PRICE_INPUT": "1"}, "ALEX_MODEL_PRICE_OUTPUT is missing"),
        ({"ALEX_MODEL_PRICE_OUTPUT": "1"}, "ALEX_MODEL_PRICE_INPUT is missing"),
        ({"ALEX_MODEL_PRICE_INPUT": "-1", "ALEX_MODEL_PRICE_OUTPUT": "1"}, "_INPUT is '-1'"),
        ({"ALEX_MODEL_PRICE_INPUT": "1", "ALEX_MODEL_PRICE_OUTPUT": "NaN"}, "_OUTPUT is 'NaN'"),
        ({"ALEX_MODEL_PRICE_INPUT": "x", "ALEX_MODEL_PRICE_OUTPUT": "1"}, "_INPUT is 'x'"),
        ({"ALEX_MODEL_OUTPUT_TOKENS": "0"}, "ALEX_MODEL_OUTPUT_TOKENS is '0'"),
    ],
)
def test_wrong_settings_are_named(env: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        Settings.from_env(env)


def test_both_prices_are_read() -> None:
    env = {"ALEX_MODEL_PRICE_INPUT": "0", "ALEX_MODEL_PRICE_OUTPUT": "0.25"}
    assert Settings.from_env(env).model_price == (Decimal(0), Decimal("0.25"))
