"""What OpenAPI says beyond the routes: who may ask, and every no that central can give.

FastAPI documents successes and its own 422. The thing to get wrong: a refusal that is given
and not described; `make fuzz-api` finds it.
"""

from __future__ import annotations

from typing import Any

from central_sync.wire.messages import PROTOCOL_HEADER, Problem

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_MEDIA = "application/problem+json"
_OPEN = ("/v1/enrol",)
_ANYWHERE = {
    "400": "the request is no HTTP that can be read",
    "422": "a parameter or the body is not as described; `detail` names the first field",
    "426": f"another protocol than the one in `{PROTOCOL_HEADER}`",
    "500": "central failed; its log says why",
    "503": "the database is busy or away; ask again",
}
_KNOWN_ONLY = {
    "401": "who asks is not known: no token, an old one, or one of another key",
    "403": "who asks may not: the scope is lacking, or the workstation is revoked",
}
_WITH_BODY = {
    "413": "the body is too large, as sent or unpacked",
    "415": "a coding other than zstd",
}
_ACTS = {"409": "it was possible once, or is with other words under the same key"}
_SINGLE = {"404": "there is no such thing"}
_OFTEN = {"429": "asked too often; Retry-After says when again"}
_MAKING = {"202": "it is being made; Retry-After says when to ask again"}


def described_whole(document: dict[str, Any]) -> dict[str, Any]:
    """The document with each operation's refusals and credentials; changes it in place."""
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    parts["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "a till's token, signed with its key, or a key of a person or system",
        }
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path not in _OPEN:
                operation["security"] = [{"bearer": []}]
            for status, meaning in _refusals(path, method, operation).items():
                _add(operation["responses"], status, meaning)
    return document


def _refusals(path: str, method: str, operation: dict[str, Any]) -> dict[str, str]:
    found = dict(_ANYWHERE)
    found |= {} if path in _OPEN else _KNOWN_ONLY
    found |= _WITH_BODY if "requestBody" in operation else {}
    found |= _SINGLE if "{" in path or method != "get" else {}
    found |= _ACTS if method != "get" else {}
    found |= _OFTEN if path in _OPEN or method != "get" else {}
    found |= _MAKING if path == "/v1/snapshot" else {}
    return found


def _add(responses: dict[str, Any], status: str, meaning: str) -> None:
    """A route's own words about a status stand; FastAPI's 422 is not what central sends."""
    known = responses.get(status, {})
    if status == "422" or "content" not in known:
        content = {_MEDIA: {"schema": _PROBLEM}}
        responses[status] = {"description": meaning, "content": content}
    else:
        known["content"].setdefault(_MEDIA, {"schema": _PROBLEM})
