"""Small components, a run that uses them, and helpers for the tests of configuration."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from paddleseg.errors import ConfigError

PLUGIN = """
from paddleseg.cvlibs import manager


@manager.BACKBONES.add_component
class SmallBackbone:
    def __init__(self, in_channels: int = 3, depth: int = 2):
        self.in_channels, self.depth = in_channels, depth


@manager.MODELS.add_component
class SmallNet:
    def __init__(self, num_classes: int, backbone: SmallBackbone, align_corners: bool = False):
        self.num_classes, self.backbone = num_classes, backbone


class Loss:
    def __init__(self, num_classes: int = 7, ignore_index: int = 255):
        self.num_classes, self.ignore_index = num_classes, ignore_index


@manager.LOSSES.add_component
class SmallLoss(Loss):
    def __init__(self, weight: list[float] | None = None, power: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        if power < 0:
            raise ValueError("power is negative")
        self.weight, self.power = weight, power


@manager.LOSSES.add_component
class SumLoss:
    def __init__(self, losses: list, coef: list[float]):
        self.losses, self.coef = losses, coef


@manager.TRANSFORMS.add_component
class Shift:
    def __init__(self, offset: tuple[int, int] = (1, 1), prob: float = 0.5):
        self.offset, self.prob = offset, prob


@manager.DATASETS.add_component
class Drawings:
    def __init__(self, transforms: list, dataset_root: str, num_classes: int = 2, mode: str = "train",
                 ignore_index: int = 255, img_channels: int = 3):
        self.transforms, self.num_classes, self.mode = transforms, num_classes, mode
        self.ignore_index, self.img_channels = ignore_index, img_channels
"""

RUN = """
plugins: [parts.py]
batch_size: 4
iters: 100
train_dataset:
  type: Drawings
  dataset_root: here
  num_classes: 3
  transforms:
    - type: Shift
      offset: [2, 2]
    - type: Shift
val_dataset:
  type: Drawings
  dataset_root: here
  num_classes: 3
  transforms:
    - type: Shift
model:
  type: SmallNet
  backbone:
    type: SmallBackbone
loss:
  types:
    - type: SmallLoss
  coef: [1]
optimizer:
  type: sgd
  momentum: 0.9
lr_scheduler:
  type: PolynomialDecay
  learning_rate: 0.01
"""


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(textwrap.dedent(text))
    return name


def faults(call, *args, **kwargs) -> list[str]:
    """The messages of the ConfigError that `call` ends in."""
    with pytest.raises(ConfigError) as caught:
        call(*args, **kwargs)
    return [str(problem) for problem in caught.value.problems]
