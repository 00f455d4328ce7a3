"""PaddleSeg's names of ResNet-D."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "ResNetVd": NameMap(
        rename=(
            (r"^conv1_(\d)\.", lambda match: f"stem.{int(match[1]) - 1}."),
            (r"^bb_(\d)_(\d+)\.", r"stages.\1.\2."),
            (r"\.conv(\d)\.", lambda match: f".conv{int(match[1]) + 1}."),
            (r"\.short\.", ".shortcut."),
            *CONV_BN,
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!conv1_|bb_)",),
    ),
}
