"""The API is as its OpenAPI says: schemathesis asks every route what fits the description and
what does not, and holds each answer against the description.

`make fuzz-api EXAMPLES=500` asks longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from central_sync.server.app import openapi
from central_sync.server.auth import SCOPES
from central_sync.server.central import Central
from tests.central.hostile import operations
from tests.central.office import enrolled, key_headers, sale

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# A stream stays open for minutes.
DESCRIBED = [(method, path) for method, path, _ in operations() if path != "/v1/events"]


Headers = Callable[[], dict[str, str]]


@pytest.fixture
def callers(central: Central, http: httpx.Client) -> list[Headers]:
    """A till, whose token is made anew for each request, and a system that may do everything."""
    till = enrolled(central)
    till.sell(sale())
    till.send(http)
    system = key_headers(central, *SCOPES)
    return [lambda: till.headers, lambda: system]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_one_that_the_description_knows(
    http: httpx.Client, callers: list[Headers], mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(_without_credentials(openapi()))
    wrong: list[str] = []
    with requests.Session() as session:
        session.trust_env = False
        for method, path in DESCRIBED:
            try:
                _ask(schema[path][method], mode, str(http.base_url), session, callers)
            except* (AssertionError, schemathesis.errors.InvalidSchema) as problems:
                wrong += [f"{method} {path}: {problem}" for problem in problems.exceptions]

    assert not wrong, "\n".join(wrong)


def _without_credentials(document: dict[str, Any]) -> dict[str, Any]:
    """Else schemathesis sends false ones of its own, and gets no further."""
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return document


def _ask(
    operation: Any,
    mode: GenerationMode,
    url: str,
    session: requests.Session,
    callers: list[Headers],
) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def asks(case: Case[Any]) -> None:
        for headers in callers:
            reply = case.call(base_url=url, session=session, headers=headers(), timeout=60)
            if reply.status_code != 401:
                break
        assert reply.status_code != 401, "nobody may ask"
        case.validate_response(reply, checks=CHECKS)

    try:
        asks()
    except Unsatisfiable:
        # Some routes take any word there is: nothing that is said to them is wrong.
        assert mode is GenerationMode.NEGATIVE
