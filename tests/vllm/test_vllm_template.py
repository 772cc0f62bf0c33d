"""A chat template of the operator's, in place of the model's own."""

import pytest

from services.inference.adapters.vllm import VllmEngine
from services.inference.adapters.vllm.prompts import PromptMaker
from shared.errors import EngineFailed
from tests.engine_contract import Subject
from tests.vllm.test_vllm_engine import LONG

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

OURS = "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n{% endfor %}"


def maker(engine: VllmEngine, template: str | None) -> PromptMaker:
    assert engine._llm is not None
    return PromptMaker(engine._llm.model_config, engine._llm.renderer, chat_template=template)


async def prompt_of(engine: VllmEngine, template: str | None) -> str:
    prompts = maker(engine, template)
    prompt = await prompts.make(Subject(engine, LONG).job("the wheel"), ())
    assert engine._llm is not None
    return engine._llm.renderer.get_tokenizer().decode(prompt.input["prompt_token_ids"])


async def test_questions_are_put_into_it(engine: VllmEngine) -> None:
    assert "[user] the wheel" in await prompt_of(engine, OURS)
    assert "<|im_start|>user" in await prompt_of(engine, None)


@pytest.mark.parametrize(
    "template", ["{% for %}", "{{ messages[0]['content'] | nonsense }}", "{{ raise_exception('no') }}"]
)
async def test_one_that_cannot_be_used_is_found_at_the_start(engine: VllmEngine, template: str) -> None:
    await maker(engine, OURS).try_template()
    with pytest.raises(EngineFailed, match="The chat template cannot be used"):
        await maker(engine, template).try_template()
