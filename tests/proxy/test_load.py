"""Proxy files: what loads, what is wrong with the rest, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from model_router.errors import RouterConfigError
from model_router.proxy.config import ProxyConfig, Timeouts
from model_router.proxy.load import find_proxy_config, load_proxy_config, parse_proxy_config

ONE = "backends: {a: {base_url: 'http://127.0.0.1:9/v1', model: m}}\n"
TWO = """\
backends:
  a: {base_url: 'http://127.0.0.1:9/v1', model: m}
  b: {base_url: 'http://127.0.0.1:8/v1', model: n}
engine_backends: {fast_local: a, balanced_local: b}
"""
HERMES = """\
proxy:
  host: 127.0.0.1
  port: 8082
  model_ids: [model-router]
  api_key_env: ROUTER_KEY
  routing_profile: balanced
  routing_mode: decision
  respect_client_model: false
  unknown_model_behavior: fallback_to_default
  safety_gate_mode: decision_only
router_config: null
backends:
  fast:
    base_url: http://localhost:11434/v1
    model: qwen3:0.6b
    timeout_seconds: 300
    strip_tools: true
  reasoning:
    base_url: http://localhost:11434/v1
    model: qwen3:14b
    api_key_env: OTHER_KEY
    runtime: {enabled: false, kind: llama-server, command: [llama-server, -m, x.gguf]}
engine_backends: {fast_local: fast, balanced_local: fast, reasoning_local: reasoning}
fallback_backends: {fast: [reasoning]}
observability:
  enabled: true
  log_path: ~/.model-router/routing-events.jsonl
  prompt_capture: redacted_preview
  max_bytes: 10485760
  backups: 5
