"""Which models there are, by what several workers say."""

import json

from services.edge.adapters.openai.completions import model_list
from shared.messages import ServedModel, WorkerStatus
from shared.served import find_model, served_models


def status(worker: str, *models: ServedModel, ready: bool = True, draining: bool = False) -> WorkerStatus:
    return WorkerStatus(worker, "simulated", models, slots=4, running=0, ready=ready, draining=draining)


BASE = ServedModel("org/base-7B", 8192, aliases=("gpt-4-local",), created_at=20)
ADAPTER = ServedModel("legal", 8192, parent="org/base-7B")
OTHER = ServedModel("small", 2048)


def test_models_are_those_of_workers_that_take_work_by_name() -> None:
    statuses = [
        status("1", BASE, ADAPTER),
        status("2", OTHER),
        status("3", ServedModel("loading", 1), ready=False),
        status("4", ServedModel("leaving", 1), draining=True),
    ]
    assert served_models(statuses) == [ADAPTER, BASE, OTHER]


def test_of_workers_that_differ_holds_what_is_true_of_all_and_every_name() -> None:
    seeing = ServedModel("org/base-7B", 4096, aliases=("fast",), created_at=10, modalities=("text", "image"))
    (found,) = served_models([status("1", BASE), status("2", seeing)])
    assert found == ServedModel(
        "org/base-7B", 4096, aliases=("fast", "gpt-4-local"), created_at=10, modalities=("text",)
    )


def test_a_name_goes_before_an_alias_and_the_first_by_name_has_a_shared_alias() -> None:
    pretender = ServedModel("a", 1, aliases=("small", "both"))
    served = served_models(
        [status("1", OTHER, ServedModel("b", 1, aliases=("both",))), status("2", pretender)]
    )
    assert find_model(served, "small") == OTHER
    assert find_model(served, "both") == pretender
    assert find_model(served, "none") is None


def test_the_default_is_no_adapter() -> None:
    assert find_model([ADAPTER, BASE], "") == BASE
    assert find_model([ADAPTER], "") == ADAPTER
    assert find_model([], "") is None


def test_the_list_has_each_name_once_and_says_what_is_behind_it() -> None:
    pretender = ServedModel("zebra", 1, aliases=("small", "gpt-4-local"))
    listed = json.loads(
        model_list(served_models([status("1", BASE, ADAPTER), status("2", OTHER, pretender)]))
    )
    assert [(one["id"], one["root"], one["parent"]) for one in listed["data"]] == [
        ("legal", "legal", "org/base-7B"),
        ("org/base-7B", "org/base-7B", None),
        ("gpt-4-local", "org/base-7B", None),
        ("small", "small", None),
        ("zebra", "zebra", None),
    ]
