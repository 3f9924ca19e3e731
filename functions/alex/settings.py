"""One frozen, validated configuration for a process, read from its environment once."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from alex.errors import Misconfigured

_LAST_PORT = 65_535

type Backend = Literal["local", "aws"]
type ProviderName = Literal["offline", "openai", "compatible", "bedrock"]
type TextSearch = Literal["index", "nearest"]

PROVIDERS: tuple[ProviderName, ...] = ("offline", "openai", "compatible", "bedrock")


@dataclass(frozen=True, slots=True)
class Stack:
    """The resources of a deployed stack, as the template hands them to its functions.

    Attributes:
        name: the stack's own name, by which its metrics are told apart.
        table: name of the DynamoDB table of catalog and jobs.
        bucket: name of the S3 bucket of texts and evidence.
        vector_index: ARN of the S3 Vectors index.
        text_search: who scores wording: the index (`index`), or this code over the nearest
            passages (`nearest`) where the region's index cannot.
        embedding_endpoint: name of the SageMaker endpoint.
        embedding_concurrency: texts embedded at once; the endpoint takes no more.
        wait_seconds: seconds spent on a cold or busy service before a caller is asked to come back;
            well below the gateway's 29.
        researcher_function: the Lambda function that runs jobs; by default the one that reads
            this, for the researcher hands jobs to itself.
        job_retention_days: how long finished jobs are kept.
    """

    name: str
    table: str
    bucket: str
    vector_index: str
    text_search: TextSearch
    embedding_endpoint: str
    embedding_concurrency: int
    wait_seconds: int
    researcher_function: str
    job_retention_days: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Where Alex keeps things and which models it asks.

    Attributes:
        backend: `local` keeps everything under `data_dir`; `aws` uses the stack's resources.
        data_dir: the laptop edition's folder; unused on AWS.
        provider: who writes reports. Never chosen by the mere presence of a key.
        model: the provider's model; empty for the offline provider.
        model_base_url: base URL of an OpenAI-compatible server.
        model_api_key: for the compatible provider on a laptop; on AWS keys come from SSM.
        model_key_parameter: name of the SSM SecureString that holds the provider's key.
        model_price: dollars a million tokens of input and of output; None asks the price table.
        model_output_tokens: the most that one answer of the model may have, thoughts included.
        model_region: where Bedrock serves the model; empty is the function's own region.
        user_agent: how the researcher names itself to the sites it reads.
        allow_hosts: exact `ip:port` addresses the egress guard lets through though they are
            private: the demo site, test servers. Empty in any deployment.
        sec_web_url: where the SEC serves its ticker list and the filings themselves.
        sec_data_url: where the SEC serves its data: filing indexes and XBRL facts; empty in the
            demo alone, where it is not asked.
        watch_minutes: how often `alex serve` starts scheduled research; 0 turns it off.
        watchlist: tickers that scheduled research follows.
        allowed_origin: the web origin whose pages may call the API; `*` is any.
        aws: the stack's resources; None on a laptop.
    """

    backend: Backend
    data_dir: Path
    provider: ProviderName = "offline"
    model: str = ""
    model_base_url: str = ""
    model_api_key: str = ""
    user_agent: str = "Alex/0.1 (research agent; set ALEX_USER_AGENT to your contact)"
    allow_hosts: tuple[str, ...] = ()
    sec_web_url: str = "https://www.sec.gov"
    sec_data_url: str = "https://data.sec.gov"
    watch_minutes: int = 120
    model_key_parameter: str = ""
    model_region: str = ""
    model_price: tuple[Decimal, Decimal] | None = None
    model_output_tokens: int = 8000
    watchlist: tuple[str, ...] = ()
    allowed_origin: str = "*"
    aws: Stack | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read `ALEX_*` variables; `env` stands in for the process's own environment.

        Raises:
            Misconfigured: a variable is missing or wrong; the message names it.
        """
        read = _Reader(os.environ if env is None else env)
        backend: Backend = read.choice("ALEX_BACKEND", ("local", "aws"), "local")
        provider: ProviderName = read.choice("ALEX_PROVIDER", PROVIDERS, "offline")
        base_url = read.text("ALEX_MODEL_BASE_URL")
        model = read.text("ALEX_MODEL")
        if provider != "offline" and not model:
            raise Misconfigured(f"ALEX_MODEL is missing: ALEX_PROVIDER={provider} needs it.")
        if provider == "compatible" and not base_url:
            raise Misconfigured(
                "ALEX_MODEL_BASE_URL is missing: ALEX_PROVIDER=compatible needs it."
            )
        return cls(
            backend=backend,
            data_dir=Path(read.text("ALEX_DATA_DIR", "alex-data")),
            provider=provider,
            model=model,
            model_base_url=base_url,
            model_api_key=read.text("ALEX_MODEL_API_KEY"),
            user_agent=read.text("ALEX_USER_AGENT", _default("user_agent")),
            allow_hosts=read.addresses("ALEX_ALLOW_HOSTS"),
            sec_web_url=read.base_url("ALEX_SEC_WEB_URL", _default("sec_web_url")),
            sec_data_url=read.base_url("ALEX_SEC_DATA_URL", _default("sec_data_url")),
            watch_minutes=read.natural("ALEX_WATCH_MINUTES", 120),
            model_key_parameter=read.text("ALEX_MODEL_KEY_PARAMETER"),
            model_region=read.text("ALEX_MODEL_REGION"),
            model_price=_price(read),
            model_output_tokens=read.positive("ALEX_MODEL_OUTPUT_TOKENS", 8000),
            watchlist=tuple(ticker.upper() for ticker in read.names("ALEX_WATCHLIST")),
            allowed_origin=read.text("ALEX_ALLOWED_ORIGIN", "*"),
            aws=_stack(read) if backend == "aws" else None,
        )


def _price(read: "_Reader") -> tuple[Decimal, Decimal] | None:
    """Both prices, or neither."""
    names = ("ALEX_MODEL_PRICE_INPUT", "ALEX_MODEL_PRICE_OUTPUT")
    given = [name for name in names if read.text(name)]
    if not given:
        return None
    for name in names:
        if name not in given:
            raise Misconfigured(f"{name} is missing: {given[0]} needs it.")
    return read.dollars(names[0]), read.dollars(names[1])


def _stack(read: "_Reader") -> Stack:
    text_search: TextSearch = read.choice("ALEX_TEXT_SEARCH", ("index", "nearest"), "nearest")
    return Stack(
        name=read.required("ALEX_STACK"),
        table=read.required("ALEX_TABLE"),
        bucket=read.required("ALEX_BUCKET"),
        vector_index=read.required("ALEX_VECTOR_INDEX"),
        text_search=text_search,
        embedding_endpoint=read.required("ALEX_EMBEDDING_ENDPOINT"),
        embedding_concurrency=read.natural("ALEX_EMBEDDING_CONCURRENCY", 5),
        wait_seconds=read.natural("ALEX_PATIENCE_SECONDS", 20),
        researcher_function=read.text(
            "ALEX_RESEARCHER_FUNCTION", read.text("AWS_LAMBDA_FUNCTION_NAME")
        ),
        job_retention_days=read.natural("ALEX_JOB_RETENTION_DAYS", 90),
    )


def _default(field: str) -> str:
    """The dataclass's own default of a text field."""
    return str(Settings.__dataclass_fields__[field].default)


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT):
        raise ValueError("not a port")
    address = ip_address(host.removeprefix("[").removesuffix("]"))
    return (
        f"[{address}]:{int(port)}" if isinstance(address, IPv6Address) else f"{address}:{int(port)}"
    )


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not a base URL")
    return value.rstrip("/")


