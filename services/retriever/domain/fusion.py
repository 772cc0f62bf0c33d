"""One ranking out of several, whose scores cannot be compared: reciprocal rank fusion (Cormack et al., 2009).

A cosine of 0.6 may say less than a share of 0.5 of the words; a place in a ranking means the same in each.
"""

from collections.abc import Sequence

from shared.messages import Passage

DAMPING = 60
"""The paper's constant: the first place counts 1/61, the second 1/62."""
DEPTH = 20
"""Places of a ranking that are looked at, at least: what stands in both may be first in none."""


def fuse(*rankings: Sequence[Passage]) -> list[Passage]:
    """Best first, each passage once, with the best of its scores, which also decides between equals."""
    places: dict[tuple[str, int], float] = {}
    best: dict[tuple[str, int], Passage] = {}
    for ranking in rankings:
        for place, passage in enumerate(ranking, start=1):
            key = passage.document, passage.number
            places[key] = places.get(key, 0.0) + 1 / (DAMPING + place)
            if key not in best or passage.score > best[key].score:
                best[key] = passage
    return sorted(best.values(), key=lambda it: (places[it.document, it.number], it.score), reverse=True)
