"""PaddleSeg's names of GhostNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "GhostNet": NameMap(
        rename=(
            (r"^conv1\.", "stem."),
            (r"^_ghostbottleneck_", "blocks."),
            (r"\.ghost_module_1\.", ".expand."),
            (r"\.ghost_module_2\.", ".project."),
            (r"\.primary_conv\.", ".primary."),
            (r"\.cheap_operation\.", ".cheap."),
            (r"\.depthwise_conv\.", ".depthwise."),
            (r"\.se_block\.squeeze\.", ".excite.reduce."),
            (r"\.se_block\.excitation\.", ".excite.expand."),
            (r"\.shortcut_depthwise\.", ".shortcut.0."),
            (r"\.shortcut_conv\.", ".shortcut.1."),
            *CONV_BN,
        ),
        # Files trained on ImageNet also hold a last convolution and a classifier.
        unused=(r"^(?!conv1\.|_ghostbottleneck_)",),
    ),
}