def _dollars(value: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not amount.is_finite() or amount < 0:
        raise ValueError("not an amount")
    return amount


def _natural(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("negative")
    return number


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("not positive")
    return number


class _Reader:
    """Reads variables of one environment, naming each that is wrong."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str, default: str = "") -> str:
        return self._env.get(name, "").strip() or default

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise Misconfigured(f"{name} is missing.")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        return tuple(part for item in self.text(name).split(",") if (part := item.strip()))

    def addresses(self, name: str) -> tuple[str, ...]:
        """Exact `ip:port` pairs, each in the one spelling that is compared."""
        what = "ip:port, such as 127.0.0.1:8000, by commas"
        return self._parse(name, "", lambda _: tuple(map(_address, self.names(name))), what)

    def choice[T: str](self, name: str, allowed: tuple[T, ...], default: T) -> T:
        value = self.text(name, default)
        for option in allowed:
            if option == value:
                return option
        raise Misconfigured(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")

    def base_url(self, name: str, default: str) -> str:
        """An http(s) URL to put paths behind; without a slash at its end."""
        return self._parse(name, default, _base_url, "a URL such as https://www.example.com")

    def natural(self, name: str, default: int) -> int:
        return self._parse(name, str(default), _natural, "a whole number of 0 or more")

    def positive(self, name: str, default: int) -> int:
        return self._parse(name, str(default), _positive, "a whole number of 1 or more")

    def dollars(self, name: str) -> Decimal:
        return self._parse(name, "", _dollars, "dollars, such as 0.25")

    def _parse[T](self, name: str, default: str, parse: Callable[[str], T], what: str) -> T:
        value = self.text(name, default)
        try:
            return parse(value)
        except ValueError as error:
            raise Misconfigured(f"{name} is {value!r}; it must be {what}.") from error
