"""RVM: mattes of video, with a memory of the frames before (Lin et al., WACV 2022)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.contract import Head
from paddleseg.models.layers import sigmoid, upsample
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.models.layers.upsample import scaled
from paddleseg.models.matting.base import RGB, MattingModel
from paddleseg.models.matting.guided_filter import DeepGuidedFilter, FastGuidedFilter
from paddleseg.registry import MODELS

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Memory = Sequence[paddle.Tensor]
"""What the network keeps of the frames before, at 1/2, 1/4, 1/8 and 1/16, each (N, C, h, w)."""


class ConvGRU(nn.Layer):
    """A gated recurrent unit of convolutions (Ballas et al., ICLR 2016; Lin et al., section 3.2, equation 1).

    Shape:
        x and memory (N, channels, H, W); returns the new memory, which is the output too.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.gates = nn.Conv2D(2 * channels, 2 * channels, 3, padding=1)
        self.candidate = nn.Conv2D(2 * channels, channels, 3, padding=1)

    def forward(self, x: paddle.Tensor, memory: paddle.Tensor) -> paddle.Tensor:
        reset, update = paddle.split(sigmoid(self.gates(paddle.concat([x, memory], axis=1))), 2, axis=1)
        new = F.tanh(self.candidate(paddle.concat([x, reset * memory], axis=1)))
        return memory * (1 - update) + new * update


