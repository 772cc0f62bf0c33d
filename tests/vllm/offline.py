"""vLLM's own offline greedy tokens, for a test to compare with: no code of ours between the prompt and the ids.

Reads {"model", "args", "prompts", "max_tokens"} from standard input, and the folder of an adapter as "lora"; writes a
list of lists of ids.
"""

import json
import sys
from typing import Any

from vllm import LLM, SamplingParams
from vllm.lora.request import LoRARequest


def main() -> None:
    asked = json.load(sys.stdin)
    llm = LLM(model=asked["model"], **asked["args"])
    conversations: Any = [[{"role": "user", "content": prompt}] for prompt in asked["prompts"]]
    params = SamplingParams(temperature=0.0, max_tokens=asked["max_tokens"])
    lora = LoRARequest("lora", 1, asked["lora"]) if asked.get("lora") else None
    outputs = llm.chat(conversations, params, use_tqdm=False, lora_request=lora)
    sys.stdout.write(f"\n{json.dumps([list(output.outputs[0].token_ids) for output in outputs])}\n")


if __name__ == "__main__":
    main()
