"""What may be quantised, how much text that takes, and when the result is good enough."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from services.inference.domain.checkpoint import method_of
from shared.errors import InvalidRequest

GROUP = 128
"""Weights that share a scale and a zero point."""
BITS = 4 + (16 + 8) / GROUP
"""What one weight takes on disk, its share of those included."""
HELD_EVERY = 5
"""One window of so many is never calibrated on: the two models are compared on it."""
MIN_CALIBRATION_TOKENS, MIN_HELD_TOKENS = 2048, 512
EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
KEPT_WHOLE = ("embed", "lm_head", "wte", "wpe")
"""In the names of matrices that stay as they are."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What `sluice quantize` is asked for."""

    model: str
    """A folder, or an id on the hub."""
    out: str
    scheme: Literal["awq"] = "awq"
    calibration: str
    window: Annotated[int, Meta(ge=32, le=8192)] = 512
    """Tokens of one sample."""
    samples: Annotated[int, Meta(ge=8, le=4096)] = 256
    """Windows that are calibrated on, at most; of held ones half as many."""
    max_perplexity_ratio: Annotated[float, Meta(ge=1, le=10)] = 1.10
    min_agreement: Annotated[float, Meta(ge=0, le=1)] = 0.85


class Measured(msgspec.Struct, frozen=True):
    """One model on the held text."""

    perplexity: float
    tokens: int
    """That were predicted."""
    top1: Sequence[int]
    """The likeliest token at each place."""
    bytes: int
    """Of its weights on disk."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How the quantised model stands against the original; also what `sluice-quality.json` holds."""

    perplexity_before: float
    perplexity_after: float | None
    """None: it predicts nothing, its numbers are not finite."""
    agreement: float
    """The share of places at which both find the same token likeliest."""
    tokens: int
    bytes_before: int
    bytes_after: int
    max_perplexity_ratio: float
    min_agreement: float
    reasons: tuple[str, ...]
    """Why it does not pass."""

    @property
    def passed(self) -> bool:
        return not self.reasons


def judge(before: Measured, after: Measured, request: Request) -> Verdict:
    agreement = sum(a == b for a, b in zip(before.top1, after.top1, strict=True)) / len(before.top1)
    ratio = after.perplexity / before.perplexity
    reasons: list[str] = []
    if not ratio <= request.max_perplexity_ratio:  # so that "not a number" does not pass
        reasons.append(
            f"perplexity is {ratio:.3f} times the original's, over {request.max_perplexity_ratio:g}"
        )
    if agreement < request.min_agreement:
        reasons.append(f"top-1 agreement is {agreement:.1%}, below {request.min_agreement:.0%}")
    return Verdict(
        perplexity_before=before.perplexity,
        perplexity_after=after.perplexity if math.isfinite(after.perplexity) else None,
        agreement=agreement,
        tokens=before.tokens,
        bytes_before=before.bytes,
        bytes_after=after.bytes,
        max_perplexity_ratio=request.max_perplexity_ratio,
        min_agreement=request.min_agreement,
        reasons=tuple(reasons),
    )


def check_config(config: Mapping[str, Any], known: Iterable[str] | None = None) -> None:
    """Raises `InvalidRequest` for a model that cannot be quantised. `known`: architectures with a recipe for AWQ."""
    if method := method_of(config):
        raise InvalidRequest(f"The model is quantised already ({method}). Take the one in full precision.")
    architecture = next(iter(config.get("architectures") or ()), "")
    if not architecture.endswith("ForCausalLM"):
        raise InvalidRequest(
            f"The architecture '{architecture}' is not supported: only language models (…ForCausalLM) are."
        )
    if any(config.get(name) for name in EXPERTS):
        raise InvalidRequest(f"{architecture} is a mixture of experts: these are not supported.")
    if known is not None and architecture not in known:
        raise InvalidRequest(f"The architecture '{architecture}' is not supported: AWQ has no recipe for it.")


def expected_bytes(tensors: Mapping[str, tuple[Sequence[int], int]]) -> int:
    """The size of the result. `tensors`: shape and bytes of each by name."""
    total = 0.0
    for name, (shape, size) in tensors.items():
        is_packed = len(shape) == 2 and not any(kept in name for kept in KEPT_WHOLE)
        total += math.prod(shape) * BITS / 8 if is_packed else size
    return round(total)


def windows_of(tokens: Sequence[int], request: Request) -> tuple[list[list[int]], list[list[int]]]:
    """What to calibrate on, and what to hold back. Raises `InvalidRequest` where it is too little."""
    size = request.window
    windows = [list(tokens[at : at + size]) for at in range(0, len(tokens) - size + 1, size)]
    held = windows[HELD_EVERY - 1 :: HELD_EVERY]
    used = [window for number, window in enumerate(windows, 1) if number % HELD_EVERY]
    if len(used) * size < MIN_CALIBRATION_TOKENS or len(held) * size < MIN_HELD_TOKENS:
        raise InvalidRequest(
            f"The calibration file is too small: {len(tokens)} tokens are {len(windows)} windows of {size}. It takes"
            f" {MIN_CALIBRATION_TOKENS} tokens to calibrate on, and {MIN_HELD_TOKENS} held back for the comparison."
        )
    return spread(used, request.samples), spread(held, max(request.samples // 2, 1))


def spread(windows: list[list[int]], most: int) -> list[list[int]]:
    """At most so many, from the beginning to the end."""
    step = max(len(windows) / most, 1)
    return [windows[int(number * step)] for number in range(min(most, len(windows)))]
