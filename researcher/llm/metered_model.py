"""A model whose every call is paid for in advance, retried within bounds, and kept.

A question that an earlier attempt at the run was answered is not asked again. A conversation is
known by what the model said in it, not by what its tools returned: those answer a little
differently when a run goes on where it died, and that is no reason to pay for a turn twice.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from agents import (
    AgentOutputSchemaBase,
    FunctionTool,
    Handoff,
    Model,
    ModelResponse,
    ModelSettings,
    ModelTracing,
    Tool,
    TResponseInputItem,
    Usage,
)
from agents.items import TResponseOutputItem, TResponseStreamEvent
from openai.types.responses import ResponsePromptParam
from pydantic import BaseModel, TypeAdapter

from researcher.llm.failures import ModelFailed, NoAnswer, translated
from researcher.llm.ledger import Call, Ledger
from researcher.llm.prices import Tokens
from researcher.llm.retry import RetryPolicy

_FRAME = 1_000
"""Tokens that a provider may put around what it is sent."""

_OUTPUT: TypeAdapter[list[TResponseOutputItem]] = TypeAdapter(list[TResponseOutputItem])


class _Answer(BaseModel):
    """A model's answer, as it is kept."""

    output: list[Any]
    response_id: str | None


class MeteredModel(Model):
    """A model that spends from a ledger.

    Args:
        model: whose client does not retry by itself.
        check: called before each call; raises where the run is to stop.
    """

    def __init__(
        self, model: Model, ledger: Ledger, retry_policy: RetryPolicy, check: Callable[[], object]
    ) -> None:
        self._model = model
        self._ledger = ledger
        self._retry_policy = retry_policy
        self._check = check

    async def get_response(  # noqa: D102, PLR0917 - the SDK's interface
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],  # noqa: A002
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> ModelResponse:
        sent = [system_instructions, input, _described(tools), _shape(output_schema)]
        key = _key(sent)
        if kept := self._ledger.replay(key):
            return _read(kept)
        tokens = Tokens(_most_tokens(sent), model_settings.max_tokens or 0)

        async def ask() -> ModelResponse:
            return await self._model.get_response(
                system_instructions,
                input,
                model_settings,
                tools,
                output_schema,
                handoffs,
                tracing,
                previous_response_id=previous_response_id,
                conversation_id=conversation_id,
                prompt=prompt,
            )

        attempt = 1
        while True:
            await asyncio.to_thread(self._check)
            call = await asyncio.to_thread(self._ledger.reserve, key, tokens)
            try:
                return await self._paid(call, ask)
            except Exception as error:
                wait = self._retry_policy.wait(error, attempt)
                if wait is None:
                    raise
            attempt += 1
            await asyncio.sleep(wait)

    def stream_response(  # noqa: D102 - the SDK's interface
        self,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> AsyncIterator[TResponseStreamEvent]:
        raise NotImplementedError("Runs are not streamed.")

    async def _paid(self, call: Call, ask: Callable[[], Any]) -> ModelResponse:
        """One attempt, settled whatever becomes of it; one that is cut off stays reserved."""
        try:
            response: ModelResponse = await self._in_time(ask)
        except Exception as error:
            ours = translated(error)
            charged = ours.charged if isinstance(ours, ModelFailed) else True
            await asyncio.to_thread(self._ledger.failed, call, charged=charged)
            if ours is error:
                raise
            raise ours from error
        kept = _Answer(
            output=[item.model_dump(mode="json", exclude_unset=True) for item in response.output],
            response_id=response.response_id,
        )
        await asyncio.to_thread(
            self._ledger.answered, call, _tokens(response.usage), kept.model_dump_json()
        )
        return response

    async def _in_time(self, ask: Callable[[], Any]) -> ModelResponse:
        try:
            async with asyncio.timeout(self._retry_policy.timeout):
                response: ModelResponse = await ask()
                return response
        except TimeoutError as error:
            raise NoAnswer from error


def _key(sent: Sequence[object]) -> str:
    """Tells questions apart, whatever the tools returned."""
    system, said, tools, schema = sent
    items = said if isinstance(said, list) else [said]
    path = [_without_results(item) for item in items]
    return hashlib.sha256(
        _json([system, path, tools, schema]).encode(errors="surrogatepass")
    ).hexdigest()


def _without_results(item: object) -> object:
    if isinstance(item, dict) and item.get("type") == "function_call_output":
        return item.get("call_id")
    return item


def _most_tokens(sent: Sequence[object]) -> int:
    """No tokenizer in use makes more tokens of a text than it has bytes."""
    return len(_json(sent).encode(errors="surrogatepass")) + _FRAME


def _described(tools: Sequence[Tool]) -> list[object]:
    """The tools as the server is sent them."""
    return [
        [tool.name, tool.description, tool.params_json_schema]
        for tool in tools
        if isinstance(tool, FunctionTool)
    ]


def _shape(schema: AgentOutputSchemaBase | None) -> object:
    return [schema.name(), schema.json_schema()] if schema else None


def _tokens(usage: Usage) -> Tokens:
    details = usage.input_tokens_details
    written = getattr(details, "cache_write_tokens", 0)  # newer SDKs count it
    return Tokens(usage.input_tokens, usage.output_tokens, details.cached_tokens, written or 0)


def _read(kept: str) -> ModelResponse:
    answer = _Answer.model_validate_json(kept)
    return ModelResponse(
        output=_OUTPUT.validate_python(answer.output),
        usage=Usage(),
        response_id=answer.response_id,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
