"""The script that starts a worker's container, on a `docker` that only writes down what it was asked."""

import itertools
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "inference" / "deploy_vllm.sh"
TOKEN, PASSWORD = "hf_very_secret", "bus_secret"
NATS_URL = f"nats://sluice:{PASSWORD}@bus:4222"

DOCKER = """#!/bin/bash
case "$1 $2" in
  "info --format") echo "${STUB_RUNTIMES-nvidia runc }" ;;
  "image inspect") [[ -z "${STUB_NO_IMAGE-}" ]] ;;
  "container inspect") [[ -n "${STUB_EXISTS-}" ]] ;;
  "rm --force") echo "$3" >"$STUB/removed" ;;
  run*) printf '%s\\0' "$@" >"$STUB/arguments"; env -0 >"$STUB/environment" ;;
  *) exit 64 ;;
esac
"""


class Machine:
    """A folder with a stub on its PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = folder / "bin"
        programs.mkdir()
        for name in ("bash", "env", "grep", "tr", "xargs", "sed", "realpath", "basename", "printf"):
            found = shutil.which(name)
            assert found is not None
            (programs / name).symlink_to(found)
        self.docker = programs / "docker"
        self.docker.write_text(DOCKER)
        self.docker.chmod(0o755)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        told = {
            "PATH": str(self.folder / "bin"),
            "STUB": str(self.folder),
            "HOME": str(self.folder),
            **environment,
        }
        command = [str(self.folder / "bin" / "bash"), str(SCRIPT), *arguments]
        return subprocess.run(command, env=told, capture_output=True, text=True, timeout=30, check=False)

    def started(self, *arguments: str, **environment: str) -> list[str]:
        """What `docker` was asked."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        for secret in (TOKEN, PASSWORD):
            assert secret not in done.stdout + done.stderr
        return (self.folder / "arguments").read_text().split("\0")[:-1]

    def environment(self) -> dict[str, str]:
        """Out of which `docker` takes what it is told by name alone."""
        lines = (self.folder / "environment").read_text().split("\0")
        return dict(line.split("=", 1) for line in lines if line)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def values(arguments: list[str], option: str) -> list[str]:
    return [after for name, after in itertools.pairwise(arguments) if name == option]


def test_a_worker_as_the_mission_has_it(machine: Machine) -> None:
    arguments = machine.started(SLUICE_NATS_URL=NATS_URL, HF_TOKEN=TOKEN)
    assert arguments[0] == "run"
    assert values(arguments, "--gpus") == ["all"]
    assert values(arguments, "--runtime") == ["nvidia"]
    assert values(arguments, "--restart") == ["unless-stopped"]
    assert values(arguments, "--name") == ["sluice-inference"]
    assert values(arguments, "--volume") == ["huggingface:/var/lib/sluice/huggingface"]
    assert "--ipc=host" in arguments
    assert arguments[-1] == "sluice-inference-gpu"
    told = machine.environment()
    assert told["SLUICE_ENGINE"] == "vllm"
    assert told["SLUICE_MODEL"] == "Qwen/Qwen2.5-7B-Instruct-AWQ"
    assert told["SLUICE_ENGINE_QUANTIZATION"] == "awq"
    assert told["SLUICE_SERVED_MODEL_NAME"] == "gpt-4-local"
    passed = values(arguments, "--env")
    assert {"SLUICE_MODEL", "SLUICE_ENGINE_QUANTIZATION", "SLUICE_SERVED_MODEL_NAME", "SLUICE_ENGINE"} <= set(
        passed
    )


