"""`results.jsonl`: appended to line by line, and taken up again where a run was broken off."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from services.cli.adapters.credentials import try_lock
from services.cli.domain import JobLine, ResultLine, parse_line
from shared.errors import Conflict, InvalidRequest

PROBLEMS_SHOWN = 20


class Results:
    """Made by `open_results`."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.ids = self._take_up()
        """Of the results that are there already, in order."""

    def write(self, result: ResultLine) -> None:
        """Handed to the system before it returns: a kill afterwards does not lose it."""
        self._file.write(msgspec.json.encode(result) + b"\n")
        self._file.flush()

    def _take_up(self) -> list[str]:
        """A last line that a killed run did not finish is cut off."""
        self._file.seek(0)
        ids: list[str] = []
        whole = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                break
            ids.append(self._id_of(number, line))
            whole += len(line)
        self._file.truncate(whole)
        return ids

    def _id_of(self, number: int, line: bytes) -> str:
        try:
            return msgspec.json.decode(line, type=ResultLine).id
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidRequest(f"{self._path}, line {number} is no result of ours: {error}") from error


@contextmanager
def open_results(path: Path) -> Generator[Results]:
    """Locked, so that two runs do not write into one another.

    Raises `Conflict` when another run has the file, `InvalidRequest` when it holds something else than results.
    """
    with path.open("a+b") as file:
        if not try_lock(file):
            raise Conflict(f"{path} is being written by another run.")
        yield Results(path, file)


class JobFile:
    """The input, read twice: once to check all of it before anything is sent, once to send it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self, done: list[str]) -> int:
        """How many jobs there are. Raises `InvalidRequest` with every problem (the first twenty), or when the
        results that are `done` are not those of its first lines."""
        problems: list[str] = []
        seen: dict[str, int] = {}
        for number, text in self._numbered():
            try:
                line = parse_line(number, text)
            except InvalidRequest as error:
                problems.append(error.message)
                continue
            if line.id in seen:
                problems.append(f"line {number}: the id '{line.id}' stands in line {seen[line.id]} already")
            seen[line.id] = number
        if problems:
            shown = "\n".join(problems[:PROBLEMS_SHOWN])
            more = f"\n… and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
            raise InvalidRequest(f"{self._path}:\n{shown}{more}")
        if done != list(seen)[: len(done)]:
            raise InvalidRequest("The results that are there are of another input; give -o another file.")
        return len(seen)

    def lines(self, skip: int) -> Iterator[JobLine]:
        """The jobs after the first `skip`."""
        for position, (number, text) in enumerate(self._numbered()):
            if position >= skip:
                yield parse_line(number, text)

    def _numbered(self) -> Iterator[tuple[int, bytes]]:
        """Lines that are not blank, with their number in the file."""
        with self._path.open("rb") as file:
            for number, text in enumerate(file, 1):
                if text.strip():
                    yield number, text
