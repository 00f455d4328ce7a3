"""PaddleSeg's names of EMANet."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "EMANet": NameMap(
        rename=(
            *AUXILIARY,
            (r"^head\.ema_in_conv\.", "reduce."),
            (r"^head\.ema_mid_conv\.", "before."),
            (r"^head\.ema_out_conv\.", "after."),
            (r"^head\.emau\.mu$", "attention.bases"),
            (r"^head\.bottleneck\.", "smooth."),
            (r"^head\.conv_cat\.", "head.conv."),
            (r"^head\.cls\.1\.", "head.classify."),
            *CONV_BN,
        )
    ),
}
