"""Asks an agent for a structured answer, from servers that take schemas and from those that don't.

Tools and schemas never go into one request: on some compatible servers a schema stops tools from
being called. Agents that answer in JSON have no tools.
"""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from agents import (
    Agent,
    AgentOutputSchema,
    AgentOutputSchemaBase,
    MaxTurnsExceeded,
    ModelBehaviorError,
    RunConfig,
    Runner,
    set_tracing_disabled,
)
from pydantic import BaseModel

from alex.errors import AlexError
from researcher.llm.failures import RequestRefused

set_tracing_disabled(True)

_CONFIG = RunConfig(
    tracing_disabled=True,
    tool_not_found_behavior="return_error_to_model",
    reasoning_item_id_policy="omit",  # thoughts are not stored, so the server knows no such ids
)
_ATTEMPTS = 3
_FENCE = re.compile(r"^```\w*\s*\n(.*?)\n?```", re.DOTALL | re.MULTILINE)


class UnusableAnswer(AlexError):
    """The model's answers were not what was asked for."""


class LenientSchema[M: BaseModel](AgentOutputSchemaBase):
    """The SDK's schema of a model; reads JSON that stands in a fence or between words too."""

    def __init__(self, kind: type[M]) -> None:
        self._kind = kind
        self._sdk = AgentOutputSchema(kind, strict_json_schema=True)

    def is_plain_text(self) -> bool:
        """Never."""
        return False

    def name(self) -> str:
        """The model's name."""
        return self._kind.__name__

    def json_schema(self) -> dict[str, Any]:
        """As the server is sent it."""
        return self._sdk.json_schema()

    def is_strict_json_schema(self) -> bool:
        """Whether the server may hold the model to it."""
        return self._sdk.is_strict_json_schema()

    def validate_json(self, json_str: str) -> M:
        """The answer.

        Raises:
            ModelBehaviorError: no JSON object of this kind is in it.
        """
        return read_answer(json_str, self._kind)


def read_answer[M: BaseModel](text: str, kind: type[M]) -> M:
    """The first JSON object of a text that fits.

    Raises:
        ModelBehaviorError: there is none; the message says what is wrong with the first.
    """
    fault: ValueError | None = None
    for candidate in (text, *_FENCE.findall(text), *_objects(text)):
        try:
            return kind.model_validate_json(candidate.strip())
        except ValueError as error:  # pydantic's ValidationError is one
            fault = fault or error
    raise ModelBehaviorError(f"Not the JSON that was asked for: {fault}") from fault


def _objects(text: str) -> list[str]:
    """From each opening brace on, what parses as a JSON object; the first few only."""
    found: list[str] = []
    for match in list(re.finditer(r"\{", text))[:8]:
        try:
            _, end = json.JSONDecoder().raw_decode(text, match.start())
        except ValueError:
            continue
        found.append(text[match.start() : end])
    return found


async def ask[M: BaseModel](
    make: Callable[[AgentOutputSchemaBase | None], Agent[None]],
    task: str,
    kind: type[M],
) -> M:
    """Ask, again where the answer is unusable, and without a schema where that is refused.

    Raises:
        UnusableAnswer: no answer was what was asked for.
    """
    schema: AgentOutputSchemaBase | None = LenientSchema(kind)
    fault: Exception | None = None
    for _ in range(_ATTEMPTS):
        try:
            return await _once(make(schema), _prompt(task, schema, kind, fault), kind)
        except RequestRefused:
            if schema is None:
                raise
            schema = None
        except (ModelBehaviorError, MaxTurnsExceeded) as error:
            fault = error
    raise UnusableAnswer("The model's answers were not the JSON it was asked for.") from fault


def _prompt(task: str, schema: object, kind: type[BaseModel], fault: Exception | None) -> str:
    parts = [task]
    if schema is None:
        shape = json.dumps(kind.model_json_schema(), ensure_ascii=False)
        parts.append(f"Answer with one JSON object and nothing else. Its JSON Schema: {shape}")
    if fault:
        parts.append(f"Your last answer could not be used. {str(fault)[:600]} Answer again.")
    return "\n\n".join(parts)


async def _once[M: BaseModel](agent: Agent[None], task: str, kind: type[M]) -> M:
    output = await run_agent(agent, task, None, turns=1)
    return output if isinstance(output, kind) else read_answer(str(output), kind)


async def run_agent[C](agent: Agent[C], task: str, context: C, *, turns: int) -> object:
    """Run an agent to its final output."""
    await asyncio.sleep(0)  # a deadline that has passed ends it here, not half inside the SDK
    result = await Runner.run(agent, task, context=context, max_turns=turns, run_config=_CONFIG)
    return result.final_output
