"""PaddleSeg's names of U²-Net."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

# Convolutions on the way down of a stage, which say where the way up begins to count.
_DEPTHS = {"1": 7, "2": 6, "3": 5, "4": 4, "5": 4, "6": 4}

NAMES = {
    "U2Net": NameMap(
        rename=(
            (
                r"^stage(\d)(d?)\.rebnconv(\d)d\.",
                lambda match: f"stage{match[1]}{match[2]}.up.{_DEPTHS[match[1]] - 1 - int(match[3])}.",
            ),
            (r"\.rebnconvin\.", ".first."),
            (r"\.rebnconv(\d)\.", lambda match: f".down.{int(match[1]) - 1}."),
            (r"^stage(\d)d\.", lambda match: f"up.{int(match[1]) - 1}."),
            (r"^stage(\d)\.", lambda match: f"down.{int(match[1]) - 1}."),
            (r"^side(\d)\.", lambda match: f"classify.{int(match[1]) - 1}."),
            (r"^outconv\.", "fuse."),
            (r"\.conv_s1\.", ".conv."),
            (r"\.bn_s1\.", ".bn."),
        )
    ),
}
