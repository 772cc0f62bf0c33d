"""An answer that is being written, as every edge can know it."""

import msgspec

from shared.messages import Passage


class LiveAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that the beginning of its stream says. Times are Unix seconds."""

    request: str
    user: str
    chat: str
    message_id: str
    model: str
    created_at: float
    deadline: float
    choices: int = 1
    passages: tuple[Passage, ...] = ()
    notices: tuple[str, ...] = ()
    """Codes."""
    goes_on: bool = False
    """It was there before, and has got results of calls since."""
