"""A tiny Idefics3 with random weights, that sees: no torchvision is needed for it, which the CPU's packages leave out.

It says nothing that makes sense, and is real in everything else: its pictures are resized, cut and encoded as the large
one's are, and each puts its own tokens into the prompt. The same seed gives the same weights.
"""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import Idefics3Config, Idefics3ForConditionalGeneration

from deploy.models import make_tiny_awq as tiny

SEED = 7
IMAGE = "<image>"
SPECIALS = (IMAGE, "<fake_token_around_image>", "<end_of_utterance>", "<global-img>")
SIDE, PATCH, SCALE = 56, 7, 2
PICTURE_TOKENS = (SIDE // PATCH // SCALE) ** 2
"""Of one picture; three more stand around them."""
CONTEXT_TOKENS = 1024

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}"
    "{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

TEXT: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": tiny.VOCABULARY + 16,
    "max_position_embeddings": CONTEXT_TOKENS,
    "initializer_range": tiny.INITIALIZER_RANGE,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
VISION: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": SIDE,
    "patch_size": PATCH,
    "initializer_range": tiny.INITIALIZER_RANGE,
}
PICTURES: dict[str, Any] = {
    "image_processor_type": "Idefics3ImageProcessor",
    "size": {"longest_edge": SIDE},
    "max_image_size": {"longest_edge": SIDE},
    "do_image_splitting": False,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
}


def write(folder: Path) -> Path:
    folder.mkdir(parents=True)
    _write_tokenizer(folder)
    config = Idefics3Config(
        text_config=TEXT,
        vision_config=VISION,
        image_token_id=tiny.VOCABULARY,
        scale_factor=SCALE,
        pad_token_id=0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        Idefics3ForConditionalGeneration(config).save_pretrained(folder)
    tiny.write_json(folder / "preprocessor_config.json", PICTURES)
    processor = {"processor_class": "Idefics3Processor", "image_seq_len": PICTURE_TOKENS}
    tiny.write_json(folder / "processor_config.json", processor)
    return folder


def _write_tokenizer(folder: Path) -> None:
    """The tiny model's, with the tokens that stand for a picture after its own."""
    tiny.write_tokenizer(folder)
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_bytes())
    kind = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    for id, text in enumerate(SPECIALS, tiny.VOCABULARY):
        tokenizer["added_tokens"].append({"id": id, "content": text, **kind})
    tiny.write_json(path, tokenizer)
    settings = json.loads((folder / "tokenizer_config.json").read_bytes())
    tiny.write_json(folder / "tokenizer_config.json", {**settings, "chat_template": CHAT_TEMPLATE})
