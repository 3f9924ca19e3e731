"""Asks an agent for a structured answer, from servers that take schemas and from those that don't.

Tools and schemas never go into one request: on some compatible servers a schema stops tools from
being called. Agents that answer in JSON have no tools.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from agents import (
    Agent,
    AgentOutputSchema,
    AgentOutputSchemaBase,
    ModelBehaviorError,
    RunConfig,
    Runner,
    Usage,
    set_tracing_disabled,
)
from openai import BadRequestError, UnprocessableEntityError
from pydantic import BaseModel

from alex.errors import AlexError

set_tracing_disabled(True)

_ATTEMPTS = 2
_FENCE = re.compile(r"^```\w*\s*\n(.*?)\n?```", re.DOTALL | re.MULTILINE)


class Unusable(AlexError):
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
    usage: Usage,
) -> M:
    """Ask, once more where the answer is unusable, without a schema where it is refused.

    `usage` is added to.

    Raises:
        Unusable: the second answer was no better.
    """
    schema: AgentOutputSchemaBase | None = LenientSchema(kind)
    fault = ""
    for _ in range(_ATTEMPTS):
        try:
            return await _once(make(schema), _told(task, schema, kind, fault), kind, usage)
        except (BadRequestError, UnprocessableEntityError) as error:
            if schema is None:
                raise
            schema = None
            fault = ""
            del error
        except ModelBehaviorError as error:
            fault = str(error)
    try:
        return await _once(make(schema), _told(task, schema, kind, fault), kind, usage)
    except ModelBehaviorError as error:
        raise Unusable("The model's answers were not the JSON it was asked for.") from error


def _told(task: str, schema: object, kind: type[BaseModel], fault: str) -> str:
    parts = [task]
    if schema is None:
        shape = json.dumps(kind.model_json_schema(), ensure_ascii=False)
        parts.append(f"Answer with one JSON object and nothing else. Its JSON Schema: {shape}")
    if fault:
        parts.append(f"Your last answer could not be used. {fault[:600]} Answer again.")
    return "\n\n".join(parts)


async def _once[M: BaseModel](agent: Agent[None], task: str, kind: type[M], usage: Usage) -> M:
    result = await Runner.run(agent, task, max_turns=2, run_config=RunConfig(tracing_disabled=True))
    usage.add(result.context_wrapper.usage)
    if isinstance(result.final_output, kind):
        return result.final_output
    return read_answer(str(result.final_output), kind)
