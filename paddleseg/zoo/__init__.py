"""Small trained weights that ship with the package, each with a card; larger ones are fetched as their card says."""

from __future__ import annotations

import difflib
from pathlib import Path

from paddleseg import fetch
from paddleseg.card import Card, read_card
from paddleseg.errors import WeightsError

PREFIX = "zoo://"
_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The published weights, as `zoo://` URIs."""
    return [f"{PREFIX}{path.stem}" for path in sorted(_FOLDER.glob("*.yml"))]


def card_path(name: str) -> Path:
    """The file of the card of the weights called `name`; `zoo://` before it is passed over.

    Raises:
        WeightsError: There are no weights of that name.
    """
    name = name.removeprefix(PREFIX)
    path = _FOLDER / f"{name}.yml"
    if not path.is_file():
        near = difflib.get_close_matches(f"zoo://{name}", names(), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"published weights: {', '.join(names())}"
        raise WeightsError(f"zoo://{name}", "no such weights in the package", hint)
    return path


def card(name: str) -> Card:
    """The card of the weights called `name`.

    Raises:
        WeightsError: There are no weights of that name.
    """
    return read_card(card_path(name))


def weights_path(name: str) -> Path:
    """The weights file of `name`: packed, or fetched on first use into `fetch.home()`.

    Raises:
        WeightsError: There are no weights of that name, or they cannot be fetched.
    """
    packed = card_path(name).with_suffix(".pdparams")
    if packed.is_file():
        return packed
    found = card(name)
    if found.files.weights is None and found.files.onnx is not None:
        hint = "run it with the runtime onnx, or take the weights it was made of: see `about` in its card"
        raise WeightsError(f"zoo://{name}", "is a graph for ONNX Runtime, without weights to build a network of", hint)
    if not found.url:
        raise WeightsError(f"zoo://{name}", f"{packed} is missing, and the card has no url", "install the package anew")
    return fetch.fetch(found.url, fetch.home() / packed.name, found.sha256)


def onnx_path(name: str) -> Path:
    """The exported graph of `name` for ONNX Runtime, which ships with small weights only.

    Raises:
        WeightsError: There are no weights of that name, or no graph of them.
    """
    path = card_path(name).with_suffix(".onnx")
    own = fetch.home() / path.name
    if not path.is_file() and not own.is_file():
        hint = f"export --onnx writes one from zoo://{name}; save it as {own}"
        raise WeightsError(f"zoo://{name}", "has no ONNX graph in the package", hint)
    return path if path.is_file() else own
