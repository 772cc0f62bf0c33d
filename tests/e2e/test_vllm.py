"""A real model all the way: what an HTTP client reads is what vLLM says by itself, offline, token for token."""

import json
import os
import subprocess
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam
from tokenizers import Tokenizer

from deploy.models.make_tiny_awq import ensure
from tests.e2e.person import Person, text_of
from tests.stack import running_stack

ROOT = Path(__file__).resolve().parents[2]
ENGINE_ARGS = {
    "dtype": "half",
    "enforce_eager": True,
    "kv_cache_memory_bytes": 33_554_432,
    "max_num_seqs": 8,
    "max_model_len": 2048,
}
QUESTION = "Tell me of the wheel."
MAX_TOKENS = 32


def offline_text(model: Path) -> str:
    """By a process of vLLM alone, with none of our code."""
    asked = {"model": str(model), "args": ENGINE_ARGS, "prompts": [QUESTION], "max_tokens": MAX_TOKENS}
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_CONFIGURE_LOGGING": "0",  # standard output is the answer's
    }
    said = subprocess.run(
        [ROOT / ".venv-vllm" / "bin" / "python", ROOT / "tests" / "vllm" / "offline.py"],
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        env=environment,
        check=True,
    )
    (ids,) = json.loads(said.stdout.strip().splitlines()[-1])
    assert len(ids) > 8
    return Tokenizer.from_file(str(model / "tokenizer.json")).decode(ids, skip_special_tokens=True)


@pytest.mark.slow
@pytest.mark.vllm
@pytest.mark.timeout(600)
def test_http_clients_read_the_engines_own_greedy_tokens() -> None:
    model = ensure()
    expected = offline_text(model)
    environ = {"SLUICE_ENGINE_ARGS": json.dumps(ENGINE_ARGS), "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
    with running_stack("vllm", model=str(model), environ=environ) as stack:
        token = stack.sign_in()
        client = openai.OpenAI(base_url=f"{stack.url}/v1", api_key=token)
        asked: ChatCompletionUserMessageParam = {"role": "user", "content": QUESTION}
        stream = client.chat.completions.create(
            model="gpt-4-local", messages=[asked], max_tokens=MAX_TOKENS, temperature=0, stream=True
        )
        read = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        with Person(stack.url, token) as person:
            parts = person.ask_ui(QUESTION, "chat", max_tokens=MAX_TOKENS, temperature=0)
            title = person.title("chat", other_than=QUESTION)
    assert read == expected
    assert text_of(parts) == expected
    assert title
