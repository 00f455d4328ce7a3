"""PP-LiteSeg: fast segmentation on STDC; a small one on STDC1 is PP-HumanSeg V2 Mobile."""

from __future__ import annotations

from collections.abc import Sequence

from paddle import nn

from paddleseg.models.heads.lite_decoder import LiteSegmenter
from paddleseg.models.layers import ResizeMode
from paddleseg.registry import MODELS


@MODELS.register
class PPLiteSeg(LiteSegmenter):
    """PP-LiteSeg (Peng et al., arXiv 2204.02681, section 3, figure 3).

    PP-HumanSeg V2 Mobile is `STDC1` with four levels of 4, 16, 32 and 64 channels at 192x192.

    Args:
        backbone: Gives the feature maps.
        backbone_indices: The feature maps to use, finest first.
        arm_type: How two levels are fused, UAFM_SpAtten (spatial attention), UAFM_ChAtten (channel attention) or UAFM
            (sum).
        cm_bin_sizes: Grid sizes of the context module on the last feature map.
        cm_out_ch: Channels of the context module.
        arm_out_chs: Channels after the fusion of each level, finest first; one number stands for all.
        seg_head_inter_chs: Channels of each level's classifier in the same way.
        resize_mode: How deep maps are brought up inside the decoder.
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
        backbone_indices: Sequence[int] = (2, 3, 4),
        arm_type: str = "UAFM_SpAtten",
        cm_bin_sizes: Sequence[int] = (1, 2, 4),
        cm_out_ch: int = 128,
        arm_out_chs: Sequence[int] = (64, 96, 128),
        seg_head_inter_chs: Sequence[int] = (64, 64, 64),
        resize_mode: ResizeMode = "bilinear",
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
            mode=resize_mode,
        )
