"""What a batch needs from outside."""

from typing import Protocol

from services.cli.domain import Completion, JobLine


class Answers(Protocol):
    async def complete(self, line: JobLine) -> Completion:
        """The whole answer. Raises the error that the job ended with; `Unavailable` is worth another try.

        Cancelled, it cancels the job.
        """
        ...
