"""`make run` with stand-in services, for the tests of the supervisor: real servers, real processes, no product.

A program of its own, since it is killed and started twice: `python stub_run.py <mode> <options of make run>`.
"""

import asyncio
import os
import sys
from dataclasses import dataclass, replace

from deploy.local.child import ChildSpec
from deploy.local.console import Console
from deploy.local.launch import launch
from deploy.local.options import parse
from deploy.local.services import Plan, Service
from deploy.local.supervisor import Parts

SLEEPER = "import time; time.sleep(3600)"
PARENT = (
    f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); time.sleep(3600)"
)
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"
BROKEN = "import sys; sys.exit('no such model')"
PROGRAMS = {"steady": SLEEPER, "parent": PARENT, "deaf": DEAF, "broken": BROKEN}
ADMIN_ONCE = """
import os, sys
try:
    os.close(os.open(os.environ["SLUICE_DATA_DIR"] + "-admin", os.O_CREAT | os.O_EXCL))
except FileExistsError:
    sys.exit(3)
print("s3cret")
"""


@dataclass(frozen=True)
class StubPlan(Plan):
    mode: str = "steady"

    def services(self) -> list[Service]:
        return [self._stub("steady-1", SLEEPER), self._stub(f"{self.mode}-2", PROGRAMS[self.mode])]

    def migrations(self) -> list[tuple[str, list[str]]]:
        return [("edge", [sys.executable, "-c", "print('migrated')"])]

    def add_admin(self) -> list[str]:
        return [sys.executable, "-c", ADMIN_ONCE]

    def _stub(self, name: str, program: str) -> Service:
        spec = ChildSpec(name, [sys.executable, "-c", program], dict(self.environ), grace_s=1.0)
        return Service(name, name, spec, ready_within_s=5.0)


class AnswersAtOnce:
    """Every service but `broken` is ready as soon as it is asked."""

    async def is_ready(self, service: Service) -> bool:
        await asyncio.sleep(0.2)
        return not service.name.startswith("broken")

    async def close(self) -> None:
        return None


def with_stubs(parts: Parts, mode: str) -> Parts:
    plan = parts.plan
    stub = StubPlan(
        plan.root,
        plan.data,
        plan.nats_url,
        plan.database_url,
        plan.port,
        1,
        plan.engine,
        os.environ,
        mode=mode,
    )
    return replace(parts, plan=stub, probe=AnswersAtOnce())


if __name__ == "__main__":
    mode = sys.argv[1]
    sys.exit(launch(parse(sys.argv[2:]), Console.on_stdout(), lambda parts: with_stubs(parts, mode)))
