"""PaddleSeg's names of SFNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "SFNet": NameMap(
        rename=(
            (r"^head\.ppm\.stages\.(\d)\.1\.", r"pyramid.branches.\1."),
            (r"^head\.ppm\.conv_bn_relu2\.", "context."),
            (r"^head\.fpn_in\.(\d)\.0\.", r"reduce.\1.conv."),
            (r"^head\.fpn_in\.(\d)\.1\.", r"reduce.\1.bn."),
            (r"^head\.fpn_out\.(\d)\.0\.", r"smooth.\1."),
            (r"^head\.fpn_out_align\.(\d)\.down_h\.", r"align.\1.reduce_deep."),
            (r"^head\.fpn_out_align\.(\d)\.down_l\.", r"align.\1.reduce_fine."),
            (r"^head\.fpn_out_align\.(\d)\.flow_make\.", r"align.\1.flow."),
            (r"^head\.dsn\.(\d)\.0\.conv_bn_relu\.", r"auxiliary.\1.conv."),
            (r"^head\.dsn\.(\d)\.0\.conv\.", r"auxiliary.\1.classify."),
            (r"^head\.conv_last\.0\.", "head.conv."),
            (r"^head\.conv_last\.1\.", "head.classify."),
            *CONV_BN,
        )
    ),
}
