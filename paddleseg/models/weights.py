"""Weights into networks: strictly, by name, and from official files by a name map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import paddle
from paddle import nn

from paddleseg import arrays_only, compat, zoo
from paddleseg.errors import WeightsError
from paddleseg.fetch import fetch_weights
from paddleseg.models.arrays import assign, misfit, named_arrays
from paddleseg.models.contract import Head
from paddleseg.models.pruned import Shapes, apply_record, record_beside
from paddleseg.models.published import NameMap, name_map_of
from paddleseg.models.published.name_map import Value

_SHOWN = 5
_PARTIAL: ContextVar[bool] = ContextVar("partial", default=False)


@runtime_checkable
class Adapts(Protocol):
    """A network that makes weights fit which another size of picture taught."""

    def adapted(self, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The same weights by the same names, in the shapes of this network where they only differ in size."""


@contextmanager
def partial_weights(allowed: bool) -> Iterator[None]:
    """Whether the models built herein may take what fits of their `pretrained` weights, and say what did not."""
    token = _PARTIAL.set(allowed)
    try:
        yield
    finally:
        _PARTIAL.reset(token)


def load_pretrained(model: nn.Layer, source: str | None) -> None:
    """Load `source` into `model` when there is one; every model's constructor ends with this."""
    if source is None:
        return
    allowed = _PARTIAL.get() or compat.release() is not None
    left = load_weights(model, source, allow_partial=allowed, other_classes=True)
    if left:
        print(f"{source}: {len(left)} of {len(model.state_dict())} start anew: {_listed(left)}")


def load_weights(
    model: nn.Layer,
    source: str | Path,
    *,
    allow_partial: bool = False,
    other_classes: bool = False,
    pruned: Shapes | None = None,
) -> list[str]:
    """Load a `.pdparams` file or a `zoo://` name into `model`.

    Names are ours, or the published network's where `models/published/` has a map for the model or its backbone. A
    missing, unknown or differently shaped parameter is an error that lists them. With the weights of a pruned network
    `model` becomes as small as that.

    Args:
        allow_partial: Load what fits and return the names left as they were, instead of raising.
        other_classes: The same where nothing but the number of classes differs.
        pruned: The smaller shapes of a pruned network; None for what the card or the file beside the weights says.

    Raises:
        WeightsError: No such file, not a weights file, it holds NaN or infinity, or it belongs to another network.
    """
    path = resolve(source)
    state = read_state(path)
    apply_record(model, _record(source, path) if pruned is None else pruned, state)
    own = model.state_dict()
    if not set(state) <= set(own):
        state = _as_convolutions(_fold_biases(_official_to_ours(model, state), own), own)
    if isinstance(model, Adapts):
        state = model.adapted(state)

    missing = sorted(set(own) - set(state))
    unknown = sorted(set(state) - set(own))
    wrong = {name: misfit(state[name], own[name]) for name in sorted(set(own) & set(state))}
    misfits = {name: what for name, what in wrong.items() if what}
    if misfits and not (missing or unknown) and other_classes and _only_classes(model, state, list(misfits)):
        allow_partial = True
    if (missing or unknown or misfits) and not allow_partial:
        raise _mismatch(model, source, missing, unknown, [f"{name}: {what}" for name, what in misfits.items()])
    skipped = {*missing, *misfits}
    # Each value goes in by itself: `set_state_dict` warns about every name that a partial file leaves out.
    for name in sorted(set(own) - skipped):
        assign(state[name], own[name])
    return sorted(skipped)


def _only_classes(model: nn.Layer, state: Mapping[str, np.ndarray], misfits: Sequence[str]) -> bool:
    """Whether the shapes that differ do so in one number alone, which in `model` is that of its classes."""
    own = model.state_dict()
    pairs: set[tuple[int, int]] = set()
    for name in misfits:
        theirs, ours = list(state[name].shape), list(own[name].shape)
        if len(theirs) != len(ours):
            return False
        pairs |= {pair for pair in zip(theirs, ours, strict=True) if pair[0] != pair[1]}
    heads: Sequence[Head] = getattr(model, "heads", ())
    return len(pairs) == 1 and bool(heads) and pairs.pop()[1] == heads[0].channels


