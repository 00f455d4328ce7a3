"""PaddleSeg's names of the plain vision transformer, Segmenter and SETR."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap, Rule

_BLOCK: tuple[Rule, ...] = (
    (r"(^|\.)blocks\.(\d+)\.attn\.", r"\1layers.\2.attention."),
    (r"(^|\.)blocks\.(\d+)\.mlp\.", r"\1layers.\2."),
    (r"(^|\.)blocks\.", r"\1layers."),
)

NAMES = {
    "VisionTransformer": NameMap(
        rename=(
            (r"^patch_embed\.proj\.", "embed."),
            (r"^pos_embed$", "positions"),
            (r"^cls_token$", "class_token"),
            *_BLOCK,
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!patch_embed|pos_embed|cls_token|blocks|norm)",),
    ),
    "LinearSegmenter": NameMap(rename=((r"^head\.head\.", "classify."),)),
    "MaskSegmenter": NameMap(
        rename=(
            (r"^head\.proj_input\.", "reduce."),
            (r"^head\.cls_token$", "classes"),
            (r"^head\.proj_patch\.", "of_patch."),
            (r"^head\.proj_class\.", "of_class."),
            (r"^head\.decoder_norm\.", "norm."),
            (r"^head\.", ""),
            *_BLOCK,
        )
    ),
    "SegmentationTransformer": NameMap(
        rename=(
            (r"^head\.cls_head_norm\.", "decoder.norm."),
            (r"^head\.cls_head\.([0246])\.", lambda match: f"decoder.convs.{int(match[1]) // 2}."),
            (r"^head\.cls_head\.(?:\d\.)?", "decoder.classify."),
            (r"^head\.aux_head_norms\.", "decoder.auxiliary_norms."),
            (r"^head\.aux_heads\.(\d)\.0\.", r"decoder.auxiliary.\1.conv."),
            (r"^head\.aux_heads\.(\d)\.\d\.", r"decoder.auxiliary.\1.classify."),
            (r"^head\.aux_heads\.", "decoder.auxiliary."),
            (r"^head\.mla\.mla_p(\d)_1x1\.", lambda match: f"decoder.reduce.{int(match[1]) - 2}."),
            (r"^head\.mla\.mla_p(\d)\.", lambda match: f"decoder.smooth.{int(match[1]) - 2}."),
            (r"^head\.feat_convs\.", "decoder.refine."),
            (r"^head\.norms\.", "decoder.norms."),
            *CONV_BN,
        )
    ),
}
