"""PaddleSeg's names of OCRNet at several sizes."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "MscaleOCRNet": NameMap(
        rename=(
            (r"^ocr\.conv3x3_ocr\.", "pixels."),
            (r"^ocr\.cls_head\.", "classify."),
            (r"^ocr\.aux_head\.0\.", "regions.conv."),
            (r"^ocr\.aux_head\.1\.", "regions.classify."),
            (r"^ocr\.ocr_distri_head\.conv_bn_dropout\.0\.", "fuse."),
            (r"^ocr\.ocr_distri_head\.f_pixel\.", "attention.query."),
            (r"^ocr\.ocr_distri_head\.f_object\.", "attention.key."),
            (r"^ocr\.ocr_distri_head\.f_down\.", "attention.value."),
            (r"^ocr\.ocr_distri_head\.f_up\.", "attention.back."),
            (r"^(attention\.\w+\.)conv_bn_relu_(\d)\.", lambda match: f"{match[1]}{int(match[2]) - 1}."),
            (r"^scale_attn\.conv_bn_re(\d)\.", r"scale_attention.convs.\1."),
            (r"^scale_attn\.conv2\.", "scale_attention.weigh."),
            *CONV_BN,
        )
    ),
}
