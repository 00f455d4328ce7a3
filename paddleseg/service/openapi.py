"""What the interface says of itself beside what types say: media types, examples, and what each status means."""

from __future__ import annotations

from typing import Any

from fastapi.responses import PlainTextResponse

from paddleseg.service.body import FORM_TYPE, RAW_TYPES
from paddleseg.service.problems import Problems
from paddleseg.service.segment import MEDIA_TYPES
from paddleseg.service.settings import MAX_PICTURES

DESCRIPTION = """Masks of photos. Nothing that is sent is stored, and the log says nothing of it.

`WS /stream` takes the frames of a camera: options as JSON in the first message, then JPEG, PNG or WebP as bytes, each
answered by a text message with its number and a message with the picture."""

_BINARY = {"type": "string", "format": "binary"}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}


def _problem(about: str, where: str, what: str, hint: str, **more: Any) -> dict[str, Any]:
    shown = {"problems": [{"where": where, "what": what, "hint": hint}]}
    return {"description": about, "model": Problems, "content": {"application/json": {"example": shown}}, **more}


_NO_TOKEN = _problem(
    "The token is missing or wrong.",
    "token",
    "is missing",
    "send Authorization: Bearer TOKEN",
    headers={"WWW-Authenticate": {"schema": {"type": "string"}}},
)


def _guarded(responses: dict[int | str, dict[str, Any]], token: bool) -> dict[int | str, dict[str, Any]]:
    return {**responses, 401: _NO_TOKEN} if token else responses


def example(content: object) -> dict[int | str, dict[str, Any]]:
    """What a page answers, shown."""
    return {200: {"description": "As shown.", "content": {"application/json": {"example": content}}}}


def segment(token: bool) -> dict[str, Any]:
    """Of `POST /segment`."""
    form = {
        "type": "object",
        "properties": {
            "image": {
                "type": "array",
                "items": _BINARY,
                "minItems": 1,
                "maxItems": MAX_PICTURES,
                "description": "Photos.",
            },
            "background": {**_BINARY, "description": "A picture for composite to show behind people."},
        },
        "required": ["image"],
        "additionalProperties": False,
    }
    answers: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "The picture; of several photos or outputs a ZIP archive of 1_cutout.png, 1_mask.png, ...",
            "content": {kind: {"schema": _BINARY} for kind in sorted(set(MEDIA_TYPES.values()))},
            "headers": {"Server-Timing": {"description": "Milliseconds of each stage.", "schema": {"type": "string"}}},
        },
        400: _problem("The request ends early.", "body", "ends early: the client has gone", ""),
        403: _problem("A page of another origin.", "Origin", "is none whose pages may use this service", "--cors"),
        408: _problem("The body came too slowly.", "body", "did not arrive within 30 s", "send a smaller picture"),
        413: _problem("Too many bytes or pixels.", "body", "has 900,000,000 pixels, and no more than ...", "send less"),
        415: _problem("No picture of a type that is taken.", "body", "is no JPEG, PNG or WebP", "convert it"),
        422: _problem("Wrong parameters or a broken picture.", "image 2", "is truncated: its end is missing", "..."),
        429: _problem(
            "Too much to do.", "service", "64 requests are waiting already", "try again in 2 s", headers=_RETRY_AFTER
        ),
        504: _problem("The answer took too long.", "service", "could not answer within 30 s", "try again later"),
    }
    return {
        "summary": "Masks, cut-outs and new backgrounds of one photo or many",
        "description": "Send one photo as the body, or many as parts `image` of a form, with a picture for the "
        "background as part `background`. Turned as EXIF says; what is answered has no EXIF.",
        "responses": _guarded(answers, token),
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "content": {kind: {"schema": _BINARY} for kind in RAW_TYPES} | {FORM_TYPE: {"schema": form}},
            }
        },
    }


def ready() -> dict[int | str, dict[str, Any]]:
    """Of `GET /ready`."""
    full = {"description": "The queue is full.", "content": {"application/json": {"example": {"status": "full"}}}}
    return {**example({"status": "ready"}), 503: full}


def card(token: bool) -> dict[int | str, dict[str, Any]]:
    """Of `GET /card`."""
    limits = {"max_bytes": 20971520, "max_pixels": 50000000, "timeout": 30.0, "max_pictures": MAX_PICTURES}
    return _guarded(example({"version": "0.3.0", "limits": limits, "card": {"name": "portrait"}}), token)


def metrics(token: bool) -> dict[str, Any]:
    """Of `GET /metrics`."""
    content = {"text/plain": {"schema": {"type": "string"}, "example": "paddleseg_requests_in_hand 0.0\n"}}
    return {
        "response_class": PlainTextResponse,
        "responses": _guarded({200: {"description": "Figures.", "content": content}}, token),
    }
