"""The rules of docs/streams.md, searched for a way to fail; and each rule, shown to be needed."""

import msgspec
import pytest

from tests.model.search import Found, search
from tests.model.world import Budget, Rules

FAULTS = {
    "a worker is killed, the reader moves on": Budget(crashes=1, losses=0, lapses=0, rescues=1),
    "a delta is lost": Budget(crashes=0, losses=1, lapses=0, rescues=1),
    "a worker is paused, twice": Budget(crashes=0, losses=0, lapses=0, rescues=2),
    "a job comes twice, the reader moves on": Budget(crashes=0, losses=0, lapses=1, rescues=1),
    "a worker is killed, a delta is lost": Budget(crashes=1, losses=1, lapses=0, rescues=1),
    "a job comes twice, a worker is killed, nobody reads": Budget(crashes=1, losses=0, lapses=1, rescues=-1),
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
}


@pytest.mark.parametrize("faults", FAULTS)
def test_one_answer_is_shown_and_it_is_the_one_that_is_stored(faults: str) -> None:
    assert search(Rules(), FAULTS[faults]) > 10_000


def test_every_rule_is_tried() -> None:
    assert set(NEEDED) == {field.name for field in msgspec.structs.fields(Rules)}


@pytest.mark.parametrize("rule", NEEDED)
def test_without_the_rule_it_fails(rule: str) -> None:
    with pytest.raises(Found):
        search(msgspec.structs.replace(Rules(), **{rule: False}), FAULTS[NEEDED[rule]])
