"""Weights by rule: what a parameter holds follows from its name and shape, so two programs agree without a file."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

INPUT_SHAPE = (1, 3, 64, 96)
SAMPLES = 300


def value(name: str, shape: Sequence[int], gain: float = 1.0) -> np.ndarray:
    """Numbers of the size that a trained network has: a signal neither dies nor explodes on its way through.

    Args:
        gain: Factor of the convolutions' and matrices' numbers; below 1 where a soft-max would see nothing but 0 and 1.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    if len(shape) > 1:
        fan_in = int(np.prod(shape[1:])) if len(shape) == 4 else shape[0]
        return (rng.standard_normal(shape) * np.sqrt(2 / fan_in) * gain).astype("float32")
    if name.endswith("._scale"):  # frozen in every published file
        return np.ones(shape, "float32")
    if name.endswith("_variance") or name.endswith("weight"):
        return rng.uniform(0.7, 1.3, shape).astype("float32")
    return (rng.standard_normal(shape) * 0.1).astype("float32")


def values(state: dict[str, Sequence[int]], gain: float = 1.0) -> dict[str, np.ndarray]:
    """A value of each name. The vectors of spectral norms are those that belong to their weight."""
    found = {name: value(name, shape, gain) for name, shape in state.items()}
    for name in [name for name in found if name.endswith("weight_orig")]:
        stem, matrix = name.removesuffix("orig"), found[name]
        if matrix.shape[-1] == 4:  # of a transposed convolution
            matrix = matrix.swapaxes(0, 1)
        left, _, right = np.linalg.svd(matrix.reshape(len(matrix), -1).astype("float64"), full_matrices=False)
        found[f"{stem}u"], found[f"{stem}v"] = left[:, 0].astype("float32"), right[0].astype("float32")
    return found


def picture() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(INPUT_SHAPE).astype("float32")


def batch() -> np.ndarray:
    """Two pictures that differ, for what normalises over a batch."""
    return np.concatenate([picture(), np.random.default_rng(1).standard_normal(INPUT_SHAPE).astype("float32")])


def sampled(logits: np.ndarray) -> np.ndarray:
    """Values of a map at places spread over it."""
    flat = logits.reshape(-1)
    return flat[np.linspace(0, flat.size - 1, SAMPLES).astype(int)]
