"""PaddleSeg Matting's names of MODNet."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "MODNet": NameMap(
        rename=(
            (r"^head\.lr_branch\.se_block\.conv\.0\.", "semantic.squeeze."),
            (r"^head\.lr_branch\.se_block\.conv\.2\.", "semantic.excite."),
            (r"^head\.lr_branch\.conv_lr\.layers\.0\.", "semantic.predict."),
            (r"^head\.lr_branch\.conv_lr(\d+)x\.", r"semantic.conv\1."),
            (r"^head\.hr_branch\.tohr_enc(\d)x\.", r"detail.match\1."),
            (r"^head\.hr_branch\.conv_enc2x\.", "detail.down."),
            (r"^head\.hr_branch\.conv_enc4x\.", "detail.mix."),
            (r"^head\.hr_branch\.conv_hr\.0\.", "detail.conv1."),
            (r"^head\.hr_branch\.conv_hr\.1\.layers\.0\.", "detail.predict."),
            (r"^head\.hr_branch\.conv_hr(\d)x\.", r"detail.conv\1."),
            (r"^head\.f_branch\.conv_lr4x\.", "fusion.conv4."),
            (r"^head\.f_branch\.conv_f2x\.", "fusion.conv2."),
            (r"^head\.f_branch\.conv_f\.0\.", "fusion.conv1."),
            (r"^head\.f_branch\.conv_f\.1\.layers\.0\.", "fusion.predict."),
            (r"\.layers\.0\.", ".conv."),
            (r"\.layers\.1\.bnorm\.", ".norm.batch."),
            (r"\.layers\.1\.inorm\.", ".norm.instance."),
        ),
        unused=(r"^blurer\.",),  # a constant of the loss
    ),
}
