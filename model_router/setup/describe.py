"""From files that a store listed to models: facts, eyes, what is missing, what they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import NamedTuple

from model_router.setup.found import FoundModel, ModelFacts
from model_router.setup.gguf_facts import active_parameters
from model_router.setup.headers import UNREADABLE, FileFacts, Headers
from model_router.setup.labels import active_of, kind_of, parameters_of, quantisation_of
from model_router.setup.safetensors import Tensors, is_mlx, read_json, with_tensors
from model_router.setup.walk import MOST_PROBLEMS

MOST_MODELS = 2000
"""Of one store."""


class Described(NamedTuple):
    """The models of one store, and the files that are none."""

    models: tuple[FoundModel, ...]
    problems: tuple[str, ...]


def describe(models: Iterable[FoundModel], headers: Headers) -> Described:
    """Add to each model what its headers say; projectors go to the models beside them."""
    found: list[FoundModel] = []
    problems: list[str] = []
    given = list(models)
    if len(given) > MOST_MODELS:
        problems.append(f"stopped_at_limit: {len(given)} files look like models")
    for model in given[:MOST_MODELS]:
        try:
            found.append(_described(model, headers))
        except UNREADABLE as error:
            if not model.incomplete:
                problems.append(f"unreadable ({_reason(error)}): {(*model.files, '')[0]}")
            else:
                found.append(_named(model, model.facts))
    projectors = [model for model in found if model.facts.kind == "projector"]
    rest = [model for model in found if model.facts.kind != "projector"]
    return Described(tuple(_seeing(model, projectors) for model in rest), _few(problems))


def _few(problems: list[str]) -> tuple[str, ...]:
    rest = len(problems) - MOST_PROBLEMS
    more = [f"and {rest} more"] if rest > 0 else []
    return (*problems[:MOST_PROBLEMS], *more)


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error)


def _described(model: FoundModel, headers: Headers) -> FoundModel:
    if not model.files or model.format == "diffusers":
        kind = "image" if model.format == "diffusers" else model.facts.kind
        return _named(model, replace(model.facts, kind=kind))
    if model.folder is not None:
        return _from_folder(model, headers)
    if model.format != "gguf":
        return _named(model, model.facts)
    rows = [headers.of(path) for path in model.files]
    cut = _cut(rows)
    model = replace(
        model,
        print=_print(rows),
        incomplete=model.incomplete + ((cut,) if cut else ()),
    )
    return _named(model, joined(_summed(rows), model.facts))


def _summed(rows: Sequence[FileFacts]) -> ModelFacts:
    """The first shard's facts with the weights of all shards."""
    first = rows[0]
    if len(rows) == 1:
        return first.facts
    total = sum(row.parameters for row in rows)
    experts = sum(row.expert_parameters for row in rows)
    active = first.facts.active_parameters
    if experts and 0 < first.experts_used < first.experts:
        active = active_parameters(total, experts, first.experts_used, first.experts)
    return replace(first.facts, parameters=total or None, active_parameters=active)


def _cut(rows: Sequence[FileFacts]) -> str | None:
    short = [row for row in rows if row.size < row.least_size]
    if not short:
        return None
    return f"the file ends at byte {short[0].size} of {short[0].least_size}"


def _print(rows: Sequence[FileFacts]) -> str | None:
    return "print:" + "+".join(row.print for row in rows) if rows else None


def _from_folder(model: FoundModel, headers: Headers) -> FoundModel:
    folder = model.folder or ""
    facts = headers.folder(folder)
    config = read_json(os.path.join(folder, "config.json"))
    rows = [headers.of(path) for path in model.files if os.path.exists(path)]
    cut = _cut(rows)
    total = Tensors(
        sum(row.parameters for row in rows), sum(row.expert_parameters for row in rows), 0
    )
    model = replace(
        model,
        format="mlx" if is_mlx(config, model.name) else model.format,
        print=_print(rows),
        incomplete=model.incomplete + ((cut,) if cut else ()),
    )
    return _named(model, joined(with_tensors(facts, total, config), model.facts))


def joined(facts: ModelFacts, fallback: ModelFacts) -> ModelFacts:
    """`facts`, and where they know nothing what `fallback` knows."""
    names = [field.name for field in fields(ModelFacts)]
    changes = {name: getattr(fallback, name) for name in names if getattr(facts, name) is None}
    kind = fallback.kind if facts.kind == "chat" else facts.kind
    return replace(facts, **changes, kind=kind)


def _named(model: FoundModel, facts: ModelFacts) -> FoundModel:
    """The model with its facts, completed by what its names say."""
    names = [model.name, *map(os.path.basename, model.files[:1])]
    kinds = [kind for name in names if (kind := kind_of(name))]
    sizes = [size for name in names if (size := parameters_of(name))]
    active = [size for name in names if (size := active_of(name))]
    labels = [label for name in names if (label := quantisation_of(name))]
    return replace(
        model,
        facts=replace(
            facts,
            kind=_kind(facts.kind, next(iter(kinds), None)),
            parameters=facts.parameters or next(iter(sizes), None),
            active_parameters=facts.active_parameters or next(iter(active), None),
            quantisation=facts.quantisation or next(iter(labels), None),
        ),
    )


def _kind(told: str, named: str | None) -> str:
    """The kind by header and name: names only say more where a header leaves it open."""
    if named and (told == "chat" or (told, named) == ("embedding", "reranker")):
        return named
    return told


def _seeing(model: FoundModel, projectors: Sequence[FoundModel]) -> FoundModel:
    """The model with the projector that lies beside it; without one it is blind."""
    if model.format != "gguf" or model.facts.kind != "chat" or not model.local:
        return model
    eyes = model.projector or _nearest(model, projectors)
    vision = True if eyes else bool(model.facts.vision)
    audio = model.facts.audio
    for projector in projectors:
        if eyes and eyes in projector.files:
            vision, audio = projector.facts.vision is not False, projector.facts.audio
    return replace(model, projector=eyes, facts=replace(model.facts, vision=vision, audio=audio))


def _nearest(model: FoundModel, projectors: Sequence[FoundModel]) -> str | None:
    """The best projector that fits, F16 first: of the model's folder, or of one or two above."""
    folder = os.path.dirname(model.files[0]) if model.files else ""
    usable = [p for p in projectors if p.files and not p.incomplete]
    fitting = [p for p in usable if _fits(p.facts, model.facts)]
    for _ in range(3):
        beside = [p for p in fitting if os.path.dirname(p.files[0]) == folder]
        if beside:
            best = min(beside, key=lambda p: (p.facts.quantisation != "F16", p.files))
            return best.files[0]
        folder = os.path.dirname(folder)
    return None


def _fits(projector: ModelFacts, model: ModelFacts) -> bool:
    """Whether both know numbers of the same width. One that does not tell fits."""
    return None in (projector.embedding, model.embedding) or projector.embedding == model.embedding
