"""Server-sent events, as far as OpenAI's API uses them: each is one line of data."""

from shared.errors import EngineFailed

MAX_EVENT_BYTES = 1024 * 1024


class Events:
    """Bytes come as they come; what makes no whole line yet waits for its rest."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The data of each line that is complete. Raises `EngineFailed` for a line over `MAX_EVENT_BYTES`."""
        if self._rest:
            self._rest += data
            if b"\n" not in data:
                self._check(self._rest)
                return []
            data = bytes(self._rest)
            self._rest.clear()
        lines = data.split(b"\n")
        if rest := lines.pop():
            self._check(rest)
            self._rest += rest
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]

    def _check(self, line: bytes | bytearray) -> None:
        if len(line) > MAX_EVENT_BYTES:
            raise EngineFailed("The model's server sent an event that is too long.")
