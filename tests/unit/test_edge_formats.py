"""`response_format`, as OpenAI's clients send it."""

import json

import pytest

from services.edge.adapters.openai import requests as openai
from services.edge.adapters.openai.formats import MAX_BYTES
from shared.errors import InvalidRequest
from shared.messages import JsonFormat

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"z": {"type": "integer"}, "a": {"$ref": "#/$defs/x"}},
    "$defs": {"x": {}},
}


def asked(response_format: object) -> JsonFormat | None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "response_format": response_format}
    return openai.to_question(openai.read_body(json.dumps(body).encode())).sampling.json_format


def of_schema(schema: object, **fields: object) -> dict[str, object]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **fields}}


def deep(levels: int) -> dict[str, object]:
    schema: dict[str, object] = {}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


def test_text_asks_for_nothing() -> None:
    assert asked(None) is None
    assert asked({"type": "text"}) is None


def test_an_object_and_a_schema_become_a_form() -> None:
    assert asked({"type": "json_object"}) == JsonFormat()
    form = asked(of_schema(SCHEMA, strict=True, description="what it is for"))
    assert form is not None
    assert (form.name, form.strict) == ("answer", True)
    assert list(json.loads(form.schema)["properties"]) == ["z", "a"]


def test_what_is_within_bounds_is_served() -> None:
    assert asked(of_schema(deep(63))) is not None
    assert asked(of_schema({"const": "x" * (MAX_BYTES - 20)})) is not None


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ("json", "response_format"),
        ({}, "response_format.type"),
        ({"type": "xml"}, "response_format.type"),
        ({"type": "json_schema"}, "response_format.json_schema"),
        ({"type": "json_schema", "json_schema": {"name": "n"}}, "response_format.json_schema.schema"),
        ({"type": "json_schema", "json_schema": {"schema": {}}}, "response_format.json_schema.name"),
        (of_schema("{}"), "response_format.json_schema.schema"),
        (of_schema([]), "response_format.json_schema.schema"),
        (of_schema({}, name="a name"), "response_format.json_schema.name"),
        (of_schema({}, name="n" * 65), "response_format.json_schema.name"),
        (of_schema({}, strict="yes"), "response_format.json_schema.strict"),
        (of_schema(deep(64)), "response_format.json_schema.schema"),
        (of_schema({"const": "x" * MAX_BYTES}), "response_format.json_schema.schema"),
        (of_schema({"items": [{"$ref": "https://example.com/x"}]}), "response_format.json_schema.schema"),
    ],
)
def test_a_mistake_names_its_field(given: object, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(given)
    assert (caught.value.param, caught.value.status) == (param, 400)
