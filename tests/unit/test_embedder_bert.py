"""The forward pass: what holds for any BERT, and this model's own vectors as PyTorch computed them."""

import math
from pathlib import Path

import numpy as np
import pytest

from services.embedder.adapters.bert import BLOCK_TOKENS, blocks, doubled_gelu
from services.embedder.adapters.minilm import MiniLM, ModelError, packaged_folder

# The first six of 384 numbers, from transformers' BertModel on PyTorch, mean pooling, normalised.
REFERENCE = {
    "a cat sits on the mat": (0.1287247, -0.0326729, -0.0229157, 0.0402305, -0.0354539, 0.0315584),
    "How do I reset the frobnicator after a power failure?": (
        -0.0269744,
        0.0260705,
        -0.0247075,
        0.0619597,
        -0.0318692,
        0.0471034,
    ),
    "知识库支持中文检索。": (0.0128659, 0.1441121, 0.0444209, 0.0156669, -0.0060242, 0.0808087),
}


@pytest.fixture(scope="module")
def minilm():
    model = MiniLM.load()
    yield model
    model.close()


def vectors(model: MiniLM, texts: list[str]):
    return np.stack([np.frombuffer(encoding.vector, "<f4") for encoding in model.compute(texts)])


def test_vectors_are_those_that_pytorch_computes(minilm: MiniLM):
    ours = vectors(minilm, list(REFERENCE))
    assert np.abs(ours[:, :6] - np.array(list(REFERENCE.values()))).max() < 1e-5


def test_vectors_have_unit_length_and_do_not_depend_on_their_company(minilm: MiniLM):
    texts = ["", "short", "a text of middling length, with some commas", "word " * 400, "short"]
    together = vectors(minilm, texts)
    alone = np.concatenate([vectors(minilm, [text]) for text in texts])
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-5
    assert np.abs(together - alone).max() < 1e-5


def test_meaning_is_near_what_means_the_same(minilm: MiniLM):
    cat, kitten, stocks = vectors(
        minilm, ["a cat sits on the mat", "a kitten rests on a rug", "stock markets fell"]
    )
    assert cat @ kitten > 0.5 > 0.2 > cat @ stocks


def test_a_long_text_is_read_up_to_256_tokens(minilm: MiniLM):
    cut, same, short = minilm.compute(["word " * 254 + "tail", "word " * 254 + "end", "word"])
    assert (cut.tokens, same.tokens, short.tokens) == (256, 256, 3)
    first, second = (np.frombuffer(each.vector, np.float32) for each in (cut, same))
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_gelu_is_the_exact_one_within_three_millionths():
    x = np.linspace(-12, 12, 100_001, dtype=np.float32)
    exact = np.array([v * (1 + math.erf(v / math.sqrt(2))) for v in x.tolist()])
    assert np.abs(doubled_gelu(x) - exact).max() < 2 * 4e-6


def test_blocks_keep_the_order_and_the_bound():
    texts = [[n] * length for n, length in enumerate((500, 12, 1, 600, 3))]
    found = list(blocks(texts))
    assert [len(block) for block in found] == [2, 1, 1, 1]
    assert [text for block in found for text in block] == texts
    assert all(sum(map(len, block)) <= BLOCK_TOKENS or len(block) == 1 for block in found)


def test_a_folder_without_a_model_is_named_in_the_error(tmp_path: Path):
    with pytest.raises(ModelError, match=str(tmp_path)):
        MiniLM.load(str(tmp_path))


def test_another_architecture_is_refused(tmp_path: Path):
    (tmp_path / "config.json").write_text(
        '{"model_type": "roberta", "num_hidden_layers": 1, "num_attention_heads": 1}'
    )
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).symlink_to(packaged_folder() / name)
    with pytest.raises(ModelError, match="roberta"):
        MiniLM.load(str(tmp_path))
