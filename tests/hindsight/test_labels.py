"""Labelled rows: both forms, and every way to get them wrong."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.errors import RequestError
from model_router.hindsight.labels import FORM, Names, Row, parse_row, set_of
from tests.support.catalogs import catalog, engine


def row(data: Any, **options: Any) -> Row:
    return parse_row(data, "rows:1", "rows", **options)


class TestForms:
    """What the two forms mean."""

    def test_short_form(self) -> None:
        """A prompt and an engine are enough; the file's name is the source."""
        found = row({"prompt": "hi", "engine": "code_agent"}, size=9)
        expected = Row("rows:1", None, "hi", "rows", label="code_agent", confirm=False, size=9)
        assert found == expected

    def test_long_form(self) -> None:
        """Label, confirm, source and what stands in meta."""
        meta = {"accept": ["coding"], "attachments": ["pdf"], "scores": {"a": 1, "b": 0.5}}
        found = row(
            {"id": "x", "prompt": "hi", "label": None, "confirm": None, "source": "s@1:f",
             "split": "dev", "meta": meta}
        )  # fmt: skip
        assert found == Row(
            "rows:1", "x", "hi", "s@1", accept=("coding",), attachments=("pdf",),
            scores={"a": 1.0, "b": 0.5},
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("data", "confirm"),
        [
            ({"engine": "human_confirm"}, True),
            ({"engine": "confirmation"}, True),
            ({"engine": "coding"}, False),
            ({"engine": "coding", "confirm": True}, True),
            ({"engine": "coding", "confirm": None}, None),
            ({"label": "human_confirm"}, None),
            ({"confirm": True}, True),
        ],
    )
    def test_confirm_is_read_off_the_engine(self, data: Any, confirm: bool | None) -> None:
        """Only a row with `engine` and without `confirm` says by its engine whether to ask."""
        assert row({"prompt": "hi", **data}).confirm is confirm

    def test_accept_and_attachments_may_stand_outside(self) -> None:
        """The short form needs no meta; what stands outside wins."""
        data = {"prompt": "hi", "engine": "vision", "accept": ["coding"], "attachments": ["image"]}
        found = row({**data, "meta": {"accept": ["research"]}})
        assert (found.accept, found.attachments) == (("coding",), ("image",))

    def test_whole_numbers_are_ids(self) -> None:
        """An id may be a number."""
        assert row({"prompt": "hi", "engine": "x", "id": 7}).id == "7"

    def test_other_keys_are_passed_over(self) -> None:
        """A column of somebody's own does no harm."""
        assert row({"prompt": "hi", "engine": "x", "reviewer": 3}).label == "x"

    @pytest.mark.parametrize(
        ("source", "name"),
        [
            ("a", "a"),
            ("a@b:c/d.json", "a@b"),
            ("a@b", "a@b"),
            ("topic:one", "topic:one"),
            ("o/n@1:p:q", "o/n@1"),
        ],
    )
    def test_source_is_cut_to_its_set(self, source: str, name: str) -> None:
        """Files of one revision are one set; a colon without a revision stays."""
        assert set_of(source) == name

    def test_file_can_be_the_set(self) -> None:
        """by_file takes the file's name whatever the row says."""
        assert row({"prompt": "a", "engine": "x", "source": "s"}, by_file=True).source == "rows"


