"""PaddleSeg's names of SegFormer and its encoders."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "SegFormer": NameMap(
        rename=(
            (r"^linear_c(\d)\.proj\.", lambda match: f"project.{int(match[1]) - 1}."),
            (r"^linear_fuse\._conv\.", "fuse.conv."),
            (r"^linear_fuse\._batch_norm\.", "fuse.bn."),
            (r"^linear_pred\.", "classify."),
        )
    ),
    "MixVisionTransformer": NameMap(
        rename=(
            (r"^patch_embed(\d)\.", r"stages.\1.embed."),
            (r"^block(\d)\.", r"stages.\1.blocks."),
            (r"^norm(\d)\.", r"stages.\1.norm."),
            # They count stages from one.
            (r"^stages\.(\d)", lambda match: f"stages.{int(match[1]) - 1}"),
            (r"\.attn\.sr\.", ".attention.reduce."),
            (r"\.attn\.norm\.", ".attention.reduce_norm."),
            (r"\.attn\.", ".attention."),
            (r"\.dwconv\.dwconv\.", ".depthwise."),
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!patch_embed|block|norm)",),
    ),
}
