"""What a worker's models are called: read from its settings, and refused before anything is loaded. Pure."""

from collections.abc import Sequence

from shared.messages import Modality, ServedModel

MAX_NAMES = 64
"""Of one worker: models, adapters and aliases. Each model and adapter costs it two pulls that wait."""
MAX_CHARACTERS = 256


class NamingError(Exception):
    """Names that clash, or lead nowhere; the message says which."""


def pairs(entries: Sequence[str]) -> list[tuple[str, str]]:
    """`name=value` each; `name` alone has the empty value."""
    found = [(name.strip(), value.strip()) for name, _, value in (entry.partition("=") for entry in entries)]
    for name, _ in found:
        if not 1 <= len(name) <= MAX_CHARACTERS:
            raise NamingError(f"a name has 1 to {MAX_CHARACTERS} characters, '{name[:40]}' has {len(name)}")
    return found


def named(
    models: Sequence[str],
    *,
    adapters: Sequence[str] = (),
    aliases: Sequence[str] = (),
    context_tokens: int = 0,
    modalities: tuple[Modality, ...] = ("text",),
) -> tuple[ServedModel, ...]:
    """The models, the first one's adapters after them. An alias is `alias`, of the first model, or `alias=model`."""
    own = [*models, *adapters]
    owners = {alias: model or models[0] for alias, model in pairs(aliases)}
    _check([*own, *(alias for alias, _ in pairs(aliases))])
    for alias, model in owners.items():
        if model not in own:
            raise NamingError(f"'{alias}' is to be an alias of '{model}', which this worker does not serve")
    return tuple(
        ServedModel(
            name,
            context_tokens,
            aliases=tuple(alias for alias, model in owners.items() if model == name),
            modalities=modalities,
            parent=models[0] if place >= len(models) else "",
        )
        for place, name in enumerate(own)
    )


def _check(names: Sequence[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise NamingError(f"'{twice[0]}' is named twice")
    if len(names) > MAX_NAMES:
        raise NamingError(f"a worker serves {MAX_NAMES} names at most, and these are {len(names)}")
