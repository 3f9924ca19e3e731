"""The Responses API in terms of chat completions, so that one fake model speaks both."""

from typing import Any

type Json = dict[str, Any]


def as_chat(request: Json) -> Json:
    """A request to `/responses` as one to `/chat/completions`."""
    said = request["input"]
    items = [{"role": "user", "content": said}] if isinstance(said, str) else said
    chat: Json = {
        "model": request["model"],
        "store": request.get("store"),
        "max_tokens": request.get("max_output_tokens"),
        "messages": [
            {"role": "system", "content": request.get("instructions", "")},
            *(_message(item) for item in items),
        ],
    }
    if request.get("tools"):
        chat["tools"] = request["tools"]
    text_format = request.get("text", {}).get("format", {})
    if text_format.get("type") == "json_schema":
        chat["response_format"] = text_format
    return chat


def _message(item: Json) -> Json:
    kind = item.get("type", "message")
    if kind == "function_call_output":
        return {"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]}
    if kind == "function_call":
        return {"role": "assistant", "tool_calls": [item]}
    return {"role": item["role"], "content": item["content"]}


def as_response(completion: Json) -> Json:
    """An answer of `/chat/completions` as one of `/responses`."""
    output = [item for choice in completion["choices"] for item in _items(choice["message"])]
    usage = completion.get("usage")
    return {
        "id": completion["id"],
        "object": "response",
        "created_at": completion["created"],
        "status": "completed",
        "model": completion["model"],
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage
        and {
            "input_tokens": usage["prompt_tokens"],
            "input_tokens_details": usage["prompt_tokens_details"] | {"cache_write_tokens": 0},
            "output_tokens": usage["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage["total_tokens"],
        },
    }


def _items(message: Json) -> list[Json]:
    calls = [
        {
            "type": "function_call",
            "id": f"fc_{call['id']}",
            "call_id": call["id"],
            "status": "completed",
            **call["function"],
        }
        for call in message.get("tool_calls") or ()
    ]
    if calls or message["content"] is None:
        return calls
    text = {"type": "output_text", "text": message["content"], "annotations": []}
    return [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [text],
        }
    ]
