"""Ends what a killed supervisor leaves behind: `python -m deploy.local.guard`, told by lines on its input.

A supervisor that gets SIGKILL cannot stop its children. This process can: it lives in a session of its own, knows each
child's process group, and sees its input end when the supervisor is gone, however it went. Standard library only.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

from deploy.local.data import is_alive

ORDER = (("service", signal.SIGTERM, 10.0), ("postgres", signal.SIGINT, 8.0), ("nats", signal.SIGTERM, 4.0))
POLL_S = 0.05


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    left = follow(sys.stdin)
    for kind, stop_signal, grace_s in ORDER:
        end([group for group, its_kind in left.items() if its_kind == kind], stop_signal, grace_s)


def follow(lines: Iterable[str]) -> dict[int, str]:
    """`+ <group> <kind>` for a child that started, `- <group>` for one that ended. Returns what is left at the end."""
    running: dict[int, str] = {}
    for line in lines:
        words = line.split()
        if words[0] == "+":
            running[int(words[1])] = words[2]
        else:
            running.pop(int(words[1]), None)
    return running


def end(groups: list[int], stop_signal: signal.Signals, grace_s: float) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.kill(group, stop_signal)  # its leader alone: a leader stops its own in order
    deadline = time.monotonic() + grace_s
    while any(is_alive(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
