"""PaddleSeg's `Predictor` and `DeployConfig` of portraits over the package's: people of frames before a background."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from seg_demo import turned

from paddleseg.card import load_card
from paddleseg.images import compositing
from paddleseg.inference.predictor import Predictor as Portraits
from paddleseg.registry import TRANSFORMS
from paddleseg.video.session import Session


class DeployConfig:
    """What an exported folder says.

    Args:
        path: Its deploy.yaml or inference.yml.
        vertical_screen: Whether pictures are higher than wide: what they are resized to is turned then.
    """

    def __init__(self, path: str, vertical_screen: bool = False):
        self.card, self._folder = load_card(path)
        steps = [turned(step) if vertical_screen else step for step in self.card.preprocess]
        self.card = self.card.model_copy(update={"preprocess": steps})

    @property
    def transforms(self) -> list[Callable[[Any], Any]]:
        """The steps before the network, as transforms."""
        return [TRANSFORMS.get(step.type)(**step.args) for step in self.card.preprocess]

    @property
    def model(self) -> str:
        """The file of the graph."""
        return str(self._folder / (self.card.files.model or ""))

    @property
    def params(self) -> str:
        """The file of the weights."""
        return str(self._folder / (self.card.files.params or ""))

    def target_size(self) -> list[int]:
        """The network's input, [w, h]."""
        return list(self.card.preprocess[0].args["target_size"])


class Predictor:
    """People before another background, frame after frame.

    Args:
        args: Has `config`, and as far as wanted `vertical_screen`, `use_optic_flow`, `use_gpu` and `test_speed`, which
            keeps `milliseconds` of each frame. `use_post_process` changes nothing: the card says what follows the
            network.

    Example:
        >>> Predictor(Namespace(config="output/export/deploy.yaml")).run(cv2.imread("a.jpg"), cv2.imread("beach.jpg"))
    """

    def __init__(self, args: Namespace):
        self.args = args
        self.cfg = DeployConfig(args.config, getattr(args, "vertical_screen", False))
        device = "gpu" if getattr(args, "use_gpu", False) else "cpu"
        runtime = Portraits.from_export(args.config, device=device).runtime
        predictor = Portraits(self.cfg.card, runtime)
        self._session = Session(predictor, "flow" if getattr(args, "use_optic_flow", False) else None)
        self.milliseconds: list[float] = []

    def run(self, img: np.ndarray, bg: np.ndarray) -> np.ndarray:
        """A frame before a background of any size, all of them BGR uint8 (H, W, 3) as OpenCV reads them."""
        photo = cv2.cvtColor(img, cv2.COLOR_BGR2RGB)
        found = self._session(photo)
        if getattr(self.args, "test_speed", False):
            self.milliseconds.append(sum(found.result.timing_ms.values()))
        behind = cv2.resize(bg, (img.shape[1], img.shape[0])).astype(np.uint8)
        behind = cv2.cvtColor(behind, cv2.COLOR_GRAY2RGB if behind.ndim == 2 else cv2.COLOR_BGR2RGB)
        return cv2.cvtColor(compositing.replace(photo, found.opacity, behind), cv2.COLOR_RGB2BGR)
