"""What a client did wrong, as an HTTP status and JSON: {"problems": [{"where", "what", "hint"}]}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as AnyHTTPException

from paddleseg.errors import ConfigError, DataError, OutputError, Problem, UserError


class ProblemModel(BaseModel):
    """One fault."""

    where: str = Field(examples=["image 1"])
    what: str = Field(examples=["is truncated: its end is missing"])
    hint: str = Field(examples=["send it again"])


class Problems(BaseModel):
    """Everything that is wrong with a request."""

    problems: list[ProblemModel]


class RefusedError(UserError):
    """A request that is not answered with a picture.

    Args:
        status: Of HTTP.
        headers: More of them.
    """

    def __init__(
        self,
        status: int,
        where: str | Sequence[Problem],
        what: str = "",
        hint: str = "",
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(where, what, hint)
        self.status, self.headers = status, dict(headers or {})


def gathered(errors: Sequence[UserError]) -> RefusedError:
    """Several pictures' errors as one, with the first one's status."""
    return RefusedError(status_of(errors[0]), [problem for error in errors for problem in error.problems])


def status_of(error: UserError) -> int:
    """422 for pictures and parameters that cannot be used; 500 for a model that cannot."""
    if isinstance(error, RefusedError):
        return error.status
    return 422 if isinstance(error, (ConfigError, DataError, OutputError)) else 500


def as_json(problems: Sequence[Problem]) -> dict[str, list[dict[str, str]]]:
    return {"problems": [{"where": one.where, "what": one.what, "hint": one.hint} for one in problems]}


def respond(error: UserError) -> JSONResponse:
    headers = error.headers if isinstance(error, RefusedError) else {}
    return JSONResponse(as_json(error.problems), status_of(error), headers)


async def on_user_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UserError)
    return respond(error)


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """No such path, or a method that it does not have."""
    assert isinstance(error, (HTTPException, AnyHTTPException))
    hint = "GET / shows the page, GET /openapi.json the interface"
    problem = Problem(request.method, str(error.detail).lower(), hint)
    return JSONResponse(as_json([problem]), error.status_code, error.headers)


async def on_wrong_parameters(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return JSONResponse(as_json(wrong_fields(error.errors())), 422)


def wrong_fields(errors: Sequence[Mapping[str, object]]) -> list[Problem]:
    """What pydantic found, without the values that were sent."""
    found = []
    for one in errors:
        place = one["loc"]
        assert isinstance(place, tuple)
        where = ".".join(str(part) for part in place if part != "query") or "parameters"
        found.append(Problem(where[:80], str(one["msg"])[:200], "GET /openapi.json names what may be given"))
    return found
