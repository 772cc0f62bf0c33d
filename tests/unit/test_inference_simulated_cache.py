"""The simulated engine's prefix cache: blocks, their bound, and whose they are."""

import time

import pytest

from services.inference.adapters.simulated import SimulatedEngine, SimulatedOptions, script
from services.inference.adapters.simulated.cache import BLOCK_TOKENS, PrefixCache
from services.inference.adapters.simulated.script import continued, read
from shared.messages import ChatJob, ChatMessage, Sampling, Started, Usage
from tests.engine_contract import all_of


def words(count: int, name: str = "w") -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def test_whole_blocks_are_found_and_never_all_of_a_prompt() -> None:
    cache = PrefixCache(1000)
    assert cache.cached(words(50), "u") == 0
    cache.store(words(50), "u")
    assert cache.cached(words(50), "u") == 3 * BLOCK_TOKENS
    assert cache.cached(words(48), "u") == 2 * BLOCK_TOKENS  # the last token is read, and with it its block
    assert cache.cached([*words(20), *words(30, "other")], "u") == BLOCK_TOKENS
    assert cache.cached(["first", *words(49)], "u") == 0


def test_another_users_prompts_are_not_found() -> None:
    cache = PrefixCache(1000)
    cache.store(words(50), "one")
    assert cache.cached(words(50), "two") == 0


def test_the_least_recently_used_goes_first_and_an_end_before_its_beginning() -> None:
    cache = PrefixCache(6 * BLOCK_TOKENS)
    cache.store(words(48, "a"), "u")
    cache.store(words(48, "b"), "u")
    cache.store(words(48, "a"), "u")
    cache.store(words(16, "c"), "u")
    assert cache.cached(words(49, "a"), "u") == 48
    assert cache.cached(words(49, "b"), "u") == 32
    cache.store(words(1600, "long"), "u")
    assert cache.cached(words(1600, "long"), "u") == 6 * BLOCK_TOKENS


def chat(*said: str, user: str = "u") -> ChatJob:
    """A conversation in turns."""
    messages = tuple(
        ChatMessage(role="assistant" if place % 2 else "user", content=text)
        for place, text in enumerate(said)
    )
    return ChatJob(
        request=f"r{len(said)}{user}",
        user=user,
        model="m",
        messages=messages,
        inbox="i",
        stream=1,
        created_at=0,
        deadline=0,
        sampling=Sampling(max_tokens=32),
    )


def test_an_answer_begins_the_next_prompt() -> None:
    job = chat("What is it?")
    answer = "".join(script.write(job, 0, 32).pieces)
    following = read(chat("What is it?", answer, "And then?"))
    assert following[: len(continued(read(job), answer))] == continued(read(job), answer)
    assert len(read(job)) == script.prompt_tokens(job)
    assert len(read(chat("轮子 turns 水"))) == script.prompt_tokens(chat("轮子 turns 水"))


@pytest.mark.parametrize("shared", [False, True])
async def test_a_second_turn_reads_only_what_is_new_and_says_so(shared: bool) -> None:
    engine = SimulatedEngine(
        SimulatedOptions(step_s=0, prefill_tokens_per_s=1000, cache_tokens=10_000, shares_cache=shared),
        worker="w",
    )
    await engine.start()
    try:
        question = " ".join(words(196))
        first = await all_of(engine.stream(chat(question)))
        assert first.outputs[-1].usage == Usage(200, 32, 0)
        began = time.monotonic()
        second = await all_of(engine.stream(chat(question, first.text(), "And then?")))
        took_s = time.monotonic() - began
        started = second.outputs[0].parts[0]
        assert isinstance(started, Started)
        assert started.cached_tokens == 224  # of 236 before what is new, in whole blocks
        assert second.outputs[-1].usage == Usage(242, 32, 224)
        assert took_s < 0.15
        another = await all_of(engine.stream(chat(question, user="another")))
        assert another.outputs[-1].usage == Usage(200, 32, 192 if shared else 0)
    finally:
        await engine.stop()