BAD: tuple[tuple[Any, str], ...] = (
    (3, "holds int"),
    (None, "holds null"),
    ([], "holds list"),
    ({}, "neither engine nor label nor confirm"),
    ({"prompt": "x"}, "neither engine nor label nor confirm"),
    ({"prompt": "x", "enigne": "a"}, "'enigne' is not a key"),
    ({"prompt": "x", "engine": "a", "atachments": []}, "'atachments' is not a key"),
    ({"prompt": "x", "engine": "a", "label": "a"}, "one thing"),
    ({"prompt": "x", "engine": None}, "engine is null"),
    ({"prompt": "x", "engine": 3}, "engine is int"),
    ({"prompt": "x", "label": ["a"]}, "label is list"),
    ({"prompt": 3, "engine": "a"}, "prompt is int"),
    ({"engine": "a"}, "prompt is null"),
    ({"prompt": " \n", "engine": "a"}, "the prompt is empty"),
    ({"prompt": "x", "confirm": 1}, "confirm is int"),
    ({"prompt": "x", "engine": "a", "id": True}, "id is bool"),
    ({"prompt": "x", "engine": "a", "id": 1.5}, "id is float"),
    ({"prompt": "x", "engine": "a", "source": 1}, "source is int"),
    ({"prompt": "x", "engine": "a", "meta": []}, "meta is list"),
    ({"prompt": "x", "engine": "a", "accept": "b"}, "accept is not a list"),
    ({"prompt": "x", "engine": "a", "meta": {"accept": [1]}}, "accept is not a list"),
    ({"prompt": "x", "engine": "a", "attachments": ["imge"]}, "attachment 'imge'"),
    ({"prompt": "x", "label": None, "meta": {"scores": 3}}, "meta.scores is int"),
    ({"prompt": "x", "label": None, "meta": {"scores": {"a": None}}}, "'a' is not a finite"),
    ({"prompt": "x", "label": None, "meta": {"scores": {"a": True}}}, "'a' is not a finite"),
    ({"prompt": "x", "label": None, "meta": {"scores": {"a": float("nan")}}}, "not a finite"),
    ({"prompt": "x", "label": None, "meta": {"scores": {"a": 10**400}}}, "not a finite"),
)


class TestMistakes:
    """Errors say what is wrong and what to write."""

    @pytest.mark.parametrize(("data", "said"), BAD)
    def test_bad_row_is_refused(self, data: Any, said: str) -> None:
        """Each mistake is named, with a hint."""
        with pytest.raises(RequestError) as caught:
            row(data)
        assert said in str(caught.value)
        assert caught.value.hint

    def test_mistyped_key_is_told_the_right_one(self) -> None:
        """The nearest key is offered."""
        with pytest.raises(RequestError) as caught:
            row({"promt": "x", "engine": "a"})
        assert caught.value.hint == "did you mean prompt?"

    def test_form_is_an_example_that_works(self) -> None:
        """What the hint says to write is accepted."""
        example = FORM.removeprefix("write ").partition(";")[0]
        assert row(json.loads(example)).prompt == "..."

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
    )
    def test_any_json_is_a_row_or_an_error(self, data: Any) -> None:
        """Whatever a line holds, there is a row or RequestError."""
        for value in (data, {"prompt": "x", "engine": "a", "meta": data}, {"prompt": data}):
            with contextlib.suppress(RequestError):
                assert row(value).prompt


class TestNames:
    """What the names in labels stand for."""

    def test_engines_routes_and_roles(self) -> None:
        """An engine is itself, a route its target, a role the target of its route."""
        small = catalog(
            engine("tiny"), engine("smith"), targets={"simple": "tiny", "coding": "smith"}
        )
        names = Names(small)
        assert names.engine("tiny") == "tiny"
        assert names.engine("coding") == "smith"
        assert names.engine("code_agent") == "smith"
        assert names.engine("human_confirm") == "human_confirm"

    def test_engine_of_the_catalog_wins_over_a_role(self) -> None:
        """A catalog's own `fast_local` is that engine, wherever simple work goes."""
        own = catalog(engine("fast_local"), engine("tiny"), targets={"simple": "tiny"})
        assert Names(own).engine("fast_local") == "fast_local"

    def test_unknown_name_is_told_the_nearest(self, names: Names) -> None:
        """A mistyped engine or route is an error with what was meant, or with all there are."""
        for wrong, hint in (("codng", "did you mean coding?"), ("zzz", "allowed: ")):
            with pytest.raises(RequestError) as caught:
                names.engine(wrong)
            assert str(caught.value.hint).startswith(hint)
            assert "'" + wrong + "'" in str(caught.value)

    def test_long_name_is_not_repeated(self, names: Names) -> None:
        """A label of a whole page does not fill the screen."""
        with pytest.raises(RequestError) as caught:
            names.engine("x" * 10_000)
        assert len(str(caught.value)) < 200
