"""Which models there are, from what workers say of theirs: edges and command lines read it alike."""

from collections.abc import Iterable, Sequence

import msgspec

from shared.messages import ServedModel, WorkerStatus


def served_models(statuses: Iterable[WorkerStatus]) -> list[ServedModel]:
    """What is served by the workers that take work, by name. Where workers of one model differ, that holds which is
    true of all of them, since its jobs may reach any; but a name that one of them knows is known."""
    found: dict[str, ServedModel] = {}
    for status in statuses:
        if status.ready and not status.draining:
            for served in status.models:
                known = found.get(served.name)
                found[served.name] = served if known is None else _both(known, served)
    return [found[name] for name in sorted(found)]


def find_model(served: Sequence[ServedModel], wanted: str) -> ServedModel | None:
    """A name goes before an alias. Of models that share an alias the first by name is meant, at every edge; for the
    empty name the first that is no adapter."""
    if not wanted:
        return next((one for one in served if not one.parent), served[0] if served else None)
    named = next((one for one in served if one.name == wanted), None)
    return named or next((one for one in served if wanted in one.aliases), None)


def _both(one: ServedModel, other: ServedModel) -> ServedModel:
    return msgspec.structs.replace(
        one,
        context_tokens=min(one.context_tokens, other.context_tokens),
        aliases=tuple(sorted({*one.aliases, *other.aliases})),
        created_at=min(one.created_at, other.created_at),
        modalities=tuple(kind for kind in one.modalities if kind in other.modalities),
        tools=one.tools and other.tools,
    )
