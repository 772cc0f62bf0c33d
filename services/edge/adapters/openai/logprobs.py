"""Log probabilities in OpenAI's shape."""

from shared.messages import TokenLogprob

Fields = dict[str, object]


def logprobs_content(tokens: tuple[tuple[TokenLogprob, ...], ...] | list[tuple[TokenLogprob, ...]]) -> Fields:
    """Of each token its own first, then the likeliest ones'."""
    content = [_fields(own) | {"top_logprobs": [_fields(one) for one in top]} for own, *top in tokens]
    return {"content": content, "refusal": None}


def _fields(token: TokenLogprob) -> Fields:
    return {"token": token.token, "logprob": token.logprob, "bytes": list(token.bytes)}
