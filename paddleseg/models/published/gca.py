"""PaddleSeg Matting's names of GCA."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap, Rule

_UNIT: tuple[Rule, ...] = (
    (r"\.layer_bottleneck\.", ".stages.3."),
    (r"\.layer(\d)\.", lambda match: f".stages.{int(match[1]) - 1}."),
    (r"(stages\.\d\.\d+)\.conv1\.", r"\1.first.conv."),
    (r"(stages\.\d\.\d+)\.bn1\.", r"\1.first.bn."),
    (r"(stages\.\d\.\d+)\.conv2\.", r"\1.second.conv."),
    (r"(stages\.\d\.\d+)\.bn2\.", r"\1.second.bn."),
    (r"\.(?:downsample|upsample)\.1\.", ".shortcut.1.conv."),
    (r"\.(?:downsample|upsample)\.2\.", ".shortcut.1.bn."),
    (r"\.gca\.guidance_conv\.", ".attention.guide."),
    (r"\.gca\.out_conv\.0\.", ".attention.out.conv."),
    (r"\.gca\.out_conv\.1\.", ".attention.out.bn."),
)
_NAMES = NameMap(
    rename=(
        (r"^encoder\.", "backbone."),
        *_UNIT,
        (r"^backbone\.(conv|bn)(\d)\.", lambda match: f"backbone.stem.{int(match[2]) - 1}.{match[1]}."),
        (r"^decoder\.conv1\.", "decoder.last.conv."),
        (r"^decoder\.bn1\.", "decoder.last.bn."),
        (r"^decoder\.conv2\.", "decoder.predict."),
    ),
)

NAMES = {"GCABaseline": _NAMES, "GCA": _NAMES}
