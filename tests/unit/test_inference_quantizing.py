"""What `sluice quantize` refuses before it begins, what it holds back, and when it is content."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file  # pyright: ignore[reportUnknownVariableType] - numpy arrays of any kind

from services.cli.app import cli
from services.inference import quantize
from services.inference.adapters.quantizer.folders import partial, tensors_of
from services.inference.domain.checkpoint import contradiction, method_of
from services.inference.domain.quantizing import Measured, Request, expected_bytes, judge, windows_of
from shared.errors import Conflict, InvalidRequest

REQUEST = Request(model="m", out="o", calibration="c", window=64)
CONFIG: dict[str, Any] = {"architectures": ["Qwen2ForCausalLM"]}
AWQ: dict[str, Any] = {"quantization_config": {"quant_method": "awq"}}
PACKED: dict[str, Any] = {"quantization_config": {"quant_method": "compressed-tensors"}}


@pytest.mark.parametrize(
    ("config", "method"),
    [
        (AWQ, "awq"),
        (PACKED, "compressed-tensors"),
        ({"compression_config": {"quant_method": "compressed_tensors"}}, "compressed-tensors"),
        ({"text_config": AWQ}, "awq"),
        ({"quantization_config": {"bits": 4}}, "unknown"),
        ({"quantization_config": None}, ""),
        (CONFIG, ""),
    ],
)
def test_a_checkpoint_says_how_it_is_quantised(config: dict[str, Any], method: str) -> None:
    assert method_of(config) == method


@pytest.mark.parametrize(
    ("config", "asked", "fits"),
    [
        (AWQ, None, True),
        (AWQ, "awq", True),
        (AWQ, "awq_marlin", True),
        (AWQ, "gptq", False),
        (AWQ, "fp8", False),
        (PACKED, "compressed-tensors", True),
        (PACKED, "awq", False),
        (CONFIG, "fp8", True),
        (CONFIG, "awq", False),
        (CONFIG, "compressed-tensors", False),
    ],
)
def test_a_setting_may_not_contradict_it(config: dict[str, Any], asked: str | None, fits: bool) -> None:
    assert (contradiction(config, asked) == "") is fits


def measured(perplexity: float, *top1: int) -> Measured:
    return Measured(perplexity, len(top1), top1, 100)


def test_the_verdict_names_each_reason() -> None:
    whole = measured(10.0, 1, 2, 3, 4)
    assert judge(whole, measured(10.9, 1, 2, 3, 4), REQUEST).passed
    worse = judge(whole, measured(12.0, 1, 2, 3, 9), REQUEST)
    assert worse.reasons == (
        "perplexity is 1.200 times the original's, over 1.1",
        "top-1 agreement is 75.0%, below 85%",
    )


@pytest.mark.parametrize("perplexity", [math.nan, math.inf])
def test_what_predicts_nothing_does_not_pass(perplexity: float) -> None:
    verdict = judge(measured(10.0, 1), measured(perplexity, 1), REQUEST)
    assert not verdict.passed
    assert json.loads(msgspec.json.encode(verdict))["perplexity_after"] is None


def test_held_windows_are_none_that_are_calibrated_on() -> None:
    used, held = windows_of(range(64 * 50 + 63), REQUEST)
    assert (len(used), len(held)) == (40, 10)
    assert not {window[0] for window in used} & {window[0] for window in held}
    few, fewer = windows_of(range(64 * 500), msgspec.structs.replace(REQUEST, samples=40))
    assert (len(few), len(fewer)) == (40, 20)
    assert few[-1][0] > 64 * 450  # from all of the text


def test_too_few_tokens_are_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"2500 tokens are 39 windows of 64"):
        windows_of(range(2500), REQUEST)


def test_matrices_shrink_and_embeddings_stay() -> None:
    size = 1024 * 1024 * 2
    tensors = {
        "q_proj.weight": ((1024, 1024), size),
        "embed_tokens.weight": ((1024, 1024), size),
        "norm": ((8,), 16),
    }
    assert expected_bytes(tensors) == 1024 * 1024 * 4.1875 / 8 + size + 16


class Inputs(NamedTuple):
    model: Path
    out: Path
    calibration: Path

    def run(self) -> tuple[str, ...]:
        return (str(self.model), str(self.out), "--calibration", str(self.calibration), "--only-check")


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    found = Inputs(tmp_path / "model", tmp_path / "out", tmp_path / "text.txt")
    found.model.mkdir()
    write_config(found, CONFIG)
    save_file({"q_proj.weight": np.zeros((128, 128), np.float16)}, found.model / "model.safetensors")
    found.calibration.write_text("The keeper of the lock. " * 200)
    return found


def write_config(inputs: Inputs, config: object) -> None:
    (inputs.model / "config.json").write_text(json.dumps(config))


def test_what_is_right_is_not_refused(inputs: Inputs) -> None:
    assert quantize.main(inputs.run()) == 0
    assert tensors_of(inputs.model) == {"q_proj.weight": ([128, 128], 128 * 128 * 2)}
    assert not inputs.out.exists()


WRONG: dict[str, tuple[Callable[[Inputs], object], str]] = {
    "quantised": (lambda i: write_config(i, {**CONFIG, **AWQ}), "quantised already (awq)"),
    "unsupported": (
        lambda i: write_config(i, {"architectures": ["BertModel"]}),
        "'BertModel' is not supported",
    ),
    "experts": (lambda i: write_config(i, {**CONFIG, "num_experts": 8}), "mixture of experts"),
    "no object": (lambda i: write_config(i, []), "is not an object"),
    "no config": (lambda i: (i.model / "config.json").unlink(), "holds no model"),
    "no weights": (lambda i: (i.model / "model.safetensors").unlink(), "There are no weights"),
    "damaged": (lambda i: (i.model / "model.safetensors").write_bytes(b"12345678x"), "is damaged"),
    "no model": (lambda i: shutil.rmtree(i.model), "is neither a folder nor a model's id"),
    "out is there": (lambda i: i.out.mkdir(), "out exists already"),
    "rejected": (lambda i: i.out.with_name("out.rejected").mkdir(), "out.rejected exists already"),
    "no text": (lambda i: i.calibration.unlink(), "There is no calibration file"),
    "empty": (lambda i: i.calibration.write_text(""), "is empty"),
    "small": (lambda i: i.calibration.write_text("Few."), "is too small"),
    "binary": (lambda i: i.calibration.write_bytes(b"\xff" * 4096), "is not UTF-8"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input_is_refused_in_a_sentence(
    wrong: str, inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, said = WRONG[wrong]
    spoil(inputs)
    assert quantize.main(inputs.run()) == 2
    told = capsys.readouterr().err
    assert told.startswith("sluice: ")
    assert told.count("\n") == 1
    assert said in told


def test_no_room_is_told_with_what_it_takes(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = shutil.disk_usage(inputs.model)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", {inputs.out.parent: usage}.get)
    assert quantize.main(inputs.run()) == 1
    assert "No room: some 0.0 MB are needed" in capsys.readouterr().err


def test_a_line_that_is_no_sample_is_named(inputs: Inputs, capsys: pytest.CaptureFixture[str]) -> None:
    lines = inputs.calibration.with_suffix(".jsonl")
    good = json.dumps({"messages": [{"role": "user", "content": "x" * 3000}]})
    lines.write_text(f'{good}\n{{"prompt": "no"}}\n')
    assert quantize.main(inputs._replace(calibration=lines).run()) == 2
    assert "line 2 of the calibration file" in capsys.readouterr().err


def test_a_window_that_makes_no_sense_is_named(inputs: Inputs, capsys: pytest.CaptureFixture[str]) -> None:
    assert quantize.main([*inputs.run(), "--window", "7"]) == 2
    assert "$.window" in capsys.readouterr().err


def test_the_command_ends_with_the_modules_exit_code(inputs: Inputs) -> None:
    """And before anything is installed."""
    inputs.out.mkdir()
    arguments = [one for one in inputs.run() if one != "--only-check"]
    assert CliRunner().invoke(cli, ["quantize", *arguments]).exit_code == 2


def test_what_a_killed_run_left_is_cleared_and_a_living_one_is_left_alone(tmp_path: Path) -> None:
    left = tmp_path / ".out.partial"
    (left / "deep").mkdir(parents=True)
    with partial(tmp_path / "out") as making:
        assert making == left
        assert not list(making.iterdir())
        with pytest.raises(Conflict, match="Another run"), partial(tmp_path / "out"):
            pass
        assert making.exists()
    assert not list(tmp_path.iterdir())
