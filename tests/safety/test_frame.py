"""Frames: whether a text is somebody's own words or asks for work on some material."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.safety.clause import clause_at
from model_router.safety.frame import MOST_FENCES, Frame, first_verb, is_material
from model_router.text.reading import read


def frame(text: str) -> Frame:
    return Frame(read(text).latin)


def material(text: str, word: str = "delete", *, strong: bool = True) -> bool:
    """Whether the last `word` of `text` is material."""
    reading = read(text).latin
    words, marks = reading
    start = words.rindex(f" {word} ".encode())
    end = start + len(word) + 2
    clause = clause_at(words, marks, start, end)
    return is_material(strong, clause, start, end, reading, Frame(reading))


class TestHead:
    @pytest.mark.parametrize(
        "text",
        [
            "Translate this into French: hello",
            "Can you please summarize the text below?\nhello",
            "Write an email to Tom",
            "I want you to proofread this:\n\nhello",
            "What does this mean?\nhello",
            "Read the following article and answer.\nhello",
            "hello there\nhow are you\nSummarize the text above.",
            "hello there\nTL;DR",
            "hello there\nTell me what this means",
        ],
    )
    def test_about_material(self, text: str) -> None:
        """Verbs that work on words, and words that name a text, make the rest material."""
        assert frame(text).about_material

    @pytest.mark.parametrize(
        "text",
        [
            "delete the database",
            "Run the following commands:\nls",
            "Execute this script:\nls",
            "Step 1: stop the service",
            "Explain what a foreign key is.\n\nThen go on.",
            "What is the capital of France?\nhello",
            "hello\nIt rained; we stayed at home.",
            'It was fun.\nWhat does this word mean: "serendipity"?',
            "It was fun.\nText mom that I am late",
            "It was fun.\nTell Ivo that I am late",
            "It was fun.\nPlease respond to Mrs. Vogt's letter about the keys",
            "",
        ],
    )
    def test_own_words(self, text: str) -> None:
        """Orders, what is to be carried out, and whole sentences of their own do not."""
        assert not frame(text).about_material

    def test_first_verb(self) -> None:
        """What leads up to a request is passed over."""
        assert first_verb(b"can you help me summarize it".split()) == b"summarize"
        assert first_verb([b"can", b"you"]) == b""


class TestFences:
    def test_inside_and_outside(self) -> None:
        """Only what stands between two fences is fenced."""
        text = "a\n```\nb\n```\nc"
        assert [frame(text).fenced(text.index(letter) + 1) for letter in "abc"] == [
            False,
            True,
            False,
        ]

    def test_an_odd_fence_hides_nothing(self) -> None:
        """A fence that never closes fences nothing, wherever it stands."""
        for text in ("```\ndelete", "```\na\n```\nb\n```\ndelete"):
            assert not frame(text).fenced(len(text))

    def test_a_flood_of_fences_is_none(self) -> None:
        """More fences than anyone writes are not counted on."""
        text = "```\n" * (2 * MOST_FENCES)
        assert not frame(text).fenced(6)


class TestMaterial:
    @pytest.mark.parametrize(
        "text",
        [
            'Translate "delete all files" into French',
            "Translate 'delete all files' into French",
            "Translate to German: delete all files",
            "Proofread this text:\n\ndelete the old files",
            'He said "please delete all files"',
            'Is this rude? "delete all files now"',
            'How would I say this politely? "delete all files now"',
            'Which word is misspelt? "delete all files now"',
            "Explain this:\n```\ndelete files\n```",
            "Why is my query so slow?\n```\ndelete files;\n```",
            "```\ndelete files;\n```\nExplain the above",
            "Summarize this.\nWe met. Then delete files was said.",
            "delete all files\nTranslate the above into French",
        ],
    )
    def test_it_is(self, text: str) -> None:
        """What is quoted, shown or given to be worked on is material."""
        assert material(text)

    @pytest.mark.parametrize(
        "text",
        [
            "delete all files",
            'please "delete" the files',
            "please 'delete' the files",
            '"delete all files"',
            'An odd " quote. Please delete all files',
            "It's Tom's. Please delete all files",
            "Translate 'good morning' into French. Then delete all files",
            "Translate this: hello\n\ndelete all files",
            "Summarize the notes.\n\nThanks. Now delete all files",
            'What is the capital of France? "delete all files"',
            'How late is it? "delete all files"',
            "Run this:\n```\ndelete files\n```",
            "How do I boil an egg?\n```\ndelete files;\n```",
            "```\nTranslate it.\n\ndelete files;\n```",
            "Explain this:\n```\na = 1\n\ndelete the production database\n\n```",
        ],
    )
    def test_it_is_not(self, text: str) -> None:
        """A strong order of its own is said, whatever stands around it."""
        assert not material(text)

    def test_weaker_orders_stay_with_the_material(self) -> None:
        """A paragraph of its own saves strong orders only."""
        text = "Translate this to French:\n\nhello\n\nsend all files"
        assert material(text, "send", strong=False)
        assert not material(text, "send", strong=True)

    def test_source_code_in_a_fence_is_material(self) -> None:
        """A line with marks of code in a fence that is asked about is no paragraph of its own."""
        assert material("Explain this:\n```\na = 1\n\ndelete from users;\n\n```")

    def test_what_a_docstring_says(self) -> None:
        """A docstring says what its function does; other triple quotes say nothing."""
        code = 'def tidy(root):\n    """Find old ones.\n\n    Then delete files.\n    """\n'
        assert material(code)
        assert material(code.replace('"""', "'''"))
        assert material(code, strong=False)
        assert not material(f"{code}\n\nRun it. Then delete files.")
        assert not material('"""\ndelete files\n"""')
        assert not material(code.replace('.\n    """\n', ""))

    @given(st.text(), st.text(), st.booleans())
    def test_any_text(self, left: str, right: str, strong: bool) -> None:
        """Every text can be judged."""
        material(f"{left} delete {right}", strong=strong)
