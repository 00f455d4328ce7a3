"""The service as an ASGI application."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, FastAPI, Query, Request, Security, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from paddleseg.errors import ConfigError, UserError
from paddleseg.inference.predictor import Predictor
from paddleseg.service import openapi, problems
from paddleseg.service.access import Access
from paddleseg.service.engine import Engine
from paddleseg.service.gate import Gate
from paddleseg.service.metrics import Metrics
from paddleseg.service.observe import Observe
from paddleseg.service.options import Options
from paddleseg.service.segment import Segmenter
from paddleseg.service.settings import MAX_PICTURES, Settings
from paddleseg.service.stream import Streamer
from paddleseg.version import __version__

PATHS = ("/", "/segment", "/stream", "/health", "/ready", "/card", "/metrics", "/openapi.json")


def create_app(predictor: Predictor, settings: Settings | None = None) -> FastAPI:
    """The application that serves one model.

    Args:
        predictor: Of RGB pictures and classes that exclude each other.
        settings: The defaults where left out.

    Raises:
        ConfigError: It is a model of another kind.

    Example:
        >>> app = create_app(Predictor.from_zoo("portrait"), Settings(queue=16))
    """
    card, settings = predictor.card, settings or Settings()
    if card.input.channels != 3 or card.output.multilabel or card.output.kind == "values":
        what = "is not a network that takes RGB pictures and gives classes that exclude each other"
        raise ConfigError("--model", f"{card.name or 'the model'} {what}", "use `paddleseg predict` for it")
    gate, access = Gate(settings), Access(settings)
    metrics = Metrics(gate)
    engine = Engine(predictor, settings.workers, settings.batch, metrics.batch)
    segmenter = Segmenter(engine, gate, metrics, settings)
    streamer = Streamer(engine, gate, metrics, access, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await engine.call(predictor, np.zeros((64, 64, 3), np.uint8))  # the first call of an engine is the slowest
        yield
        engine.close()

    app = FastAPI(
        title="Segmentation",
        version=__version__,
        summary=f"{card.name}: {card.about}" if card.about else card.name,
        description=openapi.DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # these load scripts from elsewhere
        redoc_url=None,
        exception_handlers={
            UserError: problems.on_user_error,
            HTTPException: problems.on_http_error,
            RequestValidationError: problems.on_wrong_parameters,
        },
    )
    app.add_middleware(Observe, metrics=metrics, paths=PATHS, shared=bool(settings.cors))
    if settings.cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Server-Timing", "Retry-After", "X-Request-Id"],
        )

    def with_token(request: Request) -> None:
        access.check_token(access.bearer(request.headers))

    bearer = HTTPBearer(auto_error=False, description="The token that the service was started with.")
    guarded: list[Any] = [Depends(with_token), Security(bearer)] if settings.token else []
    page, policy = _page()

    @app.post("/segment", dependencies=guarded, response_class=Response, **openapi.segment(bool(settings.token)))
    async def segment(request: Request, options: Annotated[Options, Query()]) -> Response:
        access.check_origin(request.headers)
        return await segmenter(request, options)

    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        await streamer(socket)

    @app.get("/health", summary="Whether the process answers", responses=openapi.example({"status": "ok"}))
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.get("/ready", summary="Whether it takes another request", responses=openapi.ready())
    async def ready() -> JSONResponse:
        if gate.is_full:
            return JSONResponse({"status": "full"}, 503)
        return JSONResponse({"status": "ready"})

    @app.get(
        "/card", dependencies=guarded, summary="The model, and the limits", responses=openapi.card(bool(settings.token))
    )
    async def about() -> JSONResponse:
        limits = {
            **{name: getattr(settings, name) for name in ("max_bytes", "max_pixels", "timeout", "queue", "streams")},
            "max_pictures": MAX_PICTURES,
        }
        return JSONResponse({"version": __version__, "limits": limits, "card": card.model_dump(mode="json")})

    @app.get(
        "/metrics", dependencies=guarded, summary="Figures for Prometheus", **openapi.metrics(bool(settings.token))
    )
    async def figures() -> Response:
        return Response(metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/", include_in_schema=False)
    async def index() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": policy, "X-Frame-Options": "DENY"})

    return app


def _page() -> tuple[str, str]:
    """The page to try it, and a policy by which a browser runs and loads nothing but what is in it."""
    html = resources.files("paddleseg.service").joinpath("page.html").read_text(encoding="utf-8")

    def digest(tag: str) -> str:
        content = re.search(f"<{tag}>(.*?)</{tag}>", html, re.S)
        assert content is not None
        return f"'sha256-{base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()}'"

    policy = (
        f"default-src 'none'; script-src {digest('script')}; style-src {digest('style')}; img-src 'self' blob: data:; "
        "media-src blob:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy
