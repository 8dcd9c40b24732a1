"""Check model_router/data/model_catalog.yaml: its form, and that it is of use on every machine.

python scripts/check_model_catalog.py             ask nobody
python scripts/check_model_catalog.py --online    compare commits, sizes and sums with the hub

Exit code 1 when something is wrong. What is only unknown is counted, not wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from model_router.errors import ModelRouterError, RouterConfigError  # noqa: E402
from model_router.setup.catalog_file import load_model_catalog, packaged_path  # noqa: E402
from model_router.setup.downloads import Plan, planned  # noqa: E402
from model_router.setup.fit import GIB, catalog_footprint, need  # noqa: E402
from model_router.setup.hub import Ask, HubError, asker  # noqa: E402
from model_router.setup.model_catalog import CatalogModel, ModelCatalog, Source  # noqa: E402
from model_router.setup.routes import ROLES, ROUTES  # noqa: E402

MEMORIES = (4, 8, 16, 24, 48, 96)
"""GiB for which each role should have a model."""


def faults(catalog: ModelCatalog) -> Iterator[str]:
    """What is wrong with a list whose form is right."""
    ids = {model.id for model in catalog.models}
    for model in catalog.models:
        if model.superseded_by is not None and model.superseded_by not in ids:
            yield f"{model.id}: superseded_by {model.superseded_by} is no model of the list"
        if model.active is not None and model.active > (model.parameters or 0):
            yield f"{model.id}: more parameters are active than there are"
        if not model.roles:
            yield f"{model.id}: it has no role"
        yield from _suspicious(model)
    for role in ROLES:
        yield from _gaps(catalog, role)


def _suspicious(model: CatalogModel) -> Iterator[str]:
    """Sizes and figures that cannot be right for a model of so many parameters."""
    size = model.size()
    if size is not None and model.parameters and model.memory is None:
        bits = size * 8 / model.parameters
        if not 1 <= bits <= 17:
            yield f"{model.id}: {bits:.1f} bits a parameter cannot be"
    if model.kv_bytes_per_token is not None and model.kv_bytes_per_token % 2:
        yield f"{model.id}: kv_bytes_per_token is odd, f16 has two bytes"


def _gaps(catalog: ModelCatalog, role: str) -> Iterator[str]:
    said = catalog.gaps.get(role, ())
    for memory in MEMORIES:
        served = any(serves(model, role, memory * GIB) for model in catalog.models)
        if served and memory in said:
            yield f"gaps.{role}: there is a model for {memory} GiB"
        if not served and memory not in said:
            yield f"no model serves {role} within {memory} GiB; add one, or list it in gaps"


def serves(model: CatalogModel, role: str, memory: int) -> bool:
    """Whether a model fits so many bytes with the least context that the role's routes take."""
    if role not in model.roles:
        return False
    footprint = catalog_footprint(model, vision=role == "vision")
    if footprint is None:
        return False
    least = min(route.least_context for route in ROUTES if route.role == role)
    return need(footprint, least).total <= memory


def differences(catalog: ModelCatalog, ask: Ask) -> Iterator[str]:
    """What the hub says otherwise, or does not have."""
    for model in catalog.models:
        for source in model.sources:
            try:
                yield from (f"{model.id}: {said}" for said in _source(source, ask))
            except (HubError, OSError) as error:
                yield f"{model.id}: {error}"


def _source(source: Source, ask: Ask) -> Iterator[str]:
    listing = ask(source.repo, source.revision)
    for wanted in source.files:
        if wanted.pattern:
            continue
        if wanted.path not in listing.files:
            yield f"{source.repo} has no {wanted.path} at {listing.commit[:12]}"
            continue
        size, sha256 = listing.files[wanted.path]
        if wanted.exact and wanted.size is not None and size != wanted.size:
            yield f"{wanted.path} has {size} bytes, not {wanted.size}"
        if wanted.sha256 is not None and sha256 != wanted.sha256:
            yield f"{wanted.path} has the sha256 {sha256}"


def summary(catalog: ModelCatalog) -> str:
    """How much of the list is known."""
    models = catalog.models
    pinned = sum(1 for model in models if Plan(planned(model, ("vision",))).pinned)
    sized = sum(1 for model in models if model.size() is not None)
    cached = sum(1 for model in models if model.kv_bytes_per_token is not None)
    return (
        f"version {catalog.version}: {len(models)} models, {pinned} pinned, {sized} with sizes, "
        f"{cached} with the size of their cache"
    )


def main(argv: list[str] | None = None) -> int:
    """Check, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("file", nargs="?", default=packaged_path(), help="another list")
    parser.add_argument("--online", action="store_true", help="compare with the hub")
    parser.add_argument("--endpoint", help="the hub's address; without it HF_ENDPOINT's")
    given = parser.parse_args(argv)
    try:
        catalog = load_model_catalog(given.file)
        wrong = list(faults(catalog))
        if given.online:
            environ = dict(os.environ)
            if given.endpoint:
                environ["HF_ENDPOINT"] = given.endpoint
            wrong += differences(catalog, asker(environ))
    except RouterConfigError as error:
        wrong = [str(problem) for problem in error.problems]
    except ModelRouterError as error:
        wrong = [f"{error}; {error.hint}" if error.hint else str(error)]
    else:
        print(summary(catalog))
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
