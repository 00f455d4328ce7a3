"""Resizing of feature maps and logits."""

from __future__ import annotations

from typing import Any, Literal

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
) -> paddle.Tensor:
    """Resize `x` to the height and width of `ref`, a tensor or a size (h, w).

    Values stand at the centres of their pixels, but without `half_pixel` at their upper left corners (bilinear only).
    `size=` and never `scale_factor`: only that exports everywhere.
    """
    if isinstance(ref, (list, tuple)):
        size: Any = list(ref)
    else:  # an eager tensor or, while exporting, a graph value whose size may be open
        h, w = ref.shape[2:]
        size = [h, w] if h > 0 and w > 0 else paddle.shape(ref)[2:]
    if not half_pixel and not align_corners:
        # With a depth for the reason that is told below.
        volume = F.interpolate(x.unsqueeze(2), [1, size[0], size[1]], mode="trilinear", align_mode=1)
        return volume.squeeze(2)
    if mode == "bilinear" and kernels.trains_on_cpu(x):
        return kernels.resize(x, (int(size[0]), int(size[1])), align_corners)
    if mode == "bilinear" and align_corners and paddle.framework.in_pir_mode():
        # oneDNN, which Paddle Inference has do every bilinear resizing of a graph, does not align corners. Resizing of
        # maps with a depth it leaves to Paddle.
        volume = F.interpolate(x.unsqueeze(2), [1, size[0], size[1]], mode="trilinear", align_corners=True)
        return volume.squeeze(2)
    return F.interpolate(x, size=size, mode=mode, align_corners=align_corners)


def spatial_size(x: paddle.Tensor) -> list[Any]:
    """Height and width to reshape to: numbers, or graph values where an export leaves them open."""
    h, w = x.shape[2:]
    if h > 0 and w > 0:
        return [h, w]
    shape = paddle.shape(x)
    return [shape[2], shape[3]]