class HalfRecurrent(nn.Layer):
    """The second half of the channels through a `ConvGRU`, beside the first."""

    def __init__(self, channels: int):
        super().__init__()
        self.gru = ConvGRU(channels // 2)

    def forward(self, x: paddle.Tensor, memory: paddle.Tensor | None) -> tuple[paddle.Tensor, paddle.Tensor]:
        plain, moving = paddle.split(x, 2, axis=1)
        memory = self.gru(moving, paddle.zeros_like(moving) if memory is None else memory)
        return paddle.concat([plain, memory], axis=1), memory


class Pooled(nn.Layer):
    """Convolved channels, weighed by their means (lite R-ASPP; Howard et al., ICCV 2019)."""

    def __init__(self, in_channels: int, channels: int):
        super().__init__()
        self.conv, self.weigh = (
            ConvBNReLU(in_channels, channels, 1),
            nn.Conv2D(in_channels, channels, 1, bias_attr=False),
        )

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.conv(x) * sigmoid(self.weigh(F.adaptive_avg_pool2d(x, 1)))


class RecurrentDecoder(nn.Layer):
    """A memory at every size but the picture's own, which is joined by convolutions (section 3.2, figure 2).

    Args:
        channels: Of the maps at 1/2, 1/4, 1/8 and 1/16.
        widths: Of the decoder at 1/8, 1/4, 1/2 and 1.

    Shape:
        picture (N, 3, H, W), the maps; returns (N, widths[3], H, W) and the new memory.
    """

    def __init__(self, channels: Sequence[int], widths: Sequence[int]):
        super().__init__()
        below = [channels[3], *widths[:2]]
        plan = zip(below, channels[2::-1], widths[:3], strict=True)
        self.convs = nn.LayerList([ConvBNReLU(deep + skip + RGB, width, 3) for deep, skip, width in plan])
        self.recurrent = nn.LayerList([HalfRecurrent(width) for width in (channels[3], *widths[:3])])
        self.last = nn.Sequential(ConvBNReLU(widths[2] + RGB, widths[3], 3), ConvBNReLU(widths[3], widths[3], 3))

    def forward(
        self, picture: paddle.Tensor, maps: Sequence[paddle.Tensor], memory: Memory
    ) -> tuple[paddle.Tensor, list[paddle.Tensor]]:
        pictures = [picture]
        for _ in self.convs:
            pictures.append(F.avg_pool2d(pictures[-1], 2, ceil_mode=True))
        before: list[paddle.Tensor | None] = [*memory] or [None] * 4
        x, kept = self.recurrent[0](maps[3], before[3])
        after = [kept]
        for index, (conv, recurrent) in enumerate(zip(self.convs, self.recurrent[1:], strict=True)):
            skip, small = maps[2 - index], pictures[3 - index]
            x, kept = recurrent(conv(paddle.concat([upsample(x, small), skip, small], axis=1)), before[2 - index])
            after.insert(0, kept)
        return self.last(paddle.concat([upsample(x, picture), picture], axis=1)), after


@MODELS.register
class RVM(MattingModel):
    """Mattes and foreground colours of frames, one after the other (Lin et al., section 3).

    Args:
        backbone: Gives maps at 1/2, 1/4, 1/8 and 1/16: `MobileNetV3_large_x1_0_os16` or `ResNet50`.
        lraspp_in_channels: Channels of its last map: 960, of ResNet50 2048.
        lraspp_out_channels: Channels after pooling: 128, of ResNet50 256.
        decoder_channels: Channels at 1/8, 1/4, 1/2 and 1: of ResNet50 128, 64, 32, 16.
        refiner: What brings mattes of a smaller picture up: "deep_guided_filter" or "fast_guided_filter".
        downsample_ratio: How small the picture is before all but the refiner; 0.25 for full HD.
        pretrained: A weights file.
        to_rgb: Without effect: pictures here are RGB.

    Shape:
        x (N, 3, H, W) float32 in [0, 1], not normalised. Returns the matte (N, 1, H, W) in a list. With a memory, four
        maps after `x` by position, it returns [matte, foreground (N, 3, H, W), the new memory's four maps];
        `first_memory` is what a film begins with. In training it returns matte and foreground of a single frame.

    Raises:
        ValueError: The backbone gives other maps, or there is no such refiner.
        WeightsError: `pretrained` does not fit this network.

    Example:
        >>> memory = model.first_memory(frames[0])
        >>> for frame in frames:
        ...     matte, foreground, *memory = model(frame, *memory)
    """

    strides = (2, 4, 8, 16)
    backbone_defaults = {  # noqa: RUF012 - as in the base class
        "pyramid": True,
        "output_stride": 16,
        "out_index": (0, 2, 5),
        "return_last_conv": True,
    }

    @staticmethod
    def extra_heads(**_: Any) -> list[Head]:
        return [Head("foreground", "values", RGB)]

    @classmethod
    def losses_for(cls, arguments: Mapping[str, Any]) -> dict[str, Any]:
        inner = [{"type": "MatteL1Loss"}, {"type": "LaplacianLoss"}]
        matte = {"type": "MixedLoss", "losses": inner, "coef": [1, 1]}
        return {"types": [matte, {"type": "ForegroundLoss"}], "coef": [1, 1]}

    def __init__(
        self,
        backbone: nn.Layer,
        lraspp_in_channels: int = 960,
        lraspp_out_channels: int = 128,
        decoder_channels: Sequence[int] = (80, 40, 32, 16),
        refiner: Literal["deep_guided_filter", "fast_guided_filter"] = "deep_guided_filter",
        downsample_ratio: float = 1.0,
        pretrained: str | None = None,
        to_rgb: bool = True,
    ):
        super().__init__(backbone, (0, 1, 2, -1), extra_heads=self.extra_heads())
        if lraspp_in_channels != self.backbone_channels[-1]:
            given = f"the backbone's last map has {self.backbone_channels[-1]} channels"
            raise ValueError(f"lraspp_in_channels is {lraspp_in_channels}, but {given}")
        filters = {"deep_guided_filter": DeepGuidedFilter, "fast_guided_filter": FastGuidedFilter}
        if refiner not in filters:
            raise ValueError(f"no refiner is called {refiner!r}; known: {', '.join(filters)}")
        self.downsample_ratio = downsample_ratio
        self.pooled = Pooled(lraspp_in_channels, lraspp_out_channels)
        channels = [*self.backbone_channels[:-1], lraspp_out_channels]
        self.memory_channels = [width // 2 for width in (*decoder_channels[2::-1], lraspp_out_channels)]
        self.decoder = RecurrentDecoder(channels, decoder_channels)
        self.project = nn.Conv2D(decoder_channels[-1], RGB + 1, 1)
        self.segment = nn.Conv2D(decoder_channels[-1], 1, 1)  # of published files; they learned from masks by it
        self.refine = filters[refiner](decoder_channels[-1])
        self.load_pretrained(pretrained)

    def first_memory(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        """What is known before the first frame, for frames like `x`: nothing."""
        h, w = (int(side * self.downsample_ratio) for side in x.shape[2:])
        sizes = [(-(-h // stride), -(-w // stride)) for stride in self.strides]
        pairs = zip(self.memory_channels, sizes, strict=True)
        return [paddle.zeros([x.shape[0], channels, *size], x.dtype) for channels, size in pairs]

    def forward(self, x: paddle.Tensor, *memory: paddle.Tensor) -> list[paddle.Tensor]:
        small = x if self.downsample_ratio == 1 else scaled(x, self.downsample_ratio)
        mean, std = (paddle.to_tensor(value, x.dtype).reshape([1, RGB, 1, 1]) for value in (_MEAN, _STD))
        *fine, deep = self.backbone_maps((small - mean) / std)
        hidden, after = self.decoder(small, [*fine, self.pooled(deep)], memory)
        found = self.project(hidden)
        if self.downsample_ratio != 1:
            found = self.refine(x, small, found, hidden)
        foreground = paddle.clip(found[:, :RGB] + x, 0, 1)
        matte = paddle.clip(found[:, RGB:], 0, 1)
        if self.training:
            return [matte, foreground]
        return [matte, foreground, *after] if memory else [matte]
