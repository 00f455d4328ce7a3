"""PaddleSeg's names of Xception."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "XceptionDeeplab": NameMap(
        rename=(
            (r"^_conv(\d)\._(conv|bn)\.", lambda match: f"stem.{int(match[1]) - 1}.{match[2]}."),
            (r"^\w+/(entry|middle)_flow/block(\d+)\.", lambda match: f"{match[1]}_flow.{int(match[2]) - 1}."),
            (r"^_exit_flow_(\d)\.", lambda match: f"exit_flow.{int(match[1]) - 1}."),
            (r"\._short\._", ".shortcut."),
            (r"\._conv(\d)\.", lambda match: f".units.{int(match[1]) - 1}."),
            (r"\._(conv|bn)1\.", r".depthwise.\1."),
            (r"\._(conv|bn)2\.", r".pointwise.\1."),
        ),
        # Files trained on ImageNet also hold a classifier.
        unused=(r"^(?!_conv\d|\w+/\w+_flow/|_exit_flow_)",),
    ),
}
