"""The page: whole, alone, and safe whatever the rows hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.hindsight.evaluate import Evaluation
from model_router.hindsight.labels import Row
from model_router.hindsight.page import HEAD, page
from tests.support.routers import FakeRouter

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Reader(HTMLParser):
    """Collects tags and text, and notices a tag that is not closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    """The page, read to its end."""
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def report(prompt: str = "write it", source: str = "s", **changes: Any) -> dict[str, Any]:
    """A report of a few rows, compared with another router."""
    evaluation = Evaluation(FakeRouter({}), FakeRouter({prompt: "code_agent"}), errors=9)
    for row in (
        Row("f:1", "a", prompt, source, "code_agent", confirm=True),
        Row("f:2", "b", "x", "other", "fast_local", confirm=False, scores={"m": 0, "n": 1}),
    ):
        evaluation.add(row)
    gate = [
        {"metric": "strict", "at_least": 0.9, "measured": 0.5, "met": False},
        {"metric": "cpt50", "at_most": 0.9, "measured": None, "met": False},
    ]
    facts = {"version": "1.2.3", "files": ["rows.jsonl", "-"], "gate": gate}
    return {**facts, **evaluation.report(), **changes}


def test_page_holds_everything() -> None:
    """Figures, matrix, engines, sources, pairs, flips, worst cases and bounds are there."""
    text = read(page(report())).text
    for part in (
        "Figures", "Confusion matrix", "Engines", "Sources", "Weak or strong model", "Beside",
        "Worst cases", "Bounds", "not met", "write it", "standard input", "macro-F1", "1.2.3",
        "same machine",
    ):  # fmt: skip
        assert part in text, part


def test_page_needs_nothing_else() -> None:
    """No script, no picture, no address: nothing is loaded, and a browser is told so."""
    text = page(report())
    reader = read(text)
    assert not {"script", "link", "img", "iframe", "svg", "form"} & set(reader.tags)
    names = {name for name, _ in reader.attributes}
    assert not {"src", "href", "onload", "onclick"} & names
    assert "//" not in text.replace(HEAD, "")
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_page_is_for_light_and_dark() -> None:
    """Colours follow the reader's system."""
    text = page(report())
    assert "color-scheme: light dark" in text
    assert "prefers-color-scheme: dark" in text


def test_every_colour_of_one_scheme_is_in_the_other() -> None:
    """No colour is set for light alone."""
    light, dark = re.findall(r":root \{(.*?)\}", page(report()), re.DOTALL)
    assert set(re.findall(r"--\w+", light)) == set(re.findall(r"--\w+", dark))


@pytest.mark.parametrize(
    "prompt",
    ["<script>alert(1)</script>", "</td></table>", "\"onmouseover='x'", "&lt;b&gt;", "<!--"],
)
def test_prompts_are_escaped(prompt: str) -> None:
    """Markup in a prompt is shown as it was typed, and is no markup."""
    reader = read(page(report(prompt, source=prompt)))
    assert prompt in reader.text
    assert "script" not in reader.tags


def test_invisible_characters_are_shown() -> None:
    """What would turn a line around, or is no character at all, is written as its escape."""
    text = page(report("a\u202eb \ud800 c\x00d"))
    assert "a\\u202eb \\ud800 c\\x00d" in text
    text.encode("utf-8")


@settings(max_examples=30, deadline=None)
@given(st.text(), st.text(min_size=1))
def test_any_text_gives_a_well_formed_page(prompt: str, source: str) -> None:
    """Whatever rows hold, every tag closes and the page can be written as UTF-8."""
    text = page(report(prompt, source))
    text.encode("utf-8")
    assert "script" not in read(text).tags


def test_page_of_nothing() -> None:
    """Parts without figures are left out, and the page is whole all the same."""
    evaluation = Evaluation(FakeRouter({}))
    evaluation.add(Row("f:1", None, "x", "s"))
    facts = {"version": "1", "files": ["f"], "gate": []}
    reader = read(page({**facts, **evaluation.report()}))
    for part in ("Confusion", "Worst", "Bounds", "Beside", "Sources", "Engines", "Figures"):
        assert part not in reader.text


def test_matrix_has_a_column_for_what_is_never_right() -> None:
    """An engine that was chosen and is no label stands at the end."""
    data = report(confusion={"code_agent": {"code_agent": 3, "fast_local": 1}})
    text = page(data)
    assert '<td class="right" style="--share: 0.750">3</td>' in text
    assert '<td class="wrong" style="--share: 0.250">1</td>' in text
    assert text.index("code_agent</th>") < text.index("fast_local</th>")
