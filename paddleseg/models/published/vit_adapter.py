"""PaddleSeg's names of ViT-Adapter."""

from __future__ import annotations

import re

from paddleseg.models.published.name_map import NameMap


def _part(match: re.Match[str]) -> str:
    """The layers of the convolutions count norms and activations, too."""
    number = int(match[1])
    return f"prior.stem.{number // 3}.{'bn' if number % 3 else 'conv'}."


NAMES = {
    "ViTAdapter": NameMap(
        rename=(
            (r"^patch_embed\.proj\.", "embed."),
            (r"^spm\.stem\.(\d)\.", _part),
            (r"^spm\.conv(\d)\.0\.", lambda match: f"prior.convs.{int(match[1]) - 2}.conv."),
            (r"^spm\.conv(\d)\.1\.", lambda match: f"prior.convs.{int(match[1]) - 2}.bn."),
            (r"^spm\.fc(\d)\.", lambda match: f"prior.project.{int(match[1]) - 1}."),
            (r"^interactions\.(\d+)\.injector\.", r"injectors.\1."),
            (r"^interactions\.(\d+)\.extractor\.", r"extractors.\1.0."),
            (
                r"^interactions\.(\d+)\.extra_extractors\.(\d)\.",
                lambda match: f"extractors.{match[1]}.{int(match[2]) + 1}.",
            ),
            (r"^norm(\d)\.", lambda match: f"norms.{int(match[1]) - 1}."),
            (r"\.attn\.sampling_offsets\.", ".attention.offsets."),
            (r"\.attn\.attention_weights\.", ".attention.weights."),
            (r"\.attn\.value_proj\.", ".attention.value."),
            (r"\.attn\.output_proj\.", ".attention.proj."),
            (r"\.attn\.", ".attention."),
            (r"\.ffn\.dwconv\.dwconv\.", ".depthwise."),
            (r"\.(?:mlp|ffn)\.", "."),
            (r"^(blocks\.\d+)\.gamma(\d)$", r"\1.scale\2"),
        ),
        # Files of the plain transformer also hold a class token, a last norm and a classifier.
        unused=(r"^(?:cls_token|norm\.|head\.)",),
    ),
}
