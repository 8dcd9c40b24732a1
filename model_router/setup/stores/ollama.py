"""Ollama: manifests/HOST/NAMESPACE/MODEL/TAG, and blobs by digest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from model_router.setup.found import FoundModel, ModelFacts, StoreReport
from model_router.setup.labels import parameters_of
from model_router.setup.safetensors import SafetensorsError, read_json
from model_router.setup.stores.look import Look
from model_router.setup.values import mapping, positive, text, whole
from model_router.setup.walk import Walk, is_folder, size_of

STORE = "ollama"
HOST, NAMESPACE = "registry.ollama.ai", "library"
_MEDIA = "application/vnd.ollama.image."


def roots(look: Look) -> tuple[str, ...]:
    """The folders that may hold models: the one that is set, or the usual ones."""
    named = look.variable("OLLAMA_MODELS")
    if named:
        return (named,)
    rows = [look.at_home(".ollama", "models")]
    if look.system == "linux":
        rows.append(look.system_wide("usr", "share", "ollama", ".ollama", "models"))
        rows.append(look.system_wide("var", "lib", "ollama"))
        rows.append(look.system_wide("root", ".ollama", "models"))
    return tuple(dict.fromkeys(rows))


def scan(look: Look) -> StoreReport:
    """What Ollama has, cloud models among it, which are marked as not local."""
    walk = Walk()
    models: list[FoundModel] = []
    unfinished: list[tuple[str, int]] = []
    for root in roots(look):
        for name, path in _manifests(root, walk):
            model = _model(root, name, path, walk)
            models += [model] if model else []
        for row in walk.entries(os.path.join(root, "blobs")):
            if "-partial" in row.name:
                unfinished.append((row.path, size_of(row.path) or 0))
    return StoreReport(STORE, roots(look), tuple(models), tuple(walk.problems), tuple(unfinished))


def _manifests(root: str, walk: Walk) -> Iterator[tuple[str, str]]:
    """Each manifest's name as Ollama shows it, and its path."""
    for host in walk.folders(os.path.join(root, "manifests")):
        for namespace in walk.folders(host.path):
            for model in walk.folders(namespace.path):
                for tag in walk.entries(model.path):
                    if not is_folder(tag) and tag.name[0] != ".":
                        yield shown(host.name, namespace.name, model.name, tag.name), tag.path


def shown(host: str, namespace: str, model: str, tag: str) -> str:
    """A model's name as Ollama shows it: the usual host and namespace are left out."""
    parts = [model] if (host, namespace) == (HOST, NAMESPACE) else [namespace, model]
    if host != HOST:
        parts.insert(0, host)
    return "/".join(parts) + f":{tag}"


def _model(root: str, name: str, path: str, walk: Walk) -> FoundModel | None:
    try:
        manifest = read_json(path)
    except (OSError, SafetensorsError) as error:
        walk.problem(f"manifest_unreadable ({error})", path)
        return None
    layers = _layers(manifest)
    config = _config(root, mapping(manifest.get("config")))
    local = not (text(config.get("remote_host")) or text(config.get("remote_model")))
    kind = "model" if layers.get("model") else "tensor"
    weights = layers.get(kind, []) if local else []
    projectors = [_blob(root, digest) for digest, _ in layers.get("projector", [])] if local else []
    files = tuple(_blob(root, digest) for digest, _ in weights)
    if local and not files:
        walk.problem("manifest_without_model", path)
        return None
    missing = [path for path in (*files, *projectors) if not os.path.exists(path)]
    return FoundModel(
        store=STORE,
        name=name,
        format={"model": "gguf", "tensor": "safetensors"}[kind] if files else "unknown",
        files=files,
        size_bytes=sum(size for _, size in weights),
        served_as=name,
        name_source="manifest",
        content=weights[0][0] if len(weights) == 1 else None,
        projector=projectors[0] if projectors else None,
        facts=_facts(config),
        local=local,
        incomplete=(f"{len(missing)} blobs missing",) if missing else (),
    )


def _layers(manifest: Mapping[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """Digests and sizes by what the layer is."""
    found: dict[str, list[tuple[str, int]]] = {}
    rows = manifest.get("layers")
    for row in map(mapping, rows if isinstance(rows, list) else []):
        media, digest = text(row.get("mediaType")), text(row.get("digest"))
        if media and media.startswith(_MEDIA) and digest and _is_digest(digest):
            size = whole(row.get("size")) or 0
            found.setdefault(media.removeprefix(_MEDIA), []).append((digest, size))
    return found


def _is_digest(digest: str) -> bool:
    """Whether a digest is one: it becomes a part of a path."""
    kind, _, rest = digest.partition(":")
    return kind == "sha256" and len(rest) == 64 and rest.isalnum()


def _blob(root: str, digest: str) -> str:
    path = os.path.join(root, "blobs", digest.replace(":", "-"))
    older = os.path.join(root, "blobs", digest)
    return older if not os.path.exists(path) and os.path.exists(older) else path


def _config(root: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    digest = text(row.get("digest"))
    if not digest or not _is_digest(digest):
        return {}
    try:
        return read_json(_blob(root, digest))
    except (OSError, SafetensorsError):
        return {}


def _facts(config: Mapping[str, Any]) -> ModelFacts:
    """What the config says. What the model's own header says is better, where it says it."""
    able = config.get("capabilities")
    names = {str(name) for name in able} if isinstance(able, list) else set()
    size = text(config.get("model_type"))
    return ModelFacts(
        kind="embedding" if names == {"embedding"} else "chat",
        family=text(config.get("model_family")),
        parameters=parameters_of(size) if size else None,
        quantisation=text(config.get("file_type")),
        context=positive(config.get("context_length")),
        tools="tools" in names if names else None,
        thinking="thinking" in names if names else None,
        vision="vision" in names if names else None,
    )
