"""Convolution over all channels, as matrix products of a few output rows at a time.

NumPy's BLAS does them two to four times faster than the library that Paddle's CPU build brings. The input's padded
planes are laid out so that a tap of the kernel sees one piece of memory for all output pixels of some rows, with a few
pixels of padding after each row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import paddle
from paddle.autograd import PyLayer

from paddleseg.kernels.runtime import array, copy, extent, jit, share, wanted

_COLUMN_FLOATS = 1 << 18  # 1 MB of unfolded input at a time stays in the cache


@jit
def _lay_out(
    x: np.ndarray, phases: np.ndarray, stride: tuple[int, ...], corner: tuple[int, ...], planes: np.ndarray, back: bool
) -> None:
    """Lay input (C, H, W) out in `planes` (C, phases, rows, pitch): every stride-th row and column from each phase.

    With `back`, add the planes to `x` instead, which is how their gradient goes back.
    """
    channels, h, w = x.shape
    for c in range(channels):
        for p in range(len(phases)):
            row, column = phases[p, 0] - corner[0], phases[p, 1] - corner[1]
            start = -(column // stride[1]) if column < 0 else 0
            stop = min(planes.shape[3], (w - 1 - column) // stride[1] + 1)
            for r in range(planes.shape[2]):
                y = r * stride[0] + row
                if not back:
                    planes[c, p, r] = 0
                if y < 0 or y >= h:
                    continue
                if back:
                    for j in range(start, stop):
                        x[c, y, j * stride[1] + column] += planes[c, p, r, j]
                elif stride[1] == 1:
                    for j in range(stop - start):
                        planes[c, p, r, start + j] = x[c, y, start + column + j]
                else:
                    for j in range(start, stop):
                        planes[c, p, r, j] = x[c, y, j * stride[1] + column]


@jit
def _unfold(planes: np.ndarray, taps: np.ndarray, first: int, column: np.ndarray) -> None:
    """What every tap (phase, offset) sees of the flat planes (C, phases, n) from pixel `first` on."""
    pixels = column.shape[1]
    for c in range(planes.shape[0]):
        for t in range(len(taps)):
            source = planes[c, taps[t, 0], first + taps[t, 1] :]
            out = column[c * len(taps) + t]
            for j in range(pixels):
                out[j] = source[j]


@jit
def _fold(column: np.ndarray, taps: np.ndarray, first: int, planes: np.ndarray) -> None:
    """Add the gradient of `_unfold`'s column to `planes`."""
    pixels = column.shape[1]
    for c in range(planes.shape[0]):
        for t in range(len(taps)):
            out = planes[c, taps[t, 0], first + taps[t, 1] :]
            source = column[c * len(taps) + t]
            for j in range(pixels):
                out[j] += source[j]


@jit
def _narrow(wide: np.ndarray, out: np.ndarray) -> None:
    """Copy planes of pixels without the padding after their rows, or with it the other way."""
    for c in range(wide.shape[0]):
        copy(wide[c], out[c])


