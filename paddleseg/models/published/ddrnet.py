"""PaddleSeg's names of DDRNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, DUAL_RESOLUTION, NameMap

NAMES = {
    "DDRNet_23": NameMap(
        rename=(
            *DUAL_RESOLUTION,
            (r"^conv1\.", "stem."),
            (r"^layer([45])\.", r"deep\1."),
            (r"^layer([45])_\.", r"fine\1."),
            (r"^compression([34])\.", r"to_fine\1."),
            (r"^down([34])\.", r"to_deep\1."),
            (r"^(deep5|fine5)\.0\.conv_bn_relu([12])\.", r"\1.0.conv\2."),
            (r"^(deep5|fine5)\.0\.conv_bn\.", r"\1.0.conv3."),
            (r"\.(\d)\.conv_bn_relu\.", r".\1.conv1."),
            (r"\.(\d)\.conv_bn\.", r".\1.conv2."),
            (r"^aux_head\.", "auxiliary."),
            (r"^(head|auxiliary)\.bn1\.", r"\1.0.bn."),
            (r"^(head|auxiliary)\.conv_bn_relu\._conv\.", r"\1.0.conv."),
            (r"^(head|auxiliary)\.conv_bn_relu\._batch_norm\.", r"\1.1.bn."),
            (r"^(head|auxiliary)\.conv\.", r"\1.1.conv."),
            *CONV_BN,
        )
    ),
}