@pytest.mark.parametrize("way", [(), ("--server",)])
@pytest.mark.parametrize("variable", ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
def test_secrets_pass_from_environment_to_environment(
    machine: Machine, way: tuple[str, ...], variable: str
) -> None:
    arguments = machine.started(
        *way,
        SLUICE_NATS_URL=NATS_URL,
        SLUICE_DATABASE_URL="postgresql://x",
        VLLM_API_KEY=PASSWORD,
        **{variable: TOKEN},
    )
    assert not any(secret in word for secret in (TOKEN, PASSWORD) for word in arguments)
    passed = values(arguments, "--env")
    assert "HF_TOKEN" in passed
    assert machine.environment()["HF_TOKEN"] == TOKEN
    assert ("VLLM_API_KEY" if way else "SLUICE_NATS_URL") in passed
    assert "SLUICE_DATABASE_URL" not in passed


def test_no_token_is_no_variable(machine: Machine) -> None:
    assert "HF_TOKEN" not in machine.started(SLUICE_NATS_URL=NATS_URL)


def test_what_is_printed_has_no_secret_and_starts_nothing(machine: Machine) -> None:
    done = machine.run("--print", SLUICE_NATS_URL=NATS_URL, HF_TOKEN=TOKEN)
    assert done.returncode == 0
    assert done.stdout.startswith("docker run --detach")
    assert "--env HF_TOKEN " in done.stdout
    assert TOKEN not in done.stdout
    assert PASSWORD not in done.stdout
    assert not (machine.folder / "arguments").exists()


def test_settings_reach_the_worker_as_they_are(machine: Machine) -> None:
    words = "--limit-mm-per-prompt '{\"image\": 2}' --seed 7"
    machine.started(
        "--eager", SLUICE_NATS_URL=NATS_URL, SLUICE_ENGINE_ARGS=words, SLUICE_ENGINE_KV_CACHE_DTYPE="fp8"
    )
    told = machine.environment()
    assert told["SLUICE_ENGINE_ARGS"] == words
    assert told["SLUICE_ENGINE_KV_CACHE_DTYPE"] == "fp8"
    assert told["SLUICE_ENGINE_ENFORCE_EAGER"] == "true"


def test_vllms_own_server_is_told_the_same_in_its_words(machine: Machine) -> None:
    arguments = machine.started(
        "--server",
        "--eager",
        SLUICE_ENGINE_ENABLE_PREFIX_CACHING="false",
        SLUICE_ENGINE_TENSOR_PARALLEL_SIZE="2",
        SLUICE_ENGINE_SPECULATION='{"method": "ngram", "num_speculative_tokens": 4}',
        SLUICE_ENGINE_ARGS="--limit-mm-per-prompt '{\"image\": 2}' --max-model-len 4096",
    )
    place = arguments.index("vllm/vllm-openai:v0.32.0")
    assert values(arguments[:place], "--publish") == ["127.0.0.1:8000:8000"]
    assert values(arguments[:place], "--name") == ["sluice-vllm"]
    words = arguments[place + 1 :]
    assert words[0] == "Qwen/Qwen2.5-7B-Instruct-AWQ"
    assert values(words, "--served-model-name") == ["gpt-4-local"]
    assert values(words, "--quantization") == ["awq"]
    assert values(words, "--dtype") == ["half"]
    assert values(words, "--gpu-memory-utilization") == ["0.90"]
    assert values(words, "--max-model-len") == ["8192", "4096"]
    assert values(words, "--tensor-parallel-size") == ["2"]
    assert values(words, "--limit-mm-per-prompt") == ['{"image": 2}']
    assert values(words, "--speculative-config") == ['{"method": "ngram", "num_speculative_tokens": 4}']
    assert {"--enforce-eager", "--no-enable-prefix-caching"} <= set(words)


def test_a_model_of_this_machine_is_shown_to_the_container(machine: Machine, tmp_path: Path) -> None:
    model = tmp_path / "a model"
    model.mkdir()
    template = tmp_path / "my template.jinja"
    template.write_text("{{ messages }}")
    arguments = machine.started(
        SLUICE_NATS_URL=NATS_URL, SLUICE_MODEL=str(model), SLUICE_ENGINE_CHAT_TEMPLATE=str(template)
    )
    volumes = values(arguments, "--volume")
    assert f"{model}:/models/a model:ro" in volumes
    assert f"{template}:/etc/sluice/chat_template.jinja:ro" in volumes
    told = machine.environment()
    assert told["SLUICE_MODEL"] == "/models/a model"
    assert told["SLUICE_ENGINE_CHAT_TEMPLATE"] == "/etc/sluice/chat_template.jinja"
    assert "SLUICE_ENGINE_QUANTIZATION" not in told


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "u:p@127.0.0.1"])
def test_a_bus_on_this_machine_is_reached_by_its_network(machine: Machine, host: str) -> None:
    assert values(machine.started(SLUICE_NATS_URL=f"nats://{host}:4222"), "--network") == ["host"]
    there = machine.started("--network", "sluice_default", SLUICE_NATS_URL=f"nats://{host}:4222")
    assert values(there, "--network") == ["sluice_default"]
    assert not values(machine.started(SLUICE_NATS_URL=NATS_URL), "--network")


@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        ([], {}, "SLUICE_NATS_URL is not set"),
        (["--nonsense"], {}, "what is --nonsense?"),
        (["--gpus"], {}, "--gpus needs a value"),
        ([], {"SLUICE_NATS_URL": NATS_URL, "STUB_RUNTIMES": "runc "}, "no runtime 'nvidia'"),
        ([], {"SLUICE_NATS_URL": NATS_URL, "STUB_NO_IMAGE": "1"}, "docker build -f deploy/docker/Dockerfile"),
        ([], {"SLUICE_NATS_URL": NATS_URL, "STUB_EXISTS": "1"}, "sluice-inference is there already"),
        ([], {"SLUICE_NATS_URL": NATS_URL, "SLUICE_MODEL": "./nowhere"}, "./nowhere is no folder"),
        ([], {"SLUICE_NATS_URL": NATS_URL, "SLUICE_ENGINE_CHAT_TEMPLATE": "nowhere"}, "nowhere is no file"),
        (
            [],
            {"SLUICE_NATS_URL": NATS_URL, "SLUICE_ENGINE_ARGS": f"--hf-token {TOKEN}"},
            "goes into HF_TOKEN",
        ),
        (["--server"], {"SLUICE_ENGINE_ARGS": '{"seed": 1}'}, "not as JSON"),
        (["--server"], {"SLUICE_ENGINE_ARGS": "--a 'b"}, "a quotation mark is left open"),
        (["--server"], {"SLUICE_ENGINE_SPECULATION": "ngram"}, "as JSON only"),
    ],
)
def test_what_cannot_work_is_refused_before_it_runs(
    machine: Machine, arguments: list[str], environment: dict[str, str], reason: str
) -> None:
    done = machine.run(*arguments, HF_TOKEN=TOKEN, **environment)
    assert done.returncode == 2
    assert reason in done.stderr
    assert TOKEN not in done.stderr
    assert PASSWORD not in done.stderr
    assert not (machine.folder / "arguments").exists()


def test_without_docker_it_says_so(machine: Machine) -> None:
    machine.docker.unlink()
    done = machine.run(SLUICE_NATS_URL=NATS_URL)
    assert done.returncode == 2
    assert "docker is not there" in done.stderr


def test_a_container_that_is_there_is_replaced_when_told(machine: Machine) -> None:
    machine.started("--replace", SLUICE_NATS_URL=NATS_URL, STUB_EXISTS="1")
    assert (machine.folder / "removed").read_text().strip() == "sluice-inference"


def test_its_help_is_its_head(machine: Machine) -> None:
    done = machine.run("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Starts an inference worker")
    assert "--server" in done.stdout
