"""MobileSeg: a mobile backbone with a decoder of separable convolutions; on MobileNetV3 it is PP-HumanSeg V2 Lite."""

from __future__ import annotations

from collections.abc import Sequence

from paddle import nn

from paddleseg.models.heads.lite_decoder import LiteSegmenter
from paddleseg.models.layers import ResizeMode
from paddleseg.registry import MODELS


@MODELS.register
class MobileSeg(LiteSegmenter):
    """The decoder of PP-LiteSeg (Peng et al., arXiv 2204.02681, section 3) in its separable form.

    PP-HumanSeg V2 Lite is `MobileNetV3_large_x1_0` with this decoder and `use_last_fuse`: four levels at 192x192 for
    people of any size, three levels at 256x144 for portraits.

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The feature maps to use, finest first.
        cm_bin_sizes: Grid sizes of the context module on the last of them.
        cm_out_ch: Channels of the context module.
        arm_type: How two levels are fused, UAFMMobile (sum) or UAFMMobile_SpAtten (spatial attention).
        arm_out_chs: Channels after the fusion of each level, finest first; one number stands for all.
        seg_head_inter_chs: Channels of each level's classifier in the same way.
        resize_mode: How deep maps are brought up inside the decoder.
        use_last_fuse: Whether the finest map sees all others once more before its classifier.
        pretrained: A weights file.

    Shape:
        x (N, C, H, W) float32. Returns logit maps (N, num_classes, H, W) in a list: one, or in training one for each
        level, finest first.

    Raises:
        ValueError: Another fusion, or lists of different lengths.
        WeightsError: `pretrained` does not fit this network.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: nn.Layer,
        backbone_indices: Sequence[int] = (1, 2, 3),
        cm_bin_sizes: Sequence[int] = (1, 2),
        cm_out_ch: int = 64,
        arm_type: str = "UAFMMobile",
        arm_out_chs: Sequence[int] = (32, 48, 64),
        seg_head_inter_chs: Sequence[int] = (32, 32, 32),
        resize_mode: ResizeMode = "bilinear",
        use_last_fuse: bool = False,
        pretrained: str | None = None,
    ):
        super().__init__(
            num_classes,
            backbone,
            backbone_indices,
            pretrained,
            fusion=arm_type,
            context_bins=cm_bin_sizes,
            context_channels=cm_out_ch,
            channels=arm_out_chs,
            classifier_channels=seg_head_inter_chs,
            gather=use_last_fuse,
            mode=resize_mode,
        )
