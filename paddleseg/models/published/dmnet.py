"""PaddleSeg's names of DMNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "DMNet": NameMap(
        rename=(
            (r"^dcm_modules\.", "contexts."),
            (r"\.filter_gen_conv\.", ".filters."),
            (r"\.input_redu_conv\.", ".reduce."),
            (r"\.fusion_conv\.", ".fuse."),
            (r"^bottleneck\.", "head.conv."),
            (r"^cls\.", "head.classify."),
            (r"^fcn_head\.0\.", "auxiliary.conv."),
            (r"^fcn_head\.1\.", "auxiliary.classify."),
            *CONV_BN,
        )
    ),
}
