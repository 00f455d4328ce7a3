"""PaddleSeg's names of ISANet."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "ISANet": NameMap(
        rename=(
            *AUXILIARY,
            (r"^head\.in_conv\.", "reduce."),
            (r"^head\.global_relation\.", "attention.far."),
            (r"^head\.local_relation\.", "attention.near."),
            (r"\.(key|query|value)_project\.", r".\1."),
            (r"\.output_project\.", ".out."),
            (r"^head\.out_conv\.", "head.conv."),
            (r"^head\.cls\.1\.", "head.classify."),
            *CONV_BN,
        )
    ),
}
