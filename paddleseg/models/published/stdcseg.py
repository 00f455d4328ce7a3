"""PaddleSeg's names of STDCSeg."""

from __future__ import annotations

from paddleseg.models.published.name_map import CONV_BN, NameMap

NAMES = {
    "STDCSeg": NameMap(
        rename=(
            (r"^cp\.backbone\.", "backbone."),
            (r"^cp\.arm(\d+)\.conv\.", r"refine\1.conv."),
            (r"^cp\.arm(\d+)\.conv_atten\.", r"refine\1.weigh.conv."),
            (r"^cp\.arm(\d+)\.bn_atten\.", r"refine\1.weigh.bn."),
            (r"^cp\.conv_head32\.", "smooth16."),
            (r"^cp\.conv_head16\.", "smooth8."),
            (r"^cp\.conv_avg\.", "average."),
            (r"^ffm\.convblk\.", "fuse.conv."),
            (r"^ffm\.conv1\.", "fuse.reduce."),
            (r"^ffm\.conv2\.", "fuse.expand."),
            (r"^conv_out_sp2\.", "details.0."),
            (r"^conv_out_sp4\.", "details.1."),
            (r"^conv_out_sp8\.", "details.2."),
            (r"^conv_out8\.", "auxiliary.0."),
            (r"^conv_out16\.", "auxiliary.1."),
            (r"^conv_out\.", "head."),
            (r"\.conv_out\.", ".classify."),
            *CONV_BN,
        ),
        unused=(r"^conv_out_sp16\.",),  # no output is made of it
    ),
}
