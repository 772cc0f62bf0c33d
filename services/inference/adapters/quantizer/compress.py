"""llmcompressor's AWQ: 4 bits, groups of 128 with zero points, written as compressed-tensors."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from llmcompressor.core import State
from llmcompressor.core.events import Event
from llmcompressor.entrypoints.oneshot import oneshot
from llmcompressor.modifiers.quantization import QuantizationModifier
from llmcompressor.modifiers.transform.awq import AWQModifier
from llmcompressor.modifiers.transform.awq.mappings import AWQ_MAPPING_REGISTRY
from llmcompressor.pipelines.cache import IntermediatesCache
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerBase

from services.inference.adapters.quantizer.folders import config_of
from services.inference.domain.quantizing import GROUP, check_config
from shared.errors import InvalidRequest

RECIPE: dict[str, Any] = {"targets": ["Linear"], "scheme": "W4A16_ASYM", "ignore": ["lm_head"]}
Tell = Callable[[str], None]
Windows = Sequence[Sequence[int]]


class ToldAWQ(AWQModifier):
    """Says how far it is: llmcompressor calls it after each layer, and once more for what follows the last."""

    tell: Tell
    layers: int
    done: int = 0
    since: float = 0.0

    def on_calibration_start(self, state: State, event: Event, **options: Any) -> None:
        super().on_calibration_start(state, event, **options)
        self.since = time.monotonic()

    def on_sequential_epoch_end(self, state: State, event: Event, **options: Any) -> None:
        super().on_sequential_epoch_end(state, event, **options)
        self.done += 1
        if self.done <= self.layers:
            left_s = (time.monotonic() - self.since) / self.done * (self.layers - self.done)
            self.tell(f"    layer {self.done} of {self.layers}, some {left_s:.0f} s left")


def check_layers(folder: Path) -> None:
    """Raises `InvalidRequest` where AWQ has no recipe, or groups do not fit. Builds the model without its weights."""
    check_config(config_of(folder), AWQ_MAPPING_REGISTRY)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder, local_files_only=True))
    for name, module in model.named_modules():
        if (
            isinstance(module, torch.nn.Linear)
            and name not in RECIPE["ignore"]
            and module.in_features % GROUP
        ):
            raise InvalidRequest(
                f"{name} takes {module.in_features} values, which groups of {GROUP} do not divide."
            )


def compress(
    folder: Path, out: Path, tokenizer: PreTrainedTokenizerBase, windows: Windows, tell: Tell
) -> None:
    if not torch.accelerator.is_available():
        setattr(IntermediatesCache, "pin_memory", _leave_unpinned)  # noqa: B010 - there is nothing to pin for, and torch refuses
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
    data = Dataset.from_dict(
        {"input_ids": windows, "attention_mask": [[1] * len(window) for window in windows]}
    )
    oneshot(
        model=model,
        dataset=data,
        recipe=[ToldAWQ(tell=tell, layers=model.config.num_hidden_layers), QuantizationModifier(**RECIPE)],
        max_seq_length=len(windows[0]),
        num_calibration_samples=len(windows),
        shuffle_calibration_samples=False,
    )
    model.save_pretrained(out, save_compressed=True)
    tokenizer.save_pretrained(out)


def _leave_unpinned(
    cache: IntermediatesCache, batch_index: int, input_names: list[str] | None = None
) -> None:
    """In place of `IntermediatesCache.pin_memory`."""
