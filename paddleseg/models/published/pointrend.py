"""PaddleSeg's names of PointRend."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, PYRAMID, NameMap

NAMES = {
    "PointRend": NameMap(
        rename=(
            *PYRAMID,
            # Between two convolutions of a list stands what doubles the size.
            (
                r"^fpnhead\.scale_heads\.(\d)\.(\d)\.",
                lambda match: f"scale_heads.{match[1]}.convs.{int(match[2]) // 2}.",
            ),
            (r"^fpnhead\.conv_seg\.", "classify."),
            (r"^pointhead\.fcs\.(\d)\._conv\.", r"point_head.layers.\1."),
            (r"^pointhead\.fc_seg\.", "point_head.classify."),
            *CONV_BN,
        ),
        unused=(r"^neck\.fpn_out\.3\.",),  # no output is made of it
    ),
}
