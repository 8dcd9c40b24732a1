"""`strategy` in a catalog: strict keys for each strategy, files and presets, and every mistake."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_router.catalog import catalog_schema, load_catalog, parse_catalog
from model_router.catalog.strategy_forms import FORMS, PRESETS
from model_router.cli.effective import effective
from model_router.errors import Problem, RouterConfigError
from model_router.strategies import MODULES, NAMES
from model_router.types import Strategy

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "configs" / "model_router.yaml").read_text(encoding="utf-8")
Problems = Callable[[str], dict[str, Problem]]

TREE = {
    "schema": "model-router/tree/1",
    "root": {
        "input": "complexity",
        "at_most": 40,
        "yes": {"route": "simple"},
        "no": {"engine": "large"},
    },
}


def strategy(text: str, small: str) -> Strategy:
    """The strategy of a small catalog."""
    return parse_catalog(f"{small}strategy: {text}\n").strategy


class TestForms:
    def test_absent_null_and_the_default_are_one(self, small: str) -> None:
        """No section, an empty one and the default's name give the same catalog."""
        plain = parse_catalog(small, "x")
        assert plain.strategy == Strategy("rules+weights")
        for text in ("null", "rules+weights", "{name: rules+weights}"):
            assert parse_catalog(f"{small}strategy: {text}\n", "x") == plain

    def test_every_strategy_has_a_form(self) -> None:
        """The table of modules, the names and the forms hold the same strategies."""
        assert set(FORMS) == set(NAMES)
        assert set(MODULES) < set(NAMES)

    def test_a_mapping_has_options(self, small: str) -> None:
        """Options are validated and completed with their defaults."""
        found = strategy("{name: quality_cost, alpha: 1}", small)
        assert found.options["alpha"] == 1
        assert found.options["band"] == 0.15

    @pytest.mark.parametrize(
        ("text", "uses"),
        [
            ("rules", False),
            ("rules+weights", True),
            ("{name: fixed, engine: small}", True),
            ("{name: shadow, first: rules, second: {name: fixed, engine: small}}", False),
            ("{name: shadow, second: {name: fixed, engine: small}}", True),
        ],
    )
    def test_who_uses_weights(self, small: str, text: str, uses: bool) -> None:
        """Only `rules` switches learned weights off, alone and in a shadow."""
        assert strategy(text, small).uses_weights is uses

    @pytest.mark.parametrize(
        ("text", "path", "said"),
        [
            ("fixd", "strategy", "did you mean fixed?"),
            ("{name: treshold}", "strategy", "did you mean threshold?"),
            ("[fixed]", "strategy", "must be a strategy's name"),
            ("3", "strategy", "must be a strategy's name"),
            ("{engine: small}", "strategy", "must be a strategy's name"),
            ("{name: 3}", "strategy", "must be a strategy's name"),
            ("fixed", "strategy.engine", "required and absent"),
            ("{name: fixed, engin: small}", "strategy.engin", "did you mean engine?"),
            ("{name: rules, engine: small}", "strategy.engine", "is not a known key"),
            ("{name: fixed, engine: smal}", "strategy.engine", "did you mean small?"),
            ("{name: fixed, engine: [small]}", "strategy.engine", "must be text"),
            (
                "{name: threshold, engines: [small, large]}",
                "strategy.thresholds",
                "or name a preset",
            ),
            (
                "{name: threshold, engines: [small], thresholds: [5]}",
                "strategy.engines",
                "at least 2",
            ),
            (
                "{name: threshold, engines: [small, large], thresholds: [5, 6]}",
                "strategy.thresholds",
                "2 engines need 1",
            ),
            (
                "{name: threshold, engines: [small, large, small], thresholds: [6, 5]}",
                "strategy.thresholds",
                "must ascend",
            ),
            (
                "{name: threshold, engines: [small, larg], thresholds: [5]}",
                "strategy.engines[1]",
                "did you mean large?",
            ),
            (
                "{name: threshold, preset: ocp-ruter, engines: [small, large]}",
                "strategy.preset",
                "did you mean ocp-router?",
            ),
            (
                "{name: threshold, engines: [small, large], thresholds: [5], "
                "score: {token: [{from: 1, points: 1}]}}",
                "strategy.score.token",
                "did you mean tokens?",
            ),
            (
                "{name: threshold, engines: [small, large], thresholds: [5], "
                "score: {words: [{any: [], points: 1}]}}",
                "strategy.score.words[0].any",
                "at least 1",
            ),
            ("{name: rule_list}", "strategy.rules", "or name a preset"),
            (
                "{name: rule_list, rules: [{name: a, then: {}}]}",
                "strategy.rules[0].then",
                "give exactly one",
            ),
            (
                "{name: rule_list, rules: [{name: a, then: {tier: 1, route: simple}}]}",
                "strategy.rules[0].then",
                "give exactly one",
            ),
            (
                "{name: rule_list, rules: [{name: a, then: {engine: smal}}]}",
                "strategy.rules[0].then.engine",
                "did you mean small?",
            ),
            (
                "{name: rule_list, rules: [{name: a, then: {engine: small, thinking: true}}]}",
                "strategy.rules[0].then.thinking",
                "only beside tier",
            ),
            (
                "{name: rule_list, rules: [{name: a, when: {signals: [code.writ]}, "
                "then: {tier: 1}}]}",
                "strategy.rules[0].when.signals[0]",
                "did you mean code.write",
            ),
            (
                "{name: rule_list, rules: [{name: a, when: {min_tokens: 5, max_tokens: 4}, "
                "then: {tier: 1}}]}",
                "strategy.rules[0].when",
                "it never holds",
            ),
            (
                "{name: rule_list, rules: [{name: a, when: {routes: [codng]}, then: {tier: 1}}]}",
                "strategy.rules[0].when.routes[0]",
                "did you mean coding?",
            ),
            ("{name: quality_cost, baseline: larg}", "strategy.baseline", "did you mean large?"),
            (
                "{name: quality_cost, quality: {smal: {simple: 1}}}",
                "strategy.quality.smal",
                "did you mean small?",
            ),
            (
                "{name: quality_cost, quality: {small: {simpel: 1}}}",
                "strategy.quality.small.simpel",
                "did you mean simple?",
            ),
            (
                "{name: quality_cost, quality: {small: {simple: 101}}}",
                "strategy.quality.small.simple",
                "at most 100",
            ),
            ("{name: quality_cost, band: 2}", "strategy.band", "at most 1"),
            ("shadow", "strategy.second", "required and absent"),
            (
                "{name: shadow, second: {name: fixed, engine: smal}}",
                "strategy.second.engine",
                "did you mean small?",
            ),
            ("{name: shadow, second: fixd}", "strategy.second", "did you mean fixed?"),
            ("{name: shadow, second: rules}", "strategy.second", "another strategy"),
            (
                "{name: shadow, first: rules, second: {name: shadow, second: "
                "{name: fixed, engine: small}}}",
                "strategy.second",
                "is a shadow itself",
            ),
        ],
    )
    def test_mistakes(
        self, problems: Problems, small: str, text: str, path: str, said: str
    ) -> None:
        """Each mistake is a problem at its path, with its line and what was probably meant."""
        problem = problems(f"{small}strategy: {text}\n")[path]
        assert said in str(problem)
        assert problem.line == 10


