"""What is particular to single backbones; tests/test_models.py has what holds for all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import paddle
import pytest
from paddle import nn

from paddleseg.models.backbones.hrnet import HRNet_W18_Small_V1
from paddleseg.models.backbones.resnet import ResNet18
from paddleseg.models.backbones.resnet_vd import ResNet18_vd, ResNet50_vd

REFERENCES = Path(__file__).parent / "paddleseg_reference"


def dilations(stage: nn.Layer) -> list[int]:
    return [
        layer._dilation[0] for layer in stage.sublayers() if isinstance(layer, nn.Conv2D) and layer._kernel_size[0] == 3
    ]


@pytest.mark.parametrize(
    ("output_stride", "strides", "sizes"),
    [
        (8, [4, 8, 8, 8], [(17, 23), (9, 12), (9, 12), (9, 12)]),
        (16, [4, 8, 16, 16], [(17, 23), (9, 12), (5, 6), (5, 6)]),
        (32, [4, 8, 16, 32], [(17, 23), (9, 12), (5, 6), (3, 3)]),
    ],
)
@pytest.mark.parametrize("cls", [ResNet18, ResNet18_vd])
def test_resnet_stops_halving_where_it_is_told(
    cls, output_stride: int, strides: list[int], sizes: list[tuple[int, int]]
):
    backbone = cls(output_stride=output_stride)
    backbone.eval()
    assert backbone.strides == strides
    with paddle.no_grad():
        assert [tuple(x.shape[2:]) for x in backbone(paddle.zeros([1, 3, 67, 91]))] == sizes


def test_dilation_stands_for_the_strides_left_out_and_multi_grid_multiplies_it():
    backbone = ResNet50_vd(output_stride=8, multi_grid=(1, 2, 4))
    assert [dilations(stage) for stage in backbone.stages] == [[1] * 3, [1] * 4, [2] * 6, [4, 8, 16]]


def test_other_output_strides_are_refused():
    with pytest.raises(ValueError, match="output_stride is 4"):
        ResNet18(output_stride=4)


@pytest.mark.parametrize(
    ("cls", "reference", "classifier"),
    [
        (ResNet18_vd, "deeplabv3_resnet18_vd", "out.weight"),
        (HRNet_W18_Small_V1, "fcn_hrnet_w18_small_v1", "out.weight"),
    ],
)
def test_imagenet_weights_load_without_their_classifier(cls, reference: str, classifier: str, tmp_path: Path):
    state = json.loads(gzip.decompress((REFERENCES / f"{reference}.json.gz").read_bytes()))["state"]
    weights = {
        name.removeprefix("backbone."): paddle.full(shape, index / len(state))
        for index, (name, shape) in enumerate(state.items())
        if name.startswith("backbone.")
    }
    paddle.save(weights | {classifier: paddle.zeros([512, 1000])}, str(tmp_path / "imagenet.pdparams"))
    backbone = cls(pretrained=str(tmp_path / "imagenet.pdparams"))
    first = backbone.stem[0].conv.weight
    assert float(first.mean()) == float(first.max()) == 0  # the file's first value is 0 / n everywhere
    assert sorted(float(x.max()) for x in backbone.state_dict().values()) == sorted(
        float(x.max()) for x in weights.values()
    )
