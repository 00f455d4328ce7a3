"""The names of ResNet in `paddle.vision.models`, and PaddleSeg's for its first stages."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap, Rule

PADDLE_VISION: tuple[Rule, ...] = (
    # PaddleSeg numbers what `paddle.vision.models` names.
    (r"(?:^|(?<=\.))model\.0\.", "conv1."),
    (r"(?:^|(?<=\.))model\.1\.", "bn1."),
    (r"(?:^|(?<=\.))model\.(\d)\.", lambda match: f"layer{int(match[1]) - 3}."),
    (r"(^|student\.|teacher\.)conv1\.(?=weight)", r"\1stem.conv."),
    (r"(^|student\.|teacher\.)bn1\.", r"\1stem.bn."),
    (r"(?:^|(?<=\.))layer(\d)\.", lambda match: f"stages.{int(match[1]) - 1}."),
    (r"\.conv(\d)\.(?=weight)", r".conv\1.conv."),
    (r"\.bn(\d)\.", r".conv\1.bn."),
    (r"\.downsample\.0\.", ".shortcut.conv."),
    (r"\.downsample\.1\.", ".shortcut.bn."),
)
NAMES = {
    # Files trained on ImageNet also hold a classifier.
    "ResNet": NameMap(rename=PADDLE_VISION, unused=(r"^fc\.",)),
    "ResNet_MS3": NameMap(rename=PADDLE_VISION, unused=(r"^fc\.", r"^layer4\.", r"^model\.7\.")),
}
