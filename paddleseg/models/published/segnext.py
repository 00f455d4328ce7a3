"""PaddleSeg's names of SegNeXt and MSCAN."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "SegNeXt": NameMap(
        rename=(
            (r"^decode_head\.squeeze\.", "reduce."),
            (r"^decode_head\.hamburger\.ham_in\.", "hamburger.before."),
            (r"^decode_head\.hamburger\.ham_out\.", "hamburger.after."),
            (r"^decode_head\.align\.", "smooth."),
            (r"^decode_head\.conv_seg\.", "classify."),
            (r"\._conv\.", ".conv."),
            (r"\._group_norm\.", ".norm."),
        )
    ),
    "MSCAN": NameMap(
        rename=(
            # They count stages from one.
            (r"^patch_embed(\d)\.", lambda match: f"stages.{int(match[1]) - 1}.embed."),
            (r"^block(\d)\.", lambda match: f"stages.{int(match[1]) - 1}.blocks."),
            (r"^norm(\d)\.", lambda match: f"stages.{int(match[1]) - 1}.norm."),
            (r"^stages\.0\.embed\.proj\.([03])\.", lambda match: f"stages.0.embed.{int(match[1]) // 3 * 2}.conv."),
            (r"^stages\.0\.embed\.proj\.([14])\.", lambda match: f"stages.0.embed.{int(match[1]) // 3 * 2}.bn."),
            (r"\.embed\.proj\.", ".embed.conv."),
            (r"\.embed\.norm\.", ".embed.bn."),
            (r"\.attn\.proj_1\.", ".attention.before."),
            (r"\.attn\.proj_2\.", ".attention.after."),
            (r"\.attn\.spatial_gating_unit\.conv0\.", ".attention.weigh.near."),
            (r"\.attn\.spatial_gating_unit\.conv_out\.", ".attention.weigh.mix."),
            (
                r"\.attn\.spatial_gating_unit\.dwconvs\.(\d)\.conv\d_(\d)\.",
                lambda match: f".attention.weigh.strips.{match[1]}.{int(match[2]) - 1}.",
            ),
            (r"\.mlp\.dwconv\.", ".mlp.depthwise."),
            (r"\.layer_scale_(\d)$", r".scale\1"),
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!patch_embed|block|norm)",),
    ),
}
