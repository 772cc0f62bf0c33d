"""Log probabilities in OpenAI's shape."""

from collections.abc import Iterable

from shared.messages import TokenLogprob

Fields = dict[str, object]


def logprobs_content(tokens: Iterable[tuple[TokenLogprob, ...]]) -> Fields:
    return {"content": token_logprobs(tokens), "refusal": None}


def token_logprobs(tokens: Iterable[tuple[TokenLogprob, ...]]) -> list[Fields]:
    """Of each token its own first, then the likeliest ones'."""
    return [_fields(own) | {"top_logprobs": [_fields(one) for one in top]} for own, *top in tokens]


def _fields(token: TokenLogprob) -> Fields:
    return {"token": token.token, "logprob": token.logprob, "bytes": list(token.bytes)}
