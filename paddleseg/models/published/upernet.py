"""PaddleSeg's names of UPerNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "UPerNet": NameMap(
        rename=(
            (r"^head\.ppm\.stages\.(\d)\.1\.", r"pyramid.branches.\1."),
            (r"^head\.ppm\.conv_bn_relu2\.", "context."),
            (r"^head\.lateral_convs\.", "reduce."),
            (r"^head\.fpn_convs\.", "smooth."),
            (r"^head\.fpn_bottleneck\.", "head.conv."),
            (r"^head\.conv_seg\.", "head.classify."),
            (r"^head\.aux_head\.conv_bn_relu\.", "auxiliary.conv."),
            (r"^head\.aux_head\.conv\.", "auxiliary.classify."),
            *CONV_BN,
        ),
        unused=(r"^head\.conv_last\.",),  # no output is made of it
    ),
}
