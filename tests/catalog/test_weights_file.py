"""`weights` in a catalog: each key changes something, and a file is judged when it loads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_router.catalog import load_catalog, parse_catalog
from model_router.cli.effective import effective
from model_router.errors import Problem, RouterConfigError
from model_router.router import ModelRouter
from model_router.types import WeightsPolicy
from model_router.weights import LARGEST, MOST_CHARACTERS, START
from tests.support.weights import content, row

Problems = Callable[[str], dict[str, Problem]]

CODE = {"zebra": row(coding=4_000), "zebra crossing": row(complexity=64)}
ORDERS = {START: LARGEST}
TEXT = "a zebra crossing"
OPEN = "money transfer to my mom"
"""Names an action that rules find not ordered."""


def write(folder: Path, small: str, section: str) -> Path:
    """A catalog with this section `weights`."""
    path = folder / "mine.yaml"
    path.write_text(f"{small}weights: {section}\n", encoding="utf-8")
    return path


def weights_in(folder: Path, name: str = "w.json", **changes: Any) -> Path:
    """A weights file that makes code of zebras, and orders of what rules leave open."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**content(CODE, caution=ORDERS), **changes}), encoding="utf-8")
    return path


def problem(path: Path) -> Problem:
    """The single problem of a catalog file."""
    with pytest.raises(RouterConfigError) as caught:
        load_catalog(path)
    (found,) = caught.value.problems
    return found


def router(path: Path) -> ModelRouter:
    """A router of a catalog file, whatever engines this machine has."""
    return ModelRouter.from_config(path, validate_availability=False)


class TestForm:
    @pytest.mark.parametrize("section", ["null", "{}"])
    def test_absent_and_empty_are_the_default(self, small: str, section: str) -> None:
        """No section and an empty one mean the packaged weights, in full."""
        found = parse_catalog(f"{small}weights: {section}\n").weights
        assert found == parse_catalog(small).weights == WeightsPolicy(True, None, 100, True)

    @pytest.mark.parametrize(
        ("section", "path", "said"),
        [
            ("[]", "weights", "must be"),
            ("true", "weights", "must be"),
            ("{enable: false}", "weights.enable", "did you mean enabled?"),
            ("{enabled: 1}", "weights.enabled", "must be"),
            ("{caution: no way}", "weights.caution", "must be"),
            ("{share: -1}", "weights.share", "at least 0"),
            ("{share: 201}", "weights.share", "at most 200"),
            ("{share: 0.5}", "weights.share", "must be"),
            ("{file: 3}", "weights.file", "must be text"),
            ("{file: [w.json]}", "weights.file", "must be text"),
        ],
    )
    def test_mistakes(
        self, problems: Problems, small: str, section: str, path: str, said: str
    ) -> None:
        """Each mistake is one problem at its path, with its line and what to do."""
        found = problems(f"{small}weights: {section}\n")
        assert set(found) == {path}
        assert said in str(found[path])
        assert found[path].line == 10

    def test_it_is_printed_again(self, tmp_path: Path, small: str) -> None:
        """What `config show` prints has every key, the file with its whole path."""
        weights_in(tmp_path)
        path = write(tmp_path, small, "{file: w.json, share: 50, caution: false}")
        assert effective(load_catalog(path))["weights"] == {
            "enabled": True,
            "file": str(tmp_path / "w.json"),
            "share": 50,
            "caution": False,
            "layer": None,
        }


