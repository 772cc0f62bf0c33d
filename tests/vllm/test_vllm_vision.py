"""Pictures, on a tiny model that sees: it answers as vLLM itself does, goes on exactly, and outlives what is broken."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from PIL import Image

from deploy.models import make_tiny_awq as tiny
from services.inference.adapters.vllm import VllmEngine, VllmOptions
from shared.errors import Cancelled, ContextLengthExceeded, InvalidRequest
from shared.messages import (
    ChatJob,
    ChatMessage,
    Function,
    ImageContent,
    Sampling,
    ServedModel,
    TextContent,
    Tools,
)
from tests.engine_contract import Said, Subject, all_of, text_of
from tests.vllm.conftest import HANG_S
from tests.vllm.moving import LentEngine
from tests.vllm.offline import offline_tokens
from tests.vllm.seeing import CONTEXT_TOKENS, PICTURE_TOKENS, write
from tests.worker import asking, running_worker

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

ENGINE_ARGS: dict[str, Any] = {
    "dtype": "float32",
    "enforce_eager": True,
    "kv_cache_memory_bytes": 33_554_432,
    "max_num_seqs": 4,
    "limit_mm_per_prompt": {"image": 3},
}
MAX_TOKENS = 24
Content = str | list[str | bytes]
"""Text, or texts and pictures."""
Turns = list[tuple[str, Content]]


def picture(
    colour: str | tuple[int, ...], kind: str = "png", mode: str = "RGB", side: int = 40, **how: Any
) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (side, side), colour).convert(mode).save(data, kind, **how)
    return data.getvalue()


RED, BLUE, GREY = picture("red"), picture("blue"), (128, 128, 128)
CONVERSATIONS: dict[str, Turns] = {
    "red": [("user", ["What is this?", RED])],
    "blue": [("user", ["What is this?", BLUE])],
    "two": [("user", [RED, "And then?", BLUE, "Which of them?"])],
    "two, turned": [("user", [BLUE, "And then?", RED, "Which of them?"])],
    "earlier": [("user", [RED, "What is this?"]), ("assistant", "It is a wheel."), ("user", "Is it?")],
    "earlier, the other": [
        ("user", [BLUE, "What is this?"]),
        ("assistant", "It is a wheel."),
        ("user", "Is it?"),
    ],
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("seeing") / "model")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seeing(model: Path) -> AsyncGenerator[VllmEngine]:
    options = VllmOptions(
        model=str(model), engine_args=json.dumps(ENGINE_ARGS), hang_s=HANG_S, tool_parser="hermes"
    )
    engine = VllmEngine(options, worker="worker", models=(ServedModel("gpt-4-local", 0),))
    await engine.start()
    yield engine
    await engine.stop()


class Asked:
    def __init__(self, engine: VllmEngine) -> None:
        self.engine = engine
        self.subject = Subject(engine, Sampling(max_tokens=600, temperature=0.0))

    def job(self, turns: Turns, **sampling: object) -> ChatJob:
        messages = tuple(ChatMessage(role, in_parts(content)) for role, content in turns)  # pyright: ignore[reportArgumentType]
        return msgspec.structs.replace(
            self.subject.job(**{"max_tokens": MAX_TOKENS, **sampling}), messages=messages
        )

    async def say(self, turns: Turns, shown: tuple[int, ...] = (), **sampling: object) -> Said:
        return await all_of(self.engine.stream(self.job(turns, **sampling), shown))


@pytest_asyncio.fixture(loop_scope="module")
async def asked(seeing: VllmEngine) -> AsyncIterator[Asked]:
    """Whose engine is well afterwards, and says what it said."""
    asked = Asked(seeing)
    before = await asked.say(CONVERSATIONS["red"])
    yield asked
    await seeing.health()
    await asked.subject.running(0)
    assert (await asked.say(CONVERSATIONS["red"])).ids == before.ids


def in_parts(content: Content) -> str | tuple[TextContent | ImageContent, ...]:
    if isinstance(content, str):
        return content
    return tuple(
        TextContent(part) if isinstance(part, str) else ImageContent("image/png", part) for part in content
    )


def as_openai(turns: Turns) -> list[Any]:
    def part(given: str | bytes) -> dict[str, Any]:
        if isinstance(given, str):
            return {"type": "text", "text": given}
        url = f"data:image/png;base64,{base64.b64encode(given).decode()}"
        return {"type": "image_url", "image_url": {"url": url}}

    return [
        {"role": role, "content": content if isinstance(content, str) else [part(each) for each in content]}
        for role, content in turns
    ]


async def test_it_is_announced_as_a_model_that_sees(seeing: VllmEngine) -> None:
    (announced,) = seeing.models
    assert announced.modalities == ("text", "image")
    assert announced.context_tokens == CONTEXT_TOKENS


async def test_through_the_bus_it_answers_as_vllm_does(
    nats_url: str, seeing: VllmEngine, model: Path
) -> None:
    """All at once; a picture in an earlier turn and the order of two are seen, too."""
    conversations = [as_openai(turns) for turns in CONVERSATIONS.values()]
    expected = await offline_tokens(model, ENGINE_ARGS, MAX_TOKENS, conversations=conversations)
    asked = Asked(seeing)
    async with asking(nats_url) as asker, running_worker(nats_url, engine=LentEngine(seeing)):
        jobs = [
            asker.job(
                "",
                request=f"r{number}",
                model="gpt-4-local",
                messages=asked.job(turns).messages,
                sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
            )
            for number, turns in enumerate(CONVERSATIONS.values())
        ]
        answers = await asyncio.gather(*(asker.ask(job) for job in jobs))
    assert [answered.end.failure for answered in answers] == [None] * len(jobs)
    assert [answered.ids for answered in answers] == expected
    assert len(set(map(tuple, expected))) == len(expected)


async def test_each_picture_counts_its_tokens(asked: Asked) -> None:
    said = [await asked.say([("user", ["What?", *pictures])]) for pictures in ([], [RED], [RED, BLUE])]
    tokens = [each.usage.prompt_tokens for each in said]
    assert [more - tokens[0] for more in tokens] == [0, PICTURE_TOKENS + 3, 2 * (PICTURE_TOKENS + 3)]


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("image/png", picture(GREY, mode="L")),
        ("image/png", picture(GREY, mode="RGBA")),
        ("image/gif", picture(GREY, "gif")),
        (
            "image/gif",
            picture(GREY, "gif", save_all=True, append_images=[Image.new("RGB", (40, 40), "blue")]),
        ),
        ("image/webp", picture(GREY, "webp", lossless=True)),
        ("image/jpeg", picture(GREY, "jpeg")),
    ],
    ids=["one channel", "alpha", "gif", "moving gif", "webp", "jpeg"],
)
async def test_the_same_picture_of_another_kind_is_the_same(
    asked: Asked, media_type: Any, data: bytes
) -> None:
    expected = await asked.say([("user", ["What is this?", picture(GREY)])])
    seen = ChatMessage("user", (TextContent("What is this?"), ImageContent(media_type, data)))
    job = msgspec.structs.replace(asked.job([]), messages=(seen,))
    assert (await all_of(asked.engine.stream(job))).ids == expected.ids


@pytest.mark.parametrize("sampling", [{}, {"frequency_penalty": 0.5}], ids=["ids", "replay"])
async def test_it_goes_on_exactly_wherever_it_was_cut(asked: Asked, sampling: dict[str, Any]) -> None:
    turns = CONVERSATIONS["two"]
    whole = await asked.say(turns, **sampling)
    for shown in (1, 2, 11, MAX_TOKENS - 1, MAX_TOKENS):
        rest = await asked.say(turns, whole.ids[:shown], **sampling)
        assert rest.ids == whole.ids[shown:]
        assert rest.replayed + rest.text() == whole.text()
        assert rest.usage.prompt_tokens == whole.usage.prompt_tokens
        assert rest.usage.completion_tokens == whole.usage.completion_tokens


async def test_another_picture_under_the_same_text_is_not_found_in_the_cache(asked: Asked) -> None:
    text = "The same long words of the keeper. " * 20
    turns: dict[str, Turns] = {colour: [("user", [picture(colour), text])] for colour in ("green", "yellow")}
    green, again, yellow = [await asked.say(turns[colour]) for colour in ("green", "green", "yellow")]
    assert green.usage.cached_tokens == yellow.usage.cached_tokens == 0
    assert again.usage.cached_tokens > 100
    assert green.ids == again.ids != yellow.ids
    job = msgspec.structs.replace(asked.job(turns["green"]), user="another")
    assert (await all_of(asked.engine.stream(job))).usage.cached_tokens == 0


async def test_a_picture_that_was_refused_is_seen_when_it_comes_again(asked: Asked) -> None:
    seen = picture("purple")
    with pytest.raises(ContextLengthExceeded):
        await asked.say([("user", [seen, "What is this?"])], max_tokens=CONTEXT_TOKENS)
    assert (await asked.say([("user", [seen, "What is this?"])])).ids


async def test_a_picture_whose_question_was_given_up_is_seen_when_it_comes_again(asked: Asked) -> None:
    turns: Turns = [("user", [picture("orange"), "What is this?"])]
    job = asked.job(turns)
    reading = asyncio.create_task(all_of(asked.engine.stream(job)))
    await asyncio.sleep(0)
    await asked.engine.abort(job.request)
    with pytest.raises(Cancelled):
        await reading
    assert (await asked.say(turns)).ids


async def test_what_was_shown_is_told_without_the_engine(asked: Asked) -> None:
    """A worker that has not seen the picture yet: its answer was begun elsewhere."""
    turns: Turns = [("user", [picture("pink"), "What is this?"])]
    tools = Tools((Function("look"),))
    job = msgspec.structs.replace(asked.job(turns), tools=tools)
    told = text_of(await asked.engine.said(job, (87, 85, 261)))
    whole = await all_of(asked.engine.stream(job, (87, 85, 261)))
    assert told == whole.replayed != ""


@pytest.mark.parametrize(
    ("content", "param"),
    [
        (["What is this?", picture("red", side=200)[:-60]], "messages"),
        (["What is this?", RED, BLUE, RED, BLUE], "messages"),
        (["What is this?", b"no picture"], "messages[0].content"),
    ],
    ids=["cut", "too many", "none"],
)
async def test_what_cannot_be_seen_is_refused(asked: Asked, content: Content, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await asked.say([("user", content)])
    assert caught.value.param == param


@pytest.mark.parametrize(
    "content", ["Is <image> one?", ["Is <image> one?", RED], ["<image><image>", RED, BLUE]]
)
async def test_a_callers_own_word_for_a_picture_does_no_harm(asked: Asked, content: Content) -> None:
    assert len((await asked.say([("user", content)], ignore_eos=True)).ids) == MAX_TOKENS


async def test_a_prompt_of_the_tokens_that_stand_for_a_picture_does_no_harm(asked: Asked) -> None:
    job = msgspec.structs.replace(asked.job([], ignore_eos=True), prompt=(5, *[tiny.VOCABULARY] * 16, 6))
    assert len((await all_of(asked.engine.stream(job))).ids) == MAX_TOKENS


@pytest.mark.parametrize("size", [(8000, 1), (1, 8000), (1, 1), (3000, 3000)])
async def test_a_picture_of_an_odd_size_is_seen(asked: Asked, size: tuple[int, int]) -> None:
    data = io.BytesIO()
    Image.new("RGB", size, "red").save(data, "png")
    assert (await asked.say([("user", ["What is this?", data.getvalue()])])).ids
