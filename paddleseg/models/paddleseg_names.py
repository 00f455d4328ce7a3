"""Weights under PaddleSeg's names, so that PaddleSeg loads what was trained here.

PaddleSeg passes over names that it does not know and goes on with what it drew by chance; so a file with our names
loads there and means nothing. `published/names.json.gz` lists the names of its networks, as they are built for the
recipes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import paddle
from paddle import nn

from paddleseg.models.weights import our_names

_FILE = Path(__file__).parent / "published" / "names.json.gz"
_MATRIX = "!"  # before the name of a linear layer's weights, for which we may have a convolution


def published_names(model: nn.Layer) -> dict[str, str] | None:
    """PaddleSeg's names and our names for them; None where PaddleSeg has no network of this form, or names it as we do.

    Among ours may be biases in front of batch norms, which our convolutions leave out.
    """
    own = set(model.state_dict())
    for network, listed in _networks():
        if network != type(model).__name__:
            continue
        marked = {name.removeprefix(_MATRIX): name for name in listed}
        names = our_names(model, marked)
        if own <= set(names.values()) and all(name.endswith("conv.bias") for name in set(names.values()) - own):
            return {marked[published]: name for published, name in names.items()}
    return None


def renamed(model: nn.Layer, state: Mapping[str, paddle.Tensor]) -> dict[str, paddle.Tensor] | None:
    """A state of `model` as PaddleSeg's network of that form takes it; None where there is none."""
    names = published_names(model)
    if names is None:
        return None
    found = {}
    for marked, name in names.items():
        value = state.get(name)
        if value is None:  # a bias that changes nothing
            value = paddle.zeros_like(state[f"{name.removesuffix('conv.bias')}bn._mean"])
        elif marked.startswith(_MATRIX) and value.ndim == 4:
            value = paddle.to_tensor(np.ascontiguousarray(value.numpy()[..., 0, 0].T))
        found[marked.removeprefix(_MATRIX)] = value
    return found


@cache
def _networks() -> list[tuple[str, list[str]]]:
    """The networks' class names with the names of their parameters and statistics."""
    return [(network, listed) for network, listed in json.loads(gzip.decompress(_FILE.read_bytes()))]