def _record(source: str | Path, path: Path) -> Shapes:
    """The shapes of a pruned network: from the card of published weights, else from the record beside them."""
    return zoo.card(str(source)).pruned if str(source).startswith(zoo.PREFIX) else record_beside(path)


def our_names(model: nn.Layer, names: Iterable[str]) -> dict[str, str]:
    """What the parameters of a published file are called in `model`, by their names there."""
    return {published: own for own, published in _official_to_ours(model, {name: name for name in names}).items()}


def _official_to_ours(model: nn.Layer, state: Mapping[str, Value]) -> dict[str, Value]:
    """`state` by our names: the model's map, but below `backbone.` the backbone's where it has one."""
    name_map = name_map_of(model) or NameMap()
    backbone_map = name_map_of(getattr(model, "backbone", None))
    if backbone_map is None:
        return name_map.apply(state)
    prefix = "backbone."
    outer = name_map.apply({name: value for name, value in state.items() if not name.startswith(prefix)})
    both = {name: value for name, value in state.items() if name.startswith(prefix)} | outer
    inner = {name.removeprefix(prefix): value for name, value in both.items() if name.startswith(prefix)}
    outer = {name: value for name, value in outer.items() if not name.startswith(prefix)}
    return outer | {prefix + name: value for name, value in backbone_map.apply(inner).items()}


def _fold_biases(state: dict[str, np.ndarray], own: Mapping[str, paddle.Tensor]) -> dict[str, np.ndarray]:
    """`state` without the biases in front of batch norms that our convolutions leave out: each goes into the mean.

    Batch norm takes such a bias away again: norm(x + bias) with a mean is norm(x) with mean - bias.
    """
    for name in [name for name in state if name.endswith("conv.bias") and name not in own]:
        mean = f"{name.removesuffix('conv.bias')}bn._mean"
        pair = [state[key] for key in (mean, name) if key in state]
        if len({array.shape for array in pair}) == 1 and "".join(array.dtype.kind for array in pair) == "ff":
            state[mean] = state[mean] - state.pop(name)
    return state


def _as_convolutions(state: dict[str, np.ndarray], own: Mapping[str, paddle.Tensor]) -> dict[str, np.ndarray]:
    """`state` with the matrix (in, out) of a linear layer as a kernel (out, in, 1, 1) where we have a convolution."""
    for name in state.keys() & own.keys():
        kernel = state[name].T[..., None, None]
        if state[name].ndim == 2 and list(kernel.shape) == list(own[name].shape):
            state[name] = kernel
    return state


def resolve(source: str | Path) -> Path:
    """The local file that `source` means: a path, a checkpoint folder, a `zoo://` name or an address to fetch from."""
    if str(source).startswith("zoo://"):
        return zoo.weights_path(str(source).removeprefix("zoo://"))
    if str(source).startswith(("http://", "https://")):
        return fetch_weights(str(source))
    path = Path(source)
    try:
        if path.is_dir():
            path = path / "model.pdparams"
        found = path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise WeightsError(str(source), f"cannot be looked for ({error.strerror})") from error
    if not found:
        raise WeightsError(str(source), "no such weights file", f"packed weights: {', '.join(zoo.names())}")
    return path


def read_state(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a `.pdparams` file by name, 16-bit numbers widened to 32.

    Such a file is a pickle, which might run code of its author's, and published weights come from anywhere: a file that
    holds anything but arrays is not read any further.

    Raises:
        WeightsError: It is no such file, or holds NaN or infinity.
    """
    arrays = named_arrays(arrays_only.read(path), str(path))
    arrays_only.refuse_nonfinite(str(path), arrays)
    return arrays


def _mismatch(
    model: nn.Layer, source: str | Path, missing: list[str], unknown: list[str], misfits: list[str]
) -> WeightsError:
    parts = []
    for what, names in (("missing", missing), ("not in this model", unknown), ("of another shape or type", misfits)):
        if names:
            parts.append(f"{len(names)} {what} ({_listed(names)})")
    return WeightsError(
        str(source),
        f"does not fit {type(model).__name__}: {'; '.join(parts)}",
        "name the model and num_classes these weights were trained with; in training --allow_partial takes what fits",
    )


def _listed(names: Sequence[str]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
