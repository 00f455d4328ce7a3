"""PaddleSeg's names of DANet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "DANet": NameMap(
        rename=(
            (r"^head\.channel_conv\.", "channel.0."),
            (r"^head\.cam\.", "channel.1."),
            (r"^head\.conv1\.", "channel.2."),
            (r"^head\.position_conv\.", "position.0."),
            (r"^head\.pam\.(query|key|value)_conv\.", r"position.1.\1."),
            (r"^head\.pam\.", "position.1."),
            (r"^head\.conv2\.", "position.2."),
            (r"^head\.cls_head\.", "classify."),
            (r"^head\.aux_head_cam\.", "classify_channel."),
            (r"^head\.aux_head_pam\.", "classify_position."),
            (r"^head\.aux_head\.", "classify_auxiliary."),
            *CONV_BN,
        ),
        unused=(r"^head\.pam\.key_conv\.bias$",),  # without effect on any output
    ),
}
