"""Every failure as one problem document (RFC 9457); no traceback ever leaves central."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from central_sync.retail.orders import OrderRefused
from central_sync.server.orders.carrying import Shortage
from central_sync.server.orders.refusals import as_refused
from central_sync.server.refused import Refused, invalid
from central_sync.wire.messages import PROTOCOL, PROTOCOL_HEADER, Problem

MEDIA_TYPE = "application/problem+json"
BUSY_RETRY_SECONDS = 2
_log = logging.getLogger(__name__)


def add_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(_request: Request, problem: Refused) -> Response:
        return problem_response(problem)

    @app.exception_handler(OrderRefused)
    @app.exception_handler(Shortage)
    def no_such_step(_request: Request, problem: OrderRefused | Shortage) -> Response:
        return problem_response(as_refused(problem))

    @app.exception_handler(RequestValidationError)
    def bad_parameter(_request: Request, problem: RequestValidationError) -> Response:
        first = problem.errors()[0]
        return problem_response(invalid(f"{first['loc'][-1]}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    def http(_request: Request, problem: HTTPException) -> Response:
        phrase = HTTPStatus(problem.status_code).phrase
        code = phrase.lower().replace(" ", "_")
        return problem_response(Refused(problem.status_code, code, str(problem.detail)))

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    def busy(_request: Request, problem: Exception) -> Response:
        _log.warning("the database is busy or away: %s", problem)
        return problem_response(_busy("the database is busy or away"))

    @app.exception_handler(DataError)
    def not_storable(_request: Request, problem: DataError) -> Response:
        # PostgreSQL alone says so (NUL in a text, a number too wide); SQLite finds nothing there.
        _log.warning("a value that the database cannot hold: %s", problem.orig)
        return problem_response(invalid("a value holds NUL or is too large to be kept"))

    @app.exception_handler(ClientDisconnect)
    def gone(_request: Request, _problem: ClientDisconnect) -> Response:
        return problem_response(invalid("the body ended before its end"))

    @app.exception_handler(Exception)
    def fault(request: Request, problem: Exception) -> Response:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=problem)
        return problem_response(
            Refused(500, "fault", "central failed; its log says why", again=True)
        )


def problem_response(problem: Refused) -> Response:
    document = Problem(
        code=problem.code,
        title=HTTPStatus(problem.status).phrase,
        detail=problem.detail,
        status=problem.status,
        again=problem.again,
    )
    told = {**document.model_dump(mode="json"), **problem.more}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    headers = {PROTOCOL_HEADER: str(PROTOCOL)}
    if problem.retry_after_seconds:
        headers["Retry-After"] = str(problem.retry_after_seconds)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, problem.status, headers, MEDIA_TYPE)


def _busy(detail: str) -> Refused:
    return Refused(503, "busy", detail, again=True, retry_after_seconds=BUSY_RETRY_SECONDS)
