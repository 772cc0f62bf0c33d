"""A model on held text, by real forward passes."""

import gc
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from services.inference.adapters.quantizer.folders import weight_bytes
from services.inference.domain.quantizing import Measured


def measure(folder: Path, windows: Sequence[Sequence[int]]) -> Measured:
    """As it lies on the disk; on the GPU where there is one."""
    places = "auto" if torch.accelerator.is_available() else None
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype="auto", device_map=places, local_files_only=True
    ).eval()
    loss, top1 = 0.0, []
    with torch.inference_mode():
        for window in windows:
            ids = torch.tensor([window], device=model.device)
            logits = model(input_ids=ids).logits[0, :-1].float()
            loss += torch.nn.functional.cross_entropy(
                logits, ids[0, 1:].to(logits.device), reduction="sum"
            ).item()
            top1 += logits.argmax(-1).tolist()
    del model
    gc.collect()
    return Measured(_exp(loss / len(top1)), len(top1), top1, weight_bytes(folder))


def _exp(mean: float) -> float:
    return math.exp(mean) if mean < 700 else math.inf
