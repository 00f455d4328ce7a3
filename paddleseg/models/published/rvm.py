"""PaddleSeg Matting's names of RVM."""

from __future__ import annotations

from paddleseg.models.published.name_map import NameMap

NAMES = {
    "RVM": NameMap(
        rename=(
            (r"^aspp\.aspp1\.0\.", "pooled.conv.conv."),
            (r"^aspp\.aspp1\.1\.", "pooled.conv.bn."),
            (r"^aspp\.aspp2\.1\.", "pooled.weigh."),
            (r"^decoder\.decode0\.conv\.0\.", "decoder.last.0.conv."),
            (r"^decoder\.decode0\.conv\.1\.", "decoder.last.0.bn."),
            (r"^decoder\.decode0\.conv\.3\.", "decoder.last.1.conv."),
            (r"^decoder\.decode0\.conv\.4\.", "decoder.last.1.bn."),
            (r"^decoder\.decode(\d)\.conv\.0\.", lambda match: f"decoder.convs.{3 - int(match[1])}.conv."),
            (r"^decoder\.decode(\d)\.conv\.1\.", lambda match: f"decoder.convs.{3 - int(match[1])}.bn."),
            (r"^decoder\.decode(\d)\.gru\.", lambda match: f"decoder.recurrent.{4 - int(match[1])}.gru."),
            (r"\.gru\.ih\.0\.", ".gru.gates."),
            (r"\.gru\.hh\.0\.", ".gru.candidate."),
            (r"^project_mat\.conv\.", "project."),
            (r"^project_seg\.conv\.", "segment."),
            (r"^refiner\.box_filter\.", "refine.mean."),
            (r"^refiner\.conv\.0\.", "refine.convs.0.conv."),
            (r"^refiner\.conv\.1\.", "refine.convs.0.bn."),
            (r"^refiner\.conv\.3\.", "refine.convs.1.conv."),
            (r"^refiner\.conv\.4\.", "refine.convs.1.bn."),
            (r"^refiner\.conv\.6\.", "refine.predict."),
        ),
    ),
}
