"""Context encoding: what a picture shows, told by residuals to learned code words (Zhang et al., CVPR 2018)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.layers import matmul, sigmoid, upsample
from paddleseg.models.layers.basic import ConvBNReLU


class Encoding(nn.Layer):
    """The residuals of all places to each code word, by how near it is to them (section 3.1, equation 1).

    Shape:
        x (N, channels, H, W); returns (N, words, channels).
    """

    def __init__(self, channels: int, words: int):
        super().__init__()
        reach = (channels * words) ** -0.5
        draw = nn.initializer.Uniform
        self.words = self.create_parameter([words, channels], default_initializer=draw(-reach, reach))
        self.scale = self.create_parameter([words], default_initializer=draw(-1.0, 0.0))

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        places = x.flatten(2).transpose([0, 2, 1])  # (N, H W, channels)
        # |x - word|² and the sums of residuals without a tensor of all places, words and channels.
        squares = (places * places).sum(axis=2, keepdim=True) + (self.words * self.words).sum(axis=1)
        # Twice the places: of twice the product Paddle Inference makes twice the words, wherever they are used.
        distances = squares - matmul(2 * places, self.words, transpose_y=True)
        shares = F.softmax(self.scale * distances, axis=2)
        return matmul(shares, places, transpose_x=True) - shares.sum(axis=1).unsqueeze(2) * self.words


class ContextEncoding(nn.Layer):
    """Weigh the channels of a map by what it shows as a whole (section 3.1, figure 2).

    Shape:
        x (N, channels, H, W); returns what it shows, (N, channels), and the map in the same shape.
    """

    def __init__(self, channels: int, words: int):
        super().__init__()
        self.reduce = ConvBNReLU(channels, channels, 1)
        self.encode = Encoding(channels, words)
        self.norm = nn.BatchNorm1D(words)
        self.weigh = nn.Linear(channels, channels)

    def forward(self, x: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
        shown = F.relu(self.norm(self.encode(self.reduce(x)))).mean(axis=1)
        weights = sigmoid(self.weigh(shown)).unsqueeze([2, 3])
        return shown, F.relu(x + x * weights)


class ContextEncoded(SegModel):
    """What ENCNet and FastFCN do with the map that the one takes from its backbone and the other makes of three.

    A network derives from it, makes `reduce` and says in `deep_map` what that reduces.

    Args:
        lateral_indices: The backbone's maps that stand beside the deep one, if any.
        auxiliary: Whether training also gives logits of the backbone's third map.
        presence: Whether training also gives scores of which classes the picture shows.
        num_codes: Code words.
        channels: Channels that are encoded.
    """

    reduce: nn.Layer

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        *,
        lateral_indices: Sequence[int],
        auxiliary: bool,
        presence: bool,
        num_codes: int,
        channels: int,
    ):
        extra = encoded_heads(num_classes, auxiliary, presence)
        super().__init__(num_classes, backbone, extra_heads=extra)
        wide = self.backbone_channels
        self.lateral_indices = tuple(lateral_indices)
        self.lateral = nn.LayerList([ConvBNReLU(wide[index], channels, 1) for index in lateral_indices])
        self.fuse = ConvBNReLU((len(lateral_indices) + 1) * channels, channels, 3) if lateral_indices else nn.Identity()
        self.context = ContextEncoding(channels, num_codes)
        self.classify = nn.Conv2D(channels, num_classes, 1)
        self.auxiliary = FCNHead(wide[2], channels, num_classes, dropout=0.1) if auxiliary else None
        self.presence = nn.Linear(channels, num_classes) if presence else None

    @abstractmethod
    def deep_map(self, maps: list[paddle.Tensor]) -> paddle.Tensor:
        """What is reduced and encoded, from the backbone's maps."""

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = self.backbone_maps(x)
        deep = self.reduce(self.deep_map(maps))
        sides = zip(self.lateral, self.lateral_indices, strict=True)
        beside = [upsample(conv(maps[index]), deep) for conv, index in sides]
        shown, deep = self.context(self.fuse(paddle.concat([deep, *beside], axis=1)))
        logits = [self.classify(deep)]
        if self.training and self.auxiliary is not None:
            logits.append(self.auxiliary(maps[2]))
        presence = [self.presence(shown)] if self.training and self.presence is not None else []
        return [*self.at_size_of(x, *logits), *presence]


def encoded_heads(num_classes: int, auxiliary: bool, presence: bool) -> list[Head]:
    """What a `ContextEncoded` gives in training beside the main logits."""
    heads = [Head("auxiliary", "logits", num_classes)] if auxiliary else []
    return [*heads, Head("presence", "presence", num_classes)] if presence else heads
