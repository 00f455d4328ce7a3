"""U-Net: a path down, a path up, and a skip connection at every size (Ronneberger et al., MICCAI 2015)."""

from __future__ import annotations

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.layers import max_pool, upsample
from paddleseg.models.layers.basic import double_conv
from paddleseg.registry import MODELS


class _Up(nn.Layer):
    """The deep map at twice its size beside the skip connection, then two convolutions."""

    def __init__(self, skip_channels: int, out_channels: int, align_corners: bool, use_deconv: bool):
        super().__init__()
        self.align_corners = align_corners
        # The deep map comes with as many channels as the skip connection.
        deep_channels = out_channels // 2 if use_deconv else skip_channels
        self.deconv = nn.Conv2DTranspose(skip_channels, deep_channels, 2, stride=2) if use_deconv else nn.Identity()
        self.convs = double_conv(skip_channels + deep_channels, out_channels)

    def forward(self, x: paddle.Tensor, skip: paddle.Tensor) -> paddle.Tensor:
        x = upsample(self.deconv(x), skip, self.align_corners)
        return self.convs(paddle.concat([x, skip], axis=1))


class UShaped(SegModel):
    """A `stem`, paths `down` and `up` with a skip connection at every size, and `classify`; subclasses build them."""

    stem: nn.Layer
    down: nn.LayerList
    up: nn.LayerList
    classify: nn.Layer

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        maps = [self.stem(x)]
        for convs in self.down:
            maps.append(convs(max_pool(maps[-1], 2, stride=2, padding=0)))
        x = maps.pop()
        for up in self.up:
            x = up(x, maps.pop())
        return [self.classify(x)]


@MODELS.register
class UNet(UShaped):
    """U-Net (Ronneberger et al., section 2, figure 1) with padding, batch norm, and 512 channels at the deepest.

    Args:
        num_classes: Classes, background included.
        align_corners: How maps are brought up.
        use_deconv: Bring maps up by transposed convolutions, as the paper does, and not by bilinear resizing.
        in_channels: Channels of the image.
        pretrained: A weights file.

    Shape:
        x (N, in_channels, H, W) float32, H and W from 16. Returns one logit map (N, num_classes, H, W) in a list.

    Raises:
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        align_corners: bool = False,
        use_deconv: bool = False,
        in_channels: int = 3,
        pretrained: str | None = None,
    ):
        super().__init__(num_classes, align_corners=align_corners)
        self.stem = double_conv(in_channels, 64)
        self.down = nn.LayerList(
            [double_conv(*channels) for channels in ((64, 128), (128, 256), (256, 512), (512, 512))]
        )
        self.up = nn.LayerList(
            [_Up(*channels, align_corners, use_deconv) for channels in ((512, 256), (256, 128), (128, 64), (64, 64))]
        )
        self.classify = nn.Conv2D(64, num_classes, 3, padding=1)
        self.load_pretrained(pretrained)
