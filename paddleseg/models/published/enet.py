"""PaddleSeg's names of ENet."""

from __future__ import annotations

import re

from paddleseg.models.published.name_map import NameMap


def _place(match: re.Match[str]) -> str:
    """Stages 2 and 3 are one here, since none of their sizes differ; those of the decoder are 4 and 5."""
    stage, block = int(match[1]), int(match[2])
    if stage < 4:
        return f"stages.{min(stage, 2) - 1}.{block + (9 if stage == 3 else 0)}."
    return f"doublings.{stage - 4}." if block == 0 else f"refine.{stage - 4}.{block - 1}."


NAMES = {
    "ENet": NameMap(
        rename=(
            (r"^initial_block\.main_branch\.", "stem.conv."),
            (r"^initial_block\.batch_norm\.", "stem.bn."),
            (r"^initial_block\.out_activation\.", "stem.act."),
            (r"^(?:downsample|regular|dilated|asymmetric|upsample)(\d)_(\d)\.", _place),
            (r"^(doublings\.\d)\.main_conv1\.", r"\1.main."),
            (r"^(doublings\.\d)\.ext_conv1\.", r"\1.reduce."),
            (r"^(doublings\.\d)\.ext_tconv1\.", r"\1.double."),
            (r"^(doublings\.\d)\.ext_tconv1_bnorm\.", r"\1.norm."),
            (r"^(doublings\.\d)\.ext_tconv1_activation\.", r"\1.double_act."),
            (r"^(doublings\.\d)\.ext_conv2\.", r"\1.expand."),
            (r"\.ext_conv1\.", ".convs.0."),
            # The middle of some bottlenecks is two convolutions, six layers in a row there.
            (r"\.ext_conv2\.(\d)\.", lambda match: f".convs.1.{int(match[1]) // 3}.{int(match[1]) % 3}."),
            (r"\.ext_conv3\.", ".convs.2."),
            (r"\.out_activation\.", ".act."),
            (r"(\.convs\.[02]|\.convs\.1\.\d|\.main|\.reduce|\.expand)\.0\.(?=[wb])", r"\1.conv."),
            (r"(\.convs\.[02]|\.convs\.1\.\d|\.main|\.reduce|\.expand)\.1\.(?=[wb_])", r"\1.bn."),
            (r"(\.convs\.[02]|\.convs\.1\.\d|\.reduce)\.2\.(?=_)", r"\1.act."),
            (r"^transposed_conv\.", "classify."),
        )
    ),
}
