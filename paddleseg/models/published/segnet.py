"""PaddleSeg's names of SegNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "SegNet": NameMap(
        rename=(
            (r"^enco(\d)\.", lambda match: f"encoder.{int(match[1]) - 1}."),
            (r"^deco(\d)\.", lambda match: f"decoder.{int(match[1]) - 1}."),
            *CONV_BN,
        )
    ),
}
