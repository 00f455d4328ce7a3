"""Parameter counts against the figures that the networks' authors publish."""

from __future__ import annotations

from typing import Any

import paddle
import pytest
from model_cases import build

from paddleseg.registry import BACKBONES

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


_V2_LITE = {
    "type": "MobileSeg",
    "num_classes": 2,
    "backbone": {"type": "MobileNetV3_large_x1_0"},
    "cm_bin_sizes": [1, 2, 4],
    "cm_out_ch": 128,
    "use_last_fuse": True,
}
_V2_LITE_HUMAN = _V2_LITE | {
    "backbone_indices": [0, 1, 2, 3],
    "arm_out_chs": [32, 64, 96, 128],
    "seg_head_inter_chs": [16, 32, 32, 32],
}
_V2_LITE_PORTRAIT = _V2_LITE | {
    "backbone_indices": [0, 1, 2],
    "arm_out_chs": [32, 64, 128],
    "seg_head_inter_chs": [16, 32, 32],
}
_V2_MOBILE = {
    "type": "PPLiteSeg",
    "num_classes": 2,
    "backbone": {"type": "STDC1"},
    "backbone_indices": [1, 2, 3, 4],
    "arm_out_chs": [4, 16, 32, 64],
    "seg_head_inter_chs": [4, 16, 32, 64],
}


# Counted on PaddleSeg 2.8.0. Biases in front of batch norms, which it has and which do nothing, are subtracted here.
@pytest.mark.parametrize(
    ("spec", "backbone", "decoder", "classifiers"),
    [
        (_V2_LITE_HUMAN, 2_814_886, 186_576 - 1_376, 13_808 - 112),
        (_V2_LITE_PORTRAIT, 2_814_886, 129_712 - 1_152, 9_520 - 80),
        (_V2_MOBILE, 5_318_304, 2_198_152 - 512, 48_992),
    ],
    ids=["lite_human", "lite_portrait", "mobile"],
)
def test_parts_of_pp_humanseg_v2_are_as_large_as_in_paddleseg(
    spec: dict[str, Any], backbone: int, decoder: int, classifiers: int
):
    model = build(spec)

    def count(layer: paddle.nn.Layer) -> int:
        return sum(parameter.size for parameter in layer.parameters() if not parameter.stop_gradient)

    assert count(model.backbone) == backbone
    assert count(model.decoder.classifiers) == classifiers
    assert count(model.decoder) == decoder + classifiers


TORCHVISION = "torchvision's table of weights"


def _conv_bn(in_channels: int, channels: int) -> int:
    return in_channels * channels + 2 * channels


def _linear(in_channels: int, channels: int) -> int:
    return in_channels * channels + channels


# The second column is what classifies the pictures of ImageNet, which these backbones leave out.
@pytest.mark.parametrize(
    ("name", "classifier", "millions", "source"),
    [
        ("ResNet18", _linear(512, 1000), 11.69, TORCHVISION),
        ("ResNet50", _linear(2048, 1000), 25.56, TORCHVISION),
        ("ResNet50_vd", _linear(2048, 1000), 25.58, "timm's table of results, resnet50d"),
        # Less the first bottleneck's first 1x1 convolution, which only PaddlePaddle's network has.
        ("MobileNetV2_x1_0", _conv_bn(320, 1280) + _linear(1280, 1000) - _conv_bn(32, 32), 3.50, TORCHVISION),
        ("ShuffleNetV2_x0_5", _conv_bn(192, 1024) + _linear(1024, 1000), 1.37, TORCHVISION),
        ("ShuffleNetV2_x1_0", _conv_bn(464, 1024) + _linear(1024, 1000), 2.28, TORCHVISION),
        (
            "GhostNet_x1_0",
            _conv_bn(160, 960) + _linear(960, 1280) + _linear(1280, 1000),
            5.18,
            "timm's table of results, ghostnet_100",
        ),
    ],
)
def test_backbone_and_its_imagenet_classifier_are_as_large_as_published(
    name: str, classifier: int, millions: float, source: str
):
    backbone = BACKBONES.get(name)()
    found = sum(parameter.size for parameter in backbone.parameters() if not parameter.stop_gradient) + classifier
    assert round(found / 1e6, 2) == millions, source
