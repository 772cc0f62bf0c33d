"""One request in the simulated engine."""

import msgspec

from services.inference.adapters.mailbox import Mailbox
from services.inference.adapters.simulated.script import Script
from services.inference.ports import Output
from shared.messages import ChatJob, Finished, Part, Reasoning, Started, Usage


class SimulatedStream:
    """Says its scripts, one token of each choice a step. `ready_at`: when its prompt has been read, without the
    `cached_tokens`. `prompt`: token by token, where that matters."""

    __slots__ = (
        "_has_begun",
        "_length",
        "_place",
        "_scripts",
        "_shown",
        "_started",
        "cached_tokens",
        "mailbox",
        "prompt",
        "ready_at",
        "request",
        "user",
    )

    def __init__(
        self,
        job: ChatJob,
        started: Started,
        prompt: tuple[str, ...],
        scripts: tuple[Script, ...],
        mailbox: Mailbox,
        shown: int,
    ) -> None:
        """`shown`: so many tokens were delivered by earlier attempts."""
        self.request = job.request
        self.user = job.user
        self.prompt = prompt
        self.cached_tokens = 0
        self.mailbox = mailbox
        self.ready_at = 0.0
        self._started = started
        self._scripts = scripts
        self._place = self._shown = shown
        self._length = max(len(script.ids) for script in scripts)
        self._has_begun = False

    @property
    def prompt_tokens(self) -> int:
        return self._started.prompt_tokens

    @property
    def has_begun(self) -> bool:
        return self._has_begun

    @property
    def said(self) -> str:
        """The text of its first choice, whoever generated it."""
        script = self._scripts[0]
        return "".join(script.pieces[: max(0, self._place - len(script.acted))])

    @property
    def over(self) -> bool:
        return self._place >= self._length

    def step(self) -> None:
        ids: list[int] = []
        parts: list[Part] = []
        replayed: tuple[Part, ...] = ()
        if not self._has_begun:
            self._has_begun = True
            parts.append(msgspec.structs.replace(self._started, cached_tokens=self.cached_tokens))
            replayed = self._scripts[0].said(self._place)
        place = self._place
        for choice, script in enumerate(self._scripts):
            last = len(script.ids) - 1
            if place <= last:
                ids.append(script.ids[place])
                parts.append(script.part(place, choice))
            if place == last or (place == self._shown and place > last):  # an empty one, or shown whole
                parts.append(Finished(script.reason, choice))
        self._place = place + 1
        usage = self._usage() if self.over else None
        self.mailbox.put(Output(tuple(ids), tuple(parts), usage, replayed))
        if usage is not None:
            self.mailbox.close()

    def _usage(self) -> Usage:
        completed = sum(len(script.ids) for script in self._scripts)
        thought = sum(isinstance(part, Reasoning) for script in self._scripts for part in script.acted)
        return Usage(self.prompt_tokens, completed, self.cached_tokens, thought)
