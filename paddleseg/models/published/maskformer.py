"""PaddleSeg's names of MaskFormer."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "MaskFormer": NameMap(
        rename=(
            # They count levels from the coarsest one.
            (r"^seghead\.pixel_decoder\.lateral_convs\.(\d)\.", lambda match: f"pixels.lateral.{3 - int(match[1])}."),
            (r"^seghead\.pixel_decoder\.output_convs\.(\d)\.", lambda match: f"pixels.smooth.{3 - int(match[1])}."),
            (r"^seghead\.pixel_decoder\.mask_features\._conv\.", "pixels.out."),
            (r"\._(conv|norm)\.", r".\1."),
            (r"^seghead\.predictor\.transformer\.decoder\.decoder_list\.", "decoder.layers."),
            (r"^seghead\.predictor\.transformer\.decoder\.norm\.", "decoder.norm."),
            (r"\.self_attn\.", ".among."),
            (r"\.multihead_attn\.", ".to_picture."),
            (r"\.([qkv])_proj\.", r".\1."),
            (r"\.out_proj\.", ".proj."),
            (r"\.linear(\d)\.", r".fc\1."),
            (r"^seghead\.predictor\.query_embed\.weight$", "decoder.queries"),
            (r"^seghead\.predictor\.input_proj\.", "decoder.project."),
            (r"^seghead\.predictor\.class_embed\.", "classify."),
            (r"^seghead\.predictor\.mask_embed\.layers\.(\d)\.", lambda match: f"mask.{2 * int(match[1])}."),
        )
    ),
}
