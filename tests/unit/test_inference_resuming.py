"""How an answer goes on that was begun before, and as which job."""

import msgspec
import pytest

from services.inference.domain import resuming
from services.inference.domain.attempts import Attempt
from services.inference.domain.resuming import Resume
from shared.messages import ChatJob, Function, Sampling, Shown, Text, Tools

JOB = ChatJob(
    request="r", user="u", model="m", messages=(), inbox="i", stream=5, created_at=0.0, deadline=10.0
)


def resumed(*ids: int, **sampling: object) -> ChatJob:
    return msgspec.structs.replace(JOB, resume_ids=ids, sampling=msgspec.convert(sampling, Sampling))


@pytest.mark.parametrize(
    ("ids", "shown", "expected"),
    [
        ((1, 2), None, (1, 2)),
        ((1, 2), Shown("r", known=False), (1, 2)),
        ((1, 2), Shown("r", (1, 2, 3)), (1, 2, 3)),
        ((1, 2, 3), Shown("r", (1,)), (1, 2, 3)),  # what was handed over and has not arrived yet
        ((1, 2, 3), Shown("r", (1, 9)), (1, 9)),  # what was shown was shown
        ((), Shown("r", (1, 9)), (1, 9)),
    ],
)
def test_what_the_reader_has(ids: tuple[int, ...], shown: Shown | None, expected: tuple[int, ...]) -> None:
    assert resuming.known_ids(resumed(*ids), shown) == expected


def test_of_several_readers_the_furthest_counts() -> None:
    told = [Shown("r", (1,)), None, Shown("r", (1, 2, 3)), Shown("r", known=False), Shown("r", (1, 2))]
    assert resuming.furthest(told) == Shown("r", (1, 2, 3))
    assert resuming.furthest([None, Shown("r", known=False)]) is None


@pytest.mark.parametrize(
    ("sampling", "engine", "expected"),
    [
        ({}, "ids", (1, 2)),
        ({}, "restart", ()),
        ({}, "none", None),
        ({"n": 2}, "ids", ()),
        ({"stop": ("END",)}, "ids", ()),
        ({"presence_penalty": 1.0, "temperature": 0.0}, "ids", ()),
        ({"presence_penalty": 1.0, "seed": 3}, "ids", ()),
        ({"presence_penalty": 1.0}, "ids", (1, 2)),  # anew it would say something else
        ({"n": 2}, "none", None),
        ({"json_format": {}}, "ids", ()),
        ({}, "replay", (1, 2)),
        ({"n": 2}, "replay", ()),
        ({"stop": ("END",)}, "replay", (1, 2)),
        ({"json_format": {}}, "replay", (1, 2)),
        ({"presence_penalty": 1.0, "temperature": 0.0}, "replay", (1, 2)),
    ],
)
def test_after_which_ids_an_engine_goes_on(
    sampling: dict[str, object], engine: Resume, expected: tuple[int, ...] | None
) -> None:
    assert resuming.start_ids(resumed(1, 2, **sampling), (1, 2), engine) == expected


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        ({}, "ids"),  # to read them in costs a step, to replay them one each
        ({"temperature": 1.0, "seed": 3, "max_tokens": 9}, "ids"),
        ({"json_format": {}}, "replay"),
        ({"stop": ("END",)}, "replay"),
        ({"frequency_penalty": 0.5}, "replay"),
        ({"n": 2, "json_format": {}}, "restart"),
    ],
)
def test_only_what_is_more_than_its_ids_is_replayed(sampling: dict[str, object], expected: Resume) -> None:
    assert resuming.way(resumed(1, **sampling), "replay") == expected


TOOLS = Tools((Function("f"),))
STRICT = Tools((Function("f", strict=True),))


@pytest.mark.parametrize(
    ("tools", "on_ids", "on_replay"),
    [
        (TOOLS, "ids", "ids"),  # the parser hears what was shown, and that is all
        (msgspec.structs.replace(STRICT, choice="none"), "ids", "ids"),
        (STRICT, "restart", "replay"),
        (msgspec.structs.replace(TOOLS, parallel=False), "restart", "replay"),
        (msgspec.structs.replace(TOOLS, choice="required"), "restart", "replay"),
        (msgspec.structs.replace(TOOLS, choice="named", named="f"), "restart", "replay"),
    ],
)
def test_calls_that_a_grammar_holds_are_more_than_their_ids(
    tools: Tools, on_ids: Resume, on_replay: Resume
) -> None:
    job = msgspec.structs.replace(JOB, resume_ids=(1,), tools=tools)
    assert (resuming.way(job, "ids"), resuming.way(job, "replay")) == (on_ids, on_replay)


def test_any_engine_can_begin() -> None:
    assert resuming.start_ids(JOB, (), "none") == ()


def test_only_an_engine_that_can_go_on_lets_go_of_what_it_has_begun() -> None:
    assert resuming.can_be_moved(5, "ids")
    assert resuming.can_be_moved(5, "restart")
    assert resuming.can_be_moved(0, "none")
    assert not resuming.can_be_moved(5, "none")


def begun(job: ChatJob, *said: int, **fields: int) -> Attempt:
    attempt = Attempt(job, 1, job.resume_ids, **fields)
    attempt.begin(())
    for id in said:
        attempt.add((id,), (Text("w"),))
    return attempt


def moved(attempt: Attempt, *, has_died: bool = False, now: float = 0.0) -> ChatJob:
    return resuming.next_attempt(attempt, sequence=7, engine="ids", has_died=has_died, now=now)


def test_the_next_attempt_has_all_that_was_made_and_names_its_predecessor() -> None:
    job = moved(begun(resumed(1), 2, 3), now=100.0)
    assert (job.attempt, job.resume_ids, job.previous_sequence) == (2, (1, 2, 3), 7)
    assert job.deadline == 100.0 + resuming.HANDED_OVER_S
    assert (job.inbox, job.stream) == ("i", 5)


def test_interleaved_choices_are_made_anew() -> None:
    assert moved(begun(resumed(n=2), 1, 2)).resume_ids == ()


def test_what_counts_as_fruitless() -> None:
    assert moved(begun(JOB, fruitless=1), has_died=True).fruitless == 2
    assert moved(begun(JOB, fruitless=1)).fruitless == 1  # it had to stop for our sake
    assert moved(begun(JOB, 5, fruitless=1), has_died=True).fruitless == 0
    assert moved(begun(JOB, 5, fruitless=1, known=1), has_died=True).fruitless == 2  # said before, by another


def test_engine_deaths_are_counted() -> None:
    job = moved(begun(JOB), has_died=True)
    assert job.engine_deaths == 1
    assert moved(begun(job)).engine_deaths == 1
