"""PaddleSeg's names of PP-LiteSeg and MobileSeg."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, SEPARABLE, NameMap

NAMES = {
    "LiteSegmenter": NameMap(
        rename=(
            (r"^ppseg_head\.cm\.stages\.(\d)\.1\.", r"decoder.context.pyramid.branches.\1."),
            (r"^ppseg_head\.cm\.conv_out\.", "decoder.context.out."),
            (r"^ppseg_head\.arm_list\.(\d)\.conv_x\.", r"decoder.fusions.\1.match."),
            (r"^ppseg_head\.arm_list\.(\d)\.conv_xy_atten\.", r"decoder.fusions.\1.attention.convs."),
            (r"^ppseg_head\.arm_list\.(\d)\.conv_out\.", r"decoder.fusions.\1.out."),
            (r"^ppseg_head\.fuse_convs\.", "decoder.gather.reduce."),
            (r"^ppseg_head\.last_conv\.", "decoder.gather.out."),
            (r"^seg_heads\.(\d)\.conv\.", r"decoder.classifiers.\1.0."),
            (r"^seg_heads\.(\d)\.conv_out\.", r"decoder.classifiers.\1.1."),
            *SEPARABLE,
            *CONV_BN,
        ),
        unused=(r"^ppseg_head\.arm_list\.\d\._scale$",),  # the frozen scale of the attention, always one
    ),
}
