"""PaddleSeg's names of TopFormer and its backbone."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "TopFormer": NameMap(
        rename=((r"^decode_head\.linear_fuse\.", "fuse."), (r"^decode_head\.conv_seg\.", "classify."))
    ),
    "TopTransformer": NameMap(
        rename=(
            (r"^tpm\.stem\.0\.", "stem."),
            # The first block does not expand; its list begins with the depth-wise convolution.
            (r"^tpm\.layer1\.conv\.0\.", "pyramid.0.depthwise."),
            (r"^tpm\.layer1\.conv\.2\.", "pyramid.0.project."),
            (r"^tpm\.layer(\d+)\.", lambda match: f"pyramid.{int(match[1]) - 1}."),
            (r"\.conv\.0\.", ".expand."),
            (r"\.conv\.2\.", ".depthwise."),
            (r"\.conv\.4\.", ".project."),
            (r"^trans\.transformer_blocks\.", "transformers."),
            (r"\.attn\.to_(\w)\.", r".attention.\1."),
            (r"\.attn\.proj\.1\.", ".attention.project."),
            (r"\.mlp\.dwconv\.", ".depthwise."),
            (r"\.mlp\.", "."),
            # They count the level that nothing is put back into.
            (r"^SIM\.(\d)\.local_embedding\.", lambda match: f"injections.{int(match[1]) - 1}.local."),
            (r"^SIM\.(\d)\.global_embedding\.", lambda match: f"injections.{int(match[1]) - 1}.meaning."),
            (r"^SIM\.(\d)\.global_act\.", lambda match: f"injections.{int(match[1]) - 1}.gate."),
            (r"\.c\.", ".conv."),
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!tpm|trans|SIM)",),
    ),
}
