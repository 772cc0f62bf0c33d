"""What a worker's models are called, by its settings."""

import pytest

from services.inference.adapters.engines import build_engine
from services.inference.domain.naming import MAX_NAMES, NamingError, named
from services.inference.settings import Settings
from shared.messages import ServedModel
from shared.settings import SettingsError, load


def engine_models(**environ: str) -> tuple[ServedModel, ...]:
    settings = load(Settings, {f"SLUICE_{name}": value for name, value in environ.items()})
    return build_engine(settings, "worker").models


def test_models_adapters_and_aliases() -> None:
    models = engine_models(
        ENGINE="simulated",
        SERVED_MODEL_NAME="org/base-7B",
        MORE_MODELS="small",
        LORA_MODULES="legal=/adapters/legal,poems",
        MODEL_ALIASES="gpt-4-local, fast=small, lawyer=legal",
        SIM_CONTEXT_TOKENS="512",
    )
    assert models == (
        ServedModel("org/base-7B", 512, aliases=("gpt-4-local",)),
        ServedModel("small", 512, aliases=("fast",)),
        ServedModel("legal", 512, aliases=("lawyer",), parent="org/base-7B"),
        ServedModel("poems", 512, parent="org/base-7B"),
    )


def test_an_upstream_may_serve_several() -> None:
    models = engine_models(
        ENGINE="openai",
        OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        MODEL="vendor/large",
        SERVED_MODEL_NAME="large",
        MORE_MODELS="small=vendor/small,other",
    )
    assert [model.name for model in models] == ["large", "small", "other"]


def test_by_default_it_is_one_model() -> None:
    assert [model.name for model in engine_models(ENGINE="simulated")] == ["simulated"]
    assert engine_models(ENGINE="extractive", MODEL_ALIASES="gpt-4-local") == (
        ServedModel("sluice-extractive", 8192, aliases=("gpt-4-local",), tools=False),
    )


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"MODEL_ALIASES": "simulated"}, "'simulated' is named twice"),
        ({"MODEL_ALIASES": "a=b"}, "alias of 'b', which this worker does not serve"),
        ({"LORA_MODULES": "x=/a,x=/b"}, "'x' is named twice"),
        ({"MORE_MODELS": "=vendor"}, "a name has 1 to 256 characters"),
        ({"ENGINE": "extractive", "LORA_MODULES": "x=/a"}, "SLUICE_LORA_MODULES means nothing"),
        ({"ENGINE": "extractive", "MORE_MODELS": "x"}, "SLUICE_MORE_MODELS means nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(environ: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        engine_models(**{"ENGINE": "simulated", **environ})


def test_names_are_bounded() -> None:
    many = [f"m{number}" for number in range(MAX_NAMES)]
    assert len(named(many)) == MAX_NAMES
    with pytest.raises(NamingError, match="64 names at most, and these are 65"):
        named(many, aliases=["one-more"])
