"""The operator's words for the engine: settings of their own, and `SLUICE_ENGINE_ARGS` for all the others.

Each is said once. What is said twice, and not alike, is refused, since nobody could tell which one holds.
All functions raise `SettingsError`.
"""

import argparse
import dataclasses
import difflib
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn, get_args

import msgspec
from vllm import __version__
from vllm.config import speculative
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.utils.argparse_utils import FlexibleArgumentParser

from services.inference.domain.speculation import speculative_config
from shared.settings import PREFIX, SettingsError

ARGS = f"{PREFIX}ENGINE_ARGS"
SPECULATION = f"{PREFIX}ENGINE_SPECULATION"
CHAT_TEMPLATE = f"{PREFIX}ENGINE_CHAT_TEMPLATE"

ELSEWHERE = {
    "model": f"{PREFIX}MODEL",
    "served_model_name": f"{PREFIX}SERVED_MODEL_NAME",
    "chat_template": CHAT_TEMPLATE,
    "hf_token": "HF_TOKEN",
    "tool_call_parser": f"{PREFIX}ENGINE_TOOL_PARSER",
    "enable_auto_tool_choice": f"{PREFIX}ENGINE_TOOL_PARSER",
}
OURS = {"disable_log_stats": "the worker reads what the engine says of itself"}
SPECULATIVE = ("speculative_config", "spec_method", "spec_model", "spec_tokens")
MOST_TEMPLATE_BYTES = 1024 * 1024


class Parser(FlexibleArgumentParser):
    """vLLM's own, for its engine's arguments alone."""

    def said(self, words: list[str]) -> dict[str, Any]:
        """Without vLLM's defaults: they must not count as the operator's word."""
        for action in self._actions:
            action.default = argparse.SUPPRESS
        return vars(self.parse_args(words))

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{ARGS}: {message}")


def chosen(named: Mapping[str, Any], engine_args: str, speculation: str) -> dict[str, Any]:
    """All that the operator says, by vLLM's names."""
    free = _free(engine_args)
    own = dict(named)
    if speculation.strip():
        own["speculative_config"] = _speculation(speculation, free)
    for name in own.keys() & free.keys():
        if own[name] != free[name]:
            setting = SPECULATION if name in SPECULATIVE else f"{PREFIX}ENGINE_{name.upper()}"
            raise SettingsError(
                f"{setting} is {own[name]!r}, and {ARGS} has {free[name]!r} for it: leave one out"
            )
    both = {**free, **own}
    _check_speculative(both)
    if "gpu_memory_utilization" in both and "kv_cache_memory_bytes" in both:
        raise SettingsError(
            "gpu_memory_utilization and kv_cache_memory_bytes both say how large the cache is: leave one out"
        )
    return both


def speculates(args: AsyncEngineArgs) -> bool:
    return any(getattr(args, name, None) is not None for name in SPECULATIVE)


def chat_template(path: str) -> str | None:
    """The template's text; None: the model's own."""
    if not path:
        return None
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(MOST_TEMPLATE_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{CHAT_TEMPLATE}: {error}") from error
    if not text.strip() or len(text) > MOST_TEMPLATE_BYTES:
        raise SettingsError(f"{CHAT_TEMPLATE}: {path} is empty, or no template of a reasonable size")
    return text


def _free(text: str) -> dict[str, Any]:
    text = text.strip()
    given = _from_json(text) if text.startswith("{") else _from_command_line(text)
    known = {field.name for field in dataclasses.fields(AsyncEngineArgs)}
    for name in given:
        if name in ELSEWHERE:
            raise SettingsError(f"{ARGS}: {name} has a setting of its own, {ELSEWHERE[name]}")
        if name in OURS:
            raise SettingsError(f"{ARGS}: {name} cannot be chosen: {OURS[name]}")
        if name not in known:
            raise SettingsError(f"{ARGS}: vLLM {__version__} knows no {name!r}{_meant(name, known)}")
    return given


def _from_json(text: str) -> dict[str, Any]:
    try:
        given = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise SettingsError(f"{ARGS} is not a JSON object: {error}") from error
    return {name.replace("-", "_"): value for name, value in given.items()}


def _from_command_line(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(f"{ARGS}: {error}") from error
    if any(word.partition("=")[0] == "--config" for word in words):
        raise SettingsError(f"{ARGS}: --config is not read: put the file's arguments here")
    parser = Parser(add_help=False, allow_abbrev=False)
    AsyncEngineArgs.add_cli_args(parser)
    try:
        return parser.said(words)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{ARGS}: {error}") from error


def _speculation(text: str, free: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        config = speculative_config(text)
    except ValueError as error:
        raise SettingsError(f"{SPECULATION}: {error}") from error
    if others := [name for name in SPECULATIVE[1:] if name in free]:
        raise SettingsError(
            f"{SPECULATION} and {ARGS} ({', '.join(others)}) both choose a speculation: leave one out"
        )
    return config


def _check_speculative(given: Mapping[str, Any]) -> None:
    """vLLM itself would find out while it loads the model, and say so in twenty lines."""
    config = given.get("speculative_config")
    if not isinstance(config, dict):
        return
    known = {field.name for field in dataclasses.fields(speculative.SpeculativeConfig)}
    for name in config:
        if name.replace("-", "_") not in known:
            raise SettingsError(f"speculation: vLLM {__version__} knows no {name!r}{_meant(name, known)}")
    methods = get_args(speculative.SpeculativeMethod)
    if (method := config.get("method")) is not None and method not in methods:
        raise SettingsError(
            f"speculation: vLLM {__version__} knows no method {method!r}{_meant(str(method), methods)}"
        )


def _meant(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