class TestFiles:
    def write(self, folder: Path, small: str, text: str, **files: str) -> Path:
        """A catalog in `folder` beside some files; `_` stands for the dot in their names."""
        for name, content in files.items():
            (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
        path = folder / "mine.yaml"
        path.write_text(f"{small}strategy: {text}\n", encoding="utf-8")
        return path

    def problem(self, path: Path) -> Problem:
        """The single problem of a catalog file."""
        with pytest.raises(RouterConfigError) as caught:
            load_catalog(path)
        (problem,) = caught.value.problems
        return problem

    def test_a_tree_is_relative_to_the_catalog(
        self, tmp_path: Path, small: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The working directory plays no part in where a file is looked for."""
        path = self.write(tmp_path, small, "{name: tree, file: t.json}", t_json=json.dumps(TREE))
        monkeypatch.chdir("/")
        assert load_catalog(path).strategy.options["tree"] == TREE

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "is not JSON"),
            ("{", "is not JSON"),
            ("[" * 100_000, "nests too deep"),
            ("{}", "schema must be"),
            (json.dumps({**TREE, "root": {"route": "simpel"}}), "neither a fork nor a leaf"),
            (json.dumps({**TREE, "root": {"engine": "larg"}}), "did you mean large?"),
            (json.dumps(TREE).replace("40", "NaN"), "is not a number"),
            (
                json.dumps(TREE).replace("complexity", "signal.code.writ"),
                "did you mean code.write",
            ),
            (json.dumps(TREE).replace("complexity", "complexty"), "did you mean complexity"),
        ],
    )
    def test_wrong_trees(self, tmp_path: Path, small: str, content: str, said: str) -> None:
        """A file that holds no usable tree is one problem at strategy.file."""
        path = self.write(tmp_path, small, "{name: tree, file: t.json}", t_json=content)
        problem = self.problem(path)
        assert problem.path == "strategy.file"
        assert problem.line == 10
        assert said in str(problem)

    @pytest.mark.parametrize("name", ["tree", "quality_cost"])
    def test_missing_files(self, tmp_path: Path, small: str, name: str) -> None:
        """A missing file is named with the place that was looked at."""
        problem = self.problem(self.write(tmp_path, small, f"{{name: {name}, file: no.json}}"))
        assert problem.path == "strategy.file"
        assert "does not exist" in problem.message
        assert str(tmp_path / "no.json") in str(problem.hint)

    @pytest.mark.parametrize("name", ["tree", "quality_cost"])
    def test_a_folder_is_no_file(self, tmp_path: Path, small: str, name: str) -> None:
        """What is no readable text file is refused."""
        problem = self.problem(self.write(tmp_path, small, f"{{name: {name}, file: .}}"))
        assert "is not a file" in problem.message
        (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
        problem = self.problem(self.write(tmp_path, small, f"{{name: {name}, file: b.json}}"))
        assert "not UTF-8" in problem.message

    def test_quality_as_json(self, tmp_path: Path, small: str) -> None:
        """A JSON mapping is quality as it would stand in the catalog."""
        path = self.write(
            tmp_path,
            small,
            "{name: quality_cost, file: q.json}",
            q_json='{"small": {"simple": 80.4}}',
        )
        assert load_catalog(path).strategy.options["quality"] == {"small": {"simple": 80}}

    @pytest.mark.parametrize(("prior", "mean"), [(0, 75), (4, 62), (10_000, 50)])
    def test_quality_learned(self, tmp_path: Path, small: str, prior: int, mean: int) -> None:
        """Means of evaluation rows, steadied by `prior` rows at the engine's capability."""
        rows = [{"engine": "small", "route": "simple", "quality": q} for q in (True, 50, True, 50)]
        path = self.write(
            tmp_path,
            small.replace("qwen3:4b", "qwen3:4b\n    capability: 50"),
            f"{{name: quality_cost, file: q.jsonl, prior: {prior}}}",
            q_jsonl="\n".join(map(json.dumps, rows)) + "\n\n",
        )
        assert load_catalog(path).strategy.options["quality"] == {"small": {"simple": mean}}

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("q.json", "[]", "not a mapping of engines"),
            ("q.json", '{"small": 3}', "not a mapping of routes"),
            ("q.json", '{"small": {"simpel": 3}}', "did you mean simple?"),
            ("q.json", '{"small": {"simple": 101}}', "must be 0 to 100"),
            ("q.json", '{"small": {"simple": true}}', "must be 0 to 100"),
            ("q.json", '{"smal": {"simple": 1}}', "did you mean small?"),
            ("q.jsonl", "3", "line 1 needs engine, route and quality"),
            ("q.jsonl", '\n{"engine": "small"}', "line 2 needs"),
            ("q.jsonl", "{", "line 1"),
            (
                "q.jsonl",
                '{"engine": "small", "route": "simple", "quality": "good"}',
                "line 1: quality must be",
            ),
            (
                "q.jsonl",
                '{"engine": "small", "route": "simple", "quality": NaN}',
                "NaN is not a number",
            ),
        ],
    )
    def test_wrong_quality(
        self, tmp_path: Path, small: str, name: str, content: str, said: str
    ) -> None:
        """A file of the wrong form is one problem, with the line where it has lines."""
        (tmp_path / name).write_text(content, encoding="utf-8")
        path = self.write(tmp_path, small, f"{{name: quality_cost, file: {name}}}")
        problem = self.problem(path)
        assert problem.path == "strategy.file"
        assert said in str(problem)

    def test_quality_stands_in_one_place(self, tmp_path: Path, small: str) -> None:
        """A file beside numbers in the catalog is refused: nobody could say which counts."""
        text = "{name: quality_cost, file: q.json, quality: {small: {simple: 1}}}"
        path = self.write(tmp_path, small, text, q_json="{}")
        assert "one place" in str(self.problem(path))


