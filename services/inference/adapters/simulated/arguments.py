"""Arguments that a JSON Schema allows, the same each time: what the simulated engine calls functions with.

As far as tools' schemas go: types, `enum`, `const`, `default`, `examples`, bounds, references, the first alternative.
"""

from typing import Any, cast

Schema = dict[str, Any]

MAX_LEVELS = 12
MAX_ITEMS = 8
ROWS = 3
"""Items of a list that may have any number."""
WORDS = ("gate", "wheel", "harbour", "meadow", "lantern", "bridge", "orchard", "quarry")
FORMATS = {
    "date": "2026-01-{:02d}",
    "date-time": "2026-01-{:02d}T08:00:00Z",
    "time": "08:{:02d}:00Z",
    "email": "keeper{}@example.com",
    "uri": "https://example.com/{}",
}


def arguments(schema: Schema) -> dict[str, object]:
    made = Maker(schema).make(schema, "", 0, MAX_LEVELS)
    return cast("dict[str, object]", made) if isinstance(made, dict) else {}


class Maker:
    """`place`: of an item among its neighbours, so that they differ."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def make(self, given: object, name: str, place: int, levels: int) -> object:
        if not isinstance(given, dict) or levels == 0:
            return None
        schema = self._found(cast("Schema", given))
        if "const" in schema:
            return schema["const"]
        if choices := schema.get("enum") or schema.get("examples"):
            return choices[place % len(choices)]
        if "default" in schema:
            return schema["default"]
        for way in ("anyOf", "oneOf", "allOf"):
            if schema.get(way):
                return self.make(schema[way][0], name, place, levels - 1)
        return self._of_type(schema, name, place, levels)

    def _of_type(self, schema: Schema, name: str, place: int, levels: int) -> object:
        match _type(schema):
            case "array":
                return self._items(schema, name, levels)
            case "string":
                return _text(schema, name, place)
            case "integer" | "number":
                return _number(schema, place)
            case "boolean":
                return place % 2 == 0
            case "null":
                return None
            case _:
                return self._properties(schema, levels)

    def _properties(self, schema: Schema, levels: int) -> dict[str, object]:
        known: Schema = schema.get("properties") or {}
        needed: list[str] = schema.get("required") or []
        kept = [name for name in known if levels > MAX_LEVELS // 2 or name in needed]
        return {name: self.make(known[name], name, place, levels - 1) for place, name in enumerate(kept)}

    def _items(self, schema: Schema, name: str, levels: int) -> list[object]:
        if tuple_items := schema.get("prefixItems"):
            return [self.make(each, name, place, levels - 1) for place, each in enumerate(tuple_items)]
        least, most = schema.get("minItems", 0), schema.get("maxItems", MAX_ITEMS)
        count = max(int(least), min(ROWS, int(most)))
        items = schema.get("items", {"type": "string"})
        return [self.make(items, name, place, levels - 1) for place in range(min(count, MAX_ITEMS))]

    def _found(self, schema: Schema) -> Schema:
        """Where `$ref` leads, once: a schema within itself ends by its levels."""
        if not isinstance(reference := schema.get("$ref"), str):
            return schema
        found = self._root
        for step in filter(None, reference.removeprefix("#").split("/")):
            inner: object = found.get(step.replace("~1", "/").replace("~0", "~"))
            found = cast("Schema", inner) if isinstance(inner, dict) else {}
        return found


def _type(schema: Schema) -> str:
    """The first of several; what has no type is an object, unless it has items."""
    given: object = schema.get("type", "array" if "items" in schema else "object")
    kinds = cast("list[object]", given) if isinstance(given, list) else [given]
    return str(kinds[0]) if kinds else "object"


def _text(schema: Schema, name: str, place: int) -> str:
    if (pattern := FORMATS.get(str(schema.get("format")))) is not None:
        return pattern.format(place + 1)
    word = WORDS[place % len(WORDS)]
    text = f"{name} {word}" if name else word
    text = text.ljust(int(schema.get("minLength", 0)), "-")
    return text[: int(schema.get("maxLength", len(text)))]


def _number(schema: Schema, place: int) -> int | float:
    """Up and down, as a chart would have it."""
    wanted = 10 + 7 * ((3 * place) % 5)
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", max(wanted, least) + 1) - 1)
    return max(least, min(wanted, most))
