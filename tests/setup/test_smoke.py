"""Short requests: each is decided, sent to the engine's server, and told as it went."""

from __future__ import annotations

from model_router.catalog import parse_catalog
from model_router.router import ModelRouter
from model_router.servers import Answered
from model_router.setup.selections import Selection, engine_name
from model_router.setup.smoke import PROMPTS, tries
from model_router.setup.writer import catalog_text

ROWS = [
    Selection(route, engine_name(route, True), f"{route}-model", "ollama", "http://127.0.0.1:1/v1",
              vision=route == "vision")
    for route in PROMPTS
]  # fmt: skip
ROUTER = ModelRouter(parse_catalog(catalog_text(ROWS)))


def test_each_request_goes_where_the_catalog_says() -> None:
    """With all routes filled, each to its own model."""
    sent: list[tuple[str, str]] = []

    def send(home: Selection, prompt: str) -> Answered:
        sent.append((home.route, prompt))
        return Answered(200, True)

    found = list(tries(ROUTER, ROWS, PROMPTS, send))
    assert sent == list(PROMPTS.items())
    assert [(one.model, one.ok) for one in found] == [(f"{r}-model", True) for r in PROMPTS]


def test_a_route_that_a_person_takes_fails() -> None:
    """Nothing is sent for it."""
    router = ModelRouter(parse_catalog(catalog_text([])))
    one = next(tries(router, [], ["simple"], lambda home, prompt: Answered(200, True)))
    assert (one.ok, one.fact) == (False, "goes to a person")


def test_what_a_server_says_is_passed_on() -> None:
    """Its own words, or the status."""
    for answered, fact in (
        (Answered(500, False, "out of memory"), "out of memory"),
        (Answered(502, False), "answers 502"),
    ):
        one = next(tries(ROUTER, ROWS, ["simple"], lambda home, prompt, a=answered: a))
        assert (one.ok, one.fact) == (False, fact)
