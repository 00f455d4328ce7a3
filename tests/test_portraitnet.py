"""What is particular to PortraitNet: where its boundary logits go, and decoders of other widths."""

from __future__ import annotations

import paddle
import pytest

from paddleseg.models.backbones.hrnet import HRNet_W18_Small_V1
from paddleseg.models.backbones.resnet import ResNet18
from paddleseg.models.portraitnet import PortraitNet


def test_boundary_logits_follow_in_training_only():
    model = PortraitNet(2, ResNet18(output_stride=32), add_edge=True)
    x = paddle.randn([2, 3, 64, 48])
    model.train()
    main, edge = model(x)
    assert main.shape == edge.shape == [2, 2, 64, 48] and not paddle.equal_all(main, edge)
    model.eval()
    assert len(model(x)) == 1


@pytest.mark.parametrize(
    ("arguments", "widths"),
    [
        ({}, [16, 8]),
        ({"channel_ratio": 0.5}, [16, 8]),
        ({"min_channel": 4}, [16, 8]),
        ({"channel_ratio": 0.5, "min_channel": 4}, [8, 4]),
        ({"channel_ratio": 2}, [32, 16]),
    ],
)
def test_the_last_channels_scale_down_to_a_minimum(arguments: dict, widths: list[int]):
    model = PortraitNet(2, ResNet18(output_stride=32), **arguments)
    assert [layer.weight.shape[1] for layer in model.deconv] == [256, 128, 64, *widths]


def test_other_backbones_are_refused():
    with pytest.raises(ValueError, match=r"1/4, 1/8, 1/16 and 1/32; the backbone's are \[4\]"):
        PortraitNet(2, HRNet_W18_Small_V1())
