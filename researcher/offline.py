"""The offline model: drives the same agents and tools as a language model, without being one.

It reads its state from the input it is given, like any model behind an API, so one instance can
serve many runs. It contacts nothing; the embedder is its only sense of meaning.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from agents import (
    AgentOutputSchemaBase,
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
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponsePromptParam,
)

from alex.ports import Embedder
from researcher.agents.reviser import Revision
from researcher.brief import ReadingBrief, WritingBrief
from researcher.extractive import extract
from researcher.relevance import Ranker

NAME = "offline extractive model (no language model)"
"""How reports name it."""

_LINKS_A_TURN = 3
_NEAR_ENOUGH = 0.20
"""Nearness of a link to the subject from which it is followed."""


class OfflineModel(Model):
    """With tools it reads; asked for a draft it extracts one; asked to revise it lets go."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def get_response(  # noqa: D102, PLR0917 - the SDK's interface
        self,
        system_instructions: str | None,  # noqa: ARG002
        input: str | list[TResponseInputItem],  # noqa: A002
        model_settings: ModelSettings,  # noqa: ARG002
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],  # noqa: ARG002
        tracing: ModelTracing,  # noqa: ARG002
        *,
        previous_response_id: str | None,  # noqa: ARG002
        conversation_id: str | None,  # noqa: ARG002
        prompt: ResponsePromptParam | None,  # noqa: ARG002
    ) -> ModelResponse:
        items: list[Mapping[str, Any]] = (
            [{"role": "user", "content": input}]
            if isinstance(input, str)
            else [dict(item) for item in input]
        )
        output: list[TResponseOutputItem]
        if tools:
            output = _read(_Conversation(items))
        elif output_schema and output_schema.name() == Revision.__name__:
            output = [_message(Revision().model_dump_json())]
        else:
            output = [_message(await asyncio.to_thread(self._write, _task(items)))]
        return ModelResponse(output=output, usage=Usage(requests=1), response_id=None)

    def stream_response(  # noqa: D102 - the SDK's interface
        self,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> AsyncIterator[TResponseStreamEvent]:
        raise NotImplementedError("Runs are not streamed.")

    def _write(self, task: str) -> str:
        brief = WritingBrief.parse(task)
        return extract(brief, Ranker(self._embedder, brief.subject)).model_dump_json()


class _Conversation:
    """What was asked, what was called, and what came back."""

    def __init__(self, items: list[Mapping[str, Any]]) -> None:
        self.brief = ReadingBrief.parse(_task(items))
        self.calls = [item for item in items if item.get("type") == "function_call"]
        self.pages = [
            page
            for item in items
            if item.get("type") == "function_call_output"
            for page in [_json(item["output"])]
            if "source" in page
        ]

    @property
    def asked(self) -> set[str]:
        """The addresses that were asked for."""
        return {str(_json(call["arguments"]).get("url")) for call in self.calls}

    @property
    def next_links(self) -> list[str]:
        """Links worth following, nearest first."""
        known = self.asked | {str(page["url"]) for page in self.pages}
        scores: dict[str, float] = {}
        for page in self.pages:
            for link in page["links"]:
                if link["url"] not in known and link["score"] >= _NEAR_ENOUGH:
                    scores[link["url"]] = max(scores.get(link["url"], 0.0), link["score"])
        return sorted(scores, key=lambda url: (-scores[url], url))


def _read(talk: _Conversation) -> list[TResponseOutputItem]:
    """First recall and the start pages, then links, a few at a time, until the pages are used."""
    if not talk.calls:
        wanted = [("recall", {"query": talk.brief.subject})]
        wanted += [("read_page", {"url": url}) for url in talk.brief.urls]
    else:
        asked = sum(call["name"] == "read_page" for call in talk.calls)
        room = min(_LINKS_A_TURN, talk.brief.pages - asked)
        wanted = [("read_page", {"url": url}) for url in talk.next_links[: max(room, 0)]]
    if not wanted:
        return [_message(f"Read {len(talk.pages)} pages on the subject.")]
    return [
        ResponseFunctionToolCall(
            type="function_call",
            call_id=f"call_{len(talk.calls) + number}",
            name=name,
            arguments=json.dumps(arguments),
        )
        for number, (name, arguments) in enumerate(wanted)
    ]


def _task(items: list[Mapping[str, Any]]) -> str:
    """The first thing the user said."""
    content = next(item["content"] for item in items if item.get("role") == "user")
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)


def _json(text: object) -> dict[str, Any]:
    """A tool's answer or arguments; anything but an object counts as an empty one."""
    try:
        value = json.loads(str(text))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _message(text: str) -> ResponseOutputMessage:
    return ResponseOutputMessage(
        id="message",
        type="message",
        role="assistant",
        status="completed",
        content=[ResponseOutputText(type="output_text", text=text, annotations=[])],
    )
