"""The offline model: drives the same agents and tools as a language model, without being one.

It reads its state from the input it is given, like any model behind an API, so one instance can
serve many runs. It contacts nothing; the embedder is its only sense of meaning.
"""

import asyncio
import json
import re
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

from alex.knowledge.ports import Embedder
from researcher.agents.reviser import ClaimRevision
from researcher.llm.offline.extractive import extract_draft
from researcher.prompts import ReadingPrompt, WritingPrompt
from researcher.sources.relevance import Ranker

NAME = "offline extractive model (no language model)"
"""How reports name it."""

_LINKS_A_TURN = 3
_SORTS = (("10-K", "20-F", "40-F"), ("10-Q",), ("8-K", "6-K"))
_RESULTS = "2.02"
"""The item of an 8-K that gives results."""

_PRESS = re.compile(
    r"\bex(?:hibit)?[-_. ]*\(?99|ex-?99|(?:press|earnings|news) release|shareholder letter",
    re.IGNORECASE,
)
"""Of a link to a filing's exhibit."""

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
        elif output_schema and output_schema.name() == ClaimRevision.__name__:
            output = [_message(ClaimRevision().model_dump_json())]
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
        prompt = WritingPrompt.parse(task)
        return extract_draft(prompt, Ranker(self._embedder, prompt.subject)).model_dump_json()


class _Conversation:
    """What was asked, what was called, and what came back."""

    def __init__(self, items: list[Mapping[str, Any]]) -> None:
        self.prompt = ReadingPrompt.parse(_task(items))
        self.calls = [item for item in items if item.get("type") == "function_call"]
        answers = [
            _json(item["output"]) for item in items if item.get("type") == "function_call_output"
        ]
        self.pages = [answer for answer in answers if "links" in answer]
        self.companies = [str(answer["cik"]) for answer in answers if "cik" in answer]
        self.filings = [answer["filings"] for answer in answers if "filings" in answer]

    @property
    def asked(self) -> set[str]:
        """The addresses that were asked for."""
        return {str(_json(call["arguments"]).get("url")) for call in self.calls}

    @property
    def calls_for_data(self) -> list[tuple[str, dict[str, object]]]:
        """Figures, then filings, of the companies that were found and not asked about yet."""
        asked = {str(_json(call["arguments"]).get("ticker_or_cik")) for call in self.calls}
        new = [cik for cik in dict.fromkeys(self.companies) if cik not in asked]
        calls: list[tuple[str, dict[str, object]]] = []
        for name in ("facts", "filings"):
            calls += [(name, {"ticker_or_cik": cik}) for cik in new]
        return calls

    @property
    def next_filings(self) -> list[str]:
        """Reports worth reading: of each company the newest of each sort, all newest first."""
        newest = [filing for listed in self.filings for filing in _newest_of_each_sort(listed)]
        newest.sort(key=lambda filing: str(filing["filed"]), reverse=True)
        return [url for filing in newest if (url := str(filing["url"])) not in self.asked]

    @property
    def next_links(self) -> list[str]:
        """Links worth following, nearest first."""
        known = self.asked | {str(page["url"]) for page in self.pages}
        scores: dict[str, float] = {}
        for page in self.pages:
            for link in page["links"]:
                if link["url"] not in known and self._worth_following(page, link):
                    scores[link["url"]] = max(scores.get(link["url"], 0.0), link["score"])
        return sorted(scores, key=lambda url: (-scores[url], url))

    def _worth_following(self, page: Mapping[str, Any], link: Mapping[str, Any]) -> bool:
        """Near to the subject; of a filing's exhibits only what it told the press."""
        filings = (filing["url"] for listed in self.filings for filing in listed)
        if page["url"] in filings:
            return bool(_PRESS.search(f"{link['text']} {link['url']}"))
        return bool(link["score"] >= _NEAR_ENOUGH)


def _read(conversation: _Conversation) -> list[TResponseOutputItem]:
    """Recall, companies and start pages, their data, their filings; then links, a few at a time.

    Until the pages are used up.
    """
    wanted: list[tuple[str, dict[str, object]]]
    if not conversation.calls:
        wanted = [("recall", {"query": conversation.prompt.subject})]
        wanted += [("company", {"ticker_or_cik": ticker}) for ticker in conversation.prompt.tickers]
        wanted += [("read_page", {"url": url}) for url in conversation.prompt.urls]
    elif not (wanted := conversation.calls_for_data):
        asked = sum(call["name"] == "read_page" for call in conversation.calls)
        room = max(min(_LINKS_A_TURN, conversation.prompt.pages - asked), 0)
        wanted = [
            ("read_page", {"url": u})
            for u in (conversation.next_filings or conversation.next_links)[:room]
        ]
    if not wanted:
        return [_message(f"Read {len(conversation.pages)} pages on the subject.")]
    return [
        ResponseFunctionToolCall(
            type="function_call",
            call_id=f"call_{len(conversation.calls) + number}",
            name=name,
            arguments=json.dumps(arguments),
        )
        for number, (name, arguments) in enumerate(wanted)
    ]


def _newest_of_each_sort(filings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of filings listed newest first: an annual, an interim report, news; of results, if any."""
    results = [filing for filing in filings if _RESULTS in str(filing["items"])]
    found = []
    for forms in _SORTS:
        of_sort = [filing for filing in filings if filing["form"] in forms]
        of_results = [filing for filing in of_sort if filing in results]
        found += (of_results or of_sort)[:1]
    return found


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
