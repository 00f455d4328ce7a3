"""PaddleSeg's functions of tensors as layers, which quantisation and profilers see."""

from __future__ import annotations

from collections.abc import Sequence

import paddle
from paddle import nn


class Add(nn.Layer):
    def forward(self, x: paddle.Tensor, y: paddle.Tensor, name: str | None = None) -> paddle.Tensor:
        return paddle.add(x, y, name)


class Subtract(nn.Layer):
    def forward(self, x: paddle.Tensor, y: paddle.Tensor, name: str | None = None) -> paddle.Tensor:
        return paddle.subtract(x, y, name)


class Multiply(nn.Layer):
    def forward(self, x: paddle.Tensor, y: paddle.Tensor, name: str | None = None) -> paddle.Tensor:
        return paddle.multiply(x, y, name)


class Divide(nn.Layer):
    def forward(self, x: paddle.Tensor, y: paddle.Tensor, name: str | None = None) -> paddle.Tensor:
        return paddle.divide(x, y, name)


class Reshape(nn.Layer):
    def forward(self, x: paddle.Tensor, shape: Sequence[int], name: str | None = None) -> paddle.Tensor:
        return paddle.reshape(x, shape, name)


class Transpose(nn.Layer):
    def forward(self, x: paddle.Tensor, perm: Sequence[int], name: str | None = None) -> paddle.Tensor:
        return paddle.transpose(x, perm, name)


class Concat(nn.Layer):
    def forward(self, x: Sequence[paddle.Tensor], axis: int = 0, name: str | None = None) -> paddle.Tensor:
        return paddle.concat(x, axis, name)


class Flatten(nn.Layer):
    def forward(
        self, x: paddle.Tensor, start_axis: int = 0, stop_axis: int = -1, name: str | None = None
    ) -> paddle.Tensor:
        return paddle.flatten(x, start_axis, stop_axis, name)
