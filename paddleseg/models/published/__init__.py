"""Name maps of published checkpoints, one file for each family of networks, found by the name of a network's class."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from paddleseg.models.published.name_map import NameMap

__all__ = ["NameMap", "name_map_of"]


def name_map_of(network: object) -> NameMap | None:
    """How a published file's names become those of `network`; None where its own are all there are.

    A network from elsewhere brings its map as `official_names`, or has that of the network here which it derives from.
    """
    own: NameMap | None = getattr(network, "official_names", None)
    if own is not None:
        return own
    # Only ours: another network may be called like one of them by chance.
    ours = [cls.__name__ for cls in type(network).__mro__ if cls.__module__.startswith("paddleseg.models.")]
    return next((_maps()[name] for name in ours if name in _maps()), None)


@cache
def _maps() -> dict[str, NameMap]:
    """All maps by class name; their files are read when a file first holds names that are not ours."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {name: each for module in modules for name, each in getattr(module, "NAMES", {}).items()}
