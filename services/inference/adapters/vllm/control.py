"""What a front end and the owner of its engine say to each other."""

import msgspec


class Attach(msgspec.Struct, frozen=True, tag=True):
    """Front end `index` has no engine. The answer, `Attached`, comes when there is one."""

    index: int


class Beat(msgspec.Struct, frozen=True, tag=True):
    """Each half second: how many steps it has heard of since it attached, and whether it waits for more."""

    index: int
    steps: int
    is_busy: bool


class Attached(msgspec.Struct, frozen=True):
    """Where vLLM's client has to listen: addresses of ZeroMQ."""

    input: str
    output: str
    processes: list[int]
    """The engine's, by id."""


Said = Attach | Beat
