"""The rules of docs/streams.md, searched for a way to fail; and each rule, shown to be needed."""

import msgspec
import pytest

from tests.model.search import Found, search
from tests.model.world import Budget, Rules

NONE = Budget(crashes=0, losses=0, lapses=0, rescues=0)
FAULTS: dict[str, dict[str, int]] = {
    "a worker is killed, the reader moves on": {"crashes": 1, "rescues": 1},
    "a delta is lost": {"losses": 1, "rescues": 1},
    "a worker is paused, twice": {"rescues": 2},
    "a job comes twice, the reader moves on": {"lapses": 1, "rescues": 1},
    "a worker is killed, a delta is lost": {"crashes": 1, "losses": 1, "rescues": 1},
    "a job comes twice, a worker is killed, nobody reads": {"crashes": 1, "lapses": 1, "rescues": -1},
    "it is stopped, a worker is killed": {"stops": 1, "crashes": 1, "rescues": 1},
    "it is stopped, a job comes twice": {"stops": 1, "lapses": 1, "rescues": 1},
    "a second reader attaches, one moves on": {"seconds": 1, "rescues": 1},
    "a second reader attaches, one leaves": {"seconds": 1, "leaves": 1, "rescues": 1, "tokens": 1},
    "a second reader attaches, it is stopped": {"seconds": 1, "stops": 1, "rescues": 1, "tokens": 1},
    "two read, a worker is killed, one moves on": {"both": 1, "crashes": 1, "rescues": 1, "tokens": 1},
    "two read, a worker is killed, one leaves": {"both": 1, "crashes": 1, "leaves": 1, "tokens": 1},
    "two read, both move on": {"both": 1, "rescues": 2, "tokens": 1},
}
NEEDED = {
    "fences": "a worker is killed, the reader moves on",
    "seals": "a worker is killed, a delta is lost",
    "asks_shown": "a worker is killed, the reader moves on",
    "finishing_decides": "a worker is killed, the reader moves on",
    "adopts": "a worker is killed, the reader moves on",
    "claims_by_compare_and_set": "a worker is killed, the reader moves on",
    "tells_after_storing": "a worker is killed, the reader moves on",
    "leaves_what_others_have": "a job comes twice, a worker is killed, nobody reads",
    "asks_every_reader": "a second reader attaches, one moves on",
    "goes_on_after_the_furthest": "a second reader attaches, one moves on",
    "attaches_to_the_claim": "a second reader attaches, one moves on",
    "counts_readers_anew": "a second reader attaches, one leaves",
    "counts_readers_first": "two read, a worker is killed, one leaves",
    "detaches_one": "a second reader attaches, one leaves",
    "carries_what_a_stop_leaves": "it is stopped, a worker is killed",
    "closes_by_the_next_attempt": "it is stopped, a worker is killed",
}


def of(faults: str) -> Budget:
    return msgspec.structs.replace(NONE, **FAULTS[faults])


@pytest.mark.parametrize("faults", FAULTS)
def test_one_answer_is_shown_and_it_is_the_one_that_is_stored(faults: str) -> None:
    assert search(Rules(), of(faults)) > 2_000


def test_every_rule_is_tried() -> None:
    assert set(NEEDED) == {field.name for field in msgspec.structs.fields(Rules)}


@pytest.mark.parametrize("rule", NEEDED)
def test_without_the_rule_it_fails(rule: str) -> None:
    with pytest.raises(Found):
        search(msgspec.structs.replace(Rules(), **{rule: False}), of(NEEDED[rule]))
