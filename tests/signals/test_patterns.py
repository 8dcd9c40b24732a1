"""Patterns: a tiny syntax that always stands for a finite list of literals."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_router.signals.patterns import (
    LONGEST,
    MOST_CHARACTERS,
    MOST_LITERALS,
    MOST_NESTED,
    PatternError,
    expand,
    literals,
)

# A pattern as a tree: ("text", str) | ("class", str) | ("either", [tree]) | ("row", [tree])
# | ("maybe", tree). `spelled` writes it down, `meant` says what it stands for; neither parses.
Tree = tuple[str, object]

_LETTERS = st.text(st.sampled_from("abc é日"), min_size=1, max_size=4)
_LEAVES = st.one_of(
    st.tuples(st.just("text"), _LETTERS),
    st.tuples(st.just("class"), st.text(st.sampled_from("xyzé"), min_size=1, max_size=3)),
)
TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.just("either"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("row"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("maybe"), inner),
    ),
    max_leaves=6,
)


def spelled(tree: Tree) -> str:
    """The pattern that a person would write for a tree."""
    kind, inner = tree
    if kind == "text":
        return str(inner)
    if kind == "class":
        return f"[{inner}]"
    if kind == "maybe":
        return f"({spelled(inner)})?"  # type: ignore[arg-type]
    parts = [spelled(part) for part in inner]  # type: ignore[attr-defined]
    return f"({'|'.join(parts)})" if kind == "either" else "".join(parts)


def meant(tree: Tree) -> list[str]:
    """What a tree stands for, worked out from the tree alone."""
    kind, inner = tree
    if kind == "text":
        return [str(inner)]
    if kind == "class":
        return list(str(inner))
    if kind == "maybe":
        return ["", *meant(inner)]  # type: ignore[arg-type]
    parts = [meant(part) for part in inner]  # type: ignore[attr-defined]
    if kind == "either":
        return [word for part in parts for word in part]
    return ["".join(choice) for choice in product(*parts)]


def outcome(
    function: Callable[[str], Sequence[object]], pattern: str
) -> Sequence[object] | PatternError:
    """What a function makes of a pattern, or the PatternError that it raises."""
    try:
        return function(pattern)
    except PatternError as error:
        return error


class TestExpand:
    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("delete", ["delete"]),
            ("(a|b) c", ["a c", "b c"]),
            ("colou?r", ["color", "colour"]),
            ("summari[sz]e", ["summarise", "summarize"]),
            ("(please )?run( it)?", ["run", "run it", "please run", "please run it"]),
            ("a|b c", ["a", "b c"]),
            ("(a|(b|c)d)", ["a", "bd", "cd"]),
            ("[ab]?c", ["c", "ac", "bc"]),
            ("(a|a)", ["a"]),
            ("c\\+\\+ \\(x\\)", ["c++ (x)"]),
            ("what\\?", ["what?"]),
            ("c++", ["c++"]),
            ("  two   spaces ", ["two spaces"]),
            ("(the|) end", ["the end", "end"]),
            ("", [""]),
        ],
    )
    def test_cases(self, pattern: str, found: list[str]) -> None:
        """A choice, an option and a class stand for each of their texts, in order, once."""
        assert expand(pattern) == found

    @settings(max_examples=1_000)
    @given(TREES)
    def test_it_is_what_the_tree_means(self, tree: Tree) -> None:
        """A pattern stands for what an independent expansion of the same structure gives."""
        wanted = dict.fromkeys(" ".join(word.split()) for word in meant(tree))
        assert expand(spelled(tree)) == list(wanted)

    @settings(max_examples=1_000)
    @given(st.text(st.sampled_from('ab(|)[]?*\\" é')))
    @example("(" * 5_000)
    @example("(" * 5_000 + ")" * 5_000)
    @example("(a|b)" * 12)
    @example("|".join(["(" + "|".join("abcdefgh") + ")"] * 600))
    @example("[" + "ab" * 3_000 + "]")
    @example("[]")
    @example("a?" * 3_000)
    @example("()?" * 3_000)
    @example("x" * 1_000_000)
    @example("(a|b|c)[de]" * 500)
    def test_few_literals_or_an_error(self, pattern: str) -> None:
        """Whatever a user writes is a short list or a PatternError, and comes at once."""
        start = time.perf_counter()
        found = outcome(expand, pattern)
        if isinstance(found, PatternError):
            assert 0 < len(str(found)) < 400
        else:
            assert 0 < len(found) <= MOST_LITERALS
        assert time.perf_counter() - start < 2

    @given(st.text())
    def test_any_text(self, pattern: str) -> None:
        """No text raises anything but PatternError, in `literals` neither."""
        assert outcome(expand, pattern)
        assert outcome(literals, pattern)

    @pytest.mark.parametrize(
        ("pattern", "message"),
        [
            ("(a|b", "'(' is never closed in '(a|b'"),
            ("a)b", "unmatched ')' at character 2 of 'a)b'"),
            ("[sz", "'[' is never closed in '[sz'"),
            ("a[]b", "nothing between '[' and ']' in 'a[]b'"),
            ("delete.*", "'*' at character 8 of 'delete.*' has nothing to repeat"),
            ("?a", "'?' at character 1 of '?a' has nothing to repeat"),
            ("a??", "'?' at character 3 of 'a??' has nothing to repeat"),
            ("[ab]" * 13, f"stands for more than {MOST_LITERALS} literals"),
            ("x" * (MOST_CHARACTERS + 1), f"is {MOST_CHARACTERS + 1} characters long"),
            ("(" * (MOST_NESTED + 1) + "a" + ")" * (MOST_NESTED + 1), "nest deeper"),
        ],
    )
    def test_errors_name_the_place(self, pattern: str, message: str) -> None:
        """An error says what is wrong, where, and in which pattern."""
        with pytest.raises(PatternError) as caught:
            expand(pattern)
        assert message in str(caught.value)

    def test_limits_are_reached(self) -> None:
        """A pattern at the limit is still read."""
        assert len(expand("(" + "|".join(map(str, range(MOST_LITERALS))) + ")")) == MOST_LITERALS
        assert expand("(" * MOST_NESTED + "a" + ")" * MOST_NESTED) == ["a"]


class TestLiterals:
    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("Delete It", [b" delete it "]),
            ("i'd", [b" i d "]),
            ("rm -rf", [b" rm  rf "]),
            ("c#", [b" c# "]),
            ("résumé", [b" resume "]),
            ("(résumé|resume)", [b" resume "]),
            ("Löschen", [b" loschen "]),
            ("straße", [b" strasse "]),
            ("удали", ["удали".encode()]),
            ("УДАЛИ", ["удали".encode()]),
            ("删除", ["删除".encode()]),
            ('"$"', [b"$"]),
            ('"(pay|send) $"', [b"pay $", b"send $"]),
            ('"', None),
        ],
    )
    def test_cases(self, pattern: str, found: list[bytes] | None) -> None:
        """Latin words have a space on both sides; other scripts and raw patterns have none."""
        if found is None:
            with pytest.raises(PatternError):
                literals(pattern)
        else:
            assert literals(pattern) == found

    @pytest.mark.parametrize("pattern", ["", " ", "(|)", "...", "a?", '"!!"', "\u200b", "(a|-)"])
    def test_nothing_to_look_for(self, pattern: str) -> None:
        """A literal of nothing would fire everywhere, and is refused."""
        with pytest.raises(PatternError, match="nothing to look for"):
            literals(pattern)

    def test_length(self) -> None:
        """No literal is longer than what two searched pieces share."""
        assert len(literals("x" * LONGEST)[0]) == LONGEST + 2
        with pytest.raises(PatternError, match="longer than"):
            literals("x" * (LONGEST + 1))

    @given(st.lists(st.sampled_from(["delete", "é", "日本", "the", "c++", "Ж"]), min_size=1))
    def test_they_are_found_where_they_stand(self, words: list[str]) -> None:
        """A literal made of a text is in that text's reading."""
        from model_router.text.reading import read

        text = " ".join(words)[:60]
        assert literals(text)[0] in read(text).latin[0]
