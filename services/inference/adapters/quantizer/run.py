"""One run: measure the original, quantise it, measure the result, and let it appear if it is good enough."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from services.inference.adapters.quantizer import texts
from services.inference.adapters.quantizer.compress import Tell, Windows, check_layers, compress
from services.inference.adapters.quantizer.folders import (
    check_model,
    check_request,
    config_of,
    is_hub_id,
    partial,
    rejected,
)
from services.inference.adapters.quantizer.hub import fetch
from services.inference.adapters.quantizer.measure import measure
from services.inference.domain.quantizing import Request, Verdict, judge, windows_of
from shared.errors import InvalidRequest, Unprocessable

QUALITY = "sluice-quality.json"


def quantize(request: Request, tell: Tell) -> tuple[Verdict, Path]:
    """The verdict, and where the checkpoint lies: OUT only where it passed. Raises `SluiceError`."""
    out = Path(request.out).absolute()
    check_request(request)
    folder = _folder(request, out)
    check_layers(folder)
    tokenizer, used, held = _windows(folder, request)
    with partial(out) as making, _memory_errors():
        tell(f"1/3 measuring the original on {len(held)} held windows of {request.window} tokens")
        before = measure(folder, held)
        tell(f"2/3 quantising with {len(used)} windows on {_device()}")
        compress(folder, making, tokenizer, used, tell)
        tell("3/3 measuring the result")
        verdict = judge(before, measure(making, held), request)
        (making / QUALITY).write_bytes(msgspec.json.format(msgspec.json.encode(verdict)) + b"\n")
        place = out if verdict.passed else rejected(out)
        making.rename(place)
    return verdict, place


def compare(request: Request, tell: Tell) -> Verdict:
    """Judges the checkpoint that lies at OUT, and writes nothing."""
    out = Path(request.out).absolute()
    config_of(out)
    folder = _folder(request, out)
    _, _, held = _windows(folder, request)
    with _memory_errors():
        tell(f"1/2 measuring the original on {len(held)} held windows of {request.window} tokens")
        before = measure(folder, held)
        tell(f"2/2 measuring {out}")
        return judge(before, measure(out, held), request)


@contextmanager
def _memory_errors() -> Generator[None]:
    """A GPU that is too small is no bug of ours."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise Unprocessable("The GPU's memory is too small for this model.") from error


def _folder(request: Request, out: Path) -> Path:
    folder = fetch(request.model, out) if is_hub_id(request.model) else Path(request.model)
    check_model(folder)
    return folder


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "the CPU"


def _windows(folder: Path, request: Request) -> tuple[PreTrainedTokenizerBase, Windows, Windows]:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"The tokenizer in {folder} cannot be loaded.") from error
    tokens: list[int] = []
    for text in texts.read(Path(request.calibration)):
        if isinstance(text, str):
            tokens += tokenizer(text, verbose=False)["input_ids"]
        elif tokenizer.chat_template:
            tokens += tokenizer.apply_chat_template(text, tokenize=True, return_dict=False)
        else:
            raise InvalidRequest(
                "The calibration file holds conversations, and the model has no chat template."
            )
    return tokenizer, *windows_of(tokens, request)
