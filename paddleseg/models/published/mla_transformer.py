"""PaddleSeg's names of the multi-level decoder."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "MLATransformer": NameMap(
        rename=(
            (r"^mlahead\.head(\d)\.", lambda match: f"see.{int(match[1]) - 2}."),
            (r"^cls\.", "classify."),
            (r"^conv([01])\.", r"raise_maps.\1.convs.0."),
            (r"^conv(\d)(\d)\.", lambda match: f"raise_maps.{match[1]}.convs.{int(match[2]) - 1}."),
            (r"^aux_head\.", "auxiliary."),
            *CONV_BN,
        )
    ),
}
