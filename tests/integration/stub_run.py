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
from deploy.local.web import BUILD, Web
from deploy.local.web_build import Node, WebBuild, find_node

SLEEPER = "import time; time.sleep(3600)"
PARENT = (
    f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); time.sleep(3600)"
)
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"
BROKEN = "import sys; sys.exit('no such model')"
PROGRAMS = {"steady": SLEEPER, "parent": PARENT, "deaf": DEAF, "broken": BROKEN}
HEALTHY = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
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


class StubWeb(Web):
    """Takes a second to build, and serves an empty page of health; or finds no Node."""

    def find_node(self) -> Node:
        if os.environ.get("STUB_WEB") == "absent":
            return find_node({"PATH": ""})
        return Node(sys.executable, "npm", "22.0.0")

    def is_built(self, build: WebBuild) -> bool:
        return False

    def build_spec(self) -> ChildSpec:
        program = "import sys, time; print('cannot resolve'); time.sleep(1); sys.exit(int(sys.argv[1]))"
        status = "1" if os.environ.get("STUB_WEB") == "broken" else "0"
        return ChildSpec(BUILD, [sys.executable, "-c", program, status], dict(self.environ))

    def spec(self, node: Node) -> ChildSpec:
        return ChildSpec("web-1", [node.path, "-c", HEALTHY, str(self.port)], dict(self.environ), grace_s=1.0)


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
    web = parts.web and StubWeb(parts.plan.root, parts.web.port, 1, os.environ, parts.console, parts.logs)
    return replace(parts, plan=stub, probe=AnswersAtOnce(), web=web)


if __name__ == "__main__":
    mode = sys.argv[1]
    sys.exit(launch(parse(sys.argv[2:]), Console.on_stdout(), lambda parts: with_stubs(parts, mode)))
