"""What the person at the terminal reads: a line when a stage begins, a line with its time when it is done."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TextIO

GREEN, YELLOW, RED, BOLD, DIM, PLAIN = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


class Stage:
    """A stage that runs; set `detail` for the line that ends it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.detail = ""


class Console:
    def __init__(self, out: TextIO, *, colour: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._colour = colour
        self._clock = clock

    @classmethod
    def on_stdout(cls) -> "Console":
        return cls(sys.stdout, colour=sys.stdout.isatty())

    @contextmanager
    def stage(self, name: str) -> Generator[Stage]:
        """Says nothing more when it fails: whoever catches the error has the words."""
        started = self._clock()
        self._line("…", DIM, f"{name}")
        stage = Stage(name)
        yield stage
        text = f"{name}: {stage.detail}" if stage.detail else name
        self._line("✓", GREEN, f"{text} ({self._clock() - started:.1f} s)")

    def say(self, text: str = "") -> None:
        # Nobody may be reading any more (the terminal is closed); to stop in order matters more.
        with suppress(BrokenPipeError):
            print(text, file=self._out, flush=True)

    def note(self, text: str) -> None:
        self._line("·", DIM, text)

    def warn(self, text: str) -> None:
        self._line("!", YELLOW, text)

    def error(self, text: str) -> None:
        self._line("✗", RED, text)

    def bold(self, text: str) -> str:
        return f"{BOLD}{text}{PLAIN}" if self._colour else text

    def _line(self, mark: str, colour: str, text: str) -> None:
        shown = f"{colour}{mark}{PLAIN}" if self._colour else mark
        self.say(f"{shown} {text}")
