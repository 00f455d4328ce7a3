"""Resizing of feature maps and logits."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import paddle
import paddle.nn.functional as F

from paddleseg import kernels

ResizeMode = Literal["nearest", "bilinear", "bicubic", "area"]


def upsample(
    x: paddle.Tensor,
    ref: paddle.Tensor | list[int] | tuple[int, ...],
    align_corners: bool = False,
    mode: ResizeMode = "bilinear",
    half_pixel: bool = True,
    *,
    to_one_pixel: bool = False,
) -> paddle.Tensor:
    """Resize `x` to the height and width of `ref`, a tensor or a size (h, w).

    Values stand at the centres of their pixels, but without `half_pixel` at their upper left corners (bilinear only).
    `size=` and never `scale_factor`: only that exports everywhere. `to_one_pixel` says that the size may be that small,
    where oneDNN gives other numbers.
    """
    if isinstance(ref, (list, tuple)):
        size: Any = list(ref)
    else:  # an eager tensor or, while exporting, a graph value whose size may be open
        h, w = ref.shape[2:]
        size = [h, w] if h > 0 and w > 0 else paddle.shape(ref)[2:]
    if mode == "bilinear" and half_pixel and kernels.trains_on_cpu(x):
        return kernels.resize(x, (int(size[0]), int(size[1])), align_corners)
    options: dict[str, Any] = {"align_corners": align_corners, "align_mode": 0 if half_pixel else 1}
    if paddle.framework.in_pir_mode():
        # Paddle Inference has oneDNN do every resizing of a graph, which aligns no corners and takes other neighbours.
        if mode == "nearest":
            return _nearest(x, size)
        if mode == "bilinear" and (
            align_corners or not half_pixel or to_one_pixel
        ):  # with a depth it leaves it to Paddle
            return F.interpolate(x.unsqueeze(2), [1, size[0], size[1]], mode="trilinear", **options).squeeze(2)
    return F.interpolate(x, size=size, mode=mode, **options)


def _nearest(x: paddle.Tensor, size: Any) -> paddle.Tensor:
    """Rounded as Paddle rounds outside of graphs: 36 * (74 / 72) is less than 37 there."""
    for axis, old, new in zip((2, 3), spatial_size(x), (size[0], size[1]), strict=True):
        places = paddle.arange(new).astype("float32") * (_as_float(old) / _as_float(new))
        x = paddle.gather(x, places.astype("int32"), axis=axis)
    return x


def _as_float(side: Any) -> Any:
    return np.float32(side) if isinstance(side, int) else side.astype("float32")


def spatial_size(x: paddle.Tensor) -> list[Any]:
    """Height and width to reshape to: numbers, or graph values where an export leaves them open."""
    h, w = x.shape[2:]
    if h > 0 and w > 0:
        return [h, w]
    shape = paddle.shape(x)
    return [shape[2], shape[3]]


def scaled_size(x: paddle.Tensor, factor: float) -> list[Any]:
    """Height and width times `factor`, rounded down: numbers, or graph values where an export leaves them open."""
    sides = spatial_size(x)
    if all(isinstance(side, int) for side in sides):
        return [int(side * factor) for side in sides]
    return [(side.astype("float32") * factor).astype("int32") for side in sides]


def scaled(x: paddle.Tensor, factor: float) -> paddle.Tensor:
    """`x` with sides times `factor`, rounded down."""
    return upsample(x, scaled_size(x, factor))
