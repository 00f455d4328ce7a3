"""PaddleSeg's names of EfficientFormerV2."""

from __future__ import annotations

import re

from paddleseg.models.published.name_map import NameMap


def _part(match: re.Match[str]) -> str:
    """Their list has stages at even places and what shrinks between them at odd ones."""
    number = int(match[1])
    return f"{'downs' if number % 2 else 'stages'}.{number // 2}."


NAMES = {
    "EfficientFormerSeg": NameMap(
        rename=(
            (r"^neck\.lateral_convs\.", "lateral."),
            (r"^neck\.fpn_convs\.", "smooth."),
            (
                r"^head\.scale_heads\.(\d)\.(\d)\.([01])\.",
                lambda match: (f"scale_heads.{match[1]}.convs.{int(match[2]) // 2}.{('conv', 'bn')[int(match[3])]}."),
            ),
            (r"^head\.cls_seg\.", "classify."),
        )
    ),
    "EfficientFormerV2": NameMap(
        rename=(
            (r"^patch_embed\.0\.", "stem.0.conv."),
            (r"^patch_embed\.1\.", "stem.0.bn."),
            (r"^patch_embed\.3\.", "stem.1.conv."),
            (r"^patch_embed\.4\.", "stem.1.bn."),
            (r"^network\.(\d)\.", _part),
            (r"^(downs\.\d)\.(?:proj|conv)\.", r"\1.project.conv."),
            (r"^(downs\.\d)\.(?:norm|bn)\.", r"\1.project.bn."),
            (r"\.(?:token_mixer|attn)\.", ".attention."),
            (r"\.attention_biases_seg$", ".distances.table"),
            (r"\.stride_conv\.", ".stride."),
            (r"\.talking_head1\.", ".talk_before."),
            (r"\.talking_head2\.", ".talk_after."),
            (r"\.v_local\.", ".local."),
            (r"\.attention\.proj\.1\.", ".attention.project.conv."),
            (r"\.attention\.proj\.2\.", ".attention.project.bn."),
            (r"\.attention\.q\.local\.0\.", ".attention.near."),
            (r"\.attention\.q\.proj\.", ".attention.q."),
            (r"\.attention\.(q|k|v|local|stride)\.0\.", r".attention.\1.conv."),
            (r"\.attention\.(q|k|v|local|stride)\.1\.", r".attention.\1.bn."),
            (r"\.mlp\.(fc[12])\.", r".feed.\1.conv."),
            (r"\.mlp\.norm([12])\.", r".feed.fc\1.bn."),
            (r"\.mlp\.mid\.", ".feed.local."),
            (r"\.layer_scale_1$", ".attention_scale"),
            (r"\.layer_scale_2$", ".scale"),
        ),
        # Tables for pictures of ImageNet's size, and where in the table a distance stands, which follows from the size.
        unused=(r"\.attention_biases$", r"\.attention_bias_idxs(_seg)?$", r"^(?!patch_embed|network)"),
    ),
}
