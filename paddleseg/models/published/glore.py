"""PaddleSeg's names of GloRe."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "GloRe": NameMap(
        rename=(
            *AUXILIARY,
            (r"^head\.conv_bn_relu\.", "reduce."),
            (r"^head\.classifier\.", "classify."),
            (r"^head\.gru_module\.", "reason."),
            (r"^reason\.reduction_dim\.", "reason.reduce."),
            (r"^reason\.projection_mat\.", "reason.project."),
            (r"^reason\.gcn\.conv1\.", "reason.between_nodes."),
            (r"^reason\.gcn\.conv2\.", "reason.between_states."),
            (r"^reason\.extend_dim\.", "reason.expand."),
            (r"^reason\.extend_bn\.", "reason.norm."),
            *CONV_BN,
        )
    ),
}
