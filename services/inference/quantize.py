"""`python -m services.inference.quantize`: a model in four bits, and whether it is still the same model.

`sluice quantize` runs it twice: with `--only-check` where torch is not installed, to refuse at once what it can, and
then in `.venv-quantize`. Exit codes: 0 done; 1 failed, or not good enough; 2 wrong input; 4 the hub is away;
130 interrupted.
"""

import argparse
import logging
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import msgspec

from services.inference.adapters.quantizer import folders, texts
from services.inference.domain.quantizing import Request, Verdict
from shared.errors import InvalidRequest, NotFound, SluiceError, Unavailable

EXIT_CODES: dict[type[SluiceError], int] = {InvalidRequest: 2, NotFound: 2, Unavailable: 4}
INTERRUPTED = 130
ENVIRONMENT = {
    "LLM_COMPRESSOR_LOG_DISABLED": "true",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
"""What the libraries read when they are imported; what the user has set stays."""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="sluice quantize", description="Write MODEL as OUT in four bits, and compare the two."
    )
    top.add_argument("model", metavar="MODEL", help="a folder, or a model's id on the hub, in full precision")
    top.add_argument(
        "out", metavar="OUT", help="the folder to make; it appears only when the result is good enough"
    )
    top.add_argument("--scheme", choices=["awq"], default="awq")
    top.add_argument(
        "--calibration", required=True, metavar="FILE", help="text, or .jsonl with text or messages"
    )
    top.add_argument("--window", type=int, default=512, help="tokens of a sample (512)")
    top.add_argument("--samples", type=int, default=256, help="samples to calibrate on, at most (256)")
    top.add_argument("--max-perplexity-ratio", type=float, default=1.10, help="against the original's (1.10)")
    top.add_argument(
        "--min-agreement", type=float, default=0.85, help="share of equal likeliest tokens (0.85)"
    )
    top.add_argument("--judge", action="store_true", help="OUT is there already: only compare")
    top.add_argument("--only-check", action="store_true", help=argparse.SUPPRESS)
    return top


def run(arguments: argparse.Namespace) -> int:
    asked = {name: value for name, value in vars(arguments).items() if name in Request.__struct_fields__}
    try:
        request = msgspec.convert(asked, Request)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"An option makes no sense: {error}") from error
    texts.read(Path(request.calibration))
    if not arguments.judge:
        folders.check_request(request)
    if arguments.only_check:
        return 0
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from services.inference.adapters.quantizer.run import compare, quantize  # noqa: PLC0415 - imports torch

    if arguments.judge:
        verdict, place = compare(request, tell), Path(request.out)
    else:
        verdict, place = quantize(request, tell)
    sys.stdout.write(report(verdict, place))
    return 0 if verdict.passed else 1


def report(verdict: Verdict, place: Path) -> str:
    after = "not finite" if verdict.perplexity_after is None else f"{verdict.perplexity_after:.3f}"
    sizes = f"{folders.readable(verdict.bytes_before)} → {folders.readable(verdict.bytes_after)}"
    lines = {
        "perplexity": f"{verdict.perplexity_before:.3f} → {after}, at most {verdict.max_perplexity_ratio:g} times",
        "top-1 agreement": f"{verdict.agreement:.1%}, at least {verdict.min_agreement:.0%}",
        "held tokens": str(verdict.tokens),
        "weights": f"{sizes} ({verdict.bytes_after / verdict.bytes_before:.0%})",
        "verdict": "passed" if verdict.passed else f"failed: {'; '.join(verdict.reasons)}",
        "checkpoint": str(place),
    }
    return "".join(f"{name:<17}{text}\n" for name, text in lines.items())


def tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    # Ends as Ctrl-C does, and leaves nothing behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(parser().parse_args(arguments))
    except SluiceError as error:
        sys.stderr.write(f"sluice: {error.message}\n")
        return EXIT_CODES.get(type(error), 1)
    except KeyboardInterrupt:
        sys.stderr.write("sluice: interrupted; nothing was written\n")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
