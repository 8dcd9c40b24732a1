"""parse_hints: what a caller may say, and how a mistake is answered."""

from __future__ import annotations

import enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.errors import RequestError
from model_router.request.hints import ATTACHMENTS, parse_hints
from model_router.types import COST_RANK, LATENCY_RANK, PROFILES, ROUTES, Hints

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = sorted({*Hints.__slots__, "allowed_providers", "denied_providers"})


class TestAccepted:
    def test_nothing_said_gives_one_shared_object(self) -> None:
        """None and an empty mapping cost no new object."""
        assert parse_hints(None) is parse_hints({}) is parse_hints(parse_hints(None))
        assert parse_hints(None) == Hints()

    def test_hints_come_back_equal(self) -> None:
        """A Hints object is checked and kept as it is."""
        hints = Hints(force_engine="code_agent", tools=("bash",), local_only=True)
        assert parse_hints(hints) == hints

    def test_every_key_of_hermes_is_known(self) -> None:
        """Code written for hermes-router passes all its hints."""
        hints = parse_hints(
            {
                "force_engine": "code_agent",
                "latency_sensitive": True,
                "max_cost_tier": "paid",
                "max_latency_tier": "manual",
                "attachments": ["image", "pdf", "audio", "code"],
                "profile": "safe",
                "allowed_providers": ["local"],
                "provider_denylist": ("openai",),
                "local_only": False,
                "hosted_allowed": None,
            }
        )
        assert hints.attachments == ("image", "pdf", "audio", "code")
        assert hints.provider_allowlist == ("local",)
        assert hints.provider_denylist == ("openai",)

    @pytest.mark.parametrize(
        ("key", "allowed"),
        [
            ("max_cost_tier", COST_RANK),
            ("max_latency_tier", LATENCY_RANK),
            ("profile", PROFILES),
            ("role", ROUTES),
        ],
    )
    def test_each_allowed_word_is_taken(self, key: str, allowed: Any) -> None:
        """Every word of a closed list passes, and so does null."""
        for word in (*allowed, None):
            assert getattr(parse_hints({key: word}), key) == word

    def test_an_enum_member_becomes_plain_text(self) -> None:
        """A string enum is accepted for its value."""

        class Profile(enum.StrEnum):
            FAST = "fast"

        profile = parse_hints({"profile": Profile.FAST}).profile
        assert profile == "fast"
        assert type(profile) is str

    def test_no_tools_differs_from_unknown_tools(self) -> None:
        """An empty list says that none can run; null and silence say nothing."""
        assert parse_hints({"tools": []}).tools == ()
        assert parse_hints({"tools": None}).tools is None
        assert parse_hints({"tools": ["bash"]}).tools == ("bash",)

    def test_a_set_of_names_is_put_in_order(self) -> None:
        """Sets give the same hints in every process."""
        assert parse_hints({"denied_providers": {"b", "a"}}).provider_denylist == ("a", "b")


class TestRefused:
    @pytest.mark.parametrize(
        ("hints", "words"),
        [
            ({"attachments": "image"}, "hints.attachments: must be a list"),
            ({"attachments": ["image", "film"]}, "hints.attachments[1]: 'film'"),
            ({"attachments": [1]}, "hints.attachments[0]: must be a name"),
            ({"tools": "bash"}, "hints.tools: must be a list"),
            ({"local_only": 1}, "hints.local_only: must be true or false"),
            ({"latency_sensitive": None}, "hints.latency_sensitive: must be true or false"),
            ({"hosted_allowed": "yes"}, "hints.hosted_allowed: must be true or false"),
            ({"force_engine": ""}, "hints.force_engine: must be a name"),
            ({"force_engine": ["a"]}, "hints.force_engine: must be a name"),
            ({"role": "code_agent"}, "hints.role: 'code_agent' is not allowed"),
            ({"max_cost_tier": 2}, "hints.max_cost_tier: of type int is not allowed"),
            ({"denied_providers": {"a": 1}}, "hints.denied_providers: must be a list"),
            ({7: "x"}, "hints: unknown key of type int"),
            (["image"], "hints: must be a mapping or Hints, not list"),
            ("fast", "hints: must be a mapping or Hints, not str"),
        ],
    )
    def test_a_wrong_form_is_named_by_its_path(self, hints: Any, words: str) -> None:
        """The error says which hint is wrong and what it should be."""
        with pytest.raises(RequestError) as caught:
            parse_hints(hints)
        assert str(caught.value).startswith(words)

    @pytest.mark.parametrize(
        ("hints", "close"),
        [
            ({"max_cost_teir": "low"}, "max_cost_tier"),
            ({"profile": "balancd"}, "balanced"),
            ({"role": "codng"}, "coding"),
            ({"attachments": ["imag"]}, "image"),
        ],
    )
    def test_a_slip_gets_the_close_name(self, hints: Any, close: str) -> None:
        """A mistyped key or value is answered with the name that was meant."""
        with pytest.raises(RequestError) as caught:
            parse_hints(hints)
        assert f"did you mean {close}?" in (caught.value.hint or "")

    def test_a_name_and_its_alias_together_are_refused(self) -> None:
        """Two limits for one thing are not merged by guessing."""
        with pytest.raises(RequestError, match="provider_allowlist is given too"):
            parse_hints({"allowed_providers": ["a"], "provider_allowlist": ["b"]})

    def test_a_wrong_hints_object_is_refused_too(self) -> None:
        """Building Hints by hand does not go around the check."""
        with pytest.raises(RequestError, match="max_cost_tier"):
            parse_hints(Hints(max_cost_tier="cheap"))

    def test_long_values_are_not_repeated(self) -> None:
        """An error never carries a prompt that was put in the wrong place."""
        with pytest.raises(RequestError) as caught:
            parse_hints({"profile": "my password is hunter2 " * 10})
        assert "hunter2" not in f"{caught.value} {caught.value.hint}"

    @given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), JSON, max_size=4))
    def test_any_json_gives_hints_or_a_request_error(self, hints: dict[str, Any]) -> None:
        """No value can raise anything else, and what passes is of the documented types."""
        try:
            found = parse_hints(hints)
        except RequestError:
            return
        assert set(found.attachments) <= set(ATTACHMENTS)
        assert found.tools is None or isinstance(found.tools, tuple)
        assert parse_hints(found) == found
