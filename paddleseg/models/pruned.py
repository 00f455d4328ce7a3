"""Networks with fewer channels than their class builds: the record of their shapes, and how it is applied."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import paddle
from paddle import nn

from paddleseg.errors import WeightsError
from paddleseg.files import is_file, read_bytes

RECORD = "pruned.json"
"""The record's file, beside the weights that it is about."""
Shapes = dict[str, list[int]]
_MOST_BYTES = 10_000_000


def shapes_of(model: nn.Layer) -> Shapes:
    """The shapes that differ from those that the network's class builds; empty for a network that is not pruned."""
    return dict(getattr(model, "pruned_shapes", {}))


def record_beside(weights: Path) -> Shapes:
    """What the record beside a weights file says; empty where there is none.

    Raises:
        WeightsError: It cannot be understood.
    """
    path = weights.parent / RECORD
    if not is_file(path):
        return {}
    try:
        found = json.loads(read_bytes(path, _MOST_BYTES))["shapes"]
        shapes = {str(name): [int(side) for side in shape] for name, shape in found.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        what = f"is broken ({type(error).__name__}: {error})"
        raise WeightsError(str(path), what, "copy it anew from where the weights are from") from error
    return shapes


def write_record(folder: Path, model: nn.Layer) -> None:
    """Write the record of a pruned network into the folder of its weights; of another network nothing."""
    if shapes := shapes_of(model):
        rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes.items())
        text = f'{{"network": {json.dumps(type(model).__name__)}, "shapes": {{\n{rows}\n}}}}\n'
        (folder / RECORD).write_text(text, encoding="utf-8")


def apply_record(model: nn.Layer, shapes: Mapping[str, Sequence[int]], state: Mapping[str, np.ndarray]) -> None:
    """Make the network as small as the record says, where the weights to be loaded are of those shapes.

    Weights of the whole network may lie beside the record; they are left to be loaded as ever.
    """
    own = model.state_dict()
    fits = all(name in own and name in state and state[name].shape == tuple(shapes[name]) for name in shapes)
    smaller = fits and all(_is_part(shapes[name], own[name].shape) for name in shapes)
    if smaller and any(list(own[name].shape) != list(shapes[name]) for name in shapes):
        resize(model, {name: state[name] for name in shapes})


def _is_part(shape: Sequence[int], whole: Sequence[int]) -> bool:
    return len(shape) == len(whole) and all(0 < side <= most for side, most in zip(shape, whole, strict=True))


def resize(model: nn.Layer, arrays: Mapping[str, np.ndarray]) -> None:
    """Give parameters smaller values; they stay the same objects, so that an optimizer goes on with them.

    Args:
        arrays: The new values, by the names of `state_dict`.
    """
    own = model.state_dict()
    layers = dict(model.named_sublayers(include_self=True))
    for name, array in arrays.items():
        owner, _, kind = name.rpartition(".")
        if kind == "weight":
            _tell(layers[owner], tuple(own[name].shape), array.shape)
        elif kind == "_mean":
            layers[owner]._num_features = array.shape[0]
        place = paddle.framework._current_expected_place_()
        own[name].get_tensor().set(array.astype(own[name].numpy().dtype), place)
    changed = {name: list(array.shape) for name, array in arrays.items()}
    model.pruned_shapes = shapes_of(model) | changed


def _tell(layer: nn.Layer, before: Sequence[int], after: Sequence[int]) -> None:
    """Let a layer know the new numbers of channels."""
    if isinstance(layer, (nn.Conv2D, nn.Conv2DTranspose)):
        if layer._groups > 1 and before[1] == 1:  # depth-wise
            layer._groups = after[0] * layer._groups // before[0]
        turned = isinstance(layer, nn.Conv2DTranspose)
        first, second = after[0], after[1] * layer._groups
        layer._in_channels, layer._out_channels = (first, second) if turned else (second, first)
    elif isinstance(layer, nn.PReLU):
        layer._num_parameters = after[0]
