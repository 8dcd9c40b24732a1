"""Safetensors headers and the files beside them."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.setup.safetensors import (
    SafetensorsError,
    config_facts,
    is_mlx,
    quantised,
    read_safetensors,
    shards_of,
)
from tests.support.fake_home import put
from tests.support.gguf_files import safetensors


def framed(value: Any) -> bytes:
    head = value if isinstance(value, bytes) else json.dumps(value).encode()
    return struct.pack("<Q", len(head)) + head


def test_weights_are_counted(tmp_path: Path) -> None:
    """By shape; experts apart; and the size that the file must have."""
    body = safetensors({"a": [3, 4], "l.experts.0.w": [5], "scalar": []})
    found = read_safetensors(str(put(tmp_path / "m.safetensors", body)))
    assert (found.parameters, found.expert_parameters, found.least_size) == (18, 5, len(body))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "truncated at byte 0"),
        (b"1234567", "truncated at byte 7"),
        (struct.pack("<Q", 2**63), "truncated"),
        (framed(b"{"), "cannot be read"),
        (framed(b"[" * 100_000), "cannot be read"),
        (framed([]), "no object"),
        (framed({"a": {}}), "without a shape"),
        (framed({"a": {"shape": [2**60, 2**60]}}), "makes no sense"),
        (framed({"a": {"shape": [-1]}}), "makes no sense"),
    ],
)
def test_errors_say_what_is_wrong(tmp_path: Path, body: bytes, said: str) -> None:
    """One clear sentence for each."""
    with pytest.raises(SafetensorsError, match=said):
        read_safetensors(str(put(tmp_path / "m.safetensors", body)))


SEED = safetensors({"a": [3, 4], "b.experts.1": [2]})


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_flipped_bytes_give_a_value_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """No other exception, whatever is flipped or cut."""
    body = bytearray(SEED)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    path = put(tmp_path_factory.mktemp("s") / "m", bytes(body[: data.draw(st.integers(0, 200))]))
    with contextlib.suppress(SafetensorsError):
        read_safetensors(str(path))


VALUES = st.none() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=3)
KEYS = (
    "architectures", "model_type", "quantization", "quantization_config", "text_config",
    "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "hidden_size",
    "sliding_window", "layer_types", "kv_lora_rank", "max_position_embeddings", "torch_dtype",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
@settings(deadline=None)
def test_configs_of_any_form(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]
) -> None:
    """Values of the wrong kind are unknown, not errors."""
    folder = tmp_path_factory.mktemp("c")
    put(folder / "config.json", json.dumps(config))
    put(folder / "tokenizer_config.json", "[")
    assert config_facts(str(folder)).kind


def test_the_template_stands_in_two_places(tmp_path: Path) -> None:
    """A file of its own, or a key of the tokenizer's config, also as a list."""
    put(tmp_path / "config.json", "{}")
    assert config_facts(str(tmp_path)).tools is None
    templates = [{"name": "default", "template": "{{ tools }}"}]
    put(tmp_path / "tokenizer_config.json", json.dumps({"chat_template": templates}))
    assert config_facts(str(tmp_path)).tools is True
    put(tmp_path / "chat_template.jinja", "<think>")
    facts = config_facts(str(tmp_path))
    assert (facts.tools, facts.thinking) == (False, True)


@pytest.mark.parametrize(
    ("config", "label"),
    [
        ({}, None),
        ({"quantization": {"bits": 4, "group_size": 64}}, "4bit"),
        ({"quantization_config": {"quant_method": "awq", "bits": 4}}, "awq-4bit"),
        ({"quantization_config": {"quant_method": "mxfp4"}}, "mxfp4"),
        ({"quantization": "yes"}, None),
    ],
)
def test_quantisations(config: dict[str, Any], label: str | None) -> None:
    """As config.json names them."""
    assert quantised(config) == label


def test_mlx() -> None:
    """By its own key or by the name."""
    assert is_mlx({"quantization": {"bits": 4}}, "a/b")
    assert is_mlx({}, "mlx-community/x")
    assert not is_mlx({"quantization_config": {"bits": 4}}, "a/b")


def test_an_index_leads_nowhere_else(tmp_path: Path) -> None:
    """Names with folders in them are no shards, and count as missing."""
    put(tmp_path / "ok.safetensors", b"x")
    names = {"a": "ok.safetensors", "b": "../out.safetensors", "c": 7}
    put(tmp_path / "model.safetensors.index.json", json.dumps({"weight_map": names}))
    assert shards_of(str(tmp_path)) == (
        (str(tmp_path / "ok.safetensors"),), ("1 of 2 shards missing",),
    )  # fmt: skip
