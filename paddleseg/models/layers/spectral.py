"""Convolutions with weights of spectral norm 1 (Miyato et al., ICLR 2018), and residual units of them."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.reparam import Foldable

_FIRST_STEPS = 15


class SpectralConv(Foldable):
    """A convolution without bias whose weight has the spectral norm 1, found by a step of power iteration per batch.

    Args:
        padding: None keeps the size but for the stride.
        up: A transposed convolution of 4x4 that doubles the size, whatever `kernel_size` says.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | None = None,
        *,
        up: bool = False,
    ):
        super().__init__()
        self.up, self.stride = up, 2 if up else stride
        side = 4 if up else kernel_size
        self.padding = 1 if up else side // 2 if padding is None else padding
        shape = [in_channels, out_channels, side, side] if up else [out_channels, in_channels, side, side]
        self.weight_orig = self.create_parameter(shape, default_initializer=nn.initializer.XavierUniform())
        self.register_buffer("weight_u", F.normalize(paddle.randn([out_channels]), axis=0))
        self.register_buffer("weight_v", F.normalize(paddle.randn([in_channels * side * side]), axis=0))
        for _ in range(_FIRST_STEPS):
            self._step(self._matrix())

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        conv = F.conv2d_transpose if self.up else F.conv2d
        return conv(x, self.weight(), stride=self.stride, padding=self.padding)

    def weight(self) -> paddle.Tensor:
        """What it convolves with."""
        matrix = self._matrix()
        if self.training:
            self._step(matrix)
        return self._normed(matrix)

    def folded(self) -> nn.Layer:
        """A plain convolution."""
        first, second, side, _ = self.weight_orig.shape
        kind, channels = (nn.Conv2DTranspose, (first, second)) if self.up else (nn.Conv2D, (second, first))
        conv = kind(*channels, side, stride=self.stride, padding=self.padding, bias_attr=False)
        conv.weight.set_value(self._normed(self._matrix()))
        return conv

    def _normed(self, matrix: paddle.Tensor) -> paddle.Tensor:
        return self.weight_orig / paddle.dot(self.weight_u.clone(), paddle.mv(matrix, self.weight_v.clone()))

    def _matrix(self) -> paddle.Tensor:
        weight = self.weight_orig.transpose([1, 0, 2, 3]) if self.up else self.weight_orig
        return weight.flatten(1)

    @paddle.no_grad()
    def _step(self, matrix: paddle.Tensor) -> None:
        self.weight_v.set_value(F.normalize(paddle.mv(matrix.t(), self.weight_u), axis=0))
        self.weight_u.set_value(F.normalize(paddle.mv(matrix, self.weight_v), axis=0))


class SpectralConvBN(nn.Layer):
    """Such a convolution, then batch norm; arguments are `SpectralConv`'s."""

    def __init__(self, in_channels: int, channels: int, kernel_size: int = 3, stride: int = 1, *, up: bool = False):
        super().__init__()
        self.conv = SpectralConv(in_channels, channels, kernel_size, stride, up=up)
        self.bn = nn.BatchNorm2D(channels)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.bn(self.conv(x))


class SpectralBlock(nn.Layer):
    """Two such convolutions beside a shortcut; what the first two make is nothing when training begins.

    Args:
        first: The first one. The second has its channels.
        resize: What brings the shortcut to the output's size.
        slope: Of the activations below 0.
    """

    def __init__(
        self, in_channels: int, channels: int, first: SpectralConvBN, resize: nn.Layer | None, slope: float = 0.0
    ):
        super().__init__()
        self.first, self.slope = first, slope
        self.second = SpectralConvBN(first.bn.weight.shape[0], channels)
        nn.initializer.Constant(0.0)(self.second.bn.weight)
        self.shortcut: nn.Layer = nn.Identity()
        if resize is not None:
            self.shortcut = nn.Sequential(resize, SpectralConvBN(in_channels, channels, 1))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        y = self.second(F.leaky_relu(self.first(x), self.slope))
        return F.leaky_relu(y + self.shortcut(x), self.slope)


def conv_relu_bn(in_channels: int, channels: int, *, halve: bool = False) -> list[nn.Layer]:
    """Such a convolution, ReLU and then batch norm; with `halve` the edge is mirrored and the size halved."""
    mirror = [nn.Pad2D(1, mode="reflect")] if halve else []
    conv = SpectralConv(in_channels, channels, 3, 2, padding=0) if halve else SpectralConv(in_channels, channels)
    return [*mirror, conv, nn.ReLU(), nn.BatchNorm2D(channels)]
