"""Errors as application/problem+json (RFC 9457): one table from error to HTTP code."""

import http
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from canslim_core.errors import CanslimError, Conflict, NotFound, Refused, StoreUnavailable, Unprocessable

#: Seconds a client should wait while PostgreSQL is away.
RETRY_AFTER = 2

#: The most special class first.
STATUS: Mapping[type[CanslimError], int] = {
    Unprocessable: 422,
    NotFound: 404,
    Conflict: 409,
    Refused: 400,
    StoreUnavailable: 503,
}


class Invalid(Exception):
    """A request whose query or body is not of the endpoint's form; `errors` name the fields."""

    def __init__(self, status: int, detail: str, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.errors = errors


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> JSONResponse:
    """The answer; `errors` name the fields that are wrong."""
    title = http.HTTPStatus(status).phrase
    content: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        content["errors"] = list(errors)
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def explain(error: ValidationError, where: str) -> Invalid:
    """A failed validation, field by field."""
    errors = [
        {"in": where, "field": ".".join(map(str, fault["loc"])) or "(the whole)", "message": fault["msg"]}
        for fault in error.errors()
    ]
    summary = "; ".join(f"{fault['field']}: {fault['message']}" for fault in errors)
    malformed = any(fault["type"] == "json_invalid" for fault in error.errors())
    return Invalid(400 if malformed else 422, f"wrong {where}: {summary}", errors)


def wrong(where: str, field: str, message: str) -> Invalid:
    """One field that no model can check."""
    error = {"in": where, "field": field, "message": message}
    return Invalid(422, f"wrong {where}: {field}: {message}", [error])


async def on_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, Invalid):
        raise error
    return problem(error.status, str(error), errors=error.errors)


async def on_canslim_error(request: Request, error: Exception) -> Response:
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 503 else None
    field = getattr(error, "field", None)
    errors = [{"in": "body", "field": field, "message": str(error)}] if field else []
    return problem(status, str(error), headers=headers, errors=errors)


async def on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    detail = f"there is nothing at {request.url.path}" if error.status_code == 404 else error.detail
    return problem(error.status_code, detail, headers=error.headers)


async def on_unexpected(request: Request, error: Exception) -> Response:
    """The log has the details; the client learns only that it was not its fault."""
    return problem(500, "an unexpected error; the server's log has the details")


EXCEPTION_HANDLERS = {
    Invalid: on_invalid,
    CanslimError: on_canslim_error,
    HTTPException: on_http_exception,
    Exception: on_unexpected,
}
