"""Wishes: a thing that is named is asked for, asked about or only told of."""

from __future__ import annotations

import pytest

from model_router.safety.clause import Clause
from model_router.safety.wishes import asks_for, wants_done

WANTS = frozenset(b"need want book get getting order call mark please".split())
SPARES = frozenset(b"how price recommend".split())


def asked(before: str, after: str = "", *, polite: bool = True, bare: bool = False) -> bool:
    """Whether the thing between `before` and `after` is asked for."""
    clause = Clause(before.encode().split(), after.encode().split(), 0, 0, False, False)
    return asks_for(clause, frozenset() if bare else WANTS, SPARES, polite=polite)


@pytest.mark.parametrize(
    "before",
    [
        "book me a",
        "please get me a",
        "i need a",
        "i want a",
        "can i get a",
        "could we order a",
        "pack my things and call a",
        "i would like you to book a",
        "for tomorrow morning book a",
        "if it rains book a",
        "when the call is over book a",
        "i am going to need a",
        "use my card to book a",
    ],
)
def test_wanted(before: str) -> None:
    """An order, a wish of the speaker and a polite question ask for a thing."""
    assert asked(before)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "the",
        "he needs a",
        "how do i book a",
        "what is the price of a",
        "don t book a",
        "i need you to like the",
        "recommend and book a",
        "when i book a",
        "when can i book a",
        "i need the number for my",
        "getting the latest",
        "mark is at the",
        "for tomorrow people book a",
    ],
)
def test_not_wanted(before: str) -> None:
    """A question, somebody else's wish and a negation do not."""
    assert not asked(before)


def test_polite_questions_count_only_where_they_are_said_to() -> None:
    """ "Can I get" asks for a thing of some rows alone."""
    assert asked("can i get a")
    assert not asked("can i get a", polite=False)


def test_what_follows_counts() -> None:
    """The verb may stand after the thing, and "to" after the thing is no other wish."""
    assert asked("i need a", "to the airport")
    assert asked("a table for two , please", "book it") is False
    assert asked("", "needed book it") is False


def test_phrases_of_their_own() -> None:
    """A row without verbs is asked for by being said as an order."""
    assert asked("please", bare=True)
    assert asked("do a", bare=True)
    assert not asked("how do i do a", bare=True)
    assert not asked("don t do a", bare=True)
    assert not asked("he said that the", bare=True, polite=False)


def test_a_thing_and_a_plea() -> None:
    """A thing with nothing but "please" is wanted; what is shown or listed is not."""
    assert asked("", "please")
    assert asked("train", "please")
    assert not asked("list every", "please")
    assert not asked("", "routes please")


@pytest.mark.parametrize(
    "before",
    [
        "i want my old files",
        "we need the server",
        "i would like these photos to be",
        "i d like my flight",
        "please have the server",
        "can you get all of it",
        "i need to have my account",
    ],
)
def test_wants_done(before: str) -> None:
    """A wish with its thing, or "have" with somebody's thing, wants what the participle says."""
    assert wants_done(before.encode().split())


@pytest.mark.parametrize(
    "before",
    [
        "the files",
        "i had my account",
        "he wants my files",
        "i want to know if the files",
        "i like my emails",
        "i don t want my files",
        "i would not like my files",
        "i need the list of",
        "we have all files",
        "how can i have my account",
        "have files",
    ],
)
def test_wants_nothing_done(before: str) -> None:
    """Tales, habits, questions, negations and things that are only described do not."""
    assert not wants_done(before.encode().split())


def asked_of(before: str, after: str, verbs: str) -> bool:
    """Whether the thing between `before` and `after` is asked for by one of these verbs."""
    clause = Clause(before.encode().split(), after.encode().split(), 0, 0, False, False)
    return asks_for(clause, frozenset(verbs.encode().split()), SPARES, polite=False)


@pytest.mark.parametrize("before", ["my car needs an", "our little daughter needs a"])
def test_needs_of_what_is_mine(before: str) -> None:
    """What the speaker's own people and things need is asked for."""
    assert asked_of(before, "", "needs")


@pytest.mark.parametrize("before", ["my app needs a", "our website needs a", "the car needs an"])
def test_needs_of_what_is_made(before: str) -> None:
    """What software needs, or what is not the speaker's, is not."""
    assert not asked_of(before, "", "needs")


def test_a_taste_is_no_wish() -> None:
    """ "I like pizza" asks for none, "I would like a pizza" does."""
    assert not asked_of("i like", "", "like")
    assert not asked_of("we like", "a lot", "like")
    assert asked_of("i would like a", "", "like")
    assert asked_of("i d like a", "", "like")


def test_have_asks() -> None:
    """ "Have I added it to my calendar" is a question, "have it added" an order."""
    assert not asked_of("have i added it", "", "have")
    assert asked_of("have it added", "", "have")


def test_a_plea_begins_anew() -> None:
    """After "please" an order stands, though the clause began with a question."""
    assert asked("what about a nice evening can you please", "", bare=True)
    assert not asked("what about a nice evening would you", "", bare=True)
