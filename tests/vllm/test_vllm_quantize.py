"""`sluice quantize` for real: llmcompressor on the CPU, the worker on what it wrote, the gate on what is damaged."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from services.inference.adapters.vllm import VllmEngine, VllmOptions
from services.inference.adapters.vllm.options import engine_args
from services.inference.domain.checkpoint import method_of
from shared.messages import Sampling, ServedModel
from shared.settings import SettingsError
from tests.vllm.conftest import ENGINE_ARGS, HANG_S, ROOT
from tests.vllm.trained import chats, write_calibration
from tests.worker import asking, running_worker, text_of

pytestmark = [pytest.mark.vllm, pytest.mark.slow, pytest.mark.timeout(400)]

SLUICE = [str(ROOT / ".venv" / "bin" / "python"), "-m", "services.cli", "quantize"]
QUESTIONS = 12
"""Of the text that the model has learnt; its first sentences are what it knows best."""


class Made:
    """A model in full precision, a calibration file, and what became of the two."""

    def __init__(self, folder: Path) -> None:
        self.model, self.out, self.calibration = (
            folder / "model",
            folder / "out",
            folder / "calibration.jsonl",
        )
        python = str(ROOT / ".venv-quantize" / "bin" / "python")
        subprocess.run([python, "-m", "tests.vllm.trained", str(self.model)], cwd=ROOT, check=True)
        write_calibration(self.calibration)
        self.ended = self.run(self.out)

    def command(self, out: Path, *options: str) -> list[str]:
        paths = [str(self.model), str(out), "--calibration", str(self.calibration)]
        return [*SLUICE, *paths, "--scheme", "awq", "--window", "64", *options]

    def run(self, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(out, *options), cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("quantize"))


def test_it_says_how_far_it_is_and_how_the_two_compare(made: Made) -> None:
    assert made.ended.returncode == 0, made.ended.stderr
    assert "layer 1 of 2" in made.ended.stderr
    assert "layer 2 of 2" in made.ended.stderr
    assert "verdict          passed" in made.ended.stdout
    quality = json.loads((made.out / "sluice-quality.json").read_bytes())
    assert 0.95 < quality["agreement"] < 1  # in four bits nothing is quite the same
    assert 0.9 < quality["perplexity_after"] / quality["perplexity_before"] < 1.1
    assert quality["perplexity_after"] != quality["perplexity_before"]
    assert quality["bytes_after"] < 0.8 * quality["bytes_before"]
    assert method_of(json.loads((made.out / "config.json").read_bytes())) == "compressed-tensors"
    assert not list(made.out.parent.glob(".*"))


async def test_the_worker_serves_it(made: Made, nats_url: str) -> None:
    options = VllmOptions(model=str(made.out), engine_args=ENGINE_ARGS, hang_s=HANG_S)
    engine = VllmEngine(options, worker="worker", models=(ServedModel("gpt-4-local", 0),))
    asked = chats()[:QUESTIONS]
    async with asking(nats_url) as asker, running_worker(nats_url, engine=engine):
        sampling = Sampling(temperature=0.0, max_tokens=64)
        answers = [
            await asker.ask(
                asker.job(chat[0]["content"], request=f"r{number}", model="gpt-4-local", sampling=sampling)
            )
            for number, chat in enumerate(asked)
        ]
    assert all(answered.end.failure is None for answered in answers)
    known = [text_of(said) == chat[1]["content"] for said, chat in zip(answers, asked, strict=True)]
    assert sum(known) >= QUESTIONS - 2, [text_of(answered) for answered in answers]


def test_the_worker_refuses_a_setting_that_contradicts_the_checkpoint(made: Made, tiny_model: Path) -> None:
    def arguments(model: Path, quantization: str) -> str | None:
        options = VllmOptions(model=str(model), engine_args=f'{{"quantization": "{quantization}"}}', hang_s=0)
        return engine_args(options).quantization

    assert arguments(made.out, "compressed-tensors") == "compressed-tensors"
    assert arguments(tiny_model, "awq") == "awq"
    for model, wrong in ((made.out, "awq"), (tiny_model, "compressed-tensors"), (made.model, "awq")):
        with pytest.raises(SettingsError, match=f"quantization={wrong}: the checkpoint is"):
            arguments(model, wrong)


def test_a_damaged_checkpoint_does_not_pass(made: Made, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(made.out, damaged)
    tensors = load_file(damaged / "model.safetensors")
    for name, tensor in tensors.items():
        if name.endswith("mlp.down_proj.weight_scale"):
            tensors[name] = tensor * 0
    save_file(tensors, damaged / "model.safetensors", metadata={"format": "pt"})
    ended = made.run(damaged, "--judge")
    assert ended.returncode == 1, ended.stderr
    assert "failed: perplexity is" in ended.stdout
    assert "top-1 agreement is" in ended.stdout


def test_what_does_not_pass_gets_another_name(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = made.run(out, "--min-agreement", "1")
    assert ended.returncode == 1, ended.stderr
    assert not out.exists()
    assert (tmp_path / "out.rejected" / "config.json").exists()


def hear_ctrl_c() -> None:
    """A shell starts what it puts in the background deaf to it, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_run_leaves_nothing(made: Made, tmp_path: Path) -> None:
    process = subprocess.Popen(
        made.command(tmp_path / "out"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - no threads here that hold a lock
    )
    assert process.stderr is not None
    assert any("2/3" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert not list(tmp_path.iterdir())


def test_a_model_that_nobody_has_a_recipe_for_is_refused(made: Made, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(made.model, model)
    config = json.loads((model / "config.json").read_bytes())
    (model / "config.json").write_text(
        json.dumps({**config, "architectures": ["GPT2LMHeadModelForCausalLM"]})
    )
    ended = subprocess.run(
        [*SLUICE, str(model), str(tmp_path / "out"), "--calibration", str(made.calibration)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "AWQ has no recipe for it" in ended.stderr) == (2, True), ended.stderr


def test_a_model_of_a_hub_that_is_away_is_refused(made: Made, tmp_path: Path) -> None:
    command = [*SLUICE, "nobody/nothing", str(tmp_path / "out"), "--calibration", str(made.calibration)]
    environ = {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hub"),
        "PATH": str(Path(sys.executable).parent),
    }
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 4, ended.stderr
    assert "'nobody/nothing' is not on this disk, and the hub does not answer" in ended.stderr
