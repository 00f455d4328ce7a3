"""PaddleSeg's names of HarDNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "HarDNet": NameMap(
        rename=(
            # Block, transition and pooling, three in a row there.
            (r"^encoder\.blks\.(\d+)\.layers\.", lambda match: f"down.{int(match[1]) // 3}.layers."),
            (r"^encoder\.blks\.(\d+)\.", lambda match: f"transitions.{int(match[1]) // 3}."),
            (r"^decoder\.dense_blocks_up\.", "up."),
            (r"^decoder\.conv1x1_up\.", "reduce."),
            (r"^cls_head\.", "classify."),
            *CONV_BN,
        )
    ),
}
