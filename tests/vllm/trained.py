"""A tiny Qwen2 in full precision that has learnt a text by heart: `python trained.py FOLDER`, in `.venv-quantize`.

Random weights agree with nothing, least of all with themselves in four bits. Half a minute of training makes a model
that is sure of what it says, as a real one is: asked for a sentence, it answers with the next.
"""

import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from deploy.models import make_tiny_awq as tiny

SMALL: dict[str, Any] = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "initializer_range": 0.05,
}
STEPS, BATCH, LENGTH, RATE = 320, 8, 96, 3e-3
Chat = list[dict[str, str]]


def chats() -> list[Chat]:
    """Each sentence of the corpus as a question, and the one after it as the answer."""
    paragraphs = [line for line in tiny.CORPUS.read_text(encoding="utf-8").splitlines() if line.strip()]
    pairs = [pair for text in paragraphs for pair in pairwise(re.split(r"(?<=[.?!]) ", text))]
    return [[{"role": "user", "content": a}, {"role": "assistant", "content": b}] for a, b in pairs]


def write_calibration(path: Path) -> None:
    texts = [{"text": line} for line in tiny.CORPUS.read_text(encoding="utf-8").splitlines() if line.strip()]
    lines = [*texts, *({"messages": chat} for chat in chats())]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def train(folder: Path) -> None:
    torch.set_num_threads(1)  # threads that wait for one another by spinning starve a busy machine
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    tiny.write_tokenizer(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    left_out = {"quantization_config", "torch_dtype"}
    config = {name: value for name, value in tiny.model_config().items() if name not in left_out}
    model = Qwen2ForCausalLM(Qwen2Config(**{**config, **SMALL}))
    ids: list[int] = tokenizer(tiny.CORPUS.read_text(encoding="utf-8"))["input_ids"]
    for chat in chats():
        ids += tokenizer.apply_chat_template(chat, tokenize=True, return_dict=False)
    stream = torch.tensor(ids)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        starts = torch.randint(0, len(stream) - LENGTH, (BATCH,))
        batch = torch.stack([stream[at : at + LENGTH] for at in starts])
        optimizer.zero_grad()
        model(input_ids=batch, labels=batch).loss.backward()
        optimizer.step()
        schedule.step()
    model.half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    train(Path(sys.argv[1]))
