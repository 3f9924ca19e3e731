"""What a model's tokens cost, and the most that a call can cost before it is made.

Prices are those of the settings, else of the table that the package genai-prices carries; nothing
is fetched. A model without a price is not asked, unless it runs on a server of one's own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice

from alex.errors import Misconfigured
from alex.settings import Settings

_MILLION = 1_000_000
_PRIVATE_SUFFIXES = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
"""Ends of names that no server on the internet has."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one answer took.

    Attributes:
        input: all of the input's, cached ones included.
        cached: those of the input that the provider had in its cache.
        written: those of the input that it put there.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0


class Tariff(Protocol):
    """A model's prices."""

    def price(self, tokens: Tokens) -> Decimal:
        """Dollars.

        Raises:
            ValueError: the counts contradict each other.
        """
        ...


@dataclass(frozen=True, slots=True)
class FlatTariff:
    """Dollars a million tokens, as the settings say; cached tokens cost the same."""

    input: Decimal
    output: Decimal

    def price(self, tokens: Tokens) -> Decimal:
        """Dollars."""
        return (self.input * tokens.input + self.output * tokens.output) / _MILLION


FREE = FlatTariff(Decimal(0), Decimal(0))
"""The offline model's."""


@dataclass(frozen=True, slots=True)
class ListedTariff:
    """Prices of the table: by token count, with its own price for cached tokens."""

    listed: ModelPrice

    def price(self, tokens: Tokens) -> Decimal:
        """Dollars.

        Raises:
            ValueError: the counts contradict each other.
        """
        usage = Usage(
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cache_read_tokens=tokens.cached,
            cache_write_tokens=tokens.written,
        )
        return self.listed.calc_price(usage)["total_price"]


def highest_price(tariff: Tariff, tokens: Tokens) -> Decimal:
    """The most that up to so many tokens cost, however the provider's cache treats them."""
    written = Tokens(tokens.input, tokens.output, written=tokens.input)
    return max(tariff.price(tokens), tariff.price(written))


def tariff_of(settings: Settings) -> Tariff | None:
    """The prices of the model that the settings name; None for a server of one's own.

    Raises:
        Misconfigured: nobody knows them.
    """
    if settings.provider == "offline":
        return FREE
    if settings.model_price is not None:
        return FlatTariff(*settings.model_price)
    listed = _listed(settings)
    if listed is not None:
        return listed
    if settings.provider == "compatible" and _is_private_server(settings.model_base_url):
        return None
    raise Misconfigured(
        f"The price of {settings.model!r} is not known, so its cost cannot be capped: set "
        "ALEX_MODEL_PRICE_INPUT and ALEX_MODEL_PRICE_OUTPUT to dollars a million tokens."
    )


def _listed(settings: Settings) -> Tariff | None:
    """From the table: by provider, or by the address of a compatible server."""
    by_address = settings.provider == "compatible"
    try:
        _, model = get_snapshot().find_provider_model(
            settings.model,
            None,
            None if by_address else {"bedrock": "aws"}.get(settings.provider, settings.provider),
            settings.model_base_url if by_address else None,
        )
    except LookupError:
        return None
    return ListedTariff(model.get_prices(datetime.now(UTC)))


def _is_private_server(base_url: str) -> bool:
    """Whether an address is on this machine or network, where nobody sends a bill."""
    host = urlsplit(base_url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_SUFFIXES)
