"""`make stop`: asks the run in a data folder to stop, and waits until it has."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from deploy.local.data import is_alive, owner_of

WITHIN_S = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make stop")
    parser.add_argument("--data", type=Path, default=Path(".sluice"))
    data: Path = parser.parse_args().data
    owner = owner_of(data / "lock")
    if not owner or not is_alive(owner):
        print(f"nothing runs on {data}")
        return 0
    os.kill(owner, signal.SIGTERM)
    deadline = time.monotonic() + WITHIN_S
    while is_alive(owner) and time.monotonic() < deadline:
        time.sleep(0.1)
    if is_alive(owner):
        print(f"process {owner} still runs after {WITHIN_S:.0f} s", file=sys.stderr)
        return 1
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
