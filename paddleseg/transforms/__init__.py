"""Transforms, each under its registry name: `import paddleseg.transforms as T; T.Resize([192, 192])`."""

from __future__ import annotations

from typing import Any

from paddleseg.registry import TRANSFORMS


def __getattr__(name: str) -> Any:
    # Looked up on demand, so that the list of names is kept in one place only: the decorators.
    if name in TRANSFORMS:
        return TRANSFORMS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return TRANSFORMS.names()
