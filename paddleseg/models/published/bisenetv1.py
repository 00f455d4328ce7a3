"""PaddleSeg's names of BiSeNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "BiseNetV1": NameMap(
        rename=(
            (r"^spatial_path\.conv_7x7\.", "spatial.0."),
            (r"^spatial_path\.conv_3x3_(\d)\.", r"spatial.\1."),
            (r"^spatial_path\.conv_1x1\.", "spatial.3."),
            (r"^global_context\.1\.", "average."),
            (r"^arms\.(\d)\.conv_3x3\.", r"attend.\1.conv."),
            (r"^arms\.(\d)\.channel_attention\.1\.", r"attend.\1.weigh."),
            (r"^refines\.", "smooth."),
            (r"^ffm\.conv_1x1\.", "fuse.conv."),
            (r"^ffm\.channel_attention\.([12])\.", lambda match: f"fuse.weigh.{int(match[1]) - 1}."),
            (r"^heads\.2\.", "head."),
            (r"^heads\.([01])\.", r"auxiliary.\1."),
            (r"^(head|auxiliary\.\d)\.conv_3x3\.", r"\1.conv."),
            (r"^(head|auxiliary\.\d)\.conv_1x1\.", r"\1.classify."),
            *CONV_BN,
        )
    ),
}
