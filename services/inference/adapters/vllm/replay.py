"""Makes vLLM say again what an earlier attempt has said: while there are ids left to replay, a step can only give the
next of them.

So the grammar, the penalties, the stop strings, the seed and the detokeniser pass through the states that they passed
through before, and the answer goes on from there. vLLM loads this class into its model runner, of which there are two,
each with an interface of its own: `update_state` is the first one's, `add_request` and `ctx` the second one's. Both
apply it after the grammar, and before whatever scales what is left.
"""

from typing import TYPE_CHECKING, Any

import torch
from vllm.sampling_params import SamplingParams
from vllm.v1.sample.logits_processor import BatchUpdate
from vllm.v1.sample.logits_processor import LogitsProcessor as FirstRunners
from vllm.v1.sample.logits_processor.builtin import process_dict_updates

if TYPE_CHECKING:
    from vllm.v1.worker.gpu.sample.logits_processor.interface import LogitsProcessor as SecondRunners

    HAS_SECOND: bool
else:
    try:
        from vllm.v1.worker.gpu.sample.logits_processor.interface import LogitsProcessor as SecondRunners

        HAS_SECOND = True
    except ImportError:  # in 0.26 that runner takes none
        SecondRunners, HAS_SECOND = object, False

FORCED = "sluice_replay"
"""The ids, among a request's `extra_args`."""


class Replay(FirstRunners, SecondRunners):
    def __init__(self, _vllm_config: Any, given: Any, _is_pin_memory: bool = False) -> None:
        """`given`: the device; the second runner's whole state."""
        self._forced: dict[int, tuple[list[int], Any]] = {}
        """First runner: by row, with what has been made. Second: by the request's slot, with the prompt's length."""
        self._state = given
        self._device: torch.device = given if isinstance(given, torch.device) else given.device

    def is_argmax_invariant(self) -> bool:
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        process_dict_updates(self._forced, batch_update, _begun)

    def add_request(self, req_idx: int, sampling_params: SamplingParams) -> bool:
        """Slots are used again."""
        self._forced.pop(req_idx, None)
        if ids := _forced(sampling_params):
            self._forced[req_idx] = ids, int(self._state.prompt_len.np[req_idx])
        return bool(ids)

    def apply(self, logits: torch.Tensor, ctx: Any = None) -> torch.Tensor:
        if not self._forced:
            return logits
        if wanted := self._by_row() if ctx is None else self._by_slot(ctx):
            rows = torch.tensor(list(wanted), dtype=torch.long, device=self._device)
            ids = torch.tensor(list(wanted.values()), dtype=torch.long, device=self._device)
            logits[rows] = -torch.inf
            logits[rows, ids] = 0.0
        return logits

    def _by_row(self) -> dict[int, int]:
        """The list of what was made is vLLM's own, and grows with each step."""
        self._forget({row for row, (ids, made) in self._forced.items() if len(made) >= len(ids)})
        return {row: ids[len(made)] for row, (ids, made) in self._forced.items()}

    def _by_slot(self, ctx: Any) -> dict[int, int]:
        wanted: dict[int, int] = {}
        over: set[int] = set()
        for row, slot in enumerate(ctx.idx_mapping_np.tolist()):
            if slot in self._forced:
                ids, prompt = self._forced[slot]
                place = int(ctx.seq_lens_upper_bound_np[row]) - prompt
                if place >= len(ids):
                    over.add(slot)
                elif place >= 0:  # below: a part of the prompt, whose logits nobody samples
                    wanted[row] = ids[place]
        self._forget(over)
        return wanted

    def _forget(self, keys: set[int]) -> None:
        for key in keys:
            del self._forced[key]


def _begun(
    params: SamplingParams, _prompt: list[int] | None, made: list[int]
) -> tuple[list[int], list[int]] | None:
    return (ids, made) if (ids := _forced(params)) else None


def _forced(params: SamplingParams) -> list[int]:
    return (params.extra_args or {}).get(FORCED, [])
