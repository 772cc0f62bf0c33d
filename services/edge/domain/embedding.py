"""What one request for embeddings may take, and how it is cut into requests to the embedder."""

from collections.abc import Iterator

import msgspec

from shared.errors import InvalidRequest, TooLarge

BLOCK_TEXTS = 64
"""Few enough that others get a turn in between, and that little is computed for a client that has left."""
BLOCK_CHARACTERS = 200_000
"""Four bytes a character still fit one message of the bus."""


class EmbeddingRules(msgspec.Struct, frozen=True, kw_only=True):
    at_a_time: int = 64
    per_user: int = 8
    max_characters: int = 32_768
    """Of one text. It bounds what the tokenizer reads; the model takes far less."""
    deadline_s: float = 60.0


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """What to embed. `field`: what a text is called when it is to blame; `{}` stands for its position."""

    model: str
    texts: tuple[str, ...]
    field: str = "input[{}]"
    dimensions: int = 0
    """0: as many as the model has."""
    truncate: bool = False
    """Only the beginning of a text that is too long is read; otherwise it is refused."""


def check(asked: Texts, rules: EmbeddingRules) -> None:
    """Raises `InvalidRequest` or `TooLarge`, naming the text."""
    for position, text in enumerate(asked.texts):
        if not text:
            raise InvalidRequest("A text is empty.", param=asked.field.format(position))
        if len(text) > rules.max_characters:
            raise TooLarge(
                f"A text has more than {rules.max_characters} characters.", param=asked.field.format(position)
            )


def blocks(texts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """In order, none of them empty. A text that is too long for a block has one of its own."""
    block: list[str] = []
    characters = 0
    for text in texts:
        characters += len(text)
        if block and (len(block) == BLOCK_TEXTS or characters > BLOCK_CHARACTERS):
            yield tuple(block)
            block, characters = [], len(text)
        block.append(text)
    if block:
        yield tuple(block)
