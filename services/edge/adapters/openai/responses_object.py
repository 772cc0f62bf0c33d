"""The response object: what was asked, what came of it, and how it ended."""

import time
from collections.abc import Iterable
from typing import Literal

import msgspec

from services.edge.adapters.openai.responses_body import ResponsesBody
from services.edge.adapters.openai.responses_items import Fields, OutputItem
from shared.errors import SluiceError
from shared.messages import ChatJob, FinishReason, Usage

Status = Literal["in_progress", "completed", "incomplete", "failed"]

INCOMPLETE: dict[FinishReason, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why a response is not complete, by why its generation ended."""


ERROR_CODES = {400: "invalid_prompt", 413: "invalid_prompt", 429: "rate_limit_exceeded"}


class ResponseHead:
    """What a response says of its request, which does not change."""

    def __init__(self, job: ChatJob, body: ResponsesBody) -> None:
        asked: Fields = msgspec.to_builtins(body)
        text = body.text or None
        self.id = f"resp_{job.request}"
        self.created_at = int(job.created_at)
        self._asked = {
            "background": False,
            "instructions": body.instructions,
            "max_output_tokens": body.max_output_tokens,
            "metadata": body.metadata or {},
            "model": job.model,
            "parallel_tool_calls": body.parallel_tool_calls is not False,
            "previous_response_id": None,
            "reasoning": {"effort": job.reasoning_effort, "summary": None},
            "service_tier": "default",
            "store": False,
            "temperature": body.temperature,
            "text": {"format": {"type": "text"} if text is None or text.format is None else text.format},
            "tool_choice": asked["tool_choice"] or "auto",
            "tools": asked["tools"] or [],
            "top_logprobs": body.top_logprobs or 0,
            "top_p": body.top_p,
            "truncation": "disabled",
        }

    def response(
        self,
        status: Status,
        items: Iterable[OutputItem] = (),
        usage: Usage | None = None,
        *,
        error: SluiceError | None = None,
        reason: FinishReason = "stop",
    ) -> Fields:
        over = status != "in_progress"
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "completed_at": int(time.time()) if status == "completed" else None,
            "status": status,
            "error": None if error is None else _error(error),
            "incomplete_details": {"reason": INCOMPLETE[reason]} if status == "incomplete" else None,
            "output": [item.fields() for item in items],
            "usage": _usage(usage or Usage()) if over else None,
            **self._asked,
        }


def _error(error: SluiceError) -> Fields:
    """OpenAI's codes here are few; our own, which is finer, comes with it."""
    code = ERROR_CODES.get(error.status, "server_error")
    return {"code": code, "message": error.message, "sluice_code": error.code}


def _usage(usage: Usage) -> Fields:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }
