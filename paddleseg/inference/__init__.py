"""Trained models on pictures: `from paddleseg.inference import Predictor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paddleseg.inference.predictor import Predictor, SegResult

__all__ = ["Predictor", "SegResult"]


def __getattr__(name: str) -> Any:
    # On demand: most modules of this package need no predictor.
    if name in __all__:
        from paddleseg.inference import predictor

        return getattr(predictor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
