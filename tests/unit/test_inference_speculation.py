"""One setting for speculative decoding, and what is refused in it."""

import msgspec
import pytest

from services.inference.domain.speculation import WAYS, speculative_config
from services.inference.settings import ENGINE_ARGUMENTS, Settings
from shared.messages import Speculation
from shared.settings import SettingsError, load


@pytest.mark.parametrize(
    ("text", "method", "model"),
    [
        ("ngram", "ngram", None),
        (" mtp ", "mtp", None),
        ("draft:Qwen/Qwen2.5-0.5B-Instruct", "draft_model", "Qwen/Qwen2.5-0.5B-Instruct"),
        ("draft: ./a/folder", "draft_model", "./a/folder"),
        ("medusa:some/heads", "medusa", "some/heads"),
        ("eagle:some/head", "eagle", "some/head"),
        ("eagle3:some/head", "eagle3", "some/head"),
    ],
)
def test_each_way_is_a_word(text: str, method: str, model: str | None) -> None:
    config = speculative_config(text)
    assert config is not None
    assert config["method"] == method
    assert config.get("model") == model
    assert config["num_speculative_tokens"] >= 1


def test_nothing_said_is_no_speculation() -> None:
    assert speculative_config("  ") is None


def test_json_is_vllms_own() -> None:
    assert speculative_config('{"method": "ngram", "num_speculative_tokens": 8}') == {
        "method": "ngram",
        "num_speculative_tokens": 8,
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ngrams", "none of ngram"),
        ("ngram:some/model", "takes no model"),
        ("draft", "needs a model"),
        ("eagle3:", "needs a model"),
        ("{", "not a JSON object"),
        ('{"num_speculative_tokens": 3}', "neither a method nor a model"),
        ('{"method": "ngram", "num_speculative_tokens": 0}', "from 1 to 32"),
        ('{"method": "ngram", "num_speculative_tokens": true}', "from 1 to 32"),
        ('{"method": "ngram", "num_speculative_tokens": 3.5}', "from 1 to 32"),
    ],
)
def test_what_makes_no_sense_is_said_plainly(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        speculative_config(text)


def test_a_word_is_never_changed_by_who_uses_it() -> None:
    first, second = speculative_config("ngram"), speculative_config("ngram")
    assert first == second
    assert first is not second
    assert "ngram" in WAYS


def test_settings_are_the_engines_arguments_where_they_are_set() -> None:
    assert load(Settings, {}).engine_arguments() == {}
    said = {
        "SLUICE_ENGINE_QUANTIZATION": "awq",
        "SLUICE_ENGINE_DTYPE": "half",
        "SLUICE_ENGINE_MAX_MODEL_LEN": "8192",
        "SLUICE_ENGINE_MAX_NUM_SEQS": "512",
        "SLUICE_ENGINE_GPU_MEMORY_UTILIZATION": "0.90",
        "SLUICE_ENGINE_TENSOR_PARALLEL_SIZE": "2",
        "SLUICE_ENGINE_PIPELINE_PARALLEL_SIZE": "2",
        "SLUICE_ENGINE_ENABLE_PREFIX_CACHING": "false",
        "SLUICE_ENGINE_KV_CACHE_DTYPE": "fp8",
        "SLUICE_ENGINE_ENFORCE_EAGER": "true",
        "SLUICE_ENGINE_REASONING_PARSER": "qwen3",
    }
    found = load(Settings, said).engine_arguments()
    assert tuple(found) == ENGINE_ARGUMENTS
    assert found == {
        "quantization": "awq",
        "dtype": "half",
        "max_model_len": 8192,
        "max_num_seqs": 512,
        "gpu_memory_utilization": 0.9,
        "tensor_parallel_size": 2,
        "pipeline_parallel_size": 2,
        "enable_prefix_caching": False,
        "kv_cache_dtype": "fp8",
        "enforce_eager": True,
        "reasoning_parser": "qwen3",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_ENGINE_DTYPE", "int4"),
        ("SLUICE_ENGINE_MAX_MODEL_LEN", "0"),
        ("SLUICE_ENGINE_GPU_MEMORY_UTILIZATION", "1.5"),
        ("SLUICE_ENGINE_TENSOR_PARALLEL_SIZE", "two"),
        ("SLUICE_ENGINE_ENFORCE_EAGER", "perhaps"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(Settings, {name: value})


def test_what_was_guessed_is_counted() -> None:
    told = Speculation(drafts=10, drafted_tokens=40, accepted_tokens=30)
    assert told.acceptance_rate == 0.75
    assert told.tokens_per_step == 4.0
    assert Speculation(0, 0, 0).acceptance_rate == 0.0
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(told), type=Speculation) == told
