"""Makes a LoRA adapter with random weights for the tiny model, as PEFT writes one:
`python -m deploy.models.make_tiny_lora FOLDER`.

Its weights are large enough to change what the model says from the first tokens on. The same seed gives the same bytes.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file  # pyright: ignore[reportUnknownVariableType] - numpy arrays of any kind

from deploy.models.make_tiny_awq import (
    HEADS,
    HIDDEN,
    INTERMEDIATE,
    KV_HEADS,
    LAYERS,
    Tensors,
    random_half,
    write_json,
)

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / ".sluice" / "models" / "tiny-lora"
RANK, ALPHA = 8, 16
SHAPES = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.v_proj": (HIDDEN // HEADS * KV_HEADS, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (INTERMEDIATE, HIDDEN),
    "mlp.down_proj": (HIDDEN, INTERMEDIATE),
}
"""Rows and columns of the layers that it changes."""


def write(folder: Path, *, seed: int = 11, rank: int = RANK) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = make_tensors(np.random.default_rng(seed), rank)
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    write_json(folder / "adapter_config.json", adapter_config(rank))
    return folder


def make_tensors(rng: np.random.Generator, rank: int) -> Tensors:
    tensors: Tensors = {}
    for layer in range(LAYERS):
        for name, (rows, columns) in SHAPES.items():
            prefix = f"base_model.model.model.layers.{layer}.{name}"
            tensors[f"{prefix}.lora_A.weight"] = random_half(rng, rank, columns)
            tensors[f"{prefix}.lora_B.weight"] = random_half(rng, rows, rank)
    return tensors


def adapter_config(rank: int) -> dict[str, Any]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "tiny-qwen2",
        "r": rank,
        "lora_alpha": ALPHA * rank // RANK,
        "lora_dropout": 0.0,
        "bias": "none",
        "inference_mode": True,
        "target_modules": sorted(name.rpartition(".")[2] for name in SHAPES),
    }


if __name__ == "__main__":
    sys.stdout.write(f"{write(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER)}\n")
