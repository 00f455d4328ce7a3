"""PaddleSeg's names of FCN."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "FCN": NameMap(
        rename=(
            (r"^head\.conv_1\._conv\.", "head.conv.conv."),
            (r"^head\.conv_1\._batch_norm\.", "head.conv.bn."),
            (r"^head\.cls\.", "head.classify."),
        )
    ),
}
