"""PaddleSeg's names of ANN."""

from __future__ import annotations

from paddleseg.models.published.name_map import AUXILIARY, CONV_BN, NameMap

NAMES = {
    "ANN": NameMap(
        rename=(
            *AUXILIARY,
            (r"^head\.fusion\.stages\.0\.f_(query|key|value)\.", r"across.\1."),
            (r"^head\.fusion\.stages\.0\.W\.", "across.back."),
            (r"^head\.fusion\.conv_bn\.", "fuse."),
            (r"^head\.context\.0\.", "reduce."),
            (r"^head\.context\.1\.stages\.0\.f_query\.", "within.key."),
            (r"^head\.context\.1\.stages\.0\.f_value\.", "within.value."),
            (r"^head\.context\.1\.stages\.0\.W\.", "within.back."),
            (r"^head\.context\.1\.conv_bn\.", "mix."),
            (r"^head\.cls\.", "classify."),
            *CONV_BN,
        ),
        unused=(r"^head\.context\.1\.stages\.0\.f_key\.",),  # the same layer as f_query
    ),
}
