"""One request's outputs, read in the very call in which vLLM brings them: no task wakes for a token."""

from collections.abc import Callable
from typing import Any

from vllm.exceptions import VLLMValidationError
from vllm.lora.request import LoRARequest
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError

from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.vllm.outputs import ABORTED, OutputReader
from services.inference.adapters.vllm.prompts import Prompt
from services.inference.adapters.vllm.requests import refusal
from shared.errors import EngineFailed, SluiceError
from shared.messages import ChatJob


class Tap:
    """Stands where vLLM's own collector would gather what a task of its own then fetches: that costs as much as making
    the output. `ended` is called when vLLM has nothing more to give, `broke` when it has but we cannot read it; `why`
    says why it was made to stop."""

    def __init__(
        self,
        mailbox: Mailbox,
        reader: OutputReader,
        *,
        ended: Callable[[], None],
        broke: Callable[[], None],
        why: Callable[[], SluiceError | None],
    ) -> None:
        self._mailbox = mailbox
        self._reader = reader
        self._ended = ended
        self._broke = broke
        self._why = why

    async def open(self, llm: AsyncLLM, prompt: Prompt, request: str, adapter: LoRARequest | None) -> str:
        """vLLM's own name for the request. What came while it was being added has not been read yet."""
        collector: Any = await llm.add_request(
            request, prompt.input, prompt.params, lora_request=adapter, **prompt.extras
        )
        collector.put = self.put
        if collector.output is not None:
            self.put(collector.output)
        return collector.request_id

    def put(self, given: Any) -> None:
        """Raises nothing: an error here would end all streams. vLLM puts errors here, too."""
        if isinstance(given, Exception):
            self._close(failure(given))
            return
        try:
            self._read(given)
        except Exception as error:  # noqa: BLE001 the trouble of this one stream
            self._broke()
            self._mailbox.close(failure(error))

    def _read(self, given: Any) -> None:
        if given.finished and any(choice.finish_reason == ABORTED for choice in given.outputs):
            self._close(self._why() or EngineFailed("The engine aborted this request."))
            return
        if (output := self._reader.output(given)) is not None:
            self._mailbox.put(output)
        if given.finished:
            self._close(None)

    def _close(self, error: SluiceError | None) -> None:
        self._ended()
        self._mailbox.close(error)


def failure(error: Exception, asked: ChatJob | None = None) -> SluiceError:
    """vLLM's error as ours. `asked`: where it may be the question's fault."""
    if isinstance(error, SluiceError):
        return error
    if isinstance(error, EngineDeadError):
        return EngineFailed("The engine has died.")
    if asked is not None and isinstance(error, (VLLMValidationError, ValueError)):
        return refusal(error, asked)
    return EngineFailed("The engine gave up on this request.")
