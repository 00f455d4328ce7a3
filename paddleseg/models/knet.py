"""K-Net: kernels that are made anew by what they found (Zhang et al., NeurIPS 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import paddle
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.fcn import FCNHead
from paddleseg.models.heads.kernels import KernelUpdate
from paddleseg.models.heads.upernet import UPerDecoder
from paddleseg.models.layers.basic import ConvBNReLU
from paddleseg.registry import MODELS


class _Pyramid(nn.Layer):
    """The first kernels from UPerNet's features."""

    def __init__(self, in_channels: Sequence[int], classes: int, channels: int, align_corners: bool = True, **_: Any):
        super().__init__()
        self.decoder = UPerDecoder(
            in_channels,
            channels,
            in_channels[-1] // 4,
            coarse_first=True,
            align_corners=align_corners,
            pool_align_corners=True,
        )
        self.head = FCNHead(len(in_channels) * channels, channels, classes)

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        return self.head.conv(self.decoder(maps))


class _Plain(nn.Layer):
    """The first kernels from FCN's features: convolutions, and what went into them once more."""

    def __init__(
        self,
        in_channels: Sequence[int],
        classes: int,
        channels: int = 512,
        num_convs: int = 2,
        concat_input: bool = True,
        dropout_prob: float = 0.1,
        kernel_size: int = 3,
        dilation: int = 1,
        **_: Any,
    ):
        super().__init__()
        widths = [in_channels[0], *[channels] * (num_convs - 1)]
        self.convs = nn.Sequential(*[ConvBNReLU(each, channels, kernel_size, dilation=dilation) for each in widths])
        joined = in_channels[0] + channels if concat_input else channels
        # Without the map itself there is no second convolution.
        self.head = FCNHead(joined, channels, classes, kernel_size=kernel_size)
        self.concat, self.dropout = concat_input, nn.Dropout2D(dropout_prob)
        if not concat_input:
            self.head.conv = nn.Identity()

    def forward(self, maps: Sequence[paddle.Tensor]) -> paddle.Tensor:
        y = self.convs(maps[0])
        return self.dropout(self.head.conv(paddle.concat([maps[0], y], axis=1) if self.concat else y))


_FIRST: dict[str, Any] = {"UPerKernelHead": _Pyramid, "FCNKernelHead": _Plain}


@MODELS.register
class KNet(SegModel):
    """K-Net for segmentation: one kernel for each class, updated in stages (Zhang et al., section 3, figure 2).

    Args:
        backbone: Gives the feature maps; ResNet at 1/8 in the paper.
        backbone_indices: The feature maps to use, finest first; the first alone with "FCNKernelHead".
        kernel_update_head_params: Arguments of `heads.kernels.KernelUpdate`.
        kernel_generate_head_params: What makes the first kernels: `head_layer`, "UPerKernelHead" or "FCNKernelHead",
            and its `channels`, `align_corners`, `num_convs`, `concat_input`, `dropout_prob`, `kernel_size`, `dilation`;
            `num_classes`, where there are more kernels than classes.
        num_stages: Updates.
        channels: PaddleSeg's, without effect: `kernel_generate_head_params` says the channels.
        enable_auxiliary_loss: Give logits of the backbone's third map as well in training.
        align_corners: How logits are brought up.
        dropout_prob: Share of values dropped in the auxiliary head.
        pretrained: A weights file.
        kernel_attention: Let the kernels of a picture attend to each other and add that to what they were, as in the
            paper; without it each is taken with those of the same class in the batch's other pictures, as PaddleSeg's
            weights learned it, and alone in evaluation.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, in training those of all
        stages, the last one first, and the auxiliary ones.

    Raises:
        ValueError: There is no such `head_layer`, or the backbone's channels are not those that the arguments say.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def main_head(num_classes: int, kernel_generate_head_params: Mapping[str, Any] | None = None, **_: Any) -> Head:
        return Head("main", "logits", (kernel_generate_head_params or {}).get("num_classes", num_classes))

    @classmethod
    def extra_heads(  # type: ignore[override]
        cls,
        num_classes: int,
        kernel_generate_head_params: Mapping[str, Any] | None = None,
        num_stages: int = 3,
        enable_auxiliary_loss: bool = False,
        **_: Any,
    ) -> list[Head]:
        kernels = cls.main_head(num_classes, kernel_generate_head_params).channels
        earlier = [Head(f"stage_{stage}", "logits", kernels) for stage in reversed(range(num_stages))]
        return earlier + ([Head("auxiliary", "logits", num_classes)] if enable_auxiliary_loss else [])

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        kernel_update_head_params: dict,
        kernel_generate_head_params: dict,
        num_stages: int = 3,
        channels: int = 512,
        enable_auxiliary_loss: bool = False,
        align_corners: bool = False,
        dropout_prob: float = 0.1,
        pretrained: str | None = None,
        kernel_attention: bool = False,
    ):
        extra = self.extra_heads(num_classes, kernel_generate_head_params, num_stages, enable_auxiliary_loss)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra, align_corners=align_corners)
        main = self.main_head(num_classes, kernel_generate_head_params)
        self.heads = (main, *extra)
        first = dict(kernel_generate_head_params)
        layer = first.pop("head_layer", None)
        if layer not in _FIRST:
            raise ValueError(f"head_layer is {layer!r}; it should be one of {', '.join(_FIRST)}")
        said = first.pop("fpn_inplanes", None) or [first.pop("in_channels", self.backbone_channels[0])]
        if list(said) != self.backbone_channels[: len(said)]:
            raise ValueError(f"the backbone's maps have {self.backbone_channels} channels, not {list(said)}")
        first.pop("num_classes", None)
        self.first = _FIRST[layer](self.backbone_channels, main.channels, **first)
        update = {name: value for name, value in kernel_update_head_params.items() if name != "num_classes"}
        self.stages = nn.LayerList(
            [KernelUpdate(**update, kernel_attention=kernel_attention) for _ in range(num_stages)]
        )
        self.auxiliary = (
            FCNHead(self._all_channels[2], 256, num_classes, dropout=dropout_prob) if enable_auxiliary_loss else None
        )
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        every = self.backbone(x)
        features = self.first([every[index] for index in self.backbone_indices])
        classify = self.first.head.classify
        logits = [classify(features)]
        kernels = classify.weight.flatten(1).unsqueeze(0) + paddle.zeros_like(features[:, :1, :1, 0])
        for stage in self.stages:
            found, kernels = stage(features, kernels, logits[0])
            logits.insert(0, found)
        if not self.training:
            return self.at_size_of(x, logits[0])
        if self.auxiliary is not None:
            logits.append(self.auxiliary(every[2]))
        return self.at_size_of(x, *logits)
