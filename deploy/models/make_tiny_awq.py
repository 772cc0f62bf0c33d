"""Makes a tiny Qwen2 model with random weights, quantised as AWQ, in a second: `python -m deploy.models.make_tiny_awq`.

It says nothing that makes sense, and is real in everything else: its files, its tokenizer, its chat template and its
4-bit kernels are those of the model that a GPU serves. Tests and offline machines run vLLM on it. The same seed gives
the same bytes.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file  # pyright: ignore[reportUnknownVariableType] - numpy arrays of any kind
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from deploy.models import awq

CORPUS = Path(__file__).with_name("tiny_corpus.txt")
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / ".sluice" / "models" / "tiny-qwen2-awq"

SEED = 7
HIDDEN, LAYERS, HEADS, KV_HEADS, INTERMEDIATE, VOCABULARY = 256, 4, 4, 2, 512, 2048
CONTEXT_TOKENS = 4096
INITIALIZER_RANGE = 0.12
"""Larger than usual: with random weights of 0.02 all tokens are nearly as likely, and rounding picks among them."""

END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

Tensors = dict[str, NDArray[Any]]


def ensure(folder: Path = DEFAULT_FOLDER) -> Path:
    """The model's folder; makes it when it is missing. Two at once do no harm: it appears whole or not at all."""
    if not (folder / "config.json").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        write(made)
        try:
            made.rename(folder)
        except OSError:  # another process was first
            shutil.rmtree(made)
    return folder


def write(folder: Path) -> None:
    write_tokenizer(folder)
    save_file(
        make_tensors(np.random.default_rng(SEED)), folder / "model.safetensors", metadata={"format": "pt"}
    )
    write_json(folder / "config.json", model_config())
    ids = {"bos_token_id": 0, "eos_token_id": [2, 0], "pad_token_id": 0}
    write_json(folder / "generation_config.json", {**ids, "do_sample": False})


def write_tokenizer(folder: Path) -> None:
    """Byte-level BPE like Qwen's own, with a token for every id, so that whatever is sampled can be said."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = [AddedToken(text, special=True, normalized=False) for text in (END_OF_TEXT, START, END)]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=1,
        special_tokens=specials,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS.read_text(encoding="utf-8").splitlines(keepends=True), trainer)
    if tokenizer.get_vocab_size() != VOCABULARY:
        raise ValueError(f"the corpus is too small: {tokenizer.get_vocab_size()} of {VOCABULARY} tokens")
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": None,
        "eos_token": END,
        "pad_token": END_OF_TEXT,
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "model_max_length": CONTEXT_TOKENS,
    }
    write_json(folder / "tokenizer_config.json", settings)


def make_tensors(rng: np.random.Generator) -> Tensors:
    """Linear layers in four bits; embeddings, norms and biases stay float16, as in AutoAWQ's files."""
    tensors: Tensors = {
        "model.embed_tokens.weight": random_half(rng, VOCABULARY, HIDDEN),
        "lm_head.weight": random_half(rng, VOCABULARY, HIDDEN),
        "model.norm.weight": np.ones(HIDDEN, np.float16),
    }
    kv = HIDDEN // HEADS * KV_HEADS
    shapes = {
        "self_attn.q_proj": (HIDDEN, HIDDEN),
        "self_attn.k_proj": (kv, HIDDEN),
        "self_attn.v_proj": (kv, HIDDEN),
        "self_attn.o_proj": (HIDDEN, HIDDEN),
        "mlp.gate_proj": (INTERMEDIATE, HIDDEN),
        "mlp.up_proj": (INTERMEDIATE, HIDDEN),
        "mlp.down_proj": (HIDDEN, INTERMEDIATE),
    }
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}.{norm}.weight"] = np.ones(HIDDEN, np.float16)
        for name, (rows, columns) in shapes.items():
            weight = rng.normal(0.0, INITIALIZER_RANGE, (rows, columns)).astype(np.float32)
            for kind, tensor in awq.pack(weight).items():
                tensors[f"{prefix}.{name}.{kind}"] = tensor
            if name in {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}:
                tensors[f"{prefix}.{name}.bias"] = random_half(rng, rows)
    return tensors


def random_half(rng: np.random.Generator, *shape: int) -> NDArray[np.float16]:
    return rng.normal(0.0, INITIALIZER_RANGE, shape).astype(np.float16)


def model_config() -> dict[str, Any]:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": CONTEXT_TOKENS,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_theta": 10_000.0,
        "initializer_range": INITIALIZER_RANGE,
        "tie_word_embeddings": False,
        "use_cache": True,
        "torch_dtype": "float16",
        "bos_token_id": 0,
        "eos_token_id": 2,
        "quantization_config": awq.CONFIG,
    }


def write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.write(f"{ensure(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER)}\n")
