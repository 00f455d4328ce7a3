"""PointRend: a coarse answer is rendered, point by point, where it is uncertain (Kirillov et al., CVPR 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.base import SegModel
from paddleseg.models.contract import Head
from paddleseg.models.heads.feature_pyramid import FeaturePyramid, ScaleHead
from paddleseg.models.layers import spatial_size, upsample
from paddleseg.models.layers.graph_nodes import NodeConv
from paddleseg.models.layers.points import put_points, sample_points, uncertain_points, uncertainty
from paddleseg.registry import MODELS


class PointHead(nn.Layer):
    """Classifies points from what fine maps and the coarse logits hold there (section 3.3): a network of each point.

    Args:
        in_channels: Channels of the fine maps together.
        channels: Channels of its layers.
        depth: Layers before the classifier.
        again: Whether each layer gets the coarse logits, or the first one only.

    Shape:
        fine (N, in_channels, P), coarse (N, num_classes, P); returns (N, num_classes, P).
    """

    def __init__(self, in_channels: int, channels: int, num_classes: int, depth: int, dropout: float, again: bool):
        super().__init__()
        self.again = again
        coarse = num_classes if again else 0
        widths = [in_channels + num_classes, *[channels + coarse] * depth]
        self.layers = nn.LayerList([NodeConv(before, channels) for before in widths[:-1]])
        self.dropout = nn.Dropout(dropout)
        self.classify = NodeConv(widths[-1], num_classes)

    def forward(self, fine: paddle.Tensor, coarse: paddle.Tensor) -> paddle.Tensor:
        x = paddle.concat([fine, coarse], axis=1)
        for layer in self.layers:
            x = F.relu(layer(x))
            x = paddle.concat([x, coarse], axis=1) if self.again else x
        return self.classify(self.dropout(x))


@MODELS.register
class PointRend(SegModel):
    """Semantic FPN whose logits are doubled in size step by step, the least certain pixels decided anew (section 3).

    PaddleSeg hands the levels of its pyramid on in the order coarsest first to heads that expect the finest first. Its
    published weights learned so; `finest_first` does what the paper says.

    Args:
        backbone: Gives the feature maps; ResNet in the paper.
        backbone_indices: The feature maps to use, finest first; four.
        fpn_inplanes: Channels of the feature maps, as the backbone has them; None asks it.
        fpn_outplanes: Channels of each level of the pyramid.
        point_in_channels: Channels of the levels that the point head sees: `fpn_outplanes` each, or None.
        point_out_channels: Channels of the point head's layers.
        point_in_index: The levels whose maps the point head sees, as they are handed on.
        point_num_fcs: Layers of the point head.
        point_num_points: Points of each picture that training looks at.
        point_oversample_ratio: Of how many times as many the uncertain ones are chosen (section 3.2).
        point_importance_sample_ratio: Share of uncertain points; the others are drawn by chance.
        point_scale_factor: How much larger each step of rendering makes the logits.
        point_subdivision_steps: Steps of rendering.
        point_subdivision_num_points: Pixels that a step decides anew.
        point_dropout_ratio: Share of values dropped before the point head's classifier.
        point_coarse_pred_each_layer: Whether each layer of the point head gets the coarse logits.
        PFN_feature_strides: Strides of the levels, which say how often each is doubled.
        PFN_in_channels: Channels of the levels: `fpn_outplanes` each, or None.
        PFN_channels: Channels of the coarse head.
        PFN_dropout_ratio: Share of channels dropped before its classifier.
        align_corners: How levels and logits are brought up, and where points stand.
        pretrained: A weights file.
        finest_first: Coarse logits at the finest level's size, and points of the finest level.

    Shape:
        x (N, C, H, W) float32. Returns the rendered logits (N, num_classes, H, W) in a list; in training the coarse
        ones, and then a pair: logits of points (N, num_classes, P), and where these are, (N, P, 2) in [0, 1].

    Raises:
        ValueError: `backbone_indices` names another number of maps, channels are not as said, or there is one class.
        WeightsError: `pretrained` does not fit this network.
    """

    @staticmethod
    def extra_heads(num_classes: int, **_: Any) -> list[Head]:
        return [Head("points", "points", num_classes)]

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int],
        fpn_inplanes: Sequence[int] | None = None,
        fpn_outplanes: int = 256,
        point_in_channels: Sequence[int] | None = None,
        point_out_channels: int = 256,
        point_in_index: Sequence[int] = (0,),
        point_num_fcs: int = 3,
        point_num_points: int = 2048,
        point_oversample_ratio: int = 3,
        point_importance_sample_ratio: float = 0.75,
        point_scale_factor: int = 2,
        point_subdivision_steps: int = 2,
        point_subdivision_num_points: int = 8196,
        point_dropout_ratio: float = 0.0,
        point_coarse_pred_each_layer: bool = True,
        PFN_feature_strides: Sequence[int] = (4, 8, 16, 32),
        PFN_in_channels: Sequence[int] | None = None,
        PFN_channels: int = 128,
        PFN_dropout_ratio: float = 0.0,
        align_corners: bool = False,
        pretrained: str | None = None,
        finest_first: bool = False,
    ):
        extra = self.extra_heads(num_classes)
        super().__init__(num_classes, backbone, backbone_indices, extra_heads=extra, align_corners=align_corners)
        wide = self.backbone_channels
        if len(wide) != len(PFN_feature_strides) or list(fpn_inplanes or wide) != wide:
            raise ValueError(f"four maps are needed, with fpn_inplanes of their channels; the backbone's are {wide}")
        if num_classes < 2:
            raise ValueError(f"num_classes is {num_classes}; what is uncertain shows between two classes")
        for name, given in (("point_in_channels", point_in_channels), ("PFN_in_channels", PFN_in_channels)):
            if given and set(given) != {fpn_outplanes}:
                raise ValueError(f"{name} is {list(given)}; each should be fpn_outplanes, {fpn_outplanes}")
        self.finest_first, self.point_levels = finest_first, tuple(point_in_index)
        self.points, self.drawn = point_num_points, int(point_num_points * point_oversample_ratio)
        self.chosen = int(point_num_points * point_importance_sample_ratio)
        self.factor, self.steps = point_scale_factor, point_subdivision_steps
        self.rendered = point_subdivision_num_points
        self.pyramid = FeaturePyramid(wide, fpn_outplanes)
        doublings = [(stride // PFN_feature_strides[0]).bit_length() - 1 for stride in PFN_feature_strides]
        self.scale_heads = nn.LayerList(
            [
                ScaleHead(
                    fpn_outplanes,
                    PFN_channels,
                    max(1, count),
                    doubling=count > 0,
                    norm=False,
                    align_corners=align_corners,
                )
                for count in doublings
            ]
        )
        self.dropout = nn.Dropout2D(PFN_dropout_ratio)
        self.classify = nn.Conv2D(PFN_channels, num_classes, 1)
        self.point_head = PointHead(
            fpn_outplanes * len(self.point_levels),
            point_out_channels,
            num_classes,
            point_num_fcs,
            point_dropout_ratio,
            point_coarse_pred_each_layer,
        )
        self.load_pretrained(pretrained)

    def forward(self, x: paddle.Tensor) -> list[Any]:
        levels = self.pyramid(self.backbone_maps(x))
        if not self.finest_first:
            levels.reverse()
        coarse = self._coarse(levels)
        fine = [levels[index] for index in self.point_levels]
        if self.training:
            points = self._training_points(coarse.detach())
            return [*self.at_size_of(x, coarse), [self._classified(fine, coarse, points), points]]
        logits = coarse
        for _ in range(self.steps):
            logits = upsample(logits, [self.factor * size for size in spatial_size(logits)], self.align_corners)
            numbers, points = uncertain_points(logits, self.rendered)
            logits = put_points(logits, numbers, self._classified(fine, coarse, points))
        return self.at_size_of(x, logits)

    def _coarse(self, levels: Sequence[paddle.Tensor]) -> paddle.Tensor:
        summed = None
        for head, level in zip(self.scale_heads, levels, strict=True):
            each = head(level)
            summed = each if summed is None else summed + upsample(each, summed, self.align_corners)
        return self.classify(self.dropout(summed))

    def _classified(self, fine: Sequence[paddle.Tensor], coarse: paddle.Tensor, points: paddle.Tensor) -> paddle.Tensor:
        details = [sample_points(each, points, self.align_corners) for each in fine]
        return self.point_head(paddle.concat(details, axis=1), sample_points(coarse, points, self.align_corners))

    def _training_points(self, coarse: paddle.Tensor) -> paddle.Tensor:
        """Points that are uncertain, of more that are drawn, and others anywhere (section 3.2, figure 5)."""
        drawn = paddle.rand([coarse.shape[0], self.drawn, 2])
        numbers = paddle.topk(uncertainty(sample_points(coarse, drawn)), self.chosen, axis=1)[1]
        chosen = paddle.take_along_axis(drawn, numbers.unsqueeze(2), axis=1)
        return paddle.concat([chosen, paddle.rand([coarse.shape[0], self.points - self.chosen, 2])], axis=1)
