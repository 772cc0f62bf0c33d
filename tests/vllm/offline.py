"""vLLM's own offline greedy tokens, for a test to compare with: no code of ours between the prompt and the ids.

Reads {"model", "args", "prompts", "max_tokens"} from standard input, writes a list of lists of ids; with the
folders of "adapters" a list of such lists, the model's own first. "conversations", as OpenAI's API has them, may stand
in place of "prompts".
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from vllm import LLM, SamplingParams
from vllm.lora.request import LoRARequest


async def offline_tokens(model: Path, args: dict[str, Any], max_tokens: int, **asked: Any) -> Any:
    """What it says of `prompts` or `conversations`, in a process of its own: the memory is free again afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    question = {"model": str(model), "args": args, "max_tokens": max_tokens, **asked}
    written, _ = await process.communicate(json.dumps(question).encode())
    assert process.returncode == 0
    return json.loads(written.strip().splitlines()[-1])


def main() -> None:
    asked = json.load(sys.stdin)
    llm = LLM(model=asked["model"], **asked["args"])
    conversations: Any = asked.get("conversations") or [
        [{"role": "user", "content": prompt}] for prompt in asked["prompts"]
    ]
    params = SamplingParams(temperature=0.0, max_tokens=asked["max_tokens"])
    adapters = [
        LoRARequest(folder, number, folder) for number, folder in enumerate(asked.get("adapters", ()), 1)
    ]
    said: list[list[list[int]]] = []
    for adapter in (None, *adapters):
        outputs = llm.chat(conversations, params, use_tqdm=False, lora_request=adapter)
        said.append([list(output.outputs[0].token_ids) for output in outputs])
    sys.stdout.write(f"\n{json.dumps(said if adapters else said[0])}\n")


if __name__ == "__main__":
    main()
