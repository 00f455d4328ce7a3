"""Data sets, each under its registry name: `from paddleseg.datasets import Dataset`."""

from __future__ import annotations

from typing import Any

from paddleseg.registry import DATASETS


def __getattr__(name: str) -> Any:
    # Looked up on demand, so that the list of names is kept in one place only: the decorators.
    if name in DATASETS:
        return DATASETS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return DATASETS.names()
