"""Small trained weights that ship with the package, each with a card that names origin and licence."""

from __future__ import annotations

import difflib
from pathlib import Path

import yaml

from paddleseg.errors import WeightsError

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The weights in the package, as `zoo://` URIs."""
    return [f"zoo://{path.stem}" for path in sorted(_FOLDER.glob("*.yml"))]


def card_path(name: str) -> Path:
    """The card of the weights called `name`.

    Raises:
        WeightsError: The package has no weights of that name.
    """
    path = _FOLDER / f"{name}.yml"
    if not path.is_file():
        near = difflib.get_close_matches(f"zoo://{name}", names(), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"packed weights: {', '.join(names())}"
        raise WeightsError(f"zoo://{name}", "no such weights in the package", hint)
    return path


def card(name: str) -> dict:
    """The card of the weights called `name`, as a dictionary."""
    return yaml.safe_load(card_path(name).read_text(encoding="utf-8"))


def weights_path(name: str) -> Path:
    """The weights file of `name`; raises `WeightsError` as `card_path` does."""
    return card_path(name).with_suffix(".pdparams")
