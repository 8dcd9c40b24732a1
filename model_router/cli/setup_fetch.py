"""The downloads that were chosen, fetched at once when somebody wants that."""

from __future__ import annotations

from model_router.cli.output import Output
from model_router.cli.setup_files import Draft
from model_router.cli.setup_machine import catalog_of
from model_router.cli.setup_setting import Setting
from model_router.setup import questions
from model_router.setup.choices import Choice
from model_router.setup.fetching import execute
from model_router.setup.hub import EXTRA, fetcher, installed
from model_router.setup.wanted import for_names
from model_router.setup.wizard import Talk


def fetched(here: Setting, draft: Draft, talk: Talk | None, output: Output) -> bool:
    """Whether anything was fetched. Raises HubError; what was fetched until then is kept."""
    todo = waiting(draft)
    if not todo:
        return False
    if not installed():
        if here.options["download"]:
            output.warn(f"nothing was fetched: huggingface_hub is not installed; {EXTRA}")
        return False
    size = sum(one.size_bytes or 0 for one in todo.values())
    if not here.wanted(questions.fetch(tuple(todo), size), talk):
        return False
    plan = for_names(catalog_of(here.options["model_catalog"]), tuple(todo), ())
    bars = output.err.is_tty and not output.json
    fetch = fetcher(here.cache, here.environ, bars=bars)
    done = list(execute(plan, here.cache, fetch, output.note))
    output.note(f"{len(done)} files are here and verified")
    return True


def waiting(draft: Draft) -> dict[str, Choice]:
    """The chosen downloads that are not here, by the name in the list of models."""
    off = {one.route for one in draft.selections if one.engine in draft.off}
    found = [one for route, one in draft.chosen.items() if one is not None and route in off]
    return {one.model: one for one in found if one.source == "download"}
