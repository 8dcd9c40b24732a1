"""The OpenAPI document says what is true, and nothing made from it finds a failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from model_router.proxy.app import ENDPOINTS
from model_router.proxy.openapi import SCHEMAS, document
from tests.support.proxies import ADMIN, Proxy, one_backend
from tests.support.upstreams import Upstream, friendly


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One proxy for all attempts."""
    with (
        Upstream(friendly) as server,
        Proxy(tmp_path_factory.mktemp("openapi"), one_backend(server.url)) as found,
    ):
        yield found
        assert found.chat().status == 200
        assert found.live.service.backends["a"].calls > 5  # not all was refused
        assert found.live.service.backends["a"].gate.inside == 0
        assert not [text for text in found.said if "failed" in text]


SCHEMA = schemathesis.openapi.from_dict(document())


def test_every_endpoint_is_described() -> None:
    """Neither is one missing nor one too many."""
    told = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert told == {(method, path.replace(":path", "")) for method, path, _ in ENDPOINTS}


def test_every_schema_is_used() -> None:
    """No name leads nowhere, and none is left over."""
    text = str(document())
    for name in SCHEMAS:
        assert f"#/components/schemas/{name}'" in text
    assert text.count("$ref") == sum(
        text.count(f"#/components/schemas/{name}'") for name in SCHEMAS
    )


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: found.label)
def test_what_is_made_from_it(proxy: Proxy, operation: Any, mode: GenerationMode) -> None:
    """Right and wrong requests get an answer as described, and never a 500."""
    admin = operation.path.startswith(("/admin", "/v1/approvals"))
    headers = {"Authorization": f"Bearer {ADMIN}"} if admin else {}
    most = 30 if operation.path.startswith("/v1/") and operation.body else 10

    @settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def attempts(case: Any) -> None:
        case.call_and_validate(base_url=proxy.url, checks=CHECKS, headers=headers)

    if mode is GenerationMode.POSITIVE or operation.body:
        attempts()  # nothing can be wrong with a request that takes nothing
