"""PaddleSeg's names of GCNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "GCNet": NameMap(
        rename=(
            *AUXILIARY,
            (r"^head\.conv_bn_relu1\.", "reduce."),
            (r"^head\.conv_bn_relu2\.", "smooth."),
            (r"^head\.conv_bn_relu3\.", "head.conv."),
            (r"^head\.gc_block\.conv_mask\.", "context.salience."),
            (r"^head\.gc_block\.channel_add_conv\.0\.", "context.squeeze."),
            (r"^head\.gc_block\.channel_add_conv\.1\.", "context.norm."),
            (r"^head\.gc_block\.channel_add_conv\.3\.", "context.expand."),
            (r"^head\.conv\.(weight|bias)$", r"head.classify.\1"),
            *CONV_BN,
        ),
        unused=(r"^head\.gc_block\.conv_mask\.bias$",),  # without effect on any output
    ),
}
