"""PaddleSeg's names of LR-ASPP."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "LRASPP": NameMap(
        rename=(
            (r"^lraspp_head\.conv_w\.1\.", "gate."),
            (r"^lraspp_head\.conv_v\.", "value."),
            (r"^lraspp_head\.conv_t\.", "transform."),
            # There the deepest level comes first. Three maps stand in every published file.
            (r"^lraspp_head\.convs\.(\d)\.", lambda match: f"reduce.{1 - int(match[1])}."),
            (r"^lraspp_head\.conv_ups\.(\d)\.", lambda match: f"fuse.{1 - int(match[1])}."),
            (r"^lraspp_head\.conv_out\.", "classify."),
            *CONV_BN,
        )
    ),
}
