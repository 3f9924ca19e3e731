"""The same run through each provider's real client over HTTP, and every fault seen in the wild."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from alex.errors import Misconfigured
from alex.research.jobs import Budget, Job, JobStatus
from alex.settings import ProviderName, Settings
from researcher.llm.prices import Tokens, tariff_of
from researcher.llm.providers import choose_model
from researcher.llm.retry import RetryPolicy
from tests.support.fake_openai import CACHED, INPUT, MODEL, OUTPUT, FakeModel, Fault, fake_openai
from tests.support.research import (
    PAGE,
    PRICES,
    QUICK,
    bundle_of,
    light_services,
    report_of,
    research,
    settings_for,
)
from tests.support.stores import WordEmbedder

PATHS = {
    "compatible": "/v1/chat/completions",
    "openai": "/v1/responses",
    "bedrock": "/v1/chat/completions",
}
AN_ANSWER = float((PRICES[0] * INPUT + PRICES[1] * OUTPUT) / 1_000_000)
"""Dollars."""

providers = pytest.mark.parametrize("provider", list(PATHS))


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the AWS client takes from its environment; of no account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


def run(
    data_dir: Path,
    provider: ProviderName,
    fault: Fault | None = None,
    *,
    budget: Budget | None = None,
    retry_policy: RetryPolicy = QUICK,
) -> tuple[Job, FakeModel]:
    with (
        fake_openai(fault) as model,
        light_services(settings_for(data_dir, provider, model.base_url)) as services,
    ):
        return research(services, budget, retry_policy), model


@providers
def test_a_model_writes_a_verified_report(tmp_path: Path, provider: ProviderName) -> None:
    with (
        fake_openai() as model,
        light_services(settings_for(tmp_path, provider, model.base_url)) as services,
    ):
        job = research(services)
        assert (job.status, job.error) == (JobStatus.SUCCEEDED, None)
        bundle, report = bundle_of(services, job), report_of(services, job)
    assert set(model.paths) == {PATHS[provider]}
    assert job.cost["requests"] == 4  # two turns of reading, a draft, a revision
    assert job.cost["failed_requests"] == 0
    assert (job.cost["input_tokens"], job.cost["output_tokens"]) == (4 * INPUT, 4 * OUTPUT)
    assert job.cost["cached_tokens"] == 4 * CACHED
    assert job.cost["usd"] == pytest.approx(4 * AN_ANSWER)
    assert job.cost == bundle.cost
    assert "77%" not in report
    assert f"Written by: {MODEL} ({provider})" in report
    assert [(claim.kept, claim.revised) for claim in bundle.claims] == [(True, False), (True, True)]
    assert bundle.questions == ["What comes next?"]
    assert bundle.limits == []


@providers
def test_tools_come_first_and_format_after_never_together(
    tmp_path: Path, provider: ProviderName
) -> None:
    _, model = run(tmp_path, provider)
    assert [("tools" in r, "response_format" in r) for r in model.requests] == [
        (True, False),
        (True, False),
        (False, True),
        (False, True),
    ]


@providers
def test_every_call_says_how_long_its_answer_may_be(tmp_path: Path, provider: ProviderName) -> None:
    _, model = run(tmp_path, provider)
    assert [request["max_tokens"] for request in model.requests] == [4000, 4000, 8000, 8000]


@providers
def test_pages_reach_the_writer_only_as_fenced_data(tmp_path: Path, provider: ProviderName) -> None:
    _, model = run(tmp_path, provider)
    system, user = model.writings[0]["messages"]
    sentence = PAGE.splitlines()[-1]
    assert sentence not in str(system["content"])
    said = str(user["content"])
    assert said.index("<<<source S1") < said.index(sentence)


def test_bedrock_is_asked_with_a_signature_of_the_process_own_role(tmp_path: Path) -> None:
    _, model = run(tmp_path, "bedrock")
    for headers in model.headers:
        signature = headers["authorization"]
        assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        assert "/us-east-1/bedrock/aws4_request" in signature
        assert re.search(r"Signature=[0-9a-f]{64}$", signature)
        assert "a-key" not in str(headers)


@pytest.mark.parametrize("provider", ["compatible", "openai"])
def test_others_are_asked_with_the_settings_key(tmp_path: Path, provider: ProviderName) -> None:
    _, model = run(tmp_path, provider)
    assert {headers["authorization"] for headers in model.headers} == {"Bearer a-key"}


def test_openai_is_asked_to_store_nothing(tmp_path: Path) -> None:
    _, model = run(tmp_path, "openai")
    assert {request["store"] for request in model.requests} == {False}


MENDED = {  # fault: calls that failed, and whether those may be on the bill
    Fault.RATE_LIMITED_ONCE: (1, False),
    Fault.RATE_LIMITED_BARE_ONCE: (1, False),
    Fault.SERVER_ERROR_ONCE: (1, True),
    Fault.DROPS_CONNECTION_ONCE: (1, True),
    Fault.TRUNCATED_BODY_ONCE: (1, True),
    Fault.SCHEMA_REFUSED: (2, False),
    Fault.BAD_JSON_ONCE: (0, False),
    Fault.FENCED_JSON: (0, False),
    Fault.JSON_IN_WORDS: (0, False),
    Fault.SCHEMA_IGNORED: (0, False),
    Fault.UNKNOWN_TOOL: (0, False),
    Fault.BAD_ARGUMENTS: (0, False),
    Fault.IGNORES_TOOLS: (0, False),
    Fault.NEVER_STOPS_READING: (0, False),
    Fault.NO_CHOICE_READING: (1, True),
    Fault.MENDS_NOTHING: (0, False),
}


@pytest.mark.parametrize(
    ("provider", "fault"),
    [
        (provider, fault)
        for provider in PATHS
        for fault in MENDED
        # An answer of the Responses API has no choices that could be missing.
        if (provider, fault) != ("openai", Fault.NO_CHOICE_READING)
    ],
)
def test_what_can_be_mended_is(tmp_path: Path, provider: ProviderName, fault: Fault) -> None:
    failures, charged = MENDED[fault]
    job, model = run(tmp_path, provider, fault)
    assert (job.status, job.error) == (JobStatus.SUCCEEDED, None)
    assert job.cost["requests"] == len(model.requests)
    assert job.cost["failed_requests"] == failures
    answered = (len(model.requests) - failures) * AN_ANSWER
    assert (job.cost["usd"] > answered + AN_ANSWER) is charged
    if not charged:
        assert job.cost["usd"] == pytest.approx(answered)


NO_JSON = "The model's answers were not the JSON it was asked for."
UNMENDED = {  # fault: the reason, calls made, whether they may be on the bill
    Fault.RATE_LIMITED: ("The model's server says its rate limit or quota is used up.", 3, False),
    Fault.RATE_LIMITED_FOR_AN_HOUR: (
        "The model's server says its rate limit or quota is used up.",
        1,
        False,
    ),
    Fault.OUT_OF_QUOTA: ("The model's server says its rate limit or quota is used up.", 1, False),
    Fault.SERVER_ERROR: ("The model's server answered with status 500.", 3, True),
    Fault.UNAUTHORIZED: ("The model's server refused the key.", 1, False),
    Fault.DROPS_CONNECTION: ("The model's server could not be reached.", 3, True),
    Fault.TRUNCATED_BODY: ("The model's server could not be reached.", 3, True),
    Fault.NOT_JSON_HTTP: ("The model's server answered with something else than JSON.", 3, True),
    Fault.TRUNCATED_JSON: ("The model's server answered with something else than JSON.", 3, True),
    Fault.BAD_JSON: (NO_JSON, 5, True),
    Fault.WRONG_SHAPE: (NO_JSON, 5, True),
    Fault.CUT_OFF: (NO_JSON, 5, True),
    Fault.NO_CONTENT: (NO_JSON, 5, True),
    Fault.NO_CHOICE: (NO_JSON, 5, True),
}


@providers
@pytest.mark.parametrize("fault", UNMENDED)
def test_what_cannot_be_mended_fails_plainly_and_stores_nothing(
    tmp_path: Path, provider: ProviderName, fault: Fault
) -> None:
    reason, calls, charged = UNMENDED[fault]
    with (
        fake_openai(fault) as model,
        light_services(settings_for(tmp_path, provider, model.base_url)) as services,
    ):
        job = research(services)
        assert (job.status, job.error) == (JobStatus.FAILED, reason)
        assert services.knowledge.list().items == ()
        assert services.texts.get(f"evidence/{job.id}/calls.json") is None
    assert job.cost["requests"] == len(model.requests) == calls
    assert (job.cost["usd"] > 0) is charged
    assert job.cost["usd"] <= 1


@providers
@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.DRIPS])
def test_a_model_that_hangs_is_not_waited_for(
    tmp_path: Path, provider: ProviderName, fault: Fault
) -> None:
    job, model = run(tmp_path, provider, fault, retry_policy=replace(QUICK, timeout=0.2))
    assert (job.status, job.error) == (JobStatus.FAILED, "The model did not answer in time.")
    assert job.cost["failed_requests"] == len(model.requests) == 3
    assert 0 < job.cost["usd"] <= 1


@providers
def test_a_model_that_hangs_once_is_asked_again(tmp_path: Path, provider: ProviderName) -> None:
    job, _ = run(tmp_path, provider, Fault.HANGS_ONCE, retry_policy=replace(QUICK, timeout=0.5))
    assert (job.status, job.cost["failed_requests"]) == (JobStatus.SUCCEEDED, 1)


@providers
def test_a_server_that_counts_no_tokens_is_taken_to_have_used_all(
    tmp_path: Path, provider: ProviderName
) -> None:
    job, _ = run(tmp_path, provider, Fault.NO_USAGE)
    assert job.status is JobStatus.SUCCEEDED
    assert job.cost["output_tokens"] == 0
    assert job.cost["usd"] > 2 * (4000 + 8000) * float(PRICES[1]) / 1_000_000


@providers
def test_a_server_that_is_not_there_costs_nothing(tmp_path: Path, provider: ProviderName) -> None:
    with fake_openai() as gone:
        base_url = gone.base_url
    with light_services(settings_for(tmp_path, provider, base_url)) as services:
        job = research(services)
    assert (job.status, job.error) == (
        JobStatus.FAILED,
        "The model's server could not be reached.",
    )
    assert (job.cost["requests"], job.cost["usd"]) == (3, 0)


def test_a_key_alone_turns_no_model_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_openai() as model:
        for name, value in {
            "OPENAI_API_KEY": "sk-someone-elses",
            "OPENAI_BASE_URL": model.base_url,
            "AWS_BEARER_TOKEN_BEDROCK": "someone-elses",
            "AWS_BEDROCK_BASE_URL": model.base_url,
            "AWS_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        settings = replace(Settings.from_env({}), data_dir=tmp_path)
        assert settings.provider == "offline"
        with light_services(settings) as services:
            job = research(services)
    assert (job.status, job.cost["usd"], model.requests) == (JobStatus.SUCCEEDED, 0, [])


@providers
def test_a_provider_asks_the_settings_server_and_nobody_elses(
    tmp_path: Path, provider: ProviderName, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_openai() as other:
        monkeypatch.setenv("OPENAI_BASE_URL", other.base_url)
        monkeypatch.setenv("AWS_BEDROCK_BASE_URL", other.base_url)
        for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
            monkeypatch.setenv(name, "someone-elses")
        job, model = run(tmp_path, provider)
    assert (job.status, other.requests) == (JobStatus.SUCCEEDED, [])
    assert "someone-elses" not in str(model.headers)


def test_openai_is_not_asked_with_a_key_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-someone-elses")
    settings = replace(settings_for(tmp_path, "openai", ""), model_api_key="")
    with pytest.raises(Misconfigured, match="ALEX_MODEL_API_KEY is missing"):
        choose_model(settings, WordEmbedder())


@pytest.mark.parametrize(
    ("provider", "name"), [("openai", "gpt-4.1-mini"), ("bedrock", "amazon.nova-lite-v1:0")]
)
def test_cached_tokens_cost_what_the_price_table_says(
    tmp_path: Path, provider: ProviderName, name: str
) -> None:
    with fake_openai() as model:
        settings = replace(settings_for(tmp_path, provider, model.base_url, None), model=name)
        tariff = tariff_of(settings)
        with light_services(settings) as services:
            job = research(services)
    assert tariff
    cost = 4 * tariff.price(Tokens(INPUT, OUTPUT, CACHED))
    assert job.cost["usd"] == float(cost) < float(4 * tariff.price(Tokens(INPUT, OUTPUT)))


@pytest.mark.parametrize("provider", ["openai", "bedrock"])
def test_a_model_of_unknown_price_is_not_asked(tmp_path: Path, provider: ProviderName) -> None:
    with (
        fake_openai() as model,
        light_services(settings_for(tmp_path, provider, model.base_url, None)) as services,
    ):
        job = research(services)
    assert job.status is JobStatus.FAILED
    assert job.error
    assert job.error.startswith("The price of 'fake-1' is not known")
    assert "ALEX_MODEL_PRICE_INPUT" in job.error
    assert model.requests == []


def test_a_server_of_ones_own_needs_no_price(tmp_path: Path) -> None:
    with (
        fake_openai() as model,
        light_services(settings_for(tmp_path, "compatible", model.base_url, None)) as services,
    ):
        job = research(services, Budget(usd=0))
    assert job.status is JobStatus.SUCCEEDED
    assert "usd" not in job.cost
    assert job.cost["requests"] == 4
