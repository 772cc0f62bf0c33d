"""What has been read before need not be read again: a prefix cache in blocks, as vLLM keeps one."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

BLOCK_TOKENS = 16


class PrefixCache:
    """Whole blocks, each known by all that is before it; the least recently used go first. `salt`: whose it is, for
    nobody else finds it."""

    def __init__(self, max_tokens: int) -> None:
        self._max_blocks = max_tokens // BLOCK_TOKENS
        self._blocks: OrderedDict[int, None] = OrderedDict()

    def cached(self, tokens: Sequence[str], salt: str) -> int:
        """How many of the first tokens are there. Never all of them: the last has to be read to go on from it."""
        found = 0
        for block in _blocks(tokens[:-1], salt):
            if block not in self._blocks:
                break
            found += BLOCK_TOKENS
        return found

    def store(self, tokens: Sequence[str], salt: str) -> None:
        """The end of a prompt is used before its beginning, so that it goes before it, too."""
        for block in reversed([*_blocks(tokens, salt)][: self._max_blocks]):
            self._blocks[block] = None
            self._blocks.move_to_end(block)
        while len(self._blocks) > self._max_blocks:
            self._blocks.popitem(last=False)


def _blocks(tokens: Sequence[str], salt: str) -> Iterator[int]:
    before = hash(salt)
    for end in range(BLOCK_TOKENS, len(tokens) + 1, BLOCK_TOKENS):
        before = hash((before, *tokens[end - BLOCK_TOKENS : end]))
        yield before
