"""The list of models: its form, mistakes named by place, and that the packaged one is of use."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.errors import RouterConfigError
from model_router.setup.catalog_file import load_model_catalog, parse_model_catalog
from model_router.setup.model_catalog import safe_path
from tests.support.hub import COMMIT, Hub, Repo, sha256

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
CATALOG = load_model_catalog()


@pytest.fixture
def script() -> Any:
    """scripts/check_model_catalog.py as a module."""
    path = ROOT / "scripts" / "check_model_catalog.py"
    spec = importlib.util.spec_from_file_location("check_model_catalog", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data(**changes: Any) -> dict[str, Any]:
    """A list with one row, and the row changed."""
    row = {
        "id": "one", "name": "One", "family": "f", "format": "gguf", "quantisation": "Q4_K_M",
        "sources": [{"repo": "acme/one", "revision": COMMIT,
                     "files": [{"path": "one.gguf", "size": 600, "sha256": "0" * 64}]}],
        "parameters": 1000, "context": 8192, "kv_bytes_per_token": 2, "roles": {"fast": 10},
        "evidence": ["e"], "added": "2026-11-20", **changes,
    }  # fmt: skip
    evidence = {"e": {"what": "a test", "date": "2026-11"}}
    return {"schema": 1, "version": "1", "evidence": evidence, "models": [row]}


def problems(value: Any) -> list[str]:
    """What is wrong with a list, each with its place."""
    with pytest.raises(RouterConfigError) as error:
        parse_model_catalog(json.dumps(value), "test")
    return [f"{one.path}: {one.message}; {one.hint}" for one in error.value.problems]


def test_a_good_list() -> None:
    """Everything arrives; unknown is None."""
    (row,) = parse_model_catalog(json.dumps(data(tools="unknown", license="unknown")), "t").models
    assert (row.id, row.repo, row.tools, row.license) == ("one", "acme/one", None, None)
    assert row.sources[0].files[0].sha256 == "0" * 64
    assert row.evidence[0].what == "a test"
    assert row.pinned
    assert row.complete


def files(**file: Any) -> list[dict[str, Any]]:
    """Sources with one file."""
    return [{"repo": "acme/one", "revision": COMMIT, "files": [file]}]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"id": "One Two"}, "models[0].id: "),
    ({"formt": "gguf"}, "models[0].formt: is not a known key; did you mean format"),
    ({"format": "ggufs"}, "did you mean gguf"),
    ({"roles": {"codign": 5}}, "did you mean coding"),
    ({"roles": {"coding": 101}}, "models[0].roles.coding"),
    ({"roles": []}, "models[0].roles"),
    ({"parameters": -1}, "models[0].parameters"),
    ({"parameters": 1.5}, "models[0].parameters"),
    ({"parameters": True}, "models[0].parameters"),
    ({"tools": "maybe"}, "write true, false or unknown"),
    ({"added": "yesterday"}, "models[0].added"),
    ({"evidence": ["rumour"]}, "models[0].evidence[0]"),
    ({"evidence": []}, "models[0].evidence"),
    ({"mlx_repo": "no-owner"}, "models[0].mlx_repo"),
    ({"sources": []}, "models[0].sources"),
    ({"sources": [{"repo": "acme/one", "revision": "main", "files": [{"path": "a.gguf"}]}]},
     "a commit of 40 characters, or unknown"),
    ({"sources": files(path="a.gguf", match="*.gguf")}, "give path, or match, not both"),
    ({"sources": files(size=1)}, "give path, or match, not both"),
    ({"sources": files(path="a.gguf", size=1, about=2)}, "give size when it is exact"),
    ({"sources": files(path="a.gguf", sha256="abc")}, "64 characters"),
    ({"sources": files(path="pytorch_model.bin")}, "never a pickle"),
    ({"sources": files(path="../a.gguf")}, "a relative path"),
    ({"sources": files(path="a.gguf", purpose="fun")}, "purpose"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), MISTAKES, ids=[said for _, said in MISTAKES])
def test_mistakes_are_named_with_their_place(change: dict[str, Any], said: str) -> None:
    """Place, what is wrong, and what to write."""
    assert any(said in problem for problem in problems(data(**change)))


def test_everything_is_told_at_once() -> None:
    """Not one mistake a run."""
    assert len(problems(data(id="A B", format="x", added="y"))) == 3


def test_ids_are_unique() -> None:
    """The second of two is named."""
    value = data()
    value["models"] *= 2
    assert problems(value) == ["models[1].id: one is taken; rename one"]


def test_another_schema_is_refused() -> None:
    """A later form is not half understood."""
    assert "schema: is 2" in problems({**data(), "schema": 2})[0]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=10,
)


@given(st.data())
def test_any_value_in_any_place(draw: st.DataObject) -> None:
    """A list, or RouterConfigError, whatever stands where."""
    value = data()
    row = value["models"][0]
    place = draw.draw(
        st.sampled_from([value, row, row["sources"][0], row["sources"][0]["files"][0]])
    )
    place[draw.draw(st.sampled_from(sorted(place)))] = draw.draw(JUNK)
    try:
        parse_model_catalog(json.dumps(value), "t")
    except RouterConfigError:
        return


@given(st.text(max_size=30))
def test_safe_paths_stay_inside(path: str) -> None:
    """A path that is safe has no step up, no empty part and no drive."""
    if safe_path(path):
        parts = path.split("/")
        assert ".." not in parts
        assert "" not in parts
        assert not {"\\", ":"} & set(path)


def test_the_packaged_list_is_checked(script: Any, capsys: Capture) -> None:
    """Every role has a model at 4, 8, 16, 24, 48 and 96 GiB, or the list says that it has none."""
    assert script.main([]) == 0
    assert CATALOG.version in capsys.readouterr().out


@pytest.mark.parametrize("model", CATALOG.models, ids=lambda model: model.id)
def test_every_row_says_where_it_is_from(model: Any) -> None:
    """Evidence with a date; what is pinned names where commit and sums are from."""
    assert all(one.date for one in model.evidence)
    if any(source.revision for source in model.sources):
        assert any("commit" in one.what for one in model.evidence)


def test_pinned_rows_have_sums() -> None:
    """A commit without a sum could be checked by size alone."""
    for model in CATALOG.models:
        if model.pinned:
            assert all(one.sha256 for source in model.sources for one in source.files), model.id


def test_the_page_counts_right() -> None:
    """docs/setup.md says how much of the list is pinned."""
    page = (ROOT / "docs" / "setup.md").read_text(encoding="utf-8")
    pinned = sum(1 for model in CATALOG.models if model.pinned)
    assert f"Of {len(CATALOG.models)} models {pinned}\n" in page


def write(folder: Path, value: Any) -> str:
    """A list in a file."""
    path = folder / "list.yaml"
    path.write_text(json.dumps(value))
    return str(path)


def test_the_check_finds_gaps(script: Any, tmp_path: Path, capsys: Capture) -> None:
    """A role without a model for a size is named, and so is a gap that is none."""
    value = {**data(), "gaps": {"fast": [8]}}
    assert script.main([write(tmp_path, value)]) == 1
    said = capsys.readouterr().err
    assert "gaps.fast: there is a model for 8 GiB" in said
    assert "no model serves coding within 96 GiB" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"superseded_by": "two"}, "superseded_by two is no model"),
        ({"active": 2000}, "more parameters are active"),
        ({"roles": {}}, "it has no role"),
        ({"parameters": 10}, "480.0 bits a parameter"),
        ({"kv_bytes_per_token": 3}, "kv_bytes_per_token is odd"),
    ],
)
def test_the_check_finds_what_cannot_be(
    script: Any,
    tmp_path: Path,
    capsys: Capture,
    change: dict[str, Any],
    said: str,
) -> None:
    """Figures that contradict each other."""
    assert script.main([write(tmp_path, data(**change))]) == 1
    assert said in capsys.readouterr().err


def test_the_check_asks_a_hub(script: Any, tmp_path: Path, capsys: Capture) -> None:
    """With --online what differs is named: a size, a sum, a file, a commit, a repository."""
    pytest.importorskip("huggingface_hub")
    content = b"x" * 600
    good = data(sources=files(path="one.gguf", size=600, sha256=sha256(content)))
    with Hub({"acme/one": Repo({"one.gguf": content})}) as hub:

        def said(value: Any) -> str:
            script.main([write(tmp_path, value), "--online", "--endpoint", hub.url])
            return "\n".join(
                line
                for line in capsys.readouterr().err.splitlines()
                if "no model serves" not in line
            )

        assert said(good) == ""
        assert "has 600 bytes, not 601" in said(data(sources=files(path="one.gguf", size=601)))
        assert f"sha256 {sha256(content)}" in said(
            data(sources=files(path="one.gguf", size=600, sha256="0" * 64))
        )
        assert "has no two.gguf" in said(data(sources=files(path="two.gguf", size=600)))
        other = [{**files(path="one.gguf", size=600)[0], "revision": "1" * 40}]
        assert "no commit" in said(data(sources=other))
        gone = [{**files(path="one.gguf", size=600)[0], "repo": "acme/gone"}]
        assert "does not exist" in said(data(sources=gone))
        assert hub.bodies() == []