class TestPlaces:
    def test_relative_to_the_catalog(
        self, tmp_path: Path, small: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The working directory plays no part in where a file is looked for."""
        weights_in(tmp_path, "sub/w.json")
        path = write(tmp_path, small, "{file: sub/w.json}")
        monkeypatch.chdir("/")
        assert load_catalog(path).weights.file == str(tmp_path / "sub" / "w.json")
        assert router(path).route(TEXT).route == "coding"

    def test_from_another_folder(
        self, tmp_path: Path, small: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A catalog that is itself named relative to the working directory finds its file."""
        weights_in(tmp_path / "here")
        write(tmp_path / "here", small, "{file: ./w.json}")
        monkeypatch.chdir(tmp_path)
        catalog = load_catalog("here/mine.yaml")
        monkeypatch.chdir("/")
        made = ModelRouter.from_config_object(catalog, validate_availability=False)
        assert made.route(TEXT).route == "coding"

    def test_the_users_home(
        self, tmp_path: Path, small: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`~` is the user's home."""
        weights_in(tmp_path / "home")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        path = write(tmp_path, small, "{file: ~/w.json}")
        assert load_catalog(path).weights.file == str(tmp_path / "home" / "w.json")

    def test_an_absolute_path(self, tmp_path: Path, small: str) -> None:
        """A whole path is taken as it is."""
        found = weights_in(tmp_path / "other")
        path = write(tmp_path, small, f"{{file: '{found}'}}")
        assert load_catalog(path).weights.file == str(found)


class TestFiles:
    def test_a_missing_file(self, tmp_path: Path, small: str) -> None:
        """A missing file is named with the place that was looked at."""
        found = problem(write(tmp_path, small, "{file: no.json}"))
        assert (found.path, found.line) == ("weights.file", 10)
        assert "does not exist" in found.message
        assert str(tmp_path / "no.json") in str(found.hint)

    @pytest.mark.parametrize("made", [os.mkdir, os.mkfifo])
    def test_what_is_no_file(
        self, tmp_path: Path, small: str, made: Callable[[Path], None]
    ) -> None:
        """A folder is refused, and so is a pipe, which nobody waits for."""
        made(tmp_path / "w.json")
        found = problem(write(tmp_path, small, "{file: w.json}"))
        assert (found.path, found.line) == ("weights.file", 10)
        assert "is not a file" in found.message

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"", "is not JSON"),
            (b"{", "is not JSON"),
            (b"[" * 100_000, "nests too deep"),
            (b"\xff\xfe\0", "not UTF-8"),
            (b"[NaN]", "NaN is not a number"),
            (b'{"caution": {"a": Infinity}}', "Infinity is not a number"),
            (b"[]", "holds no usable weights: format must be"),
            (b"{}", "holds no usable weights: format must be"),
            (b" " * (MOST_CHARACTERS + 1), "is larger than 4,000,000 characters"),
        ],
    )
    def test_what_holds_no_weights(
        self, tmp_path: Path, small: str, data: bytes, said: str
    ) -> None:
        """Whatever else a file holds is one problem with what is wrong in it and what to do."""
        (tmp_path / "w.json").write_bytes(data)
        found = problem(write(tmp_path, small, "{file: w.json}"))
        assert (found.path, found.line) == ("weights.file", 10)
        assert said in found.message
        assert "scripts/train_weights.py" in str(found.hint)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"format": "model-router weights 0"}, "format must be"),
            ({"columns": ["simple"]}, "columns must be"),
            ({"words": {"a": [1]}}, "words.a must be 8 whole numbers"),
            ({"words": {"A": [0] * 8}}, "words.A must be one or more words of a reading"),
            ({"words": {"\ud800": [0] * 8}}, "must be one or more words of a reading"),
            ({"lengths": {"9" * 5_000: [0] * 8}}, "lengths steps are numbers"),
            ({"caution": {"a": 0.5}}, "caution must hold whole numbers"),
        ],
    )
    def test_a_wrong_form(
        self, tmp_path: Path, small: str, changes: dict[str, Any], said: str
    ) -> None:
        """A file of the wrong form is one problem that says where in the file."""
        weights_in(tmp_path, **changes)
        found = problem(write(tmp_path, small, "{file: w.json}"))
        assert (found.path, found.line) == ("weights.file", 10)
        assert said in found.message

    def test_other_mistakes_are_told_with_it(self, tmp_path: Path, small: str) -> None:
        """A wrong file hides no other mistake of the catalog."""
        path = write(tmp_path, small, "{file: no.json, share: 900}")
        with pytest.raises(RouterConfigError) as caught:
            load_catalog(path)
        assert {found.path for found in caught.value.problems} == {"weights.file", "weights.share"}

    def test_a_file_that_is_switched_off_is_judged_too(self, tmp_path: Path, small: str) -> None:
        """A mistake does not wait until somebody switches weights on."""
        found = problem(write(tmp_path, small, "{enabled: false, file: no.json}"))
        assert found.path == "weights.file"

    def test_a_file_that_loads_can_be_used(self, tmp_path: Path, small: str) -> None:
        """What the catalog's check accepts, a router reads as well: also with a byte order mark."""
        path = write(tmp_path, small, "{file: w.json}")
        text = json.dumps(content(CODE))
        (tmp_path / "w.json").write_text(text, encoding="utf-8-sig")
        assert router(path).route(TEXT).route == "coding"


class TestEachKeyChangesSomething:
    def both(self, folder: Path, small: str, *sections: str) -> list[ModelRouter]:
        """Routers that differ in their section `weights`."""
        weights_in(folder)
        return [router(write(folder, small, section)) for section in sections]

    def test_enabled(self, tmp_path: Path, small: str) -> None:
        """Switched off, the words of a file weigh nothing."""
        on, off = self.both(tmp_path, small, "{file: w.json}", "{file: w.json, enabled: false}")
        assert on.route(TEXT).route == "coding"
        assert "weights.coding" in on.route(TEXT).reason_codes
        assert off.route(TEXT).route != "coding"
        assert "weights.coding" not in off.route(TEXT).reason_codes

    def test_enabled_without_a_file(self, tmp_path: Path, small: str) -> None:
        """The packaged weights are switched off by the same key."""
        on, off = self.both(tmp_path, small, "{}", "{enabled: false}")
        texts = ("tell me about the french revolution", "what is 3 plus 4", "play some jazz")
        assert any(on.assess(text).route_points != off.assess(text).route_points for text in texts)

    def test_file(self, tmp_path: Path, small: str) -> None:
        """A file of one's own counts in place of the packaged one."""
        own, packaged = self.both(tmp_path, small, "{file: w.json}", "{}")
        assert own.route(TEXT).route == "coding"
        assert packaged.route(TEXT).route != "coding"

    def test_share(self, tmp_path: Path, small: str) -> None:
        """Points follow the share; none at all is as good as switched off."""
        found = self.both(
            tmp_path,
            small,
            *(f"{{file: w.json, share: {share}}}" for share in (0, 50, 100, 200)),
        )
        points = [each.assess(TEXT).route_points["coding"] for each in found]
        assert points == [points[0] + gained for gained in (0, 125, 250, 500)]
        scores = [each.assess(TEXT).complexity for each in found]
        assert scores == sorted(scores)
        assert len(set(scores)) == 4

    def test_caution(self, tmp_path: Path, small: str) -> None:
        """Weights ask for a person only where the catalog lets them."""
        on, off = self.both(tmp_path, small, "{file: w.json}", "{file: w.json, caution: false}")
        assert on.route(OPEN).requires_confirmation
        assert not off.route(OPEN).requires_confirmation
        assert off.route(TEXT).route == "coding"