class TestShown:
    @pytest.mark.parametrize(
        "text",
        [
            "rules",
            "{name: fixed, engine: small}",
            "{name: tree, file: t.json}",
            "{name: threshold, preset: llm-router, engines: [small, large]}",
            "{name: shadow, first: rules, second: {name: tree, file: t.json}}",
        ],
    )
    def test_what_is_shown_loads_again(
        self, tmp_path: Path, small: str, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        """`config show` prints a strategy that means the same in another folder."""
        (tmp_path / "t.json").write_text(json.dumps(TREE), encoding="utf-8")
        (tmp_path / "mine.yaml").write_text(f"{small}strategy: {text}\n", encoding="utf-8")
        catalog = load_catalog(tmp_path / "mine.yaml")
        monkeypatch.chdir("/")
        again = parse_catalog(yaml.safe_dump(effective(catalog)))
        assert again.strategy.name == catalog.strategy.name
        assert effective(again)["strategy"] == effective(catalog)["strategy"]


class TestPresets:
    @pytest.mark.parametrize(
        ("name", "preset"), [(name, one) for name, every in PRESETS.items() for one in every]
    )
    def test_each_loads(self, small: str, name: str, preset: str) -> None:
        """Every preset is valid with two engines beside it, and none names an engine."""
        engines = ", engines: [small, large]" if name == "threshold" else ""
        found = strategy(f"{{name: {name}, preset: {preset}{engines}}}", small)
        assert found.options["preset"] == preset

    def test_what_is_given_wins(self, small: str) -> None:
        """An option beside a preset takes the place of the preset's."""
        text = "{name: threshold, preset: llm-router, engines: [small, large], thresholds: [7]}"
        found = strategy(text, small)
        assert found.options["thresholds"] == [7]
        assert found.options["max_tokens"] == 3000

    def test_every_file_is_listed(self) -> None:
        """No preset lies in the package without a name in the table."""
        files = (ROOT / "model_router" / "data" / "presets").glob("strategy-*.yaml")
        listed = {f"strategy-{one}.yaml" for every in PRESETS.values() for one in every}
        assert {path.name for path in files} == listed


def option_paths(form: Any, path: str = "") -> set[str]:
    """Every option of a strategy's form as a path."""
    found = set()
    for key, inner in form.get("properties", {}).items():
        found |= {f"{path}.{key}"} | option_paths(inner, f"{path}.{key}")
    if "items" in form:
        found |= option_paths(form["items"], f"{path}[]")
    if isinstance(form.get("additionalProperties"), dict):
        found |= option_paths(form["additionalProperties"], f"{path}.*")
    return found


def used_paths(value: Any, form: Any, path: str = "") -> set[str]:
    """Every option that a value uses, as a path of the same form."""
    found = set()
    if isinstance(value, dict):
        for key, inner in value.items():
            named = "properties" not in form
            below = form.get("additionalProperties") if named else form["properties"].get(key)
            here = f"{path}.*" if named else f"{path}.{key}"
            found |= ({here} if not named else set()) | used_paths(inner, below or {}, here)
    for inner in value if isinstance(value, list) else ():
        found |= used_paths(inner, form.get("items", {}), f"{path}[]")
    return found


class TestReference:
    """The reference shows one strategy at work and every other one in a comment."""

    BLOCKS = tuple(
        yaml.safe_load(re.sub(r"^# ?", "", block, flags=re.M))["strategy"]
        for block in re.findall(r"^# strategy:\n(?:#   .*\n)+", REFERENCE, re.M)
    )

    def test_every_strategy_is_shown(self) -> None:
        """Each strategy stands in the reference once."""
        names = ["rules+weights", *(block["name"] for block in self.BLOCKS)]
        assert names == list(NAMES)

    @pytest.mark.parametrize("name", [name for name in NAMES if name != "rules+weights"])
    def test_every_option_is_shown(self, name: str) -> None:
        """Each option of each strategy stands in its comment, and no other key."""
        (block,) = (one for one in self.BLOCKS if one["name"] == name)
        assert used_paths(block, FORMS[name].json) == option_paths(FORMS[name].json)

    @pytest.mark.parametrize("name", [name for name in NAMES if name != "rules+weights"])
    def test_every_comment_loads(self, name: str, tmp_path: Path) -> None:
        """Put in the place of the default, each comment is valid in the reference catalog."""
        (block,) = (one for one in self.BLOCKS if one["name"] == name)
        data = {**yaml.safe_load(REFERENCE), "strategy": block}
        path = tmp_path / "configs" / "one.yaml"
        path.parent.mkdir()
        (tmp_path / "tests" / "data").mkdir(parents=True)
        tree = ROOT / "tests" / "data" / "tree.json"
        (tmp_path / "tests" / "data" / "tree.json").write_bytes(tree.read_bytes())
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        assert load_catalog(path).strategy.name == name

    @pytest.mark.parametrize("name", list(NAMES))
    def test_every_option_is_described_and_documented(self, name: str) -> None:
        """An editor shows a sentence for each option, and docs/strategies.md has it as code."""
        page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
        for path in option_paths(FORMS[name].json):
            form: Any = FORMS[name].json
            for part in path.strip(".").replace("[]", ".[]").split("."):
                below = {"*": form.get("additionalProperties"), "[]": form.get("items")}
                form = below.get(part) or form["properties"][part]
            assert form["description"].endswith((".", "..."))
            assert f"`{path.rpartition('.')[2]}`" in page, path

    def test_the_schema_is_as_strict(self) -> None:
        """What the loader refuses in a strategy, an editor refuses."""
        from tests.catalog.test_configs import accepts

        form = catalog_schema()["properties"]["strategy"]
        assert all(accepts(form, block) for block in self.BLOCKS)
        assert accepts(form, {"name": "someone.elses", "anything": 1})
        assert not accepts(form, {"name": "fixed", "engin": "x"})
        assert not accepts(form, {"name": "fixed"})
        assert not accepts(form, {"name": "shadow", "second": {"name": "fixed"}})
        assert not accepts(form, ["fixed"])
