"""PaddleSeg's names of PSPNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "PSPNet": NameMap(
        rename=(
            *AUXILIARY,
            (r"^head\.psp_module\.stages\.(\d)\.1\.", r"pyramid.branches.\1."),
            (r"^head\.psp_module\.conv_bn_relu2\.", "head.conv."),
            (r"^head\.conv\.(weight|bias)$", r"head.classify.\1"),
            *CONV_BN,
        )
    ),
}