health: {backend_timeout_seconds: 1.0}
backend_policy: {version: 1, backend_allowlist: [], backend_denylist: []}
verifier: {version: 1, mode: "off", sample_rate: 0.0, route_codes: []}
"""


def problems(text: str, **environ: str) -> str:
    """What is said of a file that is not valid."""
    with pytest.raises(RouterConfigError) as caught:
        parse_proxy_config(text, "p.yaml", environ=environ)
    assert caught.value.problems
    return str(caught.value)


def remarks(text: str, **environ: str) -> list[str]:
    """What is said of a valid file."""
    return [row.path for row in parse_proxy_config(text, environ=environ).warnings]


def test_an_old_file_loads_and_each_idle_key_is_named() -> None:
    """A file written for hermes-router is read; what does nothing here is remarked."""
    config = parse_proxy_config(HERMES, environ={"ROUTER_KEY": "k1", "OTHER_KEY": "k2"}, home="/h")
    assert config.engine_backends["reasoning_local"] == "reasoning"
    assert config.backends["fast"].timeouts == Timeouts(5.0, 300, 300, 300)
    assert "tools" in config.backends["fast"].strip_parameters
    assert config.backends["reasoning"].api_key == "k2"
    assert [key.secret for key in config.access.keys] == ["k1"]
    assert config.observability.prompt_capture == "redacted_preview"
    assert config.observability.log_path == "/h/.model-router/routing-events.jsonl"
    assert {row.path for row in config.warnings} == {
        "proxy.safety_gate_mode", "backends.reasoning.runtime", "verifier"
    }  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_json_file_loads(indent: Any) -> None:
    """JSON is read as YAML is, however it is laid out."""
    environ = {"ROUTER_KEY": "k1", "OTHER_KEY": "k2"}
    text = json.dumps(yaml.safe_load(HERMES), indent=indent)
    found = parse_proxy_config(text, "p.json", environ=environ, home="/h")
    expected = parse_proxy_config(HERMES, "p.json", environ=environ, home="/h")
    assert found.backends == expected.backends
    assert found.access == expected.access


def test_one_backend_serves_every_engine() -> None:
    """With one backend nothing else has to be said."""
    assert parse_proxy_config(ONE).engine_backends == {"*": "a"}


def test_models_say_who_serves_an_engine() -> None:
    """An engine is served by the backend that has a model for it; engine_backends goes first."""
    text = TWO.replace("model: n", "models: {code_agent: x, fast_local: y}")
    homes = parse_proxy_config(text).engine_backends
    assert homes == {"fast_local": "a", "balanced_local": "b", "code_agent": "b"}


def test_a_kind_fills_in_what_is_absent() -> None:
    """Address and key of a kind are used, unless the file says something else."""
    config = parse_proxy_config(
        "backends: {a: {kind: openrouter, model: m}, b: {kind: ollama, base_url: 'http://x:1'}}\n"
        "engine_backends: {fast_local: a}",
        environ={"OPENROUTER_API_KEY": "sk"},
    )
    assert config.backends["a"].base_url == "https://openrouter.ai/api/v1"
    assert config.backends["a"].api_key == "sk"
    assert not config.backends["a"].local
    assert config.backends["b"].base_url == "http://x:1"


def test_all_problems_come_at_once() -> None:
    """Wrong keys, types, names and references are told together, each with line and remedy."""
    said = problems(
        "proxi: {}\nbackends:\n  a: {base_ur: x, kind: olama}\n"
        "  b: {base_url: 'ftp://x', model: 7}\n"
        "engine_backends: {fast: c}\nproxy: {port: '80', routing_mode: manual}\n"
    )
    for part in (
        "proxi (line 1): is not a known key; did you mean proxy?",
        "backends.a.base_ur (line 3): is not a known key; did you mean base_url?",
        "did you mean ollama?",
        "backends.b.base_url (line 4): is not an http or https URL",
        "backends.b.model (line 4): must be text; found 7; put it in quotes",
        'engine_backends.fast (line 5): names "c", which is not defined under backends',
        "proxy.port (line 6): must be a whole number",
        "proxy.default_backend (line 6): is required when routing_mode is manual",
    ):
        assert part in said, part


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fallback_backend: {}\n" + ONE, "did you mean fallback_backends?"),
        ("engines: {}\n" + ONE, "engines belong in the catalog"),
        (ONE + "fallback_backends: {a: [a]}", "closes a cycle: a -> a"),
        (TWO + "fallback_backends: {a: [b], b: [a]}", "closes a cycle: a -> b -> a"),
        (TWO + "fallback_backends: {a: [c]}", 'names "c"'),
        ("backends: {a: {model: m}}", "backends.a.base_url (line 1): is required and absent"),
        ("backends: {}", "must have at least 1"),
        (TWO.replace("engine_backends", "# "), "no engine is served anywhere"),
        (ONE + "proxy: {host: 0.0.0.0}", "can be reached by others, and no key is asked for"),
        (ONE + "proxy: {host: '::'}", "can be reached by others"),
        (ONE + "proxy: {api_key: a, api_key_env: B}", "is given beside api_key_env"),
        (ONE + "proxy: {api_key_env: B}", 'names "B", which is not set'),
        (ONE + "access: {keys: [{name: a}]}", "needs env or file"),
        (ONE + "access: {keys: [{name: a, env: B}]}", "the variable B is not set"),
        (ONE + "access: {keys: [{name: a, file: nowhere}]}", "cannot be read"),
        (ONE + "access: {admin_key_env: B, admin_key_file: c}", "not both"),
        (ONE + "proxy: {default_backend: x}", 'names "x"'),
        (ONE + "proxy: {model_map: {g: {backend: x}}}", 'names "x"'),
        (ONE + "backend_policy: {backend_denylist: [x]}", 'names "x"'),
        (ONE.replace("model: m", "headers: {Host: x}"), "is set by the proxy"),
        (ONE.replace("model: m", "headers: {'a b': x}"), "is not the name of a header"),
        (ONE.replace("model: m", 'headers: {a: "x\\ny"}'), "characters a header can't"),
        (ONE.replace("model: m", "strip_parameters: [model]"), "model is not a parameter"),
        (ONE.replace("model: m", "set_parameters: {messages: []}"), "messages is not a parameter"),
        (ONE.replace("model: m", "http2: true, transport: http1"), "not what transport http1 does"),
        (ONE.replace("9/v1", "9/v1?a=b"), "holds a query or fragment"),
        (ONE.replace("127.0.0.1:9", "u:p@h"), "holds a user or password"),
        (ONE.replace("127.0.0.1:9", "h:999999"), "is not a URL"),
        (ONE.replace("model: m", "timeouts: {idle: 0}"), "must be at least"),
        ("- a", "is not a mapping of sections"),
    ],
)  # fmt: skip
def test_problems(text: str, said: str) -> None:
    """Each mistake is named, with what to do about it."""
    assert said in problems(text)


def test_messages_never_hold_a_key() -> None:
    """A key that cannot be used is not repeated."""
    assert "s3 cret" not in problems(ONE + "access: {keys: [{name: a, env: B}]}", B="s3 cret")


def test_keys_may_come_from_files(tmp_path: Path) -> None:
    """A key's file is read relative to the proxy file, and its line end is not part of it."""
    (tmp_path / "ci.key").write_text("secret-1\n")
    path = tmp_path / "p.yaml"
    path.write_text(ONE + "access: {keys: [{name: ci, file: ci.key}], admin_key_file: ci.key}")
    config = load_proxy_config(str(path), environ={}, home="/h")
    assert [(key.name, key.secret) for key in config.access.keys] == [("ci", "secret-1")]
    assert config.access.admin_key == "secret-1"
    assert "secret-1" not in repr(config)


