"""SegNeXt: a convolutional encoder, and a decoder that factorises its map (Guo et al., NeurIPS 2022)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import matmul, spatial_size, upsample
from paddleseg.registry import MODELS


class ConvGN(nn.Layer):
    """A 1x1 convolution without bias, group norm, and ReLU where asked for."""

    def __init__(self, in_channels: int, channels: int, groups: int, relu: bool = True):
        super().__init__()
        self.conv = nn.Conv2D(in_channels, channels, 1, bias_attr=False)
        self.norm = nn.GroupNorm(groups, channels)
        self.relu = relu

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        x = self.norm(self.conv(x))
        return F.relu(x) if self.relu else x


class Factorized(nn.Layer):
    """A map as the product of few bases and their shares, by multiplicative updates (Geng et al., ICLR 2021, 2.2).

    Gradient goes through the last update alone (section 2.3). The bases begin anew each step in training; in evaluation
    they begin alike, so that a picture always gets the same answer.

    Args:
        channels: Of the map, which holds no negative numbers.
        rank: Bases.
        steps: Updates in training, and in evaluation.
        draw: Whether bases are drawn in training.
    """

    def __init__(self, channels: int, rank: int, steps: tuple[int, int], draw: bool):
        super().__init__()
        self.steps, self.draw = steps, draw
        start = np.random.default_rng(0).random((1, channels, rank)).astype("float32")
        self.register_buffer("start", paddle.to_tensor(start), persistable=False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        places = x.flatten(2)  # (N, channels, H W)
        drawn = self.draw and self.training
        start = paddle.rand([x.shape[0], *self.start.shape[1:]]) if drawn else self.start
        with paddle.no_grad():
            # Not `F.normalize`, which the older form of graph does not take.
            bases = (start / (start * start).sum(axis=1, keepdim=True) ** 0.5).expand([paddle.shape(x)[0], -1, -1])
            shares = F.softmax(matmul(places, bases, transpose_x=True), axis=-1)  # (N, H W, rank)
            for _ in range(self.steps[0] if self.training else self.steps[1]):
                shares = _updated(shares, places, bases)
                bases = _updated(bases, places.transpose([0, 2, 1]), shares)
        shares = _updated(shares, places, bases)
        return matmul(bases, shares, transpose_y=True).reshape([0, x.shape[1], *spatial_size(x)])


def _updated(left: paddle.Tensor, x: paddle.Tensor, right: paddle.Tensor) -> paddle.Tensor:
    """`left` after one step towards xᵀ = left rightᵀ."""
    wanted = matmul(x, right, transpose_x=True)
    return left * wanted / (matmul(left, matmul(right, right, transpose_x=True)) + 1e-6)


class Hamburger(nn.Layer):
    """A factorised map between two 1x1 convolutions, added to itself (Geng et al., section 2.1, figure 1)."""

    def __init__(self, channels: int, groups: int, factorized: Factorized):
        super().__init__()
        self.before = nn.Conv2D(channels, channels, 1)
        self.factorized = factorized
        self.after = ConvGN(channels, channels, groups, relu=False)

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return F.relu(x + self.after(self.factorized(F.relu(self.before(x)))))


@MODELS.register
class SegNeXt(SegModel):
    """SegNeXt (Guo et al., section 3.2, figure 3 c).

    Args:
        backbone: Gives the feature maps; MSCAN in the paper.
        decoder_cfg: The decoder's settings: `channels` before the classifier (256), `ham_channels` that are factorised
            (512), `num_groups` of group norm (32), `dropout_rate` (0.1), `align_corners` (False), and `ham_kwargs`:
            bases `MD_R` (64), `TRAIN_STEPS` (6), `EVAL_STEPS` (7) and `RAND_INIT` (True), whether bases are drawn in
            training.
        backbone_indices: The feature maps to use.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        ValueError: `decoder_cfg` holds something else.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        decoder_cfg: Mapping[str, Any] | None = None,
        backbone_indices: Sequence[int] = (1, 2, 3),
        pretrained: str | None = None,
    ):
        head: dict[str, Any] = {"channels": 256, "ham_channels": 512, "num_groups": 32, "dropout_rate": 0.1}
        head["align_corners"] = False
        ham: dict[str, Any] = {"MD_R": 64, "TRAIN_STEPS": 6, "EVAL_STEPS": 7, "RAND_INIT": True}
        given = dict(decoder_cfg or {})
        inner = given.pop("ham_kwargs", None) or {}
        unknown = [*(set(given) - set(head)), *(set(inner) - set(ham))]
        if unknown:
            raise ValueError(f"decoder_cfg holds {', '.join(sorted(unknown))}; known: {', '.join([*head, *ham])}")
        head, ham = head | given, ham | inner
        super().__init__(num_classes, backbone, backbone_indices, align_corners=head["align_corners"])
        wide, groups = head["ham_channels"], head["num_groups"]
        self.reduce = ConvGN(sum(self.backbone_channels), wide, groups)
        factorized = Factorized(wide, ham["MD_R"], (ham["TRAIN_STEPS"], ham["EVAL_STEPS"]), ham["RAND_INIT"])
        self.hamburger = Hamburger(wide, groups, factorized)
        self.smooth = ConvGN(wide, head["channels"], groups)
        self.dropout = nn.Dropout2D(head["dropout_rate"])
        self.classify = nn.Conv2D(head["channels"], num_classes, 1)
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.backbone_maps(x)
        gathered = [upsample(each, maps[0], self.align_corners) for each in maps]
        y = self.smooth(self.hamburger(self.reduce(paddle.concat(gathered, axis=1))))
        return self.at_size_of(x, self.classify(self.dropout(y)))
