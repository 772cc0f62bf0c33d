"""What the operator says to the engine: by settings, by JSON, by vLLM's own command line; and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from vllm.engine.arg_utils import AsyncEngineArgs

from services.inference.adapters.vllm.arguments import chat_template, speculates
from services.inference.adapters.vllm.options import ON_CPU, VllmOptions, engine_args, is_on_cpu, replays
from shared.settings import SettingsError

pytestmark = pytest.mark.vllm


FOLDER = str(Path(__file__).parent)
"""Not looked into here; an id would be looked for in the hub's cache."""


def made(model: str = FOLDER, **options: Any) -> AsyncEngineArgs:
    return engine_args(VllmOptions(model=model, hang_s=7, **options))


@pytest.mark.parametrize(
    "engine_args",
    [
        '{"max_model_len": 4096, "kv_cache_dtype": "fp8", "enable_prefix_caching": false}',
        '{"max-model-len": 4096, "kv-cache-dtype": "fp8", "enable-prefix-caching": false}',
        "--max-model-len 4096 --kv-cache-dtype fp8 --no-enable-prefix-caching",
        "--max_model_len=4096 --kv-cache-dtype='fp8' --no-enable-prefix-caching",
    ],
)
def test_json_and_the_command_line_say_the_same(engine_args: str) -> None:
    args = made(engine_args=engine_args)
    assert (args.model, args.max_model_len, args.kv_cache_dtype) == (FOLDER, 4096, "fp8")
    assert args.enable_prefix_caching is False
    assert args.disable_log_stats


def test_the_operators_word_is_over_our_defaults() -> None:
    assert is_on_cpu()
    assert made().enforce_eager
    assert made().max_num_seqs == ON_CPU["max_num_seqs"]
    assert not made(engine_args="--no-enforce-eager").enforce_eager
    assert made(named={"max_num_seqs": 3}).max_num_seqs == 3


def test_what_is_vllms_default_counts_when_it_is_said() -> None:
    """Ours would hold otherwise."""
    theirs = AsyncEngineArgs.max_num_seqs
    assert made(engine_args='{"max_num_seqs": null}').max_num_seqs == theirs


def test_a_share_of_memory_is_instead_of_our_size_of_the_cache() -> None:
    assert made().kv_cache_memory_bytes == ON_CPU["kv_cache_memory_bytes"]
    args = made(named={"gpu_memory_utilization": 0.5})
    assert (args.gpu_memory_utilization, args.kv_cache_memory_bytes) == (0.5, None)


def test_the_same_word_twice_is_no_contradiction() -> None:
    assert made(named={"max_model_len": 4096}, engine_args="--max-model-len 4096").max_model_len == 4096


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            {"engine_args": '{"max_modl_len": 1}'},
            "SLUICE_ENGINE_ARGS: .*'max_modl_len'; did you mean 'max_model_len'",
        ),
        ({"engine_args": "--nonsense 3"}, "SLUICE_ENGINE_ARGS: unrecognized arguments: --nonsense 3"),
        ({"engine_args": "--max-model-l 3"}, "unrecognized arguments: --max-model-l"),
        ({"engine_args": "--dtype weird"}, "argument --dtype: invalid choice: 'weird'"),
        ({"engine_args": "--max-model-len many"}, "argument --max-model-len"),
        ({"engine_args": "max_model_len"}, "unrecognized arguments: max_model_len"),
        ({"engine_args": "--dtype 'half"}, "SLUICE_ENGINE_ARGS: No closing quotation"),
        ({"engine_args": "--config /etc/passwd"}, "--config is not read"),
        ({"engine_args": "--config=/etc/passwd"}, "--config is not read"),
        ({"engine_args": "{"}, "not a JSON object"),
        ({"engine_args": '{"model": "other"}'}, "SLUICE_MODEL"),
        ({"engine_args": "--model other"}, "SLUICE_MODEL"),
        ({"engine_args": "--served-model-name other"}, "SLUICE_SERVED_MODEL_NAME"),
        ({"engine_args": '{"chat_template": "x"}'}, "SLUICE_ENGINE_CHAT_TEMPLATE"),
        ({"engine_args": "--hf-token secret"}, "hf_token has a setting of its own, HF_TOKEN"),
        ({"engine_args": '{"disable_log_stats": false}'}, "disable_log_stats cannot be chosen"),
        (
            {"named": {"max_model_len": 4096}, "engine_args": "--max-model-len 8192"},
            "SLUICE_ENGINE_MAX_MODEL_LEN is 4096, and SLUICE_ENGINE_ARGS has 8192",
        ),
        (
            {"named": {"gpu_memory_utilization": 0.5}, "engine_args": '{"kv_cache_memory_bytes": 1048576}'},
            "both say how large the cache is",
        ),
        ({"speculation": "n-gram"}, "SLUICE_ENGINE_SPECULATION: 'n-gram' is none of"),
        ({"speculation": '{"method": "nram"}'}, "knows no method 'nram'; did you mean 'ngram'"),
        ({"speculation": '{"method": "ngram", "lookup": 3}'}, "knows no 'lookup'"),
        (
            {"speculation": "ngram", "engine_args": '{"speculative_config": {"method": "mtp"}}'},
            "SLUICE_ENGINE_SPECULATION is .*leave one out",
        ),
        ({"speculation": "ngram", "engine_args": "--spec-method ngram"}, "both choose a speculation"),
        ({"engine_args": "--speculative-config.method nonsense"}, "knows no method 'nonsense'"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        made(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"speculation": "ngram"},
        {"engine_args": '{"speculative_config": {"method": "ngram", "num_speculative_tokens": 2}}'},
        {"engine_args": "--spec-method ngram --spec-tokens 2"},
    ],
)
def test_no_replay_beside_speculation_however_it_was_chosen(options: dict[str, str]) -> None:
    assert replays(made())
    args = made(**options)
    assert speculates(args)
    assert not replays(args)


def test_a_model_that_is_not_in_the_hubs_cache_is_named_where_there_is_no_network() -> None:
    with pytest.raises(SettingsError, match="SLUICE_MODEL=nobody/nothing"):
        made(model="nobody/nothing")


def test_a_chat_template_is_a_file(tmp_path: Path) -> None:
    assert chat_template("") is None
    path = tmp_path / "template.jinja"
    path.write_text("{{ messages }}", encoding="utf-8")
    assert chat_template(str(path)) == "{{ messages }}"
    for wrong in ("", "x" * (1024 * 1024 + 1)):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(SettingsError, match="SLUICE_ENGINE_CHAT_TEMPLATE"):
            chat_template(str(path))
    with pytest.raises(SettingsError, match="SLUICE_ENGINE_CHAT_TEMPLATE"):
        chat_template(str(tmp_path / "nowhere"))
