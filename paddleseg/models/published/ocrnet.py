"""PaddleSeg's names of OCRNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "OCRNet": NameMap(
        rename=(
            (r"^head\.conv3x3_ocr\.", "pixels."),
            (r"^head\.cls_head\.", "classify."),
            (r"^head\.aux_head\.0\.", "regions.conv."),
            (r"^head\.aux_head\.1\.", "regions.classify."),
            (r"^head\.spatial_ocr\.conv1x1\.0\.", "fuse."),
            (r"^head\.spatial_ocr\.attention_block\.f_pixel\.", "attention.query."),
            (r"^head\.spatial_ocr\.attention_block\.f_object\.", "attention.key."),
            (r"^head\.spatial_ocr\.attention_block\.f_down\.", "attention.value."),
            (r"^head\.spatial_ocr\.attention_block\.f_up\.", "attention.back."),
            *CONV_BN,
        )
    ),
}
