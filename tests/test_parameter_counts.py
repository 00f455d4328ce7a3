"""Parameter counts against the figures that the networks' authors publish."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model_cases import build

HRNET_README = "README of the authors' HRNet-Semantic-Segmentation, table for Cityscapes (19 classes)"

# name, {type: ...}, millions, tolerance in millions, source
PUBLISHED: list[tuple[str, dict[str, Any], float, float, str]] = [
    (
        "fcn_hrnet_w18_small_v1",
        {"type": "FCN", "num_classes": 19, "backbone": {"type": "HRNet_W18_Small_V1"}},
        1.5,
        0.05,
        HRNET_README,
    ),
    (
        "fcn_hrnet_w18_small_v2",
        {"type": "FCN", "num_classes": 19, "backbone": {"type": "HRNet_W18_Small_V2"}},
        3.9,
        0.05,
        HRNET_README,
    ),
    (
        "fcn_hrnet_w48",
        {"type": "FCN", "num_classes": 19, "backbone": {"type": "HRNet_W48"}},
        65.8,
        0.1,
        HRNET_README,
    ),
]


@pytest.mark.parametrize(
    ("spec", "millions", "tolerance", "source"), [row[1:] for row in PUBLISHED], ids=[row[0] for row in PUBLISHED]
)
def test_parameters_are_as_many_as_published(spec: dict[str, Any], millions: float, tolerance: float, source: str):
    model = build(spec)
    found = sum(parameter.size for parameter in model.parameters() if not parameter.stop_gradient) / 1e6
    assert abs(found - millions) <= tolerance, f"{found:.3f} M; {source}"
