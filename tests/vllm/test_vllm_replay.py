"""The logits processor under vLLM's second model runner, which needs Triton: its interface, by hand."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from vllm.sampling_params import SamplingParams

from services.inference.adapters.vllm.options import VllmOptions, engine_args, replays
from services.inference.adapters.vllm.replay import FORCED, HAS_SECOND, Replay

pytestmark = pytest.mark.vllm

WORDS = 8


def replay(*prompt_lengths: int) -> Replay:
    assert HAS_SECOND
    lengths = SimpleNamespace(np=np.array(prompt_lengths, dtype=np.int32))
    state: Any = SimpleNamespace(device=torch.device("cpu"), prompt_len=lengths)
    return Replay(None, state)


def forced(*ids: int) -> SamplingParams:
    return SamplingParams(extra_args={FORCED: list(ids)})


def chosen(processor: Replay, slots: list[int], lengths: list[int]) -> list[int | None]:
    """Each row's token, where it has no choice. `lengths`: prompt and what was made, by row."""
    ctx = SimpleNamespace(idx_mapping_np=np.array(slots), seq_lens_upper_bound_np=np.array(lengths))
    logits = processor.apply(torch.zeros(len(slots), WORDS), ctx)
    return [int(row.argmax()) if torch.isinf(row).sum() == WORDS - 1 else None for row in logits]


def test_it_is_of_both_kinds() -> None:
    from vllm.v1.sample.logits_processor import LogitsProcessor as First
    from vllm.v1.worker.gpu.sample.logits_processor.interface import (
        LogitsProcessor as Second,
    )

    assert issubclass(Replay, First)
    assert issubclass(Replay, Second)


def test_beside_speculation_nothing_is_replayed(tiny_model: Path) -> None:
    plain = engine_args(VllmOptions(model=str(tiny_model), hang_s=0))
    speculating = {"method": "ngram", "num_speculative_tokens": 2}
    speculation = json.dumps({"speculative_config": speculating})
    options = VllmOptions(model=str(tiny_model), engine_args=speculation, hang_s=0)
    assert replays(plain)
    assert not replays(engine_args(options))


def test_each_row_gets_the_next_id_of_its_own_slot() -> None:
    processor = replay(10, 20, 30)
    assert processor.add_request(0, forced(3, 4))
    assert not processor.add_request(1, SamplingParams())
    assert processor.add_request(2, forced(5, 6, 7))
    assert chosen(processor, [2, 1, 0], [30, 20, 10]) == [5, None, 3]
    assert chosen(processor, [0, 2], [11, 31]) == [4, 6]
    assert chosen(processor, [1, 2, 0], [22, 32, 12]) == [None, 7, None]
    assert chosen(processor, [2, 0], [33, 13]) == [None, None]


def test_a_part_of_the_prompt_is_left_alone() -> None:
    processor = replay(10)
    processor.add_request(0, forced(3))
    assert chosen(processor, [0], [6]) == [None]
    assert chosen(processor, [0], [10]) == [3]


def test_a_slot_that_is_used_again_forgets() -> None:
    processor = replay(10)
    processor.add_request(0, forced(3))
    processor.add_request(0, SamplingParams())
    assert chosen(processor, [0], [10]) == [None]
