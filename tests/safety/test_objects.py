"""Objects: what a verb is aimed at decides whether anything can be harmed."""

from __future__ import annotations

import pytest

from model_router.safety.objects import REACH, aims_at, in_code

OBJECTS = frozenset(b"files table all these it database cluster rows branch".split())
SPARES = frozenset(b"word test commas function column unused text".split())


def aims(words: str) -> bool:
    return aims_at(OBJECTS, SPARES, words.encode().split())


@pytest.mark.parametrize(
    "words",
    [
        "the files",
        "it",
        "all",
        "all the old files",
        "all of whatever there is",
        "these",
        "test cluster",
        "the unused files",
        "all the text files",
        "the big red table with a word in it",
    ],
)
def test_harm(words: str) -> None:
    """An object that comes before anything harmless can be harmed."""
    assert aims(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "nothing known here",
        "the word files",
        "the test for the cluster",
        "all commas from the text",
        "all the function names",
        "the column from the table",
        "rows of a dataframe",
        "the else branch of the function",
        "files " * 0 + "x " * REACH + "files",
    ],
)
def test_no_harm(words: str) -> None:
    """What is harmless, far away or part of a program cannot."""
    assert not aims(words)


def test_parts_of_texts_and_programs() -> None:
    """Where an object is part of a whole, the whole is only changed."""
    assert in_code(b"rows in the dataframe".split())
    assert in_code(b"the branch of the function".split())
    assert in_code(b"the house from the picture and the tree".split())
    assert not in_code(b"files in the script folder".split())
    assert not in_code(b"the function table".split())
