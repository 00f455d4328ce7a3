"""Parameter counts against the figures that the networks' authors publish."""

from __future__ import annotations

from typing import Any

import pytest

from paddleseg.registry import BACKBONES
from tests.model_cases import build

HRNET_README = "README of the authors' HRNet-Semantic-Segmentation, table for Cityscapes (19 classes)"
SEGFORMER_PAPER = "Xie et al., NeurIPS 2021, table 1 (150 classes)"
SINET_PAPER = "Park et al., WACV 2020, abstract"

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
    *(
        (
            f"segformer_b{size}",
            {
                "type": "SegFormer",
                "num_classes": 150,
                "embedding_dim": dim,
                "backbone": {"type": f"MixVisionTransformer_B{size}"},
            },
            millions,
            0.05,
            SEGFORMER_PAPER,
        )
        for size, dim, millions in ((0, 256, 3.8), (1, 256, 13.7), (2, 768, 27.5))
    ),
    ("sinet", {"type": "SINet"}, 0.0869, 0.0001, SINET_PAPER),
]


@pytest.mark.parametrize(
    ("spec", "millions", "tolerance", "source"), [row[1:] for row in PUBLISHED], ids=[row[0] for row in PUBLISHED]
)
def test_parameters_are_as_many_as_published(spec: dict[str, Any], millions: float, tolerance: float, source: str):
    model = build(spec)
    found = sum(parameter.size for parameter in model.parameters() if not parameter.stop_gradient) / 1e6
    assert abs(found - millions) <= tolerance, f"{found:.3f} M; {source}"


# The PP-HumanSeg paper counts the statistics of batch norm too, and leaves out heads that only learning needs or not.
@pytest.mark.parametrize(("name", "auxiliary", "millions"), [("FastSCNN", True, 1.44), ("BiSeNetV2", False, 2.32)])
def test_parameters_as_the_pp_humanseg_paper_counts_them(name: str, auxiliary: bool, millions: float):
    model = build({"type": name, "num_classes": 19})
    every = sum(parameter.size for parameter in model.parameters())
    of_auxiliary = sum(parameter.size for parameter in model.auxiliary.parameters())
    assert round((every if auxiliary else every - of_auxiliary) / 1e6, 2) == millions


@pytest.mark.parametrize(
    ("name", "millions", "source"),
    [
        ("ResNet18", 11.69, "torchvision's table of weights"),
        ("ResNet50", 25.56, "torchvision's table of weights"),
        ("ResNet50_vd", 25.58, "timm's table of results, resnet50d"),
    ],
)
def test_backbone_and_its_imagenet_classifier_are_as_large_as_published(name: str, millions: float, source: str):
    backbone = BACKBONES.get(name)()
    classifier = (backbone.out_channels[-1] + 1) * 1000
    found = sum(parameter.size for parameter in backbone.parameters() if not parameter.stop_gradient) + classifier
    assert round(found / 1e6, 2) == millions, source
