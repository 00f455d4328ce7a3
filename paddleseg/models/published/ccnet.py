"""PaddleSeg's names of CCNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "CCNet": NameMap(
        rename=(
            (r"^aux_head\.", "auxlayer."),
            *AUXILIARY,
            (r"^head\.conva\.", "reduce."),
            (r"^head\.cca\.([qkv])_conv\.", r"attention.\1."),
            (r"^attention\.q\.", "attention.query."),
            (r"^attention\.k\.", "attention.key."),
            (r"^attention\.v\.", "attention.value."),
            (r"^head\.cca\.gamma$", "attention.gamma"),
            (r"^head\.convb\.", "smooth."),
            (r"^head\.out\.conv_bn_relu\.", "head.conv."),
            (r"^head\.out\.conv\.", "head.classify."),
            *CONV_BN,
        ),
        unused=(r"^head\.cca\.k_conv\.bias$",),  # without effect on any output
    ),
}
