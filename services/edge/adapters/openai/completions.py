"""A whole completion, and the list of models."""

from collections.abc import Iterable

from services.edge.adapters.openai.chunks import FINISH_REASONS, usage_fields
from services.edge.adapters.openai.logprobs import logprobs_content
from services.edge.adapters.streaming import encode_json
from services.edge.domain.answers import Choice, WholeAnswer
from shared.messages import ChatJob, FunctionCall, ServedModel
from shared.served import find_model


def completion(job: ChatJob, whole: WholeAnswer) -> bytes:
    return encode_json(
        {
            "id": f"chatcmpl-{job.request}",
            "object": "chat.completion",
            "created": int(job.created_at),
            "model": job.model,
            "choices": [
                _choice(index, choice, with_logprobs=job.sampling.logprobs)
                for index, choice in enumerate(whole.choices)
            ],
            "usage": usage_fields(whole.usage),
        }
    )


def _choice(index: int, choice: Choice, *, with_logprobs: bool) -> dict[str, object]:
    calls = choice.calls
    message: dict[str, object] = {"role": "assistant", "content": choice.text, "refusal": None}
    if calls:
        message["content"] = choice.text or None
        message["tool_calls"] = [call_fields(call) for call in calls]
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    return {
        "index": index,
        "message": message,
        "logprobs": logprobs_content(choice.logprobs) if with_logprobs else None,
        "finish_reason": choice.finish_reason if choice.finish_reason in FINISH_REASONS else "stop",
    }


def call_fields(call: FunctionCall) -> dict[str, object]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def model_list(models: list[ServedModel], others: Iterable[dict[str, object]] = ()) -> bytes:
    """Aliases are listed as models, since that is where clients look a name up before they use it. One that is
    another model's name, or an alias of one before it, would lead there."""
    names = [name for model in models for name in (model.name, *model.aliases)]
    data = [
        model_fields(name, model)
        for name in dict.fromkeys(names)
        if (model := find_model(models, name)) is not None
    ]
    return encode_json({"object": "list", "data": [*data, *others]})


def model_fields(name: str, model: ServedModel) -> dict[str, object]:
    """`root`, `parent` and `max_model_len` are vLLM's: an alias has its model for a root, an adapter its base for a
    parent."""
    return {
        "id": name,
        "object": "model",
        "created": int(model.created_at),
        "owned_by": "sluice",
        "root": model.name,
        "parent": model.parent or None,
        "max_model_len": model.context_tokens,
        "input_modalities": model.modalities,
        "tools": model.tools,
    }
