"""The model of a run, chosen by the settings and by nothing else.

A key in the environment never turns a paid model on, and a provider's client gets its key and
address from the settings alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec

from agents import Model, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel
from openai import AsyncOpenAI

from alex.errors import Misconfigured
from alex.knowledge.ports import Embedder
from alex.settings import ProviderName, Settings
from researcher.llm.offline.model import NAME as OFFLINE
from researcher.llm.offline.model import OfflineModel
from researcher.llm.prices import FREE, Tariff, tariff_of

_MODEL_SECONDS = 600.0
"""The client's own limit; how long an answer may take is for its caller to say."""

_RETRIES = 0
"""A try that the client made by itself would be paid for unseen."""

_READING_TOKENS = 4_000
"""The most that one turn of reading may answer: a few tool calls, and thoughts."""

_KEY_SECONDS = 300
_SOURCE_CHARACTERS = 48_000
"""Characters of sources a language model is given: about 12,000 tokens."""


async def _nothing_to_close() -> None:
    """The offline model holds no connection."""


@dataclass(frozen=True, slots=True)
class ConfiguredModel:
    """A model ready to run.

    Attributes:
        name: as reports and bundles show it.
        source_characters: characters of sources it is given at most; None for all of them.
        tariff: what it costs; None where nobody knows and nobody sends a bill.
        settings: of a call that writes; every call says how long its answer may be.
    """

    model: Model
    provider: str
    name: str
    source_characters: int | None
    tariff: Tariff | None
    settings: ModelSettings = field(default_factory=ModelSettings)
    close: Callable[[], Awaitable[None]] = _nothing_to_close

    @property
    def reading_settings(self) -> ModelSettings:
        """Of a call that reads: its answer is short."""
        if self.settings.max_tokens is None:
            return self.settings
        return replace(self.settings, max_tokens=min(_READING_TOKENS, self.settings.max_tokens))


def choose_model(settings: Settings, embedder: Embedder) -> ConfiguredModel:
    """The model the settings name.

    Raises:
        Misconfigured: the provider lacks a setting, or the model a price.
    """
    if settings.provider == "offline":
        return ConfiguredModel(
            OfflineModel(embedder), "offline", OFFLINE, source_characters=None, tariff=FREE
        )
    tariff = tariff_of(settings)
    model, client = _CLIENTS[settings.provider](settings)
    client.organization = client.project = None  # it takes the environment's, for any server
    return ConfiguredModel(
        model=model,
        provider=settings.provider,
        name=f"{settings.model} ({settings.provider})",
        source_characters=_SOURCE_CHARACTERS,
        tariff=tariff,
        settings=ModelSettings(
            max_tokens=settings.model_output_tokens,
            store=False if settings.provider == "openai" else None,
        ),
        close=client.close,
    )


def _compatible(settings: Settings) -> tuple[Model, AsyncOpenAI]:
    """Any server that speaks chat completions: Ollama, vLLM, llama.cpp."""
    client = AsyncOpenAI(
        base_url=settings.model_base_url,
        api_key=_key(settings) or "none",  # many local servers want none
        timeout=_MODEL_SECONDS,
        max_retries=_RETRIES,
    )
    return OpenAIChatCompletionsModel(settings.model, client), client


def _openai(settings: Settings) -> tuple[Model, AsyncOpenAI]:
    """OpenAI's own service, by its Responses API."""
    key = _key(settings)
    if not key:
        raise Misconfigured("ALEX_MODEL_API_KEY is missing: ALEX_PROVIDER=openai needs it.")
    client = AsyncOpenAI(
        api_key=key,
        base_url=settings.model_base_url or "https://api.openai.com/v1",
        timeout=_MODEL_SECONDS,
        max_retries=_RETRIES,
    )
    return OpenAIResponsesModel(settings.model, client), client


def _bedrock(settings: Settings) -> tuple[Model, AsyncOpenAI]:
    """Signed with the process's own AWS role."""
    _require_package(
        "botocore", "ALEX_PROVIDER=bedrock signs with botocore; install alex[bedrock]."
    )
    from openai.providers import bedrock  # noqa: PLC0415 - no other provider needs it

    client = AsyncOpenAI(
        provider=bedrock(
            endpoint="runtime",
            region=settings.model_region or None,
            base_url=settings.model_base_url or None,
        ),
        timeout=_MODEL_SECONDS,
        max_retries=_RETRIES,
    )
    return OpenAIChatCompletionsModel(settings.model, client), client


_CLIENTS: dict[ProviderName, Callable[[Settings], tuple[Model, AsyncOpenAI]]] = {
    "compatible": _compatible,
    "openai": _openai,
    "bedrock": _bedrock,
}


def _key(settings: Settings) -> str:
    """The provider's key; on AWS it is a SecureString, read where it is used."""
    if not settings.model_key_parameter:
        return settings.model_api_key
    _require_package(
        "aws_lambda_powertools",
        "ALEX_MODEL_KEY_PARAMETER is for Lambda alone; elsewhere ALEX_MODEL_API_KEY holds the key.",
    )
    from aws_lambda_powertools.utilities.parameters import (  # noqa: PLC0415 - imports boto3
        GetParameterError,
        get_parameter,
    )

    try:
        return get_parameter(settings.model_key_parameter, decrypt=True, max_age=_KEY_SECONDS)
    except GetParameterError as error:
        raise Misconfigured(
            "The key named by ALEX_MODEL_KEY_PARAMETER could not be read."
        ) from error


def _require_package(package: str, otherwise: str) -> None:
    """Make sure of a package that not every installation has.

    Raises:
        Misconfigured: it is not.
    """
    if find_spec(package) is None:
        raise Misconfigured(otherwise)
