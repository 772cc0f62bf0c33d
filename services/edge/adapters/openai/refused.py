"""Parameters of OpenAI's and vLLM's chat API that would change an answer and are not served: refused by name."""

import msgspec

from shared.errors import InvalidRequest


class UnsupportedParameter(InvalidRequest):
    code = "unsupported_parameter"


NOTHING: tuple[object, ...] = (None, False, [], {})
"""What is the same as leaving a parameter out."""

REFUSED: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(
        (
            *(
                "audio",
                "background",
                "function_call",
                "functions",
                "prediction",
                "store",
                "web_search_options",
            ),
            *("allowed_token_ids", "bad_words", "cache_salt", "chat_template", "continue_final_message"),
            *("documents", "echo", "ec_transfer_params", "guided_choice", "guided_grammar", "guided_json"),
            *("guided_regex", "include_stop_str_in_output", "kv_transfer_params", "logits_processors"),
            *(
                "logprob_token_ids",
                "media_io_kwargs",
                "mm_processor_kwargs",
                "prompt_embeds",
                "prompt_logprobs",
            ),
            *("repetition_detection", "return_token_ids", "structured_outputs", "suffix"),
            *("thinking_token_budget", "truncate_prompt_tokens", "use_beam_search", "vllm_xargs"),
        ),
        NOTHING,
    ),
    "add_generation_prompt": (None, True),
    "add_special_tokens": NOTHING,
    "best_of": (None, 1),
    "include_reasoning": (None, True),
    "length_penalty": (None, 1, 1.0),
    "modalities": (None, ["text"]),
    "priority": (None, 0),
    "service_tier": (None, "auto", "default"),
    "skip_special_tokens": (None, True),
    "spaces_between_special_tokens": (None, True),
    "verbosity": (None, "medium"),
}
"""With the values that ask for nothing."""


def refuse(data: bytes, *, but: str = "") -> None:
    """`data`: a JSON object, read before. `but`: served there. Raises `UnsupportedParameter`."""
    for name, given in msgspec.json.decode(data, type=dict[str, msgspec.Raw]).items():
        if name in REFUSED and name != but and not _asks_nothing(msgspec.json.decode(given), REFUSED[name]):
            raise UnsupportedParameter(f"'{name}' is not supported here, or not with this value.", param=name)


def _asks_nothing(given: object, neutral: tuple[object, ...]) -> bool:
    """To Python 0 is False."""
    return any(type(given) is type(one) and given == one for one in neutral)
