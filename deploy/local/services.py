"""The services of the embedded default: which processes there are, and what each one is told."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.child import ChildSpec
from deploy.local.engines import EngineChoice

SHUTDOWN_GRACE_S = "8"
"""What a service gives its running requests; under the time after which it is killed."""
WITH_DATABASE = ("audit", "retriever", "edge")
"""The services that own tables, in the order in which their migrations are shown."""
OURS = {
    "SLUICE_NATS_URL",
    "SLUICE_INSTANCE",
    "SLUICE_DATA_DIR",
    "SLUICE_DATABASE_URL",
    "SLUICE_HTTP_PORT",
    "SLUICE_KEYS_DIR",
}
"""What the caller's environment cannot say for a run that starts its own servers."""


@dataclass(frozen=True)
class Service:
    """One process to start."""

    name: str
    instance: str
    spec: ChildSpec
    ready_within_s: float = 90.0
    needs_database: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that the processes are made from."""

    root: Path
    data: Path
    nats_url: str
    database_url: str
    port: int
    workers: int
    engine: EngineChoice
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    def services(self) -> list[Service]:
        single = [self._service(name, 1) for name in ("audit", "embedder", "retriever")]
        workers = [self._service("inference", number) for number in range(1, self.workers + 1)]
        return [*single, *workers, self._service("edge", 1)]

    def migrations(self) -> list[tuple[str, list[str]]]:
        return [(name, self.module(f"services.{name}.migrations")) for name in WITH_DATABASE]

    def schema_version(self) -> str:
        """Of the migrations' sources: a cluster that has seen these needs no process to say that it has."""
        folders = [self.root / "services" / name / "migrations" for name in WITH_DATABASE]
        sources = sorted(path for folder in folders for path in folder.rglob("*.py"))
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()

    def add_admin(self) -> list[str]:
        arguments = ["add", "admin", "--role", "admin", "--generate-password"]
        return [*self.module("services.edge.users"), *arguments]

    def module(self, name: str) -> list[str]:
        return [sys.executable, "-m", name]

    def environment(self, service: str, instance: str) -> dict[str, str]:
        """The caller's environment (SLUICE_CORS_ORIGINS and the like pass), and over it what only we know."""
        own = {
            "SLUICE_NATS_URL": self.nats_url,
            "SLUICE_INSTANCE": instance,
            "SLUICE_DATA_DIR": str(self.data / service),
            "PYTHONUNBUFFERED": "1",
        }
        if service in WITH_DATABASE:
            own["SLUICE_DATABASE_URL"] = self.database_url
        if service == "edge":
            own |= {"SLUICE_HTTP_PORT": str(self.port), "SLUICE_KEYS_DIR": str(self.data / service / "keys")}
        if service == "inference":
            own["SLUICE_ENGINE"] = self.engine.engine
            own |= {"SLUICE_MODEL": self.engine.model} if self.engine.model else {}
        callers = {name: value for name, value in self.environ.items() if name not in OURS}
        return {"SLUICE_SHUTDOWN_GRACE_S": SHUTDOWN_GRACE_S, **callers, **own}

    def _service(self, name: str, number: int) -> Service:
        instance = f"{name}-{number}"
        uses_vllm = name == "inference" and self.engine.engine == "vllm"
        python = str(self.root / ".venv-vllm" / "bin" / "python") if uses_vllm else sys.executable
        command = [python, "-m", f"services.{name}"]
        grace_s = 20.0 if uses_vllm else 10.0  # vLLM takes seconds to end its engine
        spec = ChildSpec(instance, command, self.environment(name, instance), grace_s=grace_s)
        # vLLM may fetch and load gigabytes; it is alive all the while, and the supervisor says that it waits.
        within_s = 3600.0 if uses_vllm else 90.0
        return Service(name, instance, spec, within_s, needs_database=name in WITH_DATABASE)