def test_denied_backends_serve_nothing() -> None:
    """backend_policy takes a backend away from every engine and every fallback."""
    text = TWO + "fallback_backends: {a: [b]}\nbackend_policy: {backend_denylist: [b]}"
    config = parse_proxy_config(text)
    assert config.engine_backends == {"fast_local": "a"}
    assert config.fallback_backends == {"a": ()}
    assert "b" not in config.backends
    only = parse_proxy_config(TWO + "backend_policy: {backend_allowlist: [b]}")
    assert list(only.backends) == ["b"]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("127.0.0.2", True), ("[::1]", True), ("192.168.1.4", True),
        ("nas", True), ("box.local", True), ("api.openai.com", False), ("8.8.8.8", False),
    ],
)  # fmt: skip
def test_locations_are_guessed_from_addresses(host: str, local: bool) -> None:
    """Loopback and private addresses are local; the file may say otherwise."""
    text = ONE.replace("127.0.0.1", host)
    assert parse_proxy_config(text).backends["a"].local is local
    said = text.replace("model: m", f"location: {'hosted' if local else 'local'}")
    assert parse_proxy_config(said).backends["a"].local is not local


def test_where_the_file_is_looked_for() -> None:
    """The flag goes first, then the variable, then the user's own file."""
    environ = {"MODEL_ROUTER_PROXY_CONFIG": "/v.yaml"}
    assert find_proxy_config("/f.yaml", environ, "/h") == "/f.yaml"
    assert find_proxy_config(None, environ, "/h") == "/v.yaml"
    assert find_proxy_config(None, {}, "/h") == "/h/.model-router/routing_proxy.yaml"


def test_an_absent_file_says_what_to_do(tmp_path: Path) -> None:
    """Without a file the error names the command that writes one."""
    with pytest.raises(RouterConfigError) as caught:
        load_proxy_config(str(tmp_path / "no.yaml"), environ={}, home="/h")
    assert "model-router init" in str(caught.value)
    assert "validate-proxy-config" in str(caught.value.hint)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["proxy", "backends", "a", "base_url", "models", "access", "keys", "headers",
                 "engine_backends", "fallback_backends", "timeouts", "name", "env", "model_map"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_any_tree_loads_or_is_refused(data: Any) -> None:
    """Whatever stands in a file, it loads or every problem is told; nothing else is raised."""
    import yaml

    try:
        found: Any = parse_proxy_config(yaml.safe_dump(data))
    except RouterConfigError as error:
        found = error
    assert isinstance(found, ProxyConfig) or found.problems
