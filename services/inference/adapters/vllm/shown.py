"""What ids that were shown say, by vLLM's own detokeniser: with stop strings it holds text back, as it did then."""

from typing import Any

import msgspec
from vllm.sampling_params import SamplingParams
from vllm.v1.engine.detokenizer import IncrementalDetokenizer

from shared.messages import FinishReason


class _Asked(msgspec.Struct):
    """The part of vLLM's request that its detokeniser reads."""

    request_id: str
    prompt_token_ids: list[int]
    sampling_params: SamplingParams
    prompt_embeds: None = None


class Shown(msgspec.Struct):
    text: str
    over: FinishReason | None
    """Set when there is no more to come."""


def detokeniser(tokenizer: Any, params: SamplingParams, prompt: list[int]) -> IncrementalDetokenizer:
    asked: Any = _Asked("shown", prompt, params)
    return IncrementalDetokenizer.from_new_request(tokenizer, asked)


def shown(
    tokenizer: Any,
    params: SamplingParams,
    prompt: list[int],
    ids: tuple[int, ...],
    over: FinishReason | None,
) -> Shown:
    """`over`: what the ids say of it; a stop string among them goes before."""
    reader = detokeniser(tokenizer, params, prompt)
    if reader.update(list(ids), over == "stop") is not None:
        over = "stop"
    return Shown(reader.get_next_output_text(over is not None, True), over)
