"""PaddleSeg's names of DNLNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "DNLNet": NameMap(
        rename=(
            *AUXILIARY,
            (r"^head\.conv0\.", "reduce."),
            (r"^head\.conv1\.", "smooth."),
            (r"^head\.dnl_block\.theta\.", "attention.query."),
            (r"^head\.dnl_block\.phi\.", "attention.key."),
            (r"^head\.dnl_block\.g\.", "attention.value."),
            (r"^head\.dnl_block\.conv_mask\.", "attention.salience."),
            (r"^head\.dnl_block\.conv_out\.", "attention.back."),
            (r"^head\.conv_cat\.", "head.conv."),
            (r"^head\.cls\.1\.", "head.classify."),
            *CONV_BN,
        ),
        unused=(r"^head\.dnl_block\.(theta|phi|conv_mask)\.bias$",),  # without effect on any output
    ),
}
