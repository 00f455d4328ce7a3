"""PaddleSeg's names of the network with pixel contrast."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "HRNetW48Contrast": NameMap(
        rename=(
            (r"^cls_head\.0\.", "head.conv."),
            (r"^cls_head\.2\.", "head.classify."),
            (r"^proj_head\.proj\.", "embed."),
            *CONV_BN,
        )
    ),
}
