"""The non-local block: every place takes something of all places."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.layer_libs import ConvBNReLU

_MODES = ("gaussian", "embedded_gaussian", "dot_product", "concatenation")


class NonLocal2D(nn.Layer):
    """PaddleSeg's non-local block, `x + out(weights @ g(x))` (Wang et al., CVPR 2018).

    A network's own way of weighing is a subclass that replaces the method called as its `mode`.

    Args:
        reduction: Channels of the projections are `in_channels // reduction`, at least one.
        use_scale: Divide products of the embedded form by the root of the projections' channels.
        sub_sample: Compare with every second row and column only, by their maxima.
        mode: How much two places have to do with one another: `gaussian`, `embedded_gaussian`, `dot_product` or
            `concatenation`.

    Shape:
        x (N, C, H, W); returns the same.

    Example:
        >>> NonLocal2D(8)(paddle.ones([1, 8, 4, 4])).shape
        [1, 8, 4, 4]
    """

    def __init__(
        self,
        in_channels: int,
        reduction: int = 2,
        use_scale: bool = True,
        sub_sample: bool = False,
        mode: str = "embedded_gaussian",
    ):
        super().__init__()
        if mode not in _MODES:
            raise ValueError(f"mode must be one of {', '.join(_MODES)}, not {mode!r}")
        inner = max(in_channels // reduction, 1)
        self.in_channels, self.reduction, self.inter_channels = in_channels, reduction, inner
        self.use_scale, self.sub_sample, self.mode = use_scale, sub_sample, mode
        self.g: nn.Layer = nn.Conv2D(in_channels, inner, 1)
        self.conv_out = ConvBNReLU(inner, in_channels, 1, bias_attr=False)
        self.phi: nn.Layer | None = None
        if mode != "gaussian":
            self.theta = nn.Conv2D(in_channels, inner, 1)
            self.phi = nn.Conv2D(in_channels, inner, 1)
        if mode == "concatenation":
            self.concat_project = ConvBNReLU(2 * inner, 1, 1, bias_attr=False)
        if sub_sample:
            pool = nn.MaxPool2D(2)
            self.g = nn.Sequential(self.g, pool)
            self.phi = pool if self.phi is None else nn.Sequential(self.phi, pool)

    def gaussian(self, theta_x: paddle.Tensor, phi_x: paddle.Tensor) -> paddle.Tensor:
        """Softmax of products of the map's own values: theta_x (N, L, C), phi_x (N, C, M); returns (N, L, M)."""
        return F.softmax(paddle.matmul(theta_x, phi_x), axis=-1)

    def embedded_gaussian(self, theta_x: paddle.Tensor, phi_x: paddle.Tensor) -> paddle.Tensor:
        """Softmax of products of projections, of shapes as `gaussian` takes."""
        products = paddle.matmul(theta_x, phi_x)
        return F.softmax(products / self.inter_channels**0.5 if self.use_scale else products, axis=-1)

    def dot_product(self, theta_x: paddle.Tensor, phi_x: paddle.Tensor) -> paddle.Tensor:
        """The products themselves over their number, of shapes as `gaussian` takes."""
        return paddle.matmul(theta_x, phi_x) / phi_x.shape[-1]

    def concatenation(self, theta_x: paddle.Tensor, phi_x: paddle.Tensor) -> paddle.Tensor:
        """A learned weight of each pair: theta_x (N, C, L, 1), phi_x (N, C, 1, M); returns (N, L, M)."""
        first, second = theta_x.shape[2], phi_x.shape[3]
        pairs = paddle.concat([theta_x.tile([1, 1, 1, second]), phi_x.tile([1, 1, first, 1])], axis=1)
        return self.concat_project(pairs).squeeze(1) / second

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        values = self.g(x).flatten(2).transpose([0, 2, 1])
        theta = (x if self.mode == "gaussian" else self.theta(x)).flatten(2)
        phi = (x if self.phi is None else self.phi(x)).flatten(2)
        if self.mode == "concatenation":
            weights = self.concatenation(theta.unsqueeze(3), phi.unsqueeze(2))
        else:
            weights = getattr(self, self.mode)(theta.transpose([0, 2, 1]), phi)
        found = paddle.matmul(weights, values).transpose([0, 2, 1])
        return x + self.conv_out(found.reshape([0, self.inter_channels, *x.shape[2:]]))