class _Plan:
    """How one convolution is cut into matrix products."""

    def __init__(
        self,
        x: paddle.Tensor,
        weight: paddle.Tensor,
        stride: Sequence[int],
        padding: int | Literal["SAME"],
        dilation: Sequence[int],
    ):
        size, reach = weight.shape[2:], [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        self.pointwise = (*size, *stride) == (1, 1, 1, 1) and padding in (0, "SAME")
        self.stride = tuple(stride)
        self.size, self.corner = zip(
            *(extent(*axis, padding) for axis in zip(x.shape[2:], reach, stride, strict=True)), strict=True
        )
        (height, width), (sy, sx) = self.size, stride
        self.pitch = width + reach[1] // sx
        self.rows = height + reach[0] // sy
        at = [(a * dilation[0], b * dilation[1]) for a in range(size[0]) for b in range(size[1])]
        phases = sorted({(y % sy, x % sx) for y, x in at})
        self.phases = np.array(phases)
        self.taps = np.array([(phases.index((y % sy, x % sx)), y // sy * self.pitch + x // sx) for y, x in at])
        self.depth = x.shape[1] * len(at)
        self.block = max(1, min(height, _COLUMN_FLOATS // (self.depth * self.pitch)))

    def planes(self, channels: int) -> np.ndarray:
        """Empty planes (C, phases, rows, pitch), one row longer than needed, as the last taps see beyond the end."""
        return np.empty((channels, len(self.phases), self.rows + 1, self.pitch), np.float32)

    def blocks(self, channels: int) -> Iterator[tuple[slice, int, np.ndarray, np.ndarray]]:
        """(rows, first pixel, column (C * taps, pixels), output (channels, pixels)) of every block of output rows."""
        memory = np.empty((self.depth + channels) * self.block * self.pitch, np.float32)
        for top in range(0, self.size[0], self.block):
            rows = slice(top, min(top + self.block, self.size[0]))
            pixels = (rows.stop - top) * self.pitch
            both = memory[: (self.depth + channels) * pixels].reshape(-1, pixels)
            yield rows, top * self.pitch, both[: self.depth], both[self.depth :]


def _forward(start: int, stop: int, x: np.ndarray, w: np.ndarray, plan: _Plan, y: np.ndarray) -> None:
    o = len(w)
    if plan.pointwise:
        np.matmul(
            w, x[start:stop].reshape(stop - start, plan.depth, -1), out=y[start:stop].reshape(stop - start, o, -1)
        )
        return
    planes = plan.planes(x.shape[1])
    flat = planes.reshape(*planes.shape[:2], -1)
    for i in range(start, stop):
        _lay_out(x[i], plan.phases, plan.stride, plan.corner, planes, False)
        for rows, first, column, wide in plan.blocks(o):
            _unfold(flat, plan.taps, first, column)
            np.matmul(w, column, out=wide)
            _narrow(wide.reshape(o, -1, plan.pitch), y[i, :, rows])


def _backward(
    start: int, stop: int, x: np.ndarray, w: np.ndarray, plan: _Plan, dy: np.ndarray, dx: np.ndarray | None
) -> np.ndarray:
    """Gradient of the input into `dx`, unless that is None; returns the weight's from these images."""
    o, dw = len(w), np.zeros_like(w)
    if plan.pointwise:
        for i in range(start, stop):
            g = dy[i].reshape(o, -1)
            dw += g @ x[i].reshape(plan.depth, -1).T
            if dx is not None:
                np.matmul(w.T, g, out=dx[i].reshape(plan.depth, -1))
        return dw
    planes = plan.planes(x.shape[1])
    dplanes = np.empty_like(planes)
    flat, dflat = (p.reshape(*p.shape[:2], -1) for p in (planes, dplanes))
    for i in range(start, stop):
        _lay_out(x[i], plan.phases, plan.stride, plan.corner, planes, False)
        dplanes[:] = 0
        for rows, first, column, wide in plan.blocks(o):
            wide[:] = 0
            _narrow(dy[i, :, rows], wide.reshape(o, -1, plan.pitch))
            _unfold(flat, plan.taps, first, column)
            dw += wide @ column.T
            if dx is not None:
                np.matmul(w.T, wide, out=column)
                _fold(column, plan.taps, first, dflat)
        if dx is not None:
            dx[i] = 0
            _lay_out(dx[i], plan.phases, plan.stride, plan.corner, dplanes, True)
    return dw


class DenseConv(PyLayer):
    """Convolution of `x` with `weight` (out, in, kh, kw), padded by zeros, without bias."""

    @staticmethod
    def forward(
        ctx: Any,
        x: paddle.Tensor,
        weight: paddle.Tensor,
        stride: Sequence[int],
        padding: int | Literal["SAME"],
        dilation: Sequence[int],
    ) -> paddle.Tensor:
        x = x.contiguous()
        ctx.plan = _Plan(x, weight, stride, padding, dilation)
        ctx.save_for_backward(x, weight)
        y = paddle.empty([x.shape[0], weight.shape[0], *ctx.plan.size])
        share(_forward, x.shape[0], array(x), array(weight).reshape(weight.shape[0], -1), ctx.plan, array(y))
        return y

    @staticmethod
    def backward(ctx: Any, dy: paddle.Tensor) -> tuple[paddle.Tensor | None, ...]:
        x, weight = tensors = ctx.saved_tensor()
        dy = dy.contiguous()
        dx, dweight = None if x.stop_gradient else paddle.empty_like(x), paddle.empty_like(weight)
        matrix = array(weight).reshape(weight.shape[0], -1)
        parts = share(_backward, x.shape[0], array(x), matrix, ctx.plan, array(dy), None if dx is None else array(dx))
        array(dweight)[:] = sum(parts).reshape(weight.shape)
        return wanted(tensors, (dx, dweight))
