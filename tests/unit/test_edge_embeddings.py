"""Requests for embeddings: what clients may send, and how it is cut for the embedder."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.edge.adapters.openai.embeddings import embedding_list, read_body, to_texts
from services.edge.domain.embedding import BLOCK_CHARACTERS, BLOCK_TEXTS, blocks
from shared.errors import InvalidRequest
from shared.messages import EmbedReply


@given(st.lists(st.integers(1, BLOCK_CHARACTERS * 2), max_size=300))
def test_blocks_hold_all_texts_in_order_and_no_more_than_they_may(lengths: list[int]) -> None:
    texts = (*("x" * (length % 97 + 1) for length in lengths), "y" * BLOCK_CHARACTERS, "z")
    cut = list(blocks(texts))
    assert tuple(text for block in cut for text in block) == texts
    assert all(0 < len(block) <= BLOCK_TEXTS for block in cut)
    assert all(len(block) == 1 or sum(map(len, block)) <= BLOCK_CHARACTERS for block in cut)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_text_comes_through_as_it_is(texts: list[str]) -> None:
    body = read_body(json.dumps({"model": "m", "input": texts}).encode())
    assert to_texts(body).texts == tuple(texts)


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(InvalidRequest):
        read_body(b'{"model": "m", "input": "\\ud800"}')


@given(st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=2, max_size=2)))
def test_numbers_are_those_of_the_vectors(vectors: list[list[float]]) -> None:
    reply = EmbedReply("m", 2, tuple(struct.pack("<2f", *vector) for vector in vectors), tokens=4)
    empty = EmbedReply("m", 2, (), tokens=1)
    written = json.loads(b"".join(embedding_list([reply], "float")))
    assert [item["embedding"] for item in written["data"]] == vectors
    assert [item["index"] for item in written["data"]] == list(range(len(vectors)))
    assert json.loads(b"".join(embedding_list([empty], None)))["usage"] == {
        "prompt_tokens": 1,
        "total_tokens": 1,
    }
