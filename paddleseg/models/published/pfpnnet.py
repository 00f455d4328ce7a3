"""PaddleSeg's names of Semantic FPN."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, PYRAMID, NameMap

NAMES = {
    "PFPNNet": NameMap(
        rename=(
            (r"^head\.", ""),
            *PYRAMID,
            # There the head of the third level gets the second, and the other way round.
            (
                r"^scale_heads\.([12])\.(\d)\.",
                lambda match: f"scale_heads.{3 - int(match[1])}.convs.{int(match[2]) // 2}.",
            ),
            (r"^scale_heads\.0\.0\.", "scale_heads.0.convs.0."),
            (r"^conv_seg\.", "classify."),
            (r"^dsn\.0\.", "auxiliary.conv."),
            (r"^dsn\.\d\.", "auxiliary.classify."),
            *CONV_BN,
        ),
        # No output is made of them.
        unused=(r"^head\.conv_last\.", r"^head\.scale_heads\.3\.", r"^head\.fpn_out\.3\."),
    ),
}
