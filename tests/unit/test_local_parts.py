"""The pure parts of `make run`: options, ports, environments, logs, and what is read of pip's configuration."""

import io
import os
from pathlib import Path
from socket import socket

import pytest

from deploy.checks.inner_layers import is_inner, may_import
from deploy.local.console import Console
from deploy.local.data import DataFolder, write_private
from deploy.local.engines import EngineChoice
from deploy.local.errors import StartError
from deploy.local.guard import follow
from deploy.local.indexes import from_pip
from deploy.local.logs import Logs
from deploy.local.options import parse
from deploy.local.ports import check_ports, free_port
from deploy.local.services import Plan

LAYERS, ALLOWED = ["domain", "usecases", "ports"], ["msgspec", "shared.messages"]


def plan(engine: str = "simulated", model: str = "", workers: int = 1) -> Plan:
    choice = EngineChoice(engine, model, "")
    environ = {"SLUICE_CORS_ORIGINS": "a", "SLUICE_DATABASE_URL": "not this"}
    return Plan(Path("/code"), Path("/data"), "nats://n", "postgresql://p", 8080, workers, choice, environ)


def test_options_have_defaults_and_an_absolute_data_folder() -> None:
    options = parse(["--workers=3", "--engine=simulated"])
    assert (options.workers, options.engine, options.port) == (3, "simulated", 8080)
    assert options.data == Path(".sluice").resolve()


@pytest.mark.parametrize(
    "wrong", ["--port=0", "--port=70000", "--workers=0", "--workers=x", "--engine=magic"]
)
def test_nonsense_is_refused(wrong: str) -> None:
    with pytest.raises(SystemExit) as refused:
        parse([wrong])
    assert refused.value.code == 2


def test_every_taken_port_is_named_with_its_setting() -> None:
    with socket() as one, socket() as other:
        taken: list[int] = []
        for listener in (one, other):
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            taken.append(listener.getsockname()[1])
        with pytest.raises(StartError) as refused:
            check_ports({"PORT": taken[0], "NATS_PORT": taken[1], "POSTGRES_PORT": free_port()})
    assert str(refused.value).splitlines() == [
        f"port {taken[0]} is taken; choose another with PORT, such as: make run PORT={taken[0] + 1}",
        f"port {taken[1]} is taken; choose another with NATS_PORT, such as: make run NATS_PORT={taken[1] + 1}",
    ]


def test_one_port_for_two_is_refused() -> None:
    port = free_port()
    with pytest.raises(StartError, match="NATS_PORT and PORT are both"):
        check_ports({"PORT": port, "NATS_PORT": port})


def test_each_worker_is_a_process_of_its_own() -> None:
    instances = [service.instance for service in plan(workers=2).services()]
    assert instances == ["audit-1", "embedder-1", "retriever-1", "inference-1", "inference-2", "edge-1"]


def test_a_service_is_told_what_it_needs_and_no_more() -> None:
    told = {service.name: service.spec.environment for service in plan(model="m").services()}
    assert told["edge"]["SLUICE_HTTP_PORT"] == "8080"
    assert told["edge"]["SLUICE_DATABASE_URL"] == "postgresql://p"
    assert told["edge"]["SLUICE_CORS_ORIGINS"] == "a"
    assert told["inference"]["SLUICE_ENGINE"] == "simulated"
    assert told["inference"]["SLUICE_MODEL"] == "m"
    assert told["inference"]["SLUICE_INSTANCE"] == "inference-1"
    assert "SLUICE_DATABASE_URL" not in told["inference"]
    assert "SLUICE_ENGINE" not in told["edge"]


def test_vllm_runs_in_its_own_environment() -> None:
    commands = {service.name: service.spec.command for service in plan("vllm", "m").services()}
    assert commands["inference"][0] == "/code/.venv-vllm/bin/python"
    assert commands["edge"][0] != commands["inference"][0]


def test_a_password_is_made_once_and_private(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.make()
    made = data.password("nats")
    assert len(made) >= 32
    assert data.password("nats") == made
    assert (data.secrets / "nats").stat().st_mode & 0o777 == 0o600


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert os.listdir(tmp_path) == ["secret"]  # noqa: PTH208


def test_a_log_is_bounded_while_its_writer_has_it_open(tmp_path: Path) -> None:
    logs = Logs(tmp_path, max_bytes=100)
    with logs.path("edge-1").open("ab", buffering=0) as writer:
        writer.write(b"a" * 101)
        logs.bound()
        writer.write(b"after\n")
    assert logs.tail("edge-1") == "after"
    assert (tmp_path / "edge-1.log.1").stat().st_size == 101


def test_the_guard_keeps_what_did_not_end() -> None:
    assert follow(["+ 10 nats\n", "+ 11 service\n", "- 11\n", "+ 12 service\n"]) == {
        10: "nats",
        12: "service",
    }


def test_stages_are_plain_without_a_terminal() -> None:
    out = io.StringIO()
    times = iter([1.0, 2.25])
    with Console(out, colour=False, clock=lambda: next(times)).stage("NATS") as stage:
        stage.detail = "up"
    assert out.getvalue() == "… NATS\n✓ NATS: up (1.2 s)\n"


def test_pips_places_become_uvs() -> None:
    listed = ":env:.find-links='/c'\nglobal.extra-index-url='one two'\nglobal.find-links='/a /b'\nglobal.timeout='1'\n"
    assert from_pip(listed) == {"UV_FIND_LINKS": "/c", "UV_INDEX": "one two"}
    assert from_pip("global.find-links='/a /b'") == {"UV_FIND_LINKS": "/a,/b"}


@pytest.mark.parametrize(
    ("imported", "allowed"),
    [
        ("asyncio", True),
        ("msgspec", True),
        ("shared.messages.chat", True),
        ("shared.subjects", False),
        ("nats", False),
        ("services.edge.ports", True),
        ("services.edge.settings", False),
        ("services.audit.ports", False),
    ],
)
def test_what_an_inner_layer_may_import(imported: str, allowed: bool) -> None:
    assert is_inner("services.edge.usecases.chat", LAYERS)
    assert not is_inner("services.edge.adapters.http", LAYERS)
    assert may_import("services.edge.usecases.chat", imported, LAYERS, ALLOWED) == allowed
