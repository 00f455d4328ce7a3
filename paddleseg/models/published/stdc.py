"""PaddleSeg's names of STDC."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "STDC": NameMap(
        rename=(
            (r"\.conv_list\.", ".convs."),
            (r"\.avd_layer\.0\.", ".down.conv."),
            (r"\.avd_layer\.1\.", ".down.bn."),
        ),
        # Files trained on ImageNet also hold a last convolution and a classifier.
        unused=(r"^(conv_last|fc|bn|linear)\.",),
    )
}
