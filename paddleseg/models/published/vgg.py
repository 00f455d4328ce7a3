"""PaddleSeg Matting's names of VGG."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "VGG": NameMap(
        rename=(
            (
                r"^_conv_block_(\d)\._conv_(\d)\.",
                lambda match: f"blocks.{int(match[1]) - 1}.{int(match[2]) - 1}.",
            ),
            (r"^_conv_6\.", "last."),
        ),
    ),
}
