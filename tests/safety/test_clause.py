"""Clauses: where they begin and end, and what their words tell."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.safety import clause as module
from model_router.safety.clause import (
    REACH_BACK,
    REACH_ON,
    TRIES,
    Clause,
    clause_at,
    conditional,
    conditioned,
    continued,
    fronted,
    leads_nowhere,
    leads_up,
    narrates,
    negated,
    questions,
    recounts,
    tells_of_running,
    tells_of_somebody,
)
from model_router.safety.phrases import FOREIGN_POLITE, LEADS, WISHES
from model_router.text.reading import WORDS_TABLE, read


def clause(text: str, word: str) -> Clause:
    """The clause around the first `word` of `text`."""
    words, marks = read(text).latin
    start = words.index(f" {word} ".encode())
    return clause_at(words, marks, start, start + len(word) + 2)


def before(text: str, word: str = "delete") -> str:
    return b" ".join(clause(text, word).before).decode()


def after(text: str, word: str = "delete") -> str:
    return b" ".join(clause(text, word).after).decode()


def said(words: str) -> list[bytes]:
    return words.encode().split()


LAST_BREAK = re.compile(
    rb".*(?:[.!?;][\"')\]]?[ \n]|\n|\xe3\x80\x82|[\x80-\xff.,!?][.!?;])", re.DOTALL
)
FIRST_END = re.compile(rb"[.!?;](?=[\s\"')\]]|$)|\n|\xe3\x80\x82|\xef\xbc\x81|\xef\xbc\x9f")
MARKED = st.text(st.sampled_from("ab .,!?;\n\"')]。！？é3"), max_size=60)


class TestLeadsNowhere:
    def told(self, text: str) -> bool:
        text = f"Somebody said a word or two, and {text}"
        words, marks = read(text).latin
        return leads_nowhere(words, marks, words.index(b" delete "))

    @pytest.mark.parametrize("text", ["he had to delete it", "in the delete it"])
    def test_told_by_two_words(self, text: str) -> None:
        """After "had to", "ways to" and the like nothing can be ordered."""
        assert self.told(text)
        assert not leads_up(said(before(text)))

    @pytest.mark.parametrize(
        "text",
        [
            "I want to delete it",
            "please delete it",
            "want <b>to delete it",
            "find and delete it",
            "try this: delete it",
            "try this (to) delete it",
            "should delete it",
        ],
    )
    def test_not_told(self, text: str) -> None:
        """What may lead up to an order, alone or with the word before, is left to the clause."""
        assert not self.told(text)

    def test_near_the_beginning(self) -> None:
        """So is a verb whose words before may not be all there."""
        words, marks = read("he had to delete it").latin
        assert not leads_nowhere(words, marks, words.index(b" delete "))

    @pytest.mark.parametrize("lead", [*LEADS, *WISHES])
    def test_no_lead_is_lost(self, lead: bytes) -> None:
        """Whatever leads up to an order still does."""
        assert not self.told(f"I{lead.decode()} delete it")


class TestSearch:
    @given(MARKED, MARKED)
    def test_bounds_are_what_a_search_finds(self, left: str, right: str) -> None:
        """Trying the places of the marks gives what searching the whole window gives."""
        marks = f" {left} delete {right} ".encode()
        start = marks.index(b" delete ")
        found = clause_at(marks, marks, start, start + 8)
        back, stop = LAST_BREAK.match(marks, 0, start + 1), FIRST_END.search(marks, start + 7)
        assert found.opens == (back.end() - 1 if back else 0)
        assert found.ends == (stop.start() if stop else len(marks))

    def test_many_marks_that_end_nothing(self) -> None:
        """Where none of the nearest marks ends a clause, the rest of the window is searched."""
        dots = "a.b" * (TRIES + 3)
        assert before(f"One. {dots} delete it") == " ".join(dots.replace(".", " ").split())
        assert after(f"delete {dots}. Two") == " ".join(dots.replace(".", " ").split())


class TestBounds:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("delete it", ""),
            ("please delete it", "please"),
            ("One. Two delete it", "two"),
            ("One! delete it", ""),
            ("One? delete it", ""),
            ("One; delete it", ""),
            ('He left." delete it', ""),
            ("(see above.) delete it", ""),
            ("one\ndelete it", ""),
            ("one\r\ndelete it", ""),
            ("东京。delete it", ""),
            ("version 2.4 delete it", "version 2 4"),
            ("<p>delete it", ""),
            ("one</li> <li>two delete it", "two"),
            ("please <b>delete</b> it", "please"),
            ("if a < b then delete it", "if a b then"),
        ],
    )
    def test_before(self, text: str, expected: str) -> None:
        """A sentence, a line or a block tag begins a clause; a tag inside a line does not."""
        assert before(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("delete it. Now", "it"),
            ("delete it\nnow", "it"),
            ("delete it? Now", "it"),
            ('delete it." he', "it"),
            ("delete a.txt now", "a txt now"),
            ("delete it", "it"),
        ],
    )
    def test_after(self, text: str, expected: str) -> None:
        """A clause ends with its sentence or its line; a point inside a word ends nothing."""
        assert after(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("delete\nthe files\nnow", "the files"),
            ("delete\nthe files. Now", "the files"),
            ("delete\n\nthe files", ""),
            ("delete. The files", ""),
            ("delete", ""),
        ],
    )
    def test_continued(self, text: str, expected: str) -> None:
        """A verb that closes its line is followed by the words of the next."""
        words, marks = read(text).latin
        found = continued(words, marks, clause(text, "delete").ends)
        assert b" ".join(found).decode() == expected

    def test_far_words_are_cut(self) -> None:
        """A clause without end reaches only so far."""
        found = clause("word " * 500 + "delete " + "more " * 500, "delete")
        assert len(b" ".join(found.before)) <= REACH_BACK
        assert len(b" ".join(found.after)) <= REACH_ON

    def test_colon_and_question_mark(self) -> None:
        """Both are told with the clause."""
        assert clause("Text: delete it", "delete").colon
        assert not clause("delete it: now", "delete").colon
        assert clause("Shall we delete it?", "delete").asked
        assert not clause("delete it.", "delete").asked

    @given(st.text(), st.text())
    def test_any_text_has_clauses(self, left: str, right: str) -> None:
        """A word in any text has a clause whose places lie in the text."""
        text = f"{left} delete {right}"
        words, marks = read(text).latin
        start = words.find(b" delete ")
        if start >= 0:
            found = clause_at(words, marks, start, start + 8)
            assert 0 <= found.opens <= start + 1
            assert start < found.ends <= len(marks)


class TestLeadsUp:
    @pytest.mark.parametrize(
        "words",
        [
            "",
            "please",
            "now quickly",
            "can you",
            "could you please",
            "i want you to",
            "i need to",
            "we have to",
            "you need to",
            "help me",
            "let s",
            "feel free to",
            "do not forget to",
            "don t hesitate to",
            "why don t you",
            "@bot",
            "forcefully",
            "# ",
            "i am out of space so please",
        ],
    )
    def test_orders(self, words: str) -> None:
        """Nothing, politeness, and what people say before a verb make it an order."""
        assert leads_up(said(words))

    @pytest.mark.parametrize(
        "words",
        [
            "how to",
            "he",
            "they will",
            "i don t want you to",
            "i never want to",
            "i do not need to",
            "the script will",
            "somebody has to",
            "in order to",
            "function",
        ],
    )
    def test_no_orders(self, words: str) -> None:
        """What tells of somebody or takes the order back does not."""
        assert not leads_up(said(words))

    def test_means(self) -> None:
        """ "Use ... to" leads up to an order, save where a part of a program is used."""
        assert leads_up(said("use my savings account to"))
        assert leads_up(said("please use find to"))
        assert not leads_up(said("use pandas to"))
        assert not leads_up(said("using find to"))
        assert not leads_up(said("use one two three four five six seven eight to"))

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("in my calendar", True),
            ("on friday", True),
            ("from the archive folder", True),
            ("on windows users", False),
            ("in my opinion people", False),
            ("in general we", False),
            ("from the", False),
            ("on", False),
            ("the calendar", False),
            ("in the place where it was found", False),
            ("at the end of a very long and winding road", False),
        ],
    )
    def test_fronted(self, words: str, expected: bool) -> None:
        """A place or a time may stand before an order; a subject or a clause makes it a tale."""
        assert fronted(said(words)) is expected

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("if it rains tomorrow", True),
            ("when you are done", True),
            ("after the call", True),
            ("if it rains", True),
            ("when i", False),
            ("if people", False),
            ("when users", False),
            ("when is the", False),
            ("the call", False),
            ("if", False),
        ],
    )
    def test_conditioned(self, words: str, expected: bool) -> None:
        """A whole condition may stand before an order; one that names who does the deed not."""
        assert conditioned(said(words)) is expected

    @pytest.mark.parametrize(
        "words",
        [
            "i was at the shop trying to",
            "tell me when i have to",
            "i need to know what day i need to",
        ],
    )
    def test_wishes_that_are_told_or_asked(self, words: str) -> None:
        """A try is told of, and a wish is part of a question."""
        assert recounts(said(words))

    def test_no_matter_what(self) -> None:
        """ "No matter what" asks nothing, and a plain wish is neither told of nor asked."""
        assert not recounts(said("no matter what i want to"))
        assert not recounts(said("i want to"))
        assert not recounts([])

    def test_other_languages_have_their_own_politeness(self) -> None:
        """Small words of other languages count where they are given."""
        assert leads_up(said("por favor"), FOREIGN_POLITE)
        assert leads_up(said("kannst du bitte"), FOREIGN_POLITE)
        assert not leads_up(said("por favor"))


class TestQuestions:
    @pytest.mark.parametrize(
        "words",
        [
            "how do i",
            "please explain how",
            "what if i",
            "can i",
            "do files",
            "does it",
            "should we",
            "would it",
            "wie kann ich",
            "por que",
            "is it safe to",
        ],
    )
    def test_questions(self, words: str) -> None:
        """A clause that opens with a question word, or asks whether, is a question."""
        assert questions(said(words))

    @pytest.mark.parametrize(
        "words",
        [
            "",
            "please",
            "can you",
            "could u",
            "would you",
            "do a",
            "do",
            "por favor",
            "i know how to",
        ],
    )
    def test_no_questions(self, words: str) -> None:
        """A plea in the form of a question is none, nor is "do a ..."."""
        assert not questions(said(words))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("if it fails", True),
        ("when you are done", True),
        ("once the tests pass", True),
        ("when should i", False),
        ("when do we", False),
        ("find it", False),
        ("", False),
    ],
)
def test_conditions(words: str, expected: bool) -> None:
    """A condition opens with if or when, and asks nothing."""
    assert conditional(said(words)) is expected


def test_narration() -> None:
    """A clause that opens with somebody tells of him."""
    assert narrates(said("the script finds files and"))
    assert narrates(said("he"))
    assert not narrates(said("find files and"))
    assert not narrates(said("no need to keep them"))
    assert not narrates([])
    assert tells_of_somebody(said("john went to the store to"))
    assert tells_of_somebody(said("anna wanted to"))
    assert not tells_of_somebody(said("find flights and"))


def test_negation_is_near() -> None:
    """Only a negation right before the verb takes it back."""
    assert negated(said("do not"))
    assert negated(said("please don t"))
    assert not negated(said("i do not know what else there is so"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("when i run", True),
        ("i ran", True),
        ("we used", True),
        ("the script runs", True),
        ("i want you to run", False),
        ("please run", False),
        ("run", False),
    ],
)
def test_telling_of_a_command(words: str, expected: bool) -> None:
    """Whoever tells that a command was run does not order it."""
    assert tells_of_running(said(words)) is expected


_PIECES = [b"a", b"b ", b" ", b". ", b"!", b"?", b";", b"\n", b'"', b"'", b")", b"]", b",", b":"]
_PIECES += [sign.encode() for sign in ("。", "！", "？", "é")]
_PIECES += [b"\xe3", b"\x80", b"\xef\xbc", b"\t", b"word " * 12, b"<", b"<b>", b"</div>"]


@pytest.mark.skipif(module.compiled is None, reason="our C was not built here")
class TestCompiled:
    @settings(max_examples=1_500, deadline=None)
    @given(st.lists(st.sampled_from(_PIECES), max_size=60).map(b"".join), st.data())
    def test_c_and_python_cut_alike(self, said: bytes, data: st.DataObject) -> None:
        """Wherever a hit stands and whatever is around it, both give the same clause; one in which
        a tag may stand is left to Python."""
        marks = b" %b " % said
        words = marks.translate(WORDS_TABLE)
        start = data.draw(st.integers(0, len(marks) - 1))
        end = data.draw(st.integers(start + 1, min(len(marks), start + 12)))
        found = module.compiled.parts(words, marks, start, end)
        if b"<" in marks[max(0, start - module.REACH_BACK) : start + 1]:
            assert found is None
        else:
            assert found == tuple(module.parts(words, marks, start, end))
        assert module.clause_at(words, marks, start, end) == module.parts(words, marks, start, end)

    @pytest.mark.parametrize(
        "wrong",
        [
            (b"ab", b"a", 0, 1),
            (b"ab", "ab", 0, 1),
            (b"ab", b"ab", -1, 1),
            (b"ab", b"ab", 1, 1),
            (b"ab", b"ab", 0, 3),
            (b"ab", b"ab", "0", 1),
            (b"ab", b"ab", 0),
        ],
    )
    def test_c_looks_at_what_it_is_given(self, wrong: Any) -> None:
        """A hit that stands outside its reading is refused."""
        with pytest.raises((TypeError, ValueError)):
            module.compiled.parts(*wrong)
