"""What is particular to single backbones; tests/test_models.py has what holds for all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import paddle
import pytest
from paddle import nn

from paddleseg.errors import ConfigError
from paddleseg.models.backbones.cae import CAE
from paddleseg.models.backbones.hrnet import HRNet_W18_Small_V1
from paddleseg.models.backbones.resnet import ResNet18
from paddleseg.models.backbones.resnet_vd import ResNet18_vd, ResNet50_vd
from paddleseg.models.backbones.swin_transformer import SwinTransformer
from paddleseg.models.build import build_network
from paddleseg.models.deeplab import DeepLabV3P
from paddleseg.models.fcn import FCN
from paddleseg.models.portraitnet import PortraitNet

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


class Plugin(nn.Layer):
    """A backbone as somebody else writes it, with one map at 1/4."""

    def __init__(self, **said: object):
        super().__init__()
        self.conv = nn.Conv2D(3, 8, 3, stride=4, padding=1)
        for name, value in said.items():
            setattr(self, name, value)

    def forward(self, x: paddle.Tensor) -> list[paddle.Tensor]:
        return [self.conv(x)]


@pytest.mark.parametrize("name", ["out_channels", "feat_channels"])
def test_a_backbone_from_elsewhere_says_its_channels_by_either_name(name: str):
    model = FCN(2, Plugin(**{name: [8]}))
    assert model(paddle.zeros([1, 3, 33, 41]))[0].shape == [1, 2, 33, 41]


def test_portraitnet_takes_backbones_that_do_not_say_their_strides():
    backbone = ResNet18(output_stride=32)
    del backbone.strides
    assert PortraitNet(2, backbone)(paddle.zeros([1, 3, 64, 48]))[0].shape == [1, 2, 64, 48]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "the backbone Plugin has no out_channels"),
        ({"out_channels": 8}, "the backbone Plugin has 8 as its out_channels"),
        ({"feat_channels": []}, r"the backbone Plugin has \[\] as its feat_channels"),
        ({"out_channels": [8.0]}, r"has \[8.0\] as its out_channels"),
    ],
)
def test_a_backbone_that_does_not_say_its_channels_is_named(said: dict, text: str):
    with pytest.raises(ValueError, match=text):
        FCN(2, Plugin(**said))


@pytest.mark.parametrize(
    ("indices", "text"),
    [((7,), "names map 7; Plugin gives map 0 alone"), ((-2,), "names map -2"), ((), "names no map")],
)
def test_maps_that_a_backbone_does_not_give_are_named(indices: tuple[int, ...], text: str):
    with pytest.raises(ValueError, match=text):
        FCN(2, Plugin(out_channels=[8]), backbone_indices=indices)


def test_deeplab_v3p_wants_two_maps():
    with pytest.raises(ValueError, match="should name two maps, not 1"):
        DeepLabV3P(2, Plugin(out_channels=[8]), backbone_indices=(0,))


def test_a_backbone_that_gives_less_than_it_says_is_named():
    with pytest.raises(ConfigError, match="Plugin says the channels of 2 maps, but returned 1"):
        FCN(2, Plugin(out_channels=[8, 8]))(paddle.zeros([1, 3, 32, 32]))
    bare = Plugin(out_channels=[8])
    bare.forward = bare.conv.forward
    with pytest.raises(ConfigError, match="but returned a Tensor"):
        FCN(2, bare)(paddle.zeros([1, 3, 32, 32]))


def test_a_description_that_no_network_takes_is_named():
    with pytest.raises(ConfigError, match="FCN: cannot be built: got an unexpected keyword argument 'depth'"):
        build_network({"type": "FCN", "num_classes": 2, "backbone": {"type": "ResNet18"}, "depth": 3})
    with pytest.raises(ConfigError, match="ResNet18: output_stride is 4"):
        build_network({"type": "FCN", "num_classes": 2, "backbone": {"type": "ResNet18", "output_stride": 4}})


def test_swin_freezes_what_it_is_told_and_gives_the_stages_that_are_asked_for():
    small = {"embed_dim": 8, "depths": [1, 2, 1], "num_heads": [1, 2, 2], "window_size": 3, "pretrain_img_size": 32}
    swin = SwinTransformer(**small, ape=True, out_indices=(2, 1), frozen_stages=3)
    swin.eval()
    with paddle.no_grad():
        assert [x.shape for x in swin(paddle.zeros([1, 3, 30, 45]))] == [[1, 32, 2, 3], [1, 16, 4, 6]]
    assert swin.out_channels == [32, 16] and swin.strides == [16, 8]
    frozen = {name.partition(".")[0] for name, x in swin.named_parameters() if x.stop_gradient}
    assert frozen == {"embed", "positions", "stages"}
    assert [all(x.stop_gradient for x in stage.parameters()) for stage in swin.stages] == [True, True, False]


@pytest.mark.parametrize("shared", [False, True])
def test_relative_places_of_another_size_of_picture_are_resized(shared: bool):
    """At twice the size the ways between patches have the numbers of the learned ones, or lie between two of them."""
    which = "use_shared_rel_pos_bias" if shared else "use_rel_pos_bias"
    cae = CAE(img_size=64, embed_dim=8, depth=2, num_heads=2, **{which: True})
    bias = cae.shared if shared else cae.blocks[0].attention.places
    table = paddle.arange(7 * 7, dtype="float32") % 7  # how far to the right
    bias.relative_position_bias_table.set_value(paddle.concat([table, table[:3] * 0])[:, None].expand([-1, 2]))
    known, wide = bias([4, 4])[0, 1:, 1:], bias([4, 8])[0, 1:, 1:]
    assert known[:4, 0].tolist() == [3, 4, 5, 6]
    assert wide.shape == [32, 32] and (wide[:8, 0].diff() > 0.2).all()
    with paddle.no_grad():
        assert cae(paddle.zeros([1, 3, 64, 130]))[1].shape == [1, 8, 4, 8]
