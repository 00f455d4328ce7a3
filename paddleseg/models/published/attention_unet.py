"""PaddleSeg's names of Attention U-Net."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "AttentionUNet": NameMap(
        rename=(
            (r"^encoder\.double_conv\.", "stem."),
            (r"^encoder\.down_sample_list\.(\d)\.1\.", r"down.\1.0."),
            (r"^encoder\.down_sample_list\.(\d)\.2\.", r"down.\1.1."),
            # They count sizes from the finest, 2 to 5.
            (r"^(up|att|up_conv)(\d)\.", lambda match: f"up.{5 - int(match[2])}.{match[1]}."),
            (r"^up\.(\d)\.up\.up\.1\.", r"up.\1.up.conv."),
            (r"^up\.(\d)\.up\.up\.2\.", r"up.\1.up.bn."),
            (r"^up\.(\d)\.att\.W_g\.", r"up.\1.gate.deep."),
            (r"^up\.(\d)\.att\.W_x\.", r"up.\1.gate.skip."),
            (r"^up\.(\d)\.att\.psi\.", r"up.\1.gate.weigh."),
            (r"^up\.(\d)\.up_conv\.conv\.([03])\.", lambda match: f"up.{match[1]}.convs.{int(match[2]) // 3}.conv."),
            (r"^up\.(\d)\.up_conv\.conv\.([14])\.", lambda match: f"up.{match[1]}.convs.{int(match[2]) // 3}.bn."),
            (r"(\.gate\.\w+)\.0\.", r"\1.conv."),
            (r"(\.gate\.\w+)\.1\.", r"\1.bn."),
            (r"^conv_1x1\.", "classify."),
            *CONV_BN,
        )
    ),
}
